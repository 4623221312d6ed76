# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer's worker stands still while the answer comes"
# HAProxy looks at what came before it looks at its clock, and answers.
balancers=(nginx) alone=yes
servers=(slow:400)
response_ms=1000
requests=(GET:/)
expect=("504 lb-stalled 1")

# When a stopped process goes on, its wait for events was interrupted: nginx takes its timers first.
traffic_it() {
	local workers
	mapfile -t workers < <(pgrep -P "$NGINX_PID")
	send "${requests[@]}" &
	sleep 0.2
	kill -STOP "${workers[@]}"
	sleep 1.5
	kill -CONT "${workers[@]}"
	wait
}
