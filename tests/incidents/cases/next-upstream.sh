# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="two servers refuse, the third resets"
servers=(closed closed reset)
requests=(GET:/)
retries=2
haproxy_backend="option redispatch 1"
expect=("502 reset-before-response 3")
