# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="all is well"
proxies=(caddy apache varnish)
places=(near far)
reuse=yes
weight=150
requests=(GET:/ POST:/:500 GET:/size/3000 GET:/chunked GET:/status/404)
expect=("200")
