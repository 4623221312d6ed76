# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="TCP health checks that connect and close"
balancers=(haproxy)
haproxy_server="check inter 100ms"
client=(-n 8 -g 200)
requests=(GET:/)
expect=("200")
