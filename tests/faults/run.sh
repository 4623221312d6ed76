#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [--full] [TEST...]
#
# What lbtrace does when things go wrong around it (pressure.sh: a reader that is stopped, maps that
# are full, processes and namespaces by the hundred, no CPU) and in it (own.sh: killed, no space, no
# types of the kernel, hooks that are refused, clocks that jump; sweep.sh, looking.sh: calls that fail
# one after the other). Whatever happens is said; nothing is lost in silence, nothing hangs or crashes.
#
# --full fails every call that can be told from the others by its stack, and stops the reader for
# longer; it takes hours, most of them for record_calls, backends_calls and screen_calls.
#
# Environment: LBTRACE (./lbtrace; build/sanitize/lbtrace for a crash to be sure to show), LAB_BACKEND
# (build/lab-backend), FAULT_LIBRARY (build/fault.so), MAKE_LOG and ON_TERMINAL
# (build/tests/cli/make-log, on-terminal), LBTRACE_SANITIZED (build/sanitize/lbtrace, where it is there:
# for what needs no root), KEPT (build/faults), where the output of failing runs is left.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
LBTRACE=${LBTRACE:-$ROOT/lbtrace}
LAB_TESTS=$ROOT/tests/incidents
LAB_BACKEND=${LAB_BACKEND:-$ROOT/build/lab-backend}
FAULT_LIBRARY=${FAULT_LIBRARY:-$ROOT/build/fault.so}
MAKE_LOG=${MAKE_LOG:-$ROOT/build/tests/cli/make-log}
ON_TERMINAL=${ON_TERMINAL:-$ROOT/build/tests/cli/on-terminal}
LBTRACE_SANITIZED=${LBTRACE_SANITIZED:-$ROOT/build/sanitize/lbtrace}
KEPT=${KEPT:-$ROOT/build/faults}
# shellcheck source=scripts/lab-all.sh
source "$ROOT/scripts/lab-all.sh"
# shellcheck source=tests/faults/sweep.sh
source "$ROOT/tests/faults/sweep.sh"
# shellcheck source=tests/faults/pressure.sh
source "$ROOT/tests/faults/pressure.sh"
# shellcheck source=tests/faults/own.sh
source "$ROOT/tests/faults/own.sh"
# shellcheck source=tests/faults/looking.sh
source "$ROOT/tests/faults/looking.sh"

TESTS=(unprivileged stopped_reader starved namespaces forks full_processes full_backends
	killed no_space types refused clock record_calls check_calls probe_calls backends_calls
	screen_calls)
FULL=no FAULTS_MOST=12 PASSED=0 FAILED=0 SKIPPED=0 WANTED=() FAULTS_DIR=""

say() { # TITLE TROUBLE
	if [[ -z $2 ]]; then
		PASSED=$((PASSED + 1))
		echo "ok $1"
	else
		FAILED=$((FAILED + 1))
		echo "FAILED $1: $(tr '\n' ';' <<<"$2" | cut -c 1-900)"
	fi
}

skip() { # TITLE REASON
	SKIPPED=$((SKIPPED + 1))
	echo "SKIP $1: $2"
}

clean_up() {
	if [[ -n $FAULTS_DIR ]]; then
		mountpoint -q "$FAULTS_DIR/small" && umount "$FAULTS_DIR/small"
		if [[ $FAILED -gt 0 ]]; then
			rm -rf "$KEPT"
			mkdir -p "$KEPT"
			find "$FAULTS_DIR" -maxdepth 1 -type f -size -200k -exec cp -t "$KEPT" {} +
		fi
		rm -rf -- "$FAULTS_DIR"
	fi
	pressure_end
	lab_stop
	lab_forget
}

read_options() {
	while [[ $# -gt 0 ]]; do
		case $1 in
		--full) FULL=yes FAULTS_MOST=0 ;;
		*) WANTED+=("$1") ;;
		esac
		shift
	done
	[[ ${#WANTED[@]} -gt 0 ]] || WANTED=("${TESTS[@]}")
}

main() {
	local test status=0 began
	read_options "$@"
	FAULTS_DIR=$(mktemp -d "${TMPDIR:-/tmp}/lbtfaults-XXXXXX")
	chmod 755 "$FAULTS_DIR"
	trap clean_up EXIT
	trap 'exit 143' TERM INT
	"$LBTRACE" check >/dev/null 2>&1 || status=$?
	lab_sweep
	for test in "${WANTED[@]}"; do
		if [[ $test != unprivileged && ($(id -u) != 0 || $status == 3) ]]; then
			skip "$test" "needs root and a kernel that loads BPF"
			continue
		fi
		if [[ $test != unprivileged && -z $LAB_NAME ]]; then
			lab_start "next-upstream near nginx ipv4" "conn-refused near haproxy ipv4"
		fi
		began=$(date +%s)
		"test_$test" || say "$test" "it ended early"
		echo "# $test: $(($(date +%s) - began)) s"
	done
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[[ $FAILED -eq 0 ]]
}

main "$@"
