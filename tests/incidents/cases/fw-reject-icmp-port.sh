# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a firewall rejects the backend's port with ICMP port-unreachable"
places=(near far)
expect_nginx=("502 fw-reject-icmp 1")
expect_haproxy=("503 fw-reject-icmp 1")

break_it() {
	firewall tcp dport "$(server_port 1)" reject with icmpx port-unreachable
}
