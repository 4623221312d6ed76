#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh DIRECTORY PROGRAM...: lets each libFuzzer program run for FUZZ_SECONDS, as many at once as
# there are CPUs, on a corpus kept in DIRECTORY, seeded from tests/fuzz/NAME/ and by the program
# NAME_seeds (for NAME_fuzz) where there are such.
# Findings stay in DIRECTORY/findings. Ends with `N passed, N failed, N skipped`.
#
# A machine that is busy must not look like a finding: a run may take a minute, which nothing that is
# bounded comes near, and what was freed makes up little of the memory.
#
# What a long search found becomes part of tests/fuzz/NAME, so that the next one begins there; once each
# edge is enough, and what is named by a hash came this way:
#   build/fuzz/NAME -set_cover_merge=1 -use_counters=0 -max_len=4000 tests/fuzz/NAME build/fuzz/corpus/NAME
set -u

ASAN_OPTIONS=quarantine_size_mb=16${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export ASAN_OPTIONS

seconds=${FUZZ_SECONDS:-20}

run_one() { # DIRECTORY PROGRAM
	name=${2##*/}
	corpus=$1/corpus/$name
	findings=$1/findings/$name
	log=$1/$name.log
	mkdir -p "$corpus" "$findings"
	seeder=${2%_fuzz}_seeds
	if [ -x "$seeder" ]; then
		"$seeder" "$corpus" || echo "FAILED to make seeds for $name"
	fi
	seeds=
	if [ -d "tests/fuzz/$name" ]; then
		seeds=tests/fuzz/$name
	fi
	if "$2" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=1024 -malloc_limit_mb=512 \
		-print_final_stats=1 -artifact_prefix="$findings/" "$corpus" \
		${seeds:+"$seeds"} >"$log" 2>&1 </dev/null; then
		echo "ok $name ($(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs in $seconds s)"
	else
		echo "FAILED $name, see $findings"
		tail -n 40 "$log"
	fi
}

if [ "$1" = --one ]; then
	run_one "$2" "$3"
	exit
fi

directory=$1
shift
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' "$0" --one "$directory" '{}' >"$directory/results"
cat "$directory/results"
passed=$(grep -c '^ok ' "$directory/results")
failed=$(grep -c '^FAILED ' "$directory/results")
[ $((passed + failed)) -ge $# ] || failed=$((failed + 1))
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
