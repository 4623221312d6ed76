#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [--keep] [CASE...]
#
# Real load balancers with configurations as people write them (cases/): lbtrace must name every
# backend as the configuration does, find what is wrong with it by file and line, and put those
# names on the 5xx. All cases of a view share a lab and a recording:
#
#   view=side   lbtrace sees the load balancers' namespace only, as on a host of their own
#   view=host   it sees the whole machine: backends on the same host, containers
#
# A case is a file that sets view and balancer (nginx or haproxy) and defines
#
#   servers=("NUMBER MODE PORT"...)   backends (modes of lab-backend; `closed`: nobody listens),
#                   at `host NUMBER`, PORT 8080 where none is given
#   config_it       writes the configuration below $CASE_DIR
#   start_it        starts it by `balancer COMMAND...`; by default with $CASE_DIR/nginx.conf or
#                   haproxy.cfg
#   traffic=("PATH COUNT"...)   what the client sends to `front`; `front N`, N = 1..3: "PATH COUNT N"
#   meanwhile_it    called while the traffic runs, once a third of it is over
#   expect_it       prints `NAME ADDRESS` of every configured backend; ADDRESS - where it has none
#   findings_it     prints `ID NAME FILE TEXT` of every warning and error: FILE ends in that, and its
#                   line has TEXT in it (`- -` where none is given)
#   verdicts_it     prints `CAUSE NAME` of all 5xx, each combination once
#   check_it        more, of $LAB_DIR/backends.json and events.jsonl; prints what is wrong
#
# and may use: host NUMBER (an address of a backend), host6, front [N], in_lb COMMAND, $CASE_DIR,
# $BALANCER_PID.
#
# Environment: LBTRACE (./lbtrace), LAB_BACKEND (build/lab-backend), KEPT (build/configs).
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
LBTRACE=${LBTRACE:-$ROOT/lbtrace}
LAB_BACKEND=${LAB_BACKEND:-$ROOT/build/lab-backend}
KEPT=${KEPT:-$ROOT/build/configs}
CONFIG_CASES=$ROOT/tests/configs/cases
# shellcheck source=scripts/lab-net.sh
source "$ROOT/scripts/lab-net.sh"
# shellcheck source=scripts/lab-run.sh
source "$ROOT/scripts/lab-run.sh"
# shellcheck source=tests/configs/root.sh
source "$ROOT/tests/configs/root.sh"
# shellcheck source=tests/configs/check.sh
source "$ROOT/tests/configs/check.sh"

KEEP=no PASSED=0 FAILED=0 SKIPPED=0 CASES=()
PACE_MS=60

say() { # TITLE TROUBLE
	if [[ -z $2 ]]; then
		PASSED=$((PASSED + 1))
		echo "ok $1"
	else
		FAILED=$((FAILED + 1)) VIEW_FAILED=yes
		echo "FAILED $1: $(tr '\n' ';' <<<"$2")"
	fi
}

