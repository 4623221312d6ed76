# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the router has no way to the backend"
places=(far)
# One each: Linux sends five of these at once to one IPv4 host, then one a second
# (net.ipv4.route.error_burst and error_cost, which a namespace cannot set).
requests=(GET:/)
expect_nginx=("502 icmp-unreachable 1")
expect_haproxy=("503 icmp-unreachable 1")

break_it() {
	in_router ip route add unreachable "$(server_address 1)"
}

heal_it() {
	in_router ip route del unreachable "$(server_address 1)"
}
