# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a connection that worked goes dead: a firewall forgot it"
places=(near far)
reuse=yes
client=(-k -g 800)
requests=(GET:/ GET:/)
response_ms=1500
expect=("200" "504 blackhole-midflow 1")

# Between the two requests, which come over one connection.
traffic_it() {
	send "${requests[@]}" &
	sleep 0.5
	firewall tcp dport "$(server_port 1)" drop
	wait
}
