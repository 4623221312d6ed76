# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer's route to the backend is of type unreachable"
servers=(unrouted)
expect_nginx=("502 no-route 1")
expect_haproxy=("503 no-route 1")

break_it() {
	in_lb ip route add unreachable "$(server_address 1)"
}

heal_it() {
	in_lb ip route del unreachable "$(server_address 1)"
}
