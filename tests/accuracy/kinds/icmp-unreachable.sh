# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a router says that it has no way to the backend"
places=(far)
# By rule: Linux itself sends few of these messages to one host (net.ipv4.route.error_cost).
expect_nginx=("502 icmp-unreachable 1")
expect_haproxy=("503 icmp-unreachable 1")

break_it() {
	in_router nft add rule inet lab forward tcp dport "$(server_port 1)" reject with icmpx no-route
}
