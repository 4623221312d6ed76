# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend reads the request and does not answer in time"
proxies=(caddy apache varnish)
places=(near far)
servers=(hang)
response_ms=1200
requests=(GET:/ POST:/:100)
expect=("504 slow-response 1")
expect_apache=("502 slow-response 1")
expect_varnish=("503 slow-response 1")
