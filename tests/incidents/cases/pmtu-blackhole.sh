# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="large packets to the backend vanish, small ones pass"
places=(far)
requests=(POST:/:20000)
response_ms=2500
expect=("504 pmtu-blackhole|blackhole-midflow 1")

break_it() {
	firewall tcp dport "$(server_port 1)" meta length '>' 600 drop
}
