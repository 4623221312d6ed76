#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [-n ROUNDS] [--lb NAME[,NAME...]] [--family ipv4|ipv6] [--together N] [--traffic-only]
#        [--keep] [CASE...]
#
# Breaks real load balancers' backends in every way that cases/ lists, and checks that the
# clients saw the expected statuses and lbtrace the true cause and backend of each. benign/ is
# traffic of which lbtrace must report nothing.
#
# NAME is nginx or haproxy (both when none is given), caddy, apache or varnish.
#
# Up to N incidents share a lab and a recording. For each recording: its totals are what the
# clients saw, a live lbtrace beside it says the same as the replay, and nobody can replay it.
#
# A wrong verdict fails at once. An incident that lbtrace left unexplained, or that the lab did
# not bring about, is tried up to two more times in a lab of its own (`second try`), because a
# machine with two busy cores may starve either; more than three of them fail the run. Wrong is
# worse than unexplained. With -n ROUNDS there are no second tries: every round counts, and the
# end lists `CASE PLACE LB FAMILY: k of n`.
#
# Environment: LBTRACE (./lbtrace), LAB_BACKEND (build/lab-backend), KEPT (build/incidents), where
# failing groups leave their logs and configurations.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
LBTRACE=${LBTRACE:-$ROOT/lbtrace}
LAB_TESTS=$ROOT/tests/incidents
LAB_BACKEND=${LAB_BACKEND:-$ROOT/build/lab-backend}
KEPT=${KEPT:-$ROOT/build/incidents}
# shellcheck source=scripts/lab-all.sh
source "$ROOT/scripts/lab-all.sh"

ROUNDS=0 ONLY_LB="" ONLY_FAMILY="" TOGETHER=48 CHECK_TRAFFIC_ONLY=no KEEP=no CASES=()
SECOND_TRIES_MAX=3
PASSED=0 FAILED=0 SKIPPED=0 GROUP=0 GROUP_STAGE="" SECOND_TRIES=() SECOND_TRY_COUNT=0
declare -A ROUND_GOOD=() ROUND_ALL=()

usage() {
	sed -n '3,4s/^# //p' "$0" >&2
	exit 2
}

read_options() {
	while [[ $# -gt 0 ]]; do
		case $1 in
		-n) ROUNDS=${2:?} && shift ;;
		--lb) ONLY_LB=${2:?} && shift ;;
		--family) ONLY_FAMILY=${2:?} && shift ;;
		--together) TOGETHER=${2:?} && shift ;;
		--traffic-only) CHECK_TRAFFIC_ONLY=yes ;;
		--keep) KEEP=yes ;;
		-*) usage ;;
		*) CASES+=("$1") ;;
		esac
		shift
	done
	if [[ $TOGETHER -gt $INSTANCES_MAX ]]; then
		TOGETHER=$INSTANCES_MAX
	fi
}

say_ok() {
	PASSED=$((PASSED + 1))
	echo "ok $*"
}

say_failed() { # TITLE TEXT
	FAILED=$((FAILED + 1))
	GROUP_FAILED=yes
	echo "FAILED $1: $2"
}

# say_check TITLE TEXT: TEXT is empty when all is well.
say_check() {
	if [[ -z $2 ]]; then
		say_ok "$1"
	else
		say_failed "$1" "$(tr '\n' ';' <<<"$2")"
	fi
}

clean_up() {
	if [[ -n $GROUP_STAGE ]]; then
		echo "run.sh: ended in the middle of $GROUP_STAGE" >&2
	fi
	lab_stop
	lab_forget
}

# --- what to run ----------------------------------------------------------------------------

