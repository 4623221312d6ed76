# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# The measurements. Each writes lines to $LAB_DIR/results, the first word says what of:
#   pair LB WORKLOAD TOOL RATE_WITHOUT RATE_WITH P99_WITHOUT P99_WITH CPU_PERCENT MEMORY_KIB
#   program LB WORKLOAD TOOL NAME RUNS NS REQUESTS
#   attach MS | detach MS | loss LB RECORDS_LOST FAILURES SECONDS CPU_PERCENT | replay RECORDS NS
#
# Set by the caller: LAB_DIR, SECONDS_EACH, SHORT.

result() { echo "$*" >>"$LAB_DIR/results"; }

# One measurement: requests/s, p99 in microseconds, percent of a core that the tool used, its KiB.
measure_once() { # LB WORKLOAD
	local before after began took requests duration p99 errors
	before=$(cpu_ns "$TOOL_PID")
	began=$(now_ms)
	read -r requests duration p99 errors < <(load_run "$1" "$2" "$SECONDS_EACH")
	took=$(($(now_ms) - began))
	after=$(cpu_ns "$TOOL_PID")
	[[ $errors == 0 ]] || echo "bench: $1 $2: wrk met $errors errors" >&2
	awk -v r="$requests" -v us="$duration" -v p99="$p99" -v ns=$((after - before)) -v ms="$took" \
		-v kib="$(memory_kib "$TOOL_PID")" \
		'BEGIN { printf "%.1f %d %.3f %d\n", r / us * 1e6, p99, ns / ms / 1e4, kib }'
}

# Without, with, without, with, ..., without.
measure_pairs() { # LB WORKLOAD TOOL PAIRS
	local pair before with after
	echo "bench: $1, $2: $3" >&2
	load_run "$1" "$2" 1 >/dev/null
	before=$(measure_once "$1" "$2")
	for ((pair = 0; pair < $4; pair++)); do
		tool_start "$3" || return 0
		[[ $3 != lbtrace ]] || result attach "$TOOL_ATTACH_MS"
		with=$(measure_once "$1" "$2")
		tool_stop
		[[ $3 != lbtrace ]] || result detach "$TOOL_DETACH_MS"
		after=$(measure_once "$1" "$2")
		echo "$before $with $after" | awk -v what="pair $1 $2 $3" \
			'{ print what, ($1 + $9) / 2, $5, ($2 + $10) / 2, $6, $7, $8 }' >>"$LAB_DIR/results"
		before=$after
	done
}

# What the tool's programs ran while the load did.
programs_between() { # WHAT REQUESTS: before and after are in $LAB_DIR
	local id runs ns
	join <(sort "$LAB_DIR/before") <(sort "$LAB_DIR/after") |
		awk '$5 > $3 { printf "%d %.0f %.0f\n", $1, $5 - $3, $4 - $2 }' >"$LAB_DIR/between"
	while read -r id runs ns; do
		result "program $1 $(program_name "$id") $runs $ns $2"
	done <"$LAB_DIR/between"
}

measure_programs() { # LB WORKLOAD TOOL
	local requests rest
	echo "bench: $1, $2: $3, time in the kernel" >&2
	tool_start "$3" || return 0
	tool_programs "$TOOL_PID" >"$LAB_DIR/before"
	read -r requests rest < <(load_run "$1" "$2" "$SECONDS_EACH")
	tool_programs "$TOOL_PID" >"$LAB_DIR/after"
	programs_between "$1 $2 $3" "$requests"
	tool_stop
}

# The same host's other sockets: wrk and the backend alone, no load balancer between.
measure_others() {
	local requests rest
	tool_start lbtrace
	tool_programs "$TOOL_PID" >"$LAB_DIR/before"
	read -r requests rest < <(in_host lb wrk -t 1 -c "$CONNECTIONS" -d "$SECONDS_EACH" \
		-H "Connection: close" -s "$ROOT/tests/bench/wrk.lua" "http://$BACKEND:8080/" |
		sed -n 's/^RESULT //p')
	tool_programs "$TOOL_PID" >"$LAB_DIR/after"
	programs_between "none other lbtrace" "$requests"
	tool_stop
}

# The highest rate of failures that this machine can make, for a while.
measure_loss() { # SECONDS
	local before began took lost log=$LAB_DIR/tool.lbt ports=("haproxy" "nginx")
	local balancer pids=()
	echo "bench: every connect refused, $1 s" >&2
	tool_start lbtrace
	before=$(cpu_ns "$TOOL_PID")
	began=$(now_ms)
	for balancer in "${ports[@]}"; do
		load_run "$balancer" refused "$1" >"$LAB_DIR/loss-$balancer" &
		pids+=($!)
	done
	wait "${pids[@]}"
	took=$(($(now_ms) - began))
	before=$(($(cpu_ns "$TOOL_PID") - before))
	tool_stop
	lost=$(log_loss "$log")
	result loss both "$lost" "$(cat "$LAB_DIR"/loss-* | awk '{ n += $1 } END { printf "%.0f", n }')" \
		"$((took / 1000))" "$((before / took / 10000))"
	("$LBTRACE" report "$log" --format json || true) |
		jq -r '"seen \(.gateway_errors.total) \(.gateway_errors.explained)"' >>"$LAB_DIR/results"
}

# Replays a log; in milliseconds of the CPU, which neighbours cannot lengthen as much.
replay_once() { # WHAT BACKENDS RECORDS
	local TIMEFORMAT='%U %S' spent round
	"$BENCH_REPLAY" "$LAB_DIR/replay.lbt" "$2" "$3"
	for round in 1 2 3; do
		spent=$({ time "$LBTRACE" report "$LAB_DIR/replay.lbt" --format json >"$LAB_DIR/replay.json"; } 2>&1)
		result "$1" "$3" "$(awk '{ print ($1 + $2) * 1000 }' <<<"$spent")"
	done
	[[ $(jq .gateway_errors.explained "$LAB_DIR/replay.json") == $(($3 / 2)) ]] ||
		echo "bench: the replay explained too little" >&2
}

# Logs of incidents in which every configured backend fails.
measure_replay() {
	local records=1000000
	[[ $SHORT == no ]] || records=300000
	replay_once replay 2000 "$records"
	replay_once replay-few 20 "$records"
}
