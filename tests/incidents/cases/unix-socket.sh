# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154,SC2016
shown="the backend's Unix socket does not exist"
balancers=(nginx)
nginx_location='if ($request_method) { proxy_pass http://unix:/nonexistent/lab.sock; }'
expect=("502 unix-socket none")