# Prints `ALONE CASE PLACE LB FAMILY` of all that was asked for and is of this kind.
selected() { # cases|benign
	local name
	for name in $(case_names "$1"); do
		if [[ ${#CASES[@]} -eq 0 || " ${CASES[*]} " == *" $name "* ]]; then
			case_expand "$name" "$ONLY_LB" "$ONLY_FAMILY"
		fi
	done
}

check_selection() {
	local name
	for name in "${CASES[@]}"; do
		if ! case_file "$name" >/dev/null; then
			echo "run.sh: no such case: $name" >&2
			exit 2
		fi
	done
}

# Why nothing can be tested here; empty when it can.
reason_to_skip() {
	local status=0
	if [[ $(id -u) != 0 ]]; then
		echo "needs root for network namespaces"
	elif [[ $CHECK_TRAFFIC_ONLY == no ]]; then
		"$LBTRACE" check >/dev/null 2>&1 || status=$?
		if [[ $status == 3 ]]; then
			echo "lbtrace check: this kernel or user cannot load BPF"
		fi
	fi
}

skip_all() { # REASON
	local kind alone title
	for kind in cases benign; do
		while read -r alone title; do
			SKIPPED=$((SKIPPED + 1))
			echo "SKIP $title: $1"
		done < <(selected "$kind")
	done
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
}

prepare() {
	if [[ $LAB_BACKEND == "$ROOT/build/lab-backend" ]]; then
		"$ROOT/scripts/as-owner.sh" make -C "$ROOT" --no-print-directory -s lab-backend >&2
	fi
	if [[ $CHECK_TRAFFIC_ONLY == no && ! -x $LBTRACE ]]; then
		echo "run.sh: $LBTRACE is not there: run make, or use --traffic-only" >&2
		exit 1
	fi
}

# --- one group ------------------------------------------------------------------------------

# What one instance came to; a first try that is only unexplained goes to the second tries.
account() { # TITLE RESULT
	local kind=${2%%:*} text=${2#*: }
	ROUND_ALL[$1]=$((${ROUND_ALL[$1]:-0} + 1))
	if [[ $kind == ok ]]; then
		ROUND_GOOD[$1]=$((${ROUND_GOOD[$1]:-0} + 1))
		say_ok "$1${TRY_NOTE:-}"
		return
	fi
	GROUP_FAILED=yes
	[[ $kind != lab ]] || text="the lab failed: $text"
	[[ $kind != unexplained ]] || text="unexplained: $text"
	if [[ $kind == wrong || $ROUNDS -gt 0 || ${LAST_TRY:-yes} == yes ]]; then
		say_failed "$1${TRY_NOTE:-}" "$text"
	else
		SECOND_TRIES+=("$1")
		echo "again $1: $text"
	fi
}

group_traffic() { # at-once|in-turn
	if [[ $CHECK_TRAFFIC_ONLY == yes ]]; then
		lab_traffic "$1"
		return
	fi
	record_start || return 1
	lab_traffic "$1"
	{ record_end && record_replay; } >"$LAB_DIR/trouble"
}

group_recording() { # cases|benign
	local title="group $GROUP, $1"
	say_check "$title: recorded, none lost" "$(cat "$LAB_DIR/trouble")"
	if [[ $1 == benign ]]; then
		say_check "$title: report is healthy" "$(check_healthy "$LAB_DIR/report.json")"
	fi
	say_check "$title: totals" "$(check_totals "$LAB_DIR/report.json")"
	say_check "$title: live equals replay" "$(check_live "$LAB_DIR/report.json" "$LAB_DIR/live.json")"
	say_check "$title: replay without privilege" "$(record_unprivileged)"
}

group_verdicts() { # cases|benign
	local instance
	for instance in "${!INSTANCE_CASE[@]}"; do
		account "$(in_instance "$instance" instance_title)" "$(in_instance "$instance" instance_check)"
	done
	if [[ $CHECK_TRAFFIC_ONLY == no && -z ${TRY_NOTE:-} ]]; then
		group_recording "$1"
	fi
}

group_run() { # cases|benign at-once|in-turn "CASE PLACE LB FAMILY"...
	local kind=$1 order=$2 kept
	shift 2
	GROUP=$((GROUP + 1)) GROUP_FAILED=no
	GROUP_STAGE="group $GROUP (${1%% *}...)"
	lab_start "$@"
	lab_break
	if ! group_traffic "$order"; then
		say_failed "group $GROUP, $kind" "lbtrace did not start: $(tail -n 1 "$LAB_DIR/record.stderr")"
	else
		if [[ $CHECK_TRAFFIC_ONLY == no ]]; then
			check_load "$LAB_DIR/events.jsonl"
		fi
		group_verdicts "$kind"
	fi
	lab_stop
	if [[ $GROUP_FAILED == yes || $KEEP == yes ]]; then
		kept=$KEPT/$(date +%Y%m%d-%H%M%S)-$GROUP-${1%% *}
		lab_keep "$kept"
		echo "# kept: $kept"
	fi
	lab_forget
	GROUP_STAGE=""
}

# --- all groups -----------------------------------------------------------------------------

run_together() { # cases|benign
	local all
	mapfile -t all < <(selected "$1" | sed -n 's/^no //p')
	while [[ ${#all[@]} -gt 0 ]]; do
		group_run "$1" at-once "${all[@]:0:TOGETHER}"
		all=("${all[@]:TOGETHER}")
	done
}

run_alone() { # cases|benign
	local all name
	for name in $(selected "$1" | sed -n 's/^yes \([^ ]*\) .*/\1/p' | sort -u); do
		mapfile -t all < <(selected "$1" | sed -n "s/^yes \($name .*\)/\1/p")
		group_run "$1" in-turn "${all[@]}"
	done
}

run_second_tries() {
	local title try queue=("${SECOND_TRIES[@]}")
	SECOND_TRY_COUNT=${#queue[@]}
	if [[ $SECOND_TRY_COUNT -gt $SECOND_TRIES_MAX ]]; then
		for title in "${queue[@]}"; do
			say_failed "$title" "no second try: $SECOND_TRY_COUNT need one, at most $SECOND_TRIES_MAX may"
		done
		return
	fi
	for title in "${queue[@]}"; do
		for try in 1 2; do
			TRY_NOTE=" (second try)" LAST_TRY=no SECOND_TRIES=()
			[[ $try == 1 ]] || LAST_TRY=yes
			group_run cases at-once "$title"
			[[ ${#SECOND_TRIES[@]} -gt 0 ]] || break
		done
	done
}

run_once() {
	local kind
	for kind in cases benign; do
		LAST_TRY=no
		run_together "$kind"
		run_alone "$kind"
	done
}

print_rounds() {
	local title
	for title in "${!ROUND_ALL[@]}"; do
		echo "$title: ${ROUND_GOOD[$title]:-0} of ${ROUND_ALL[$title]}"
	done | sort
}

main() {
	local reason round
	read_options "$@"
	check_selection
	reason=$(reason_to_skip)
	if [[ -n $reason ]]; then
		skip_all "$reason"
		exit 0
	fi
	prepare
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	lab_sweep
	if [[ $ROUNDS -gt 0 ]]; then
		for ((round = 0; round < ROUNDS; round++)); do
			run_once
		done
		print_rounds
	else
		run_once
		run_second_tries
	fi
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[[ $FAILED -eq 0 ]]
}

main "$@"
