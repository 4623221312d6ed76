# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="nginx refuses requests by a limit of its own, and by a rule"
balancers=(nginx)
nginx_location="limit_req zone=accuracy; if (\$request_method = POST) { return 503; }"
requests=(GET:/ GET:/ POST:/:10)
expect=("503 lb-rate-limited none")
