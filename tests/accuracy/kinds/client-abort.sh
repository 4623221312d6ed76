# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="clients leave before the answer"
proxies=(caddy apache varnish)
servers=(slow:300)
requests=(GET:/::60 POST:/:100:60)
expect=("000")
