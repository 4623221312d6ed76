# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend itself answers with 5xx"
proxies=(caddy apache varnish)
places=(near far)
client=(-k)
requests=(GET:/status/500 GET:/ GET:/status/502 POST:/status/503:100 GET:/status/504)
expect=("500 backend-5xx 1" "200" "502 backend-5xx 1" "503 backend-5xx 1" "504 backend-5xx 1")
