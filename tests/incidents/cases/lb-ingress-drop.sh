# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer's own firewall drops the backend's answers"
requests=(GET:/)
client=(-c 2)
connect_ms=2500
expect_nginx=("504 lb-ingress-drop 1")
expect_haproxy=("503 lb-ingress-drop 1")

break_it() {
	in_lb nft add rule inet lab input tcp sport "$(server_port 1)" drop
}
