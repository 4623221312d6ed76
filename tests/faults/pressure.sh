# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154
# Pressure from outside. What is lost has to be counted and said, and what comes after has to be right.
#
# The lab has two instances: 0 is nginx, which tries three backends that refuse or reset for each
# request; 1 is HAProxy, whose backend refuses.

PRESSURE_PIDS=()

pressure_spawn() { # COMMAND...
	setpriv --pdeathsig KILL "$@" >/dev/null 2>&1 &
	PRESSURE_PIDS+=($!)
}

pressure_end() {
	local pid
	for pid in "${PRESSURE_PIDS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	for pid in "${PRESSURE_PIDS[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	PRESSURE_PIDS=()
}

# flood SECONDS: as many refused connections as this machine makes.
flood() {
	in_host client wrk -t 2 -c 32 -d "${1}s" "http://$(net_address ipv4 0 1):9000/" >/dev/null
}

# Three requests to HAProxy, whose 5xx have to be told as conn-refused.
three_errors() {
	in_instance 1 send GET:/ GET:/ GET:/ >/dev/null
}

# check_three FILE: of an export: the last three 5xx of the lab's HAProxy are right. Other load balancers
# of this machine may be in it.
check_three() {
	local causes pids
	pids=$(echo "$HAPROXY_PID" "$(cat "/proc/$HAPROXY_PID/task/$HAPROXY_PID/children")" | jq -cs .)
	causes=$(jq -r --argjson pids "$pids" 'select(.type == "gateway_error" and (.lb.pid | IN($pids[])))
		| "\(.status) \(.cause) \(.backend.address)"' "$1" | tail -n 3 | sort | uniq -c)
	[[ $causes == *" 3 503 conn-refused $(in_instance 1 server_endpoint 1)" ]] ||
		echo "afterwards the verdicts are: ${causes:-none}"
}

# watch_start NAMES...: `record` with a log, `json` and `text` live, each beside the lab.
watch_start() {
	local name
	declare -gA WATCH=()
	for name in "$@"; do
		rm -f "$LAB_DIR/$name.stderr"
		case $name in
		record) record_spawn "$name" record "${WATCH_OPTIONS[@]}" -o "$LAB_DIR/log.lbt" ;;
		json) record_spawn "$name" --json "${WATCH_OPTIONS[@]}" ;;
		text) record_spawn "$name" "${WATCH_OPTIONS[@]}" ;;
		esac
		WATCH[$name]=$!
	done
	for name in "$@"; do
		lab_wait_until "lbtrace ($name) to be ready" grep -qs '^lbtrace: ready' "$LAB_DIR/$name.stderr"
	done
}

# watch_end STATUS: ends them; what is wrong is in $LAB_DIR/trouble. Each has to end with one of these
# statuses (4|0).
watch_end() {
	watch_end_all "$1" >"$LAB_DIR/trouble"
}

watch_end_all() {
	local name status
	kill -INT "${WATCH[@]}" 2>/dev/null || true
	for name in "${!WATCH[@]}"; do
		status=0
		lab_end_process "${WATCH[$name]}" 0 || status=$?
		one_of "$status" "$1" || echo "$name ended with $status, not $1: $(tail -n 1 "$LAB_DIR/$name.stderr")"
		cp "$LAB_DIR/$name.stderr" "$FAULTS_DIR/${FUNCNAME[2]}-$name.stderr"
	done
	"$LBTRACE" report "$LAB_DIR/log.lbt" --format json >"$LAB_DIR/report.json" || echo "report failed"
	"$LBTRACE" report "$LAB_DIR/log.lbt" >"$LAB_DIR/report.text" || echo "report failed"
	"$LBTRACE" export "$LAB_DIR/log.lbt" --format jsonl >"$LAB_DIR/events.jsonl" || echo "export failed"
}

