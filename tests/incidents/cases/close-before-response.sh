# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend closes the connection instead of answering"
proxies=(caddy apache varnish)
places=(near far)
servers=(close)
expect=("502 close-before-response 1")
expect_varnish=("503 close-before-response 1")
