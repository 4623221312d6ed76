# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend resets the connection instead of answering"
proxies=(caddy apache varnish)
places=(near far)
servers=(reset)
expect=("502 reset-before-response 1")
expect_varnish=("503 reset-before-response 1")
