# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer has no connection slot left"
alone=yes
servers=(slow:1500)
# Clients that wait for their answers, two slots each. Which of them nginx answers with a 500, and
# which it closes unread, is a matter of who takes the last slot; HAProxy lets them wait.
nginx_connections=23
haproxy_connections=8
client=(-c 40)
requests=(GET:/)
expect_nginx=("200|500|000")
expect_haproxy=("200")

# A client that never sends its body holds one slot, so that in one of the two workers an odd number
# is left.
hold_one() {
	local endpoint host
	endpoint=$(frontend_endpoint)
	host=${endpoint%:*}
	host=${host#[}
	# shellcheck disable=SC2016 # expanded there
	in_client bash -c 'exec 3<>"/dev/tcp/$0/$1"
		printf "POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 9\r\n\r\n" >&3; sleep 4' \
		"${host%]}" "${endpoint##*:}"
}

traffic_it() {
	[[ $LB == haproxy ]] || hold_one &
	sleep 0.3
	send "${requests[@]}"
	sleep 1.5
	wait
}

check_it() {
	local resource=connection_slots
	[[ $LB == nginx ]] || resource=accept_queue
	jq -r --arg resource "$resource" 'if [.resources[] | select(.resource == $resource)] == [] then
		"no resource \($resource)" else empty end' "$LAB_DIR/report.json"
	[[ $LB == haproxy ]] || jq -rn '[inputs | select(.type == "gateway_error")]
		| if length == 0 then "no 5xx"
		elif any(.cause != "lb-conn-slots") then "causes \([.[].cause] | unique)"
		else empty end' "$LAB_DIR/events.jsonl"
}
