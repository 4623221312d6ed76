#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh PROGRAM...: runs cmocka programs, shows what failed, and ends with
# `N passed, N failed, N skipped`. A program that dies counts as one failure.
set -u

output=$(mktemp)
trap 'rm -f "$output"' EXIT INT TERM
passed=0
failed=0
skipped=0

# cmocka names a test where it ran and again in its summary.
count_names() {
	sed -n "s/^\[$1\] \([A-Za-z0-9_]*\)\$/\1/p" "$output" | sort -u | grep -c . || true
}

for program in "$@"; do
	status=0
	"$program" >"$output" 2>&1 </dev/null || status=$?
	bad=$(count_names '  FAILED  ')
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	good=$(count_names '       OK ')
	if [ "$good" -eq 0 ] && [ "$bad" -eq 0 ]; then
		echo "no test ran" >>"$output"
		bad=1
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + $(count_names '  SKIPPED ')))
	if [ "$bad" -ne 0 ]; then
		echo "FAILED ${program##*/} (exit status $status)"
		grep -v -e '^\[ RUN ' -e '^\[       OK \]' "$output"
	else
		echo "ok ${program##*/} ($good tests)"
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
