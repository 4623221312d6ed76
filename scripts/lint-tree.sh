#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The rules of the tree that no ready-made tool knows: who includes whom, the
# licence line, the length of files, leftovers. Prints findings; exit 1 when any.
set -u

cd "$(dirname "$0")/.." || exit 1
lines_most=500
# What fuzzers are given is no text.
files=$(scripts/lint-files.sh all | grep -v '^tests/fuzz/[a-z0-9_]*_fuzz/') || exit 1
findings=0

finding() {
	echo "error: $*"
	findings=$((findings + 1))
}

# Who may include whom; a module always knows itself. `bpf` is bpf/event.h alone.
may_include() {
	case $1 in
	lib) echo "event" ;;
	diagnose | capture | eventlog | config | probe) echo "event lib" ;;
	inventory) echo "event lib config" ;;
	render) echo "event model lib" ;;
	cmd | main.c) echo "event lib model diagnose capture inventory eventlog config probe render cmd" ;;
	esac
}

# The word in may_include() for an included path.
word_for() {
	case $1 in
	bpf/event.h | bpf/event_inventory.h) echo event ;;
	bpf/shared.h) echo shared ;;
	bpf/*) echo bpf ;;
	user/diagnose/model.h | user/diagnose/catalogue.h) echo model ;;
	user/*)
		module=${1#user/}
		echo "${module%%/*}"
		;;
	esac
}

check_layers() {
	for file in $(echo "$files" | grep '^user/.*\.[ch]$'); do
		module=${file#user/}
		module=${module%%/*}
		allowed=" $(may_include "$module") $module "
		case $module in
		# The loader shares map values with the programs.
		capture) allowed="$allowed shared " ;;
		diagnose) allowed="$allowed model " ;;
		esac
		# shellcheck disable=SC2013 # a path has no blanks
		for included in $(sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$file"); do
			word=$(word_for "$included")
			[ -n "$word" ] || continue
			case $allowed in
			*" $word "*) ;;
			*) finding "$file: $module may not include $included" ;;
			esac
		done
	done
	for file in $(echo "$files" | grep '^bpf/.*\.[ch]$'); do
		if grep -q '#[[:space:]]*include[[:space:]]*"user/' "$file"; then
			finding "$file: the kernel side may not include user/"
		fi
	done
	# Diagnosis works on records alone, so that it gives the same on another machine.
	for file in $(echo "$files" | grep -e '^user/diagnose/' -e '^user/render/' -e '^user/lib/' | grep '\.[ch]$'); do
		if grep -n -E '<(bpf/|linux/(rt)?netlink|cap-ng)|"/(proc|sys)/' "$file"; then
			finding "$file: only capture, inventory and cmd may look at the machine"
		fi
	done
}

has_spdx() {
	head -n 2 "$1" | grep -q 'SPDX-License-Identifier: GPL-2.0-only'
}

check_spdx() {
	for file in $files; do
		case $file in
		# No comments there: data and licence texts.
		*.json | *.lbt | COPYING | LICENSE* | *.png | *.pem) continue ;;
		esac
		has_spdx "$file" || finding "$file: no SPDX line at the top"
	done
}

check_lengths() {
	for file in $(echo "$files" | grep -v '^COPYING$'); do
		lines=$(wc -l <"$file")
		[ "$lines" -le "$lines_most" ] || finding "$file: $lines lines, at most $lines_most"
	done
}

# The words are put together here so that this file is not a finding itself.
check_leftovers() {
	marks="TO""DO|FIX""ME|XX""X|HA""CK|not implem""ented"
	paths="/ho""me/|/ro""ot/|/wo""rk/"
	for file in $files; do
		# mktemp's pattern is no mark.
		found=$(grep -nE "\\b($marks)\\b" "$file" | grep -v 'XX''XXXX') && finding "$file: a leftover: $found"
		found=$(grep -nE "(^|[^[:alnum:]_.\$}*-])($paths)" "$file") && finding "$file: a path of one machine: $found"
	done
}

check_layers
check_spdx
check_lengths
check_leftovers
[ "$findings" -eq 0 ]