# Said in every output, or in none.
check_loss_said() {
	local file
	jq -e '.loss.records > 0' "$LAB_DIR/report.json" >/dev/null || echo "report.json tells of no loss"
	jq -es 'map(select(.type == "loss" and .records > 0)) | length > 0' "$LAB_DIR/events.jsonl" >/dev/null ||
		echo "the export tells of no loss"
	jq -es 'last.loss.records > 0' "$LAB_DIR/json.stdout" >/dev/null || echo "live --json tells of no loss"
	for file in report.text text.stdout; do
		grep -q '^LOST: [0-9]' "$LAB_DIR/$file" || echo "$file tells of no loss"
	done
	for file in record json text; do
		grep -q 'records were lost' "$LAB_DIR/$file.stderr" || echo "$file says nothing of losses on stderr"
	done
}

test_stopped_reader() {
	local seconds=4
	[[ $FULL == no ]] || seconds=10
	WATCH_OPTIONS=(--netns "$LAB_NAME-lb")
	watch_start record json text
	kill -STOP "${WATCH[@]}"
	flood "$seconds"
	kill -CONT "${WATCH[@]}"
	sleep 4
	three_errors
	sleep 1.5
	watch_end 4
	say "a reader that was stopped" "$(cat "$LAB_DIR/trouble"; check_loss_said; check_three "$LAB_DIR/events.jsonl")"
}

# Less than its share of CPU: the losses are none, or said.
test_starved() {
	local spinner
	WATCH_OPTIONS=(--netns "$LAB_NAME-lb")
	watch_start record
	for spinner in 1 2 3 4; do
		pressure_spawn nice -n -10 sh -c "while :; do :; done # $spinner"
	done
	flood 4
	pressure_end
	sleep 2
	three_errors
	sleep 1.5
	watch_end '0|4'
	say "four spinners that come first" "$(cat "$LAB_DIR/trouble"; check_counted; check_three "$LAB_DIR/events.jsonl")"
}

# Either every 5xx is there and explained, or the losses are told.
check_counted() {
	jq -e '.loss.records > 0 or .gateway_errors.unexplained == 0' "$LAB_DIR/report.json" >/dev/null ||
		echo "not all explained, nothing lost: $(jq -c '[.loss, .gateway_errors]' "$LAB_DIR/report.json")"
}

# make_program NAME: what looks like that load balancer by its name. Prints its path.
make_program() {
	mkdir -p "$FAULTS_DIR/bin"
	cp -f "$LAB_BACKEND" "$FAULTS_DIR/bin/$1"
	echo "$FAULTS_DIR/bin/$1"
}

# Load balancers in namespaces of their own, by the hundred, seen from the host.
test_namespaces() {
	local count=500 number program began ended
	[[ $FULL == no ]] || count=3000
	program=$(make_program envoy)
	for ((number = 0; number < count; number++)); do
		pressure_spawn unshare -n "$program" ok@0.0.0.0:80
	done
	lab_wait_until "the namespaces" all_run "$program" "$count"
	WATCH_OPTIONS=()
	began=$(date +%s%N)
	watch_start record
	ended=$(date +%s%N)
	three_errors
	sleep 3
	watch_end 0
	say "$count namespaces" "$(cat "$LAB_DIR/trouble"; check_three "$LAB_DIR/events.jsonl"
		jq -e --argjson count "$count" '[.load_balancers[] | select(.kind == "envoy")] | length == $count' \
			"$LAB_DIR/report.json" >/dev/null || echo "of $count load balancers it found" \
			"$(jq '[.load_balancers[] | select(.kind == "envoy")] | length' "$LAB_DIR/report.json")"
		[[ $((ended - began)) -lt $((8000000000 + count * 4000000)) ]] || echo "ready after $((ended - began)) ns")"
	pressure_end
}

all_run() { # PROGRAM COUNT
	[[ $(pgrep -c -f "^$1 ok") -ge $2 ]]
}

