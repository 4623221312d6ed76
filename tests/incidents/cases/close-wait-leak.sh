# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a proxy of one's own reads all that its backend says, and never closes the connection"
balancers=(nginx) alone=yes
servers=(ok-close)
requests=(GET:/ GET:/ GET:/)
expect=("200")

leaky_mode=leak
leaky_port=8999

# The proxy is not nginx: it is found by what it does, for which a client has to stay.
break_it() {
	in_lb setpriv --pdeathsig KILL "${LAB_BACKEND%backend}leaky" "$leaky_mode" \
		"$(net_address "$FAMILY" 0 1)" "$leaky_port" "$(server_address 1)" "$(server_port 1)" \
		>"$LAB_DIR/leaky.log" 2>&1 &
	lab_wait_until "lab-leaky to listen" net_listening lb "$leaky_port"
}

ask_leaky() {
	in_client "$LAB_BACKEND" client -s "$(client_address)" \
		-t "$(net_endpoint "$(net_address "$FAMILY" 0 1)" "$leaky_port")" "$@"
}

traffic_it() {
	ask_leaky -k -g 12000 GET:/ GET:/ >/dev/null &
	sleep 11
	ask_leaky -g 200 "${requests[@]}"
	sleep 6
	wait
}

check_it() {
	jq -r --arg address "$(server_endpoint 1)" 'first(.backends[]
		| select(.address == $address and .load_balancer == "lab-leaky")) | .close_wait
		| if .now < 4 then "\(.now) connections in CLOSE_WAIT, not 4 or more"
		elif .kind != "leak" then "kind \(.kind), not leak"
		elif .max_age_seconds < 5 then "oldest only for \(.max_age_seconds) s"
		else empty end' "$LAB_DIR/report.json"
}
