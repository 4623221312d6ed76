#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# lint.sh [BUILD]: formatting, static checks and the tree's own rules. BUILD
# holds the skeleton that the capture includes. Ends with
# `N passed, N failed, N skipped`.
set -u

cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
passed=0
failed=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
trap 'exit 130' INT TERM

user_flags="-std=gnu11 -D_GNU_SOURCE= -DLBTRACE_VERSION=\"lint\" -I. -I$build"
case $(uname -m) in
x86_64) arch=x86 ;;
aarch64) arch=arm64 ;;
*) arch=$(uname -m) ;;
esac
bpf_flags="-target bpf -std=gnu11 -g -O2 -mcpu=v3 -D__TARGET_ARCH_$arch -I."

c_files() {
	scripts/lint-files.sh c
}

format() {
	wrong=$(c_files | xargs clang-format --dry-run 2>&1 | sed -n 's/^\([^:]*\):.*Wclang-format.*/\1/p' | sort -u)
	[ -z "$wrong" ] || {
		echo "$wrong" | sed 's/$/: error: not in the house style; make format/'
		return 1
	}
}

# $1: grep pattern for the files; $2: compiler flags; the rest: more of clang-tidy's options.
# One file a run: clang-tidy 14 takes every second va_list for uninitialized when it has several.
tidy() {
	pattern=$1
	flags=$2
	shift 2
	# shellcheck disable=SC2016 # for the inner shell
	c_files | grep -E "$pattern" |
		xargs -r -P 2 -I '{}' sh -c 'flags=$1; shift; clang-tidy --quiet "$@" -- $flags 2>&1' \
			tidy "$flags" "$@" '{}'
}

tidy_user() {
	tidy '^(user|tests/kernel|tests/fuzz|tests/incidents)/.*\.c$' "$user_flags"
}

# The analyzer does not know that cmocka's assertions do not return; and tests cut strings on purpose.
tidy_unit() {
	tidy '^tests/unit/.*\.c$' "$user_flags" '--checks=-clang-analyzer-core.*,-bugprone-not-null-terminated-result'
}

# A program has its tracepoint's arguments, needed or not.
tidy_bpf() {
	tidy '^bpf/.*\.bpf\.c$' "$bpf_flags" '--checks=-misc-unused-parameters'
}

# readdirCalled: readdir_r(), which it recommends, is deprecated.
check_cpp() {
	c_files | grep -E '^(user|tests)/.*\.c$' | grep -v '\.bpf\.c$' >"$build/cppcheck.list"
	cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --suppress=readdirCalled \
		-j 2 --std=c11 --library=posix --library=scripts/cppcheck.cfg --max-configs=1 -D_GNU_SOURCE= -D__x86_64__=1 \
		-DLBTRACE_VERSION='"lint"' -I. --file-list="$build/cppcheck.list"
}

check_shell() {
	scripts/lint-files.sh sh | grep -v '\.bats$' | xargs shellcheck -x
}

step() {
	name=$1
	shift
	if "$@" >"$output" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "FAILED $name"
		grep -v -e 'warnings\{0,1\} generated' -e '^Suppressed ' "$output" | cut -c 1-300
	fi
}

step clang-format format
step clang-tidy-user tidy_user
step clang-tidy-unit tidy_unit
step clang-tidy-bpf tidy_bpf
step cppcheck check_cpp
step shellcheck check_shell
step tree scripts/lint-tree.sh
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
