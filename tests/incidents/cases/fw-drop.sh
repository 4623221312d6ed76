# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a firewall drops packets to the backend's port"
proxies=(caddy apache varnish)
places=(near far)
requests=(GET:/)
client=(-c 2)
# Two at the same moment that nothing tells apart: Varnish hands each to another thread.
[[ $LB != varnish ]] || client=()
connect_ms=2500
expect_nginx=("504 fw-drop 1")
expect_haproxy=("503 fw-drop 1")
expect_caddy=("502 fw-drop 1")
expect_apache=("503 fw-drop 1")
expect_varnish=("503 fw-drop 1")

break_it() {
	firewall tcp dport "$(server_port 1)" drop
}
