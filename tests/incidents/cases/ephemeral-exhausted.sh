# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer has no free local port to the backend"
alone=yes
servers=(hang)
response_ms=30000
expect_nginx=("502 ephemeral-exhausted 1")
expect_haproxy=("503 ephemeral-exhausted 1")

break_it() {
	in_lb bash -c 'echo "40000 40003" >/proc/sys/net/ipv4/ip_local_port_range'
}

# Four requests hold the four ports while others are sent.
traffic_it() {
	send -c 4 -a 1500 GET:/ >/dev/null &
	sleep 0.5
	send "${requests[@]}"
	wait
}

heal_it() {
	in_lb bash -c 'echo "32768 60999" >/proc/sys/net/ipv4/ip_local_port_range'
}
