# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="three servers, each broken in another way, tried in turn"
servers=(closed reset close)
retries=2
haproxy_backend="option redispatch 1"
requests=(GET:/ GET:/ POST:/:100)
expect=("502|503 conn-refused 1" "502 reset-before-response 2" "502 close-before-response 3")
