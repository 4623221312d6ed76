#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# check.sh [SUITE...]: runs every suite, or those named, goes on after one that
# fails, and ends with the sum as `N passed, N failed, N skipped`.
# Each suite's whole output is in build/check-SUITE.log.
set -u

cd "$(dirname "$0")/.." || exit 1
export CI=true
fuzz_seconds=${FUZZ_SECONDS:-20}
suite_seconds=${SUITE_SECONDS:-1200}
jobs=$(nproc)
as_owner=scripts/as-owner.sh
passed=0
failed=0
skipped=0

owner_make() {
	"$as_owner" make --no-print-directory -j"$jobs" "$@"
}

# A step that succeeds or not, with no counts of its own.
one_test() {
	if "$@"; then
		echo "1 passed, 0 failed, 0 skipped"
	else
		echo "0 passed, 1 failed, 0 skipped"
		return 1
	fi
}

static_needs_libc_only() {
	owner_make static || return 1
	foreign=$(ldd build/static/lbtrace | grep -v -e linux-vdso -e 'libc\.so' -e ld-linux)
	if [ -n "$foreign" ]; then
		echo "FAILED build/static/lbtrace needs more than libc:$foreign"
		return 1
	fi
	build/static/lbtrace --version
}

count_tap() {
	good=$(grep -c '^ok ' "$1")
	idle=$(grep -ci '^ok .*# skip' "$1")
	bad=$(grep -c '^not ok ' "$1")
	echo "$((good - idle)) passed, $bad failed, $idle skipped"
}

run_bats() {
	tap=build/cli.tap
	# stderr stays out of the TAP: a line of it must not count.
	bats --tap tests/cli >"$tap"
	status=$?
	cat "$tap"
	count_tap "$tap"
	return "$status"
}

run_suite() {
	case $1 in
	build) one_test owner_make all lab-programs ;;
	static) one_test static_needs_libc_only ;;
	types) owner_make check-types ;;
	verifier) owner_make build/tests/kernel/verifier && make --no-print-directory check-verifier ;;
	unit) owner_make SANITIZE=1 unit-programs && make --no-print-directory SANITIZE=1 unit ;;
	cli) run_bats ;;
	fuzz) owner_make FUZZ_SECONDS="$fuzz_seconds" fuzz ;;
	lint) owner_make lint ;;
	incidents) tests/incidents/run.sh ;;
	configs) tests/configs/run.sh ;;
	proxies) # the whole set: tests/incidents/run.sh --lb caddy,apache,varnish
		tests/incidents/run.sh --lb caddy,apache --family ipv4 conn-refused no-route \
			reset-before-response slow-response backend-5xx no-eligible-backend
		;;
	varnish) # requests wander between its threads, and what fails at once is not always told
		tests/incidents/run.sh --lb varnish --family ipv4 reset-before-response \
			slow-response backend-5xx
		;;
	faults) owner_make all lab-programs cli-programs fault-library && tests/faults/run.sh ;;
	accuracy) scripts/accuracy.sh --short ;;
	*)
		echo "no such suite: $1"
		return 2
		;;
	esac
}

# What of a failed suite's log explains the failure.
show_failure() {
	grep -n -m 60 -e '^FAILED' -e '^not ok' -e '^#' -e 'error:' -e 'Error ' -e 'ERROR:' "$1" |
		cut -c 1-300
	echo "  ... the end of $1:"
	tail -n 15 "$1" | cut -c 1-300
}

account() {
	counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1 | tr -dc '0-9 ')
	# shellcheck disable=SC2086 # three numbers
	set -- "$1" "$2" ${counts:-0 0 0}
	bad=$4
	if [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	elif [ "$(($3 + $4 + $5))" -eq 0 ]; then
		bad=1
		echo "FAILED the suite ran no test" >>"$log"
	fi
	passed=$((passed + $3))
	failed=$((failed + bad))
	skipped=$((skipped + $5))
	printf '%-10s %s passed, %s failed, %s skipped (%s s)\n' "$1" "$3" "$bad" "$5" \
		"$(($(date +%s) - began))"
	[ "$bad" -eq 0 ] || show_failure "$log"
}

# `timeout` needs a program to start: this script, for one suite.
if [ "${1:-}" = --suite ]; then
	run_suite "$2"
	exit
fi

mkdir -p build
[ $# -gt 0 ] || set -- build static types verifier unit cli fuzz lint incidents configs proxies varnish faults accuracy
for suite in "$@"; do
	log=build/check-$suite.log
	began=$(date +%s)
	status=0
	timeout --kill-after=30 "$suite_seconds" "$0" --suite "$suite" >"$log" 2>&1 </dev/null || status=$?
	account "$suite" "$status"
done
"$as_owner" true
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
