#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh DIRECTORY PROGRAM...: lets each libFuzzer program run for FUZZ_SECONDS
# on a corpus kept in DIRECTORY, seeded from tests/fuzz/NAME/ and by the program
# NAME_seeds (for NAME_fuzz) where there are such.
# Findings stay in DIRECTORY/findings. Ends with `N passed, N failed, N skipped`.
set -u

directory=$1
shift
seconds=${FUZZ_SECONDS:-20}
passed=0
failed=0

for program in "$@"; do
	name=${program##*/}
	corpus=$directory/corpus/$name
	findings=$directory/findings/$name
	log=$directory/$name.log
	mkdir -p "$corpus" "$findings"
	seeder=${program%_fuzz}_seeds
	if [ -x "$seeder" ]; then
		"$seeder" "$corpus" || echo "FAILED to make seeds for $name"
	fi
	seeds=
	if [ -d "tests/fuzz/$name" ]; then
		seeds=tests/fuzz/$name
	fi
	if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 \
		-print_final_stats=1 -artifact_prefix="$findings/" "$corpus" \
		${seeds:+"$seeds"} >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		echo "ok $name ($(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs in $seconds s)"
	else
		failed=$((failed + 1))
		echo "FAILED $name, see $findings"
		tail -n 40 "$log"
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
