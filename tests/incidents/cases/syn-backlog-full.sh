# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's queue of half-open connections is full, and it sends no SYN cookies"
# Without a word from the backend this looks like a firewall that drops.
alone=yes
places=(far)
servers=(small)
requests=(GET:/)
connect_ms=2500
expect_nginx=("504 syn-backlog-full|acceptq-overflow|fw-drop 1")
expect_haproxy=("503 syn-backlog-full|acceptq-overflow|fw-drop 1")

# The router begins connections and never ends the handshake.
break_it() {
	in_backend bash -c "echo 0 >/proc/sys/net/ipv4/tcp_syncookies"
	in_router nft add rule inet lab input tcp sport "$(server_port 1)" drop
	for _ in {1..16}; do
		in_router timeout 8 bash -c "</dev/tcp/$(server_address 1)/$(server_port 1)" 2>/dev/null &
	done
	sleep 0.5
}
