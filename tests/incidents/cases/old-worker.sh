# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a reload leaves an old worker behind that still waits for its backend"
balancers=(nginx) alone=yes
servers=(slow:9000)
response_ms=20000
requests=(GET:/)
expect=("200")

traffic_it() {
	send "${requests[@]}" &
	sleep 1
	kill -HUP "$NGINX_PID"
	sleep 6
	wait
}

check_it() {
	jq -rn --arg address "$(server_endpoint 1)" '
		[inputs | select(.type == "process" and .event == "retired")] as $retired
		| if ($retired | length) == 0 then "no worker was seen to be retired" else empty end' \
		"$LAB_DIR/events.jsonl"
	jq -rn '[inputs | select(.type == "buildup" and .established.count > 0)]
		| if length == 0 then "nothing is told of what the old worker holds" else empty end' \
		"$LAB_DIR/events.jsonl"
}
