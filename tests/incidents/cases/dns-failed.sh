# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's name is resolved at run time, and no DNS server answers"
balancers=(nginx)
requests=(GET:/)
# shellcheck disable=SC2016
nginx_location='resolver 127.0.0.1; resolver_timeout 1s; set $name backend.invalid;
	if ($name) { proxy_pass http://$name; }'
expect=("502 dns-failed none")
