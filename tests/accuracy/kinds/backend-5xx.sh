# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend itself answers with 5xx, sometimes over a kept connection"
proxies=(caddy apache varnish)
places=(near far)
reuse=yes
requests=(GET:/status/500 GET:/status/502 POST:/status/503:100 GET:/status/504 GET:/ POST:/:10)
expect=("500|502|503|504 backend-5xx 1")
