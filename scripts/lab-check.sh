# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# Compares what the clients saw and what lbtrace said of it, instance by instance. The join is
# the client's address and port; several errors on one port are matched by their order.
#
# An instance's result is one line, `KIND[: text]`, with KIND
#   ok           as the case expects
#   lab          the client saw another status than the case expects: the lab's fault
#   unexplained  lbtrace missed a 5xx or gave no cause
#   wrong        lbtrace named another cause or backend, or an error that was none

declare -A CHECK_EVENTS=()	# "CLIENT|N": status, cause, confidence, backend, frontend, name
declare -A CHECK_COUNTS=()	# "CLIENT ADDRESS": gateway errors
CHECK_ATTEMPTS=""		# lines "OUTCOME BACKEND" of failed attempts

# check_load FILE: reads what `lbtrace export --format jsonl` wrote.
check_load() {
	local client rest host
	local -A seen=()
	CHECK_EVENTS=() CHECK_COUNTS=()
	while read -r client rest; do
		host=${client%:*}
		host=${host#[}
		host=${host%]}
		seen[$client]=$((${seen[$client]:-0} + 1))
		CHECK_EVENTS["$client|${seen[$client]}"]=$rest
		CHECK_COUNTS[$host]=$((${CHECK_COUNTS[$host]:-0} + 1))
	done < <(jq -r 'select(.type == "gateway_error")
		| [.ts, .client, .status, .cause // "-", .confidence // "-",
		   .backend.address // "none", .frontend // "-", .backend.name // "-"] | map(tostring) | join(" ")' "$1" |
		sort -s -n -k 1,1 | cut -d ' ' -f 2-)
	CHECK_ATTEMPTS=$(jq -r 'select(.type == "attempt")
		| "\(.outcome) \(.address // .backend.address)"' "$1")
}

one_of() { # VALUE ALTERNATIVES
	[[ "|$2|" == *"|$1|"* ]]
}

# The endpoints that a case's SERVER field allows: "1|none" becomes "10.77.1.11:8001|none".
expected_servers() {
	local word words=()
	for word in ${1//|/ }; do
		if [[ $word =~ ^[0-9]+$ ]]; then
			words+=("$(server_endpoint "$word")")
		else
			words+=("$word")
		fi
	done
	(IFS='|' && echo "${words[*]}")
}

# The name that the configuration gives to the server at an endpoint, as lab-balancers.sh writes it;
# `-` of other load balancers, which are not asked for names here.
server_name() { # ENDPOINT
	local number pool=$CASE-$INSTANCE
	for number in $(server_numbers); do
		[[ $(server_endpoint "$number") == "$1" ]] || continue
		[[ $routing == all ]] || pool+=-s$number
		case $LB in
		nginx) echo "$pool/$1" ;;
		haproxy) echo "$pool/s$number" ;;
		*) echo - ;;
		esac
		return
	done
	echo -
}

check_verdict() { # CLIENT N STATUS CAUSES SERVERS
	local event=${CHECK_EVENTS["$1|$2"]:-} status cause confidence backend frontend name expected
	if [[ -z $event ]]; then
		echo "unexplained: no gateway_error for client $1, which saw $3; expected $4"
		return 1
	fi
	read -r status cause confidence backend frontend name <<<"$event"
	expected=$(server_name "$backend")
	if [[ $status != "$3" ]]; then
		echo "wrong: status $status for client $1, which saw $3"
	elif [[ $cause == - ]]; then
		echo "unexplained: no cause for client $1, status $status; expected $4"
	elif ! one_of "$cause" "$4"; then
		echo "wrong: cause $cause ($confidence), expected $4"
	elif [[ $5 != any ]] && ! one_of "$backend" "$5"; then
		echo "wrong: backend $backend for $cause, expected $5"
	elif [[ $confidence == - ]]; then
		echo "wrong: no confidence for $cause"
	elif [[ $frontend != "$(frontend_endpoint)" ]]; then
		echo "wrong: frontend $frontend, expected $(frontend_endpoint)"
	elif [[ $expected != - && $name != "$expected" ]]; then
		echo "wrong: name $name of $backend, expected $expected"
	else
		return 0
	fi
	return 1
}