# perl as a load balancer by name, which forks.
perl_balancer() { # CODE
	mkdir -p "$FAULTS_DIR/bin"
	cp -f "$(readlink -f "$(command -v perl)")" "$FAULTS_DIR/bin/squid"
	pressure_spawn nsenter --net="/run/netns/$LAB_NAME-lb" -- "$FAULTS_DIR/bin/squid" -e "$1"
}

# Children that live for moments, of a followed process and of others.
test_forks() {
	WATCH_OPTIONS=(--netns "$LAB_NAME-lb")
	# shellcheck disable=SC2016 # perl's
	local code='while (1) { $p = fork; exit 0 unless $p; waitpid $p, 0 }'
	perl_balancer "$code"
	pressure_spawn perl -e "$code"
	sleep 0.3
	watch_start record
	sleep 3
	three_errors
	sleep 1
	pressure_end
	sleep 1.5
	watch_end '0|4'
	say "processes that fork all the time" "$(cat "$LAB_DIR/trouble"; check_counted; check_three "$LAB_DIR/events.jsonl")"
}

# More followed processes than the map of them holds.
test_full_processes() {
	WATCH_OPTIONS=(--netns "$LAB_NAME-lb")
	watch_start record
	# shellcheck disable=SC2016 # perl's
	perl_balancer 'setpgrp; sleep 2; for (1..4600) { if (!fork) { sleep 60; exit 0 } } sleep 60'
	sleep 7
	three_errors
	sleep 2
	watch_end 4
	say "more processes than can be followed" "$(cat "$LAB_DIR/trouble"; check_three "$LAB_DIR/events.jsonl"
		jq -e '.loss.state > 0' "$LAB_DIR/report.json" >/dev/null || echo "no loss is told")"
	# with its children
	kill -KILL -- "-${PRESSURE_PIDS[-1]}"
	pressure_end
}

# An nginx of its own with 5,000 servers, none of which listens.
full_backends_conf() {
	local number
	cat <<-END
		daemon off; worker_processes 1; pid $LAB_DIR/many.pid; error_log /dev/null crit;
		events { worker_connections 512; }
		http {
			access_log off; client_body_temp_path $LAB_DIR/many-body; proxy_temp_path $LAB_DIR/many-proxy;
			fastcgi_temp_path $LAB_DIR/many-f; uwsgi_temp_path $LAB_DIR/many-u; scgi_temp_path $LAB_DIR/many-s;
			upstream many {
	END
	for ((number = 0; number < 5000; number++)); do
		echo "server $(net_address ipv4 1 2):$((20000 + number)) max_fails=0;"
	done
	cat <<-END
			}
			server { listen $(net_address ipv4 0 1):8999;
				location / { proxy_pass http://many; proxy_next_upstream off; } }
		}
	END
}

test_full_backends() {
	local many
	full_backends_conf >"$LAB_DIR/many.conf"
	lab_spawn many lb nginx -c "$LAB_DIR/many.conf" -e /dev/null
	many=$LAB_LAST_PID
	lab_wait_until "nginx with many servers" net_listening lb 8999
	WATCH_OPTIONS=(--netns "$LAB_NAME-lb")
	watch_start record
	in_host client wrk -t 1 -c 4 -d 3s "http://$(net_address ipv4 0 1):8999/" >/dev/null
	three_errors
	sleep 1.5
	watch_end 0
	say "more backends than are counted" "$(cat "$LAB_DIR/trouble"; check_counted; check_three "$LAB_DIR/events.jsonl"
		jq -e '.loss.state > 0' "$LAB_DIR/report.json" >/dev/null || echo "no loss is told"
		jq -e '[.causes[] | select(.id != "conn-refused")] == []' "$LAB_DIR/report.json" >/dev/null ||
			echo "another cause: $(jq -c '[.causes[].id]' "$LAB_DIR/report.json")")"
	lab_end_process "$many" TERM || true
}
