# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# One lab from start to end: hosts, servers, load balancers, faults, traffic.
# Set by the caller: LAB_TESTS, LAB_BACKEND; lab_start() sets LAB_NAME and LAB_DIR.

LAB_COUNT=0 LAB_NAME="" LAB_DIR="" LAB_LAST_PID="" LAB_TRAFFIC_PIDS=()
LAB_PIDS=()

# lab_spawn NAME HOST COMMAND...: in the background, its output in $LAB_DIR/NAME.log; it ends
# with this shell even if that is killed.
lab_spawn() {
	local name=$1 namespace=/run/netns/$LAB_NAME-$2
	shift 2
	(exec setpriv --pdeathsig TERM nsenter --net="$namespace" -- "$@") >"$LAB_DIR/$name.log" 2>&1 &
	LAB_LAST_PID=$!
	LAB_PIDS+=("$LAB_LAST_PID")
}

# lab_wait_until WHAT COMMAND...: up to 15 s.
lab_wait_until() {
	local what=$1 round
	shift
	for ((round = 0; round < 300; round++)); do
		if "$@"; then
			return 0
		fi
		sleep 0.05
	done
	echo "the lab: waited in vain for $what" >&2
	return 1
}

# lab_end_process PID SIGNAL: sends it (0: none), waits up to 5 s, then kills. Returns its exit status.
lab_end_process() {
	local pid=$1 round status=0 other left=()
	kill -"$2" "$pid" 2>/dev/null || true
	for ((round = 0; round < 100; round++)); do
		if [[ ! -d /proc/$pid || $(process_state "$pid") == Z ]]; then
			break
		fi
		sleep 0.05
	done
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || status=$?
	# Its number may soon be another's.
	for other in "${LAB_PIDS[@]}"; do
		[[ $other == "$pid" ]] || left+=("$other")
	done
	LAB_PIDS=("${left[@]}")
	return "$status"
}

process_state() { # PID
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null || true
}

# What the hosts of all instances need: `all_instances FUNCTION [PLACE]`, a line each.
all_instances() {
	local instance
	for instance in "${!INSTANCE_CASE[@]}"; do
		if [[ -z ${2:-} || ${INSTANCE_PLACE[instance]} == "$2" ]]; then
			in_instance "$instance" "$1"
		fi
	done
}

backends_start() {
	local place words
	for place in near far; do
		all_instances backend_addresses "$place" |
			net_addresses "$place" "$([[ $place == near ]] && echo to-lb || echo to-router)"
		mapfile -t words < <(all_instances backend_words "$place")
		if [[ ${#words[@]} -gt 0 ]]; then
			lab_spawn "backend-$place" "$place" "$LAB_BACKEND" "${words[@]}"
			lab_wait_until "the $place backends (see $LAB_DIR/backend-$place.log)" \
				grep -qs '^ready' "$LAB_DIR/backend-$place.log"
		fi
	done
}

# lab_start `CASE PLACE LB FAMILY`...: a lab with these instances, nothing broken yet.
lab_start() {
	local spec case place lb family
	LAB_COUNT=$((LAB_COUNT + 1))
	LAB_NAME=lbt$$-$LAB_COUNT
	LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/$LAB_NAME-XXXXXX")
	chmod 755 "$LAB_DIR"
	LAB_PIDS=() INSTANCE_CASE=() INSTANCE_PLACE=() INSTANCE_LB=() INSTANCE_FAMILY=()
	for spec in "$@"; do
		read -r case place lb family <<<"$spec"
		INSTANCE_CASE+=("$case") INSTANCE_PLACE+=("$place")
		INSTANCE_LB+=("$lb") INSTANCE_FAMILY+=("$family")
	done
	printf '%s\n' "$@" >"$LAB_DIR/instances"
	net_start
	all_instances client_address | net_addresses client to-lb
	backends_start
	balancers_start
}

lab_break() { all_instances instance_break; }

# Runs every instance's traffic, at once or (one=after-another) in turn; the client's lines go
# to $LAB_DIR/INSTANCE.client.
lab_traffic() { # at-once|in-turn
	local instance
	for instance in "${!INSTANCE_CASE[@]}"; do
		in_instance "$instance" instance_traffic >"$LAB_DIR/$instance.client" \
			2>"$LAB_DIR/$instance.stderr" &
		LAB_TRAFFIC_PIDS+=($!)
		if [[ $1 == in-turn ]]; then
			wait "$!" || true
		else
			sleep 0.02
		fi
	done
	wait "${LAB_TRAFFIC_PIDS[@]}" || true
	LAB_TRAFFIC_PIDS=()
}

lab_stop() {
	local pid
	[[ -n $LAB_NAME ]] || return 0
	for pid in "${LAB_TRAFFIC_PIDS[@]}" "${LAB_PIDS[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
	done
	for pid in "${LAB_PIDS[@]}"; do
		lab_end_process "$pid" TERM || true
	done
	net_stop "$LAB_NAME"
	LAB_NAME="" LAB_PIDS=() LAB_TRAFFIC_PIDS=()
}

# Keeps what explains a failure: LAB_DIR without the load balancers' temporary files.
lab_keep() { # DIRECTORY
	mkdir -p "$1"
	find "$LAB_DIR" -maxdepth 1 -type f -exec cp -t "$1" {} +
}

lab_forget() {
	[[ -z $LAB_DIR ]] || rm -rf -- "$LAB_DIR"
	LAB_DIR=""
}
