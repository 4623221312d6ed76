# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer has few local ports to the backend"
alone=yes
servers=(hang)
response_ms=800
expect_nginx=("502 ephemeral-exhausted 1" "504 slow-response 1")
expect_haproxy=("503 ephemeral-exhausted 1" "504 slow-response 1")

break_it() {
	in_lb bash -c 'echo "40000 40003" >/proc/sys/net/ipv4/ip_local_port_range'
}