# The number of a case is its place among all; addresses and ports come of it.
declare -A NUMBERS=()
number_cases() {
	local file name
	for file in "$CONFIG_CASES"/*.sh; do
		name=${file##*/}
		NUMBERS[${name%.sh}]=$((${#NUMBERS[@]} + 1))
	done
}

case_source() { # NAME
	NUMBER=${NUMBERS[$1]} CASE=$1
	CASE_DIR=$LAB_DIR/$1
	view=side balancer=nginx servers=() traffic=()
	# shellcheck source=/dev/null
	source "$CONFIG_CASES/$1.sh"
	BALANCER_PID=""
	[[ ! -r $LAB_DIR/$1.pid ]] || BALANCER_PID=$(<"$LAB_DIR/$1.pid")
}

in_case() ( # NAME FUNCTION ARGUMENTS...
	case_source "$1"
	shift
	"$@"
)

cases_of_view() { # side|host
	local name
	for name in "${CASES[@]}"; do
		[[ $(in_case "$name" printenv_view) != "$1" ]] || echo "$name"
	done
}
# shellcheck disable=SC2154 # set by the case
printenv_view() { echo "$view"; }

# --- for the cases --------------------------------------------------------------------------

host() { echo "10.78.$((100 + NUMBER)).$1"; }
host6() { echo "fd77:1::$((100 + NUMBER)):$1"; }
front() { echo "10.77.0.1:$((9100 + NUMBER * 4 + ${1:-0}))"; }
in_lb() { in_host lb "$@"; }

# balancer COMMAND...: starts the case's load balancer in the namespace of load balancers, or with
# IN=HOST in another. What is left of a run that was killed, lab_sweep() ends in the next.
balancer() {
	(exec nsenter --net="/run/netns/$LAB_NAME-${IN:-lb}" -- "$@") \
		>"$LAB_DIR/$CASE.log" 2>&1 &
	echo $! >"$LAB_DIR/$CASE.pid"
}

nginx_head() {
	cat <<-END
		daemon off;
		user nobody nogroup;
		worker_processes ${1:-2};
		pid $CASE_DIR/nginx.pid;
		error_log $CASE_DIR/error.log info;
		events { worker_connections 512; }
	END
}

nginx_paths() {
	local kind
	echo "access_log off;"
	for kind in client_body proxy fastcgi uwsgi scgi; do
		echo "${kind}_temp_path $CASE_DIR/tmp-$kind;"
	done
}

haproxy_head() {
	cat <<-END
		global
			user nobody
			group nogroup
			log stdout format raw local0
		defaults
			mode http
			timeout client 10s
			timeout connect 1s
			timeout server 2s
			retries 0
	END
}

default_start() {
	if [[ $balancer == nginx ]]; then
		balancer nginx -c "$CASE_DIR/nginx.conf" -e "$CASE_DIR/error.log"
	else
		balancer haproxy -W -db -f "$CASE_DIR/haproxy.cfg"
	fi
}

# --- the lab --------------------------------------------------------------------------------

server_addresses() {
	local number
	for number in $(printf '%s\n' "${servers[@]}" | cut -d ' ' -f 1 | sort -un); do
		host "$number"
		host6 "$number"
	done
}

server_words() {
	local line number mode port
	for line in "${servers[@]}"; do
		read -r number mode port <<<"$line"
		[[ $mode != closed ]] || continue
		echo "$mode@$(host "$number"):${port:-8080}"
		echo "$mode@[$(host6 "$number")]:${port:-8080}"
	done
}

servers_start() { # CASE...
	local name words
	for name in "$@"; do
		in_case "$name" server_addresses
	done | net_addresses near to-lb
	mapfile -t words < <(for name in "$@"; do in_case "$name" server_words; done)
	[[ ${#words[@]} -gt 0 ]] || return 0
	lab_spawn backends near "$LAB_BACKEND" "${words[@]}"
	lab_wait_until "the backends" grep -qs '^ready' "$LAB_DIR/backends.log"
}

case_start() {
	mkdir -p "$CASE_DIR"
	chmod 755 "$CASE_DIR"
	config_it
	if declare -F start_it >/dev/null; then
		start_it
	else
		default_start
	fi
}

case_listens() {
	local port
	port=$(front)
	[[ -n $(in_host "${FRONT_IN:-lb}" ss -Hltn "sport = :${port##*:}") ]]
}

case_wait() {
	lab_wait_until "$CASE to listen" case_listens || tail -n 3 "$LAB_DIR/$CASE.log" >&2
}

balancers_start() { # CASE...
	local name
	for name in "$@"; do
		in_case "$name" case_start
		LAB_PIDS+=("$(cat "$LAB_DIR/$name.pid")")
	done
	for name in "$@"; do
		in_case "$name" case_wait
	done
}

# One request at a time, so that the order of what happens is the same on any machine.
case_traffic() {
	local line path count number
	for line in "${traffic[@]}"; do
		read -r path count number <<<"$line"
		in_host client "$LAB_BACKEND" client -s 10.77.0.2 -t "$(front "${number:-0}")" \
			-g "$PACE_MS" -n "$count" "GET:$path" || true
	done >"$LAB_DIR/$CASE.client" 2>&1 &
	if declare -F meanwhile_it >/dev/null; then
		sleep 0.7
		meanwhile_it >"$LAB_DIR/$CASE.meanwhile" 2>&1
	fi
	wait $! || true
}

record_begin() { # side|host
	local select=(--netns "$LAB_NAME-lb") pid
	if [[ $1 == host ]]; then
		select=()
		for pid in "${LAB_PIDS[@]}"; do
			select+=(--pid "$pid")
		done
	fi
	env --default-signal=INT setpriv --pdeathsig TERM "$LBTRACE" record "${select[@]}" \
		-o "$LAB_DIR/log.lbt" >"$LAB_DIR/record.log" 2>&1 &
	RECORD_PID=$!
	LAB_PIDS+=("$RECORD_PID")
	lab_wait_until "lbtrace to be ready" grep -qs '^lbtrace: ready' "$LAB_DIR/record.log"
	# Two looks: names and stats sockets are asked by then.
	sleep 2.5
}

record_end() {
	local status=0
	sleep 1
	lab_end_process "$RECORD_PID" INT || status=$?
	[[ $status == 0 ]] || echo "lbtrace record ended with $status: $(tail -n 1 "$LAB_DIR/record.log")"
	"$LBTRACE" backends "$LAB_DIR/log.lbt" --json >"$LAB_DIR/backends.json" || echo "lbtrace backends failed"
	"$LBTRACE" backends "$LAB_DIR/log.lbt" >"$LAB_DIR/backends.txt" || echo "lbtrace backends failed"
	"$LBTRACE" export "$LAB_DIR/log.lbt" --format jsonl >"$LAB_DIR/events.jsonl" || echo "lbtrace export failed"
	"$LBTRACE" report "$LAB_DIR/log.lbt" >"$LAB_DIR/report.txt" || echo "lbtrace report failed"
}

view_run() { # side|host CASE...
	local view_name=$1 name pids=()
	shift
	[[ $# -gt 0 ]] || return 0
	VIEW_FAILED=no
	LAB_COUNT=$((LAB_COUNT + 1)) LAB_NAME=lbt$$-$LAB_COUNT LAB_PIDS=()
	LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/$LAB_NAME-XXXXXX")
	chmod 755 "$LAB_DIR"
	net_start
	servers_start "$@"
	balancers_start "$@"
	record_begin "$view_name"
	for name in "$@"; do
		in_case "$name" case_traffic &
		pids+=($!)
	done
	wait "${pids[@]}" || true
	record_end >"$LAB_DIR/trouble"
	say "$view_name: recorded" "$(cat "$LAB_DIR/trouble")"
	for name in "$@"; do
		in_case "$name" case_check >"$LAB_DIR/$name.trouble" 2>&1 || true
		say "$name" "$(cat "$LAB_DIR/$name.trouble")"
	done
	view_end "$view_name"
}

view_end() { # side|host
	lab_stop
	if [[ $VIEW_FAILED == yes || $KEEP == yes ]]; then
		mkdir -p "$KEPT"
		rm -rf "${KEPT:?}/$1"
		cp -r "$LAB_DIR" "$KEPT/$1"
		echo "# kept: $KEPT/$1"
	fi
	lab_forget
}

clean_up() {
	lab_stop
	lab_forget
}

skip_all() { # REASON
	local name
	for name in "${CASES[@]}"; do
		SKIPPED=$((SKIPPED + 1))
		echo "SKIP $name: $1"
	done
}

main() {
	local status=0 one
	while [[ $# -gt 0 ]]; do
		case $1 in
		--keep) KEEP=yes ;;
		*) CASES+=("$1") ;;
		esac
		shift
	done
	number_cases
	[[ ${#CASES[@]} -gt 0 ]] || mapfile -t CASES < <(printf '%s\n' "${!NUMBERS[@]}" | sort)
	"$LBTRACE" check >/dev/null 2>&1 || status=$?
	if [[ $(id -u) != 0 || $status == 3 ]]; then
		skip_all "needs root and a kernel that loads BPF"
	else
		trap clean_up EXIT
		trap 'exit 143' TERM INT
		lab_sweep
		for one in side host; do
			# shellcheck disable=SC2046 # names of files, without blanks
			view_run "$one" $(cases_of_view "$one")
		done
	fi
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[[ $FAILED -eq 0 ]]
}

main "$@"