check_absorbed() {
	local word cause server outcome
	for word in "${absorbed[@]}"; do
		read -r cause server <<<"$word"
		for outcome in ${cause//|/ } missing; do
			if grep -qxF "$outcome $(server_endpoint "$server")" <<<"$CHECK_ATTEMPTS"; then
				break
			fi
		done
		if [[ $outcome == missing ]]; then
			echo "unexplained: no failed attempt $cause at $(server_endpoint "$server")"
			return 1
		fi
	done
}

# check_request INDEX PORT STATUS NTH_ERROR_OF_THE_PORT
check_request() {
	local place=$(($1 < ${#expect[@]} ? $1 : ${#expect[@]} - 1)) status causes blamed address
	read -r status causes blamed <<<"${expect[place]}"
	if ! one_of "$3" "$status"; then
		echo "lab: the client saw $3 for request $1, expected $status"
		return 1
	fi
	if [[ $CHECK_TRAFFIC_ONLY == yes || -z $causes ]]; then
		return 0
	fi
	address=$(net_endpoint "$(client_address)" "$2")
	check_verdict "$address" "$4" "$3" "$causes" "$(expected_servers "$blamed")"
}

# In the instance's context. Several requests may fail; a wrong one is the one to show.
instance_check() {
	local index port status errors=0 lines=0 result worst=ok
	local -A port_errors=()
	while read -r index port status; do
		lines=$((lines + 1))
		if [[ $status == 5* ]]; then
			errors=$((errors + 1))
			port_errors[$port]=$((${port_errors[$port]:-0} + 1))
		fi
		result=$(check_request "$index" "$port" "$status" "${port_errors[$port]:-0}") ||
			worst=$(check_worse "$worst" "$result")
	done <"$LAB_DIR/$INSTANCE.client"
	if [[ $lines -lt ${#requests[@]} ]]; then
		worst=$(check_worse "$worst" "lab: $lines of ${#requests[@]} requests ended")
	fi
	if [[ $CHECK_TRAFFIC_ONLY == no && ${CHECK_COUNTS[$(client_address)]:-0} -gt $errors ]]; then
		worst=$(check_worse "$worst" "wrong: ${CHECK_COUNTS[$(client_address)]} gateway errors, the clients saw $errors")
	fi
	if [[ $CHECK_TRAFFIC_ONLY == no ]]; then
		result=$(check_absorbed) || worst=$(check_worse "$worst" "$result")
		result=$(check_case) || worst=$(check_worse "$worst" "$result")
	fi
	echo "$worst"
}

# What the case itself wants of the report.
check_case() {
	local trouble
	declare -F check_it >/dev/null || return 0
	trouble=$(check_it 2>&1)
	[[ -z $trouble ]] || { echo "unexplained: $trouble" && return 1; }
}

check_worse() { # RESULT RESULT
	local kind
	for kind in wrong lab unexplained; do
		if [[ $1 == "$kind"* ]]; then
			echo "$1"
			return
		elif [[ $2 == "$kind"* ]]; then
			echo "$2"
			return
		fi
	done
	echo ok
}

# How many 5xx all clients of the lab saw.
check_client_errors() {
	cat "$LAB_DIR"/*.client | grep -c ' 5[0-9][0-9]$' || true
}

# --- the report of the whole group; each prints nothing or what is wrong ---------------------

check_totals() { # REPORT_JSON
	jq -nr --argjson seen "$(check_client_errors)" '
		input | .gateway_errors as $g | ([.causes[].count] | add // 0) as $sum
		| if .schema != "lbtrace-report/1" then "schema \(.schema)"
		elif $g.total != $seen then "\($g.total) gateway errors, the clients saw \($seen)"
		elif $g.explained + $g.unexplained != $g.total then
			"\($g.explained) explained + \($g.unexplained) unexplained of \($g.total)"
		elif $sum != $g.explained then "the causes sum to \($sum), explained are \($g.explained)"
		elif ([$g.by_status[]] | add // 0) != $g.total then "by_status does not sum to \($g.total)"
		else empty end' "$1" 2>&1
}

check_healthy() { # REPORT_JSON
	jq -nr 'input | if .gateway_errors.total != 0 then "\(.gateway_errors.total) gateway errors"
		elif (.causes | length) != 0 then "causes: \([.causes[].id] | join(", "))"
		elif .health != "healthy" then "health \(.health)"
		else empty end' "$1" 2>&1
}

# The parts of a report that live and replay must agree on. Not the failed attempts: health checks
# go on until the end, which two processes do not reach at one instant.
report_essence() { # REPORT_JSON
	jq -nS 'input | {gateway_errors,
		causes: [.causes[] | {id, count, backends: (.backends | sort)}] | sort_by(.id, .count),
		backends: [.backends[] | {name, address, gateway_errors,
			causes: [.causes[] | {id, count}] | sort_by(.id)}] | sort_by(.address, .name)}' "$1"
}

check_live() { # REPLAY_JSON LIVE_JSON
	if ! diff <(report_essence "$1" 2>&1) <(report_essence "$2" 2>&1) >"$LAB_DIR/live-vs-replay.diff"; then
		echo "live and replay differ:" \
			"$(grep -c '^[<>]' "$LAB_DIR/live-vs-replay.diff") lines in live-vs-replay.diff"
	fi
}
