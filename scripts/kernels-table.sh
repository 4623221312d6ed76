#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernels-table.sh DIRECTORY: kernel × role × hook, kernel × incident and kernel × program as Markdown,
# out of what the guests wrote (DIRECTORY/NAME.results.txt).
set -euo pipefail

cd "$1"
names=()
for file in *.results.txt; do
	[[ ! -e $file ]] || names+=("${file%.results.txt}")
done
[[ ${#names[@]} -gt 0 ]] || exit 0

# What a guest wrote in one of its passes.
pass() { # NAME PASS
	sed -n "/^guest: $2\$/,/^guest: end of $2\$/p" "$1.results.txt"
}

# `lbtrace check --json` at the beginning of a pass.
hooks() { # NAME PASS
	pass "$1" "$2" | sed -n '/^{/,/^}/p'
}

header() { # FIRST_COLUMN
	printf '\n| %s |' "$1"
	printf ' %s |' "${names[@]}"
	printf '\n|---|'
	printf -- '---|%.0s' "${names[@]}"
	echo
}

kernel_table() {
	local name
	printf '\n| name | kernel |\n|---|---|\n'
	for name in "${names[@]}"; do
		printf '| %s | %s |\n' "$name" "$(sed -n 's/^guest: kernel //p' "$name.results.txt")"
	done
}

hook_table() { # PASS
	local name role
	header role
	for role in $(hooks "${names[0]}" preferred | jq -r '.roles[].role'); do
		printf '| %s |' "$role"
		for name in "${names[@]}"; do
			printf ' %s |' "$(hooks "$name" "$1" | jq -r --arg role "$role" '.roles[] | select(.role == $role)
				| if .program then "\(.kind) `\(.target)`" elif .served_by then "(\(.served_by))" else "–" end
				+ if .state == "ok" then "" else " (" + .state + ")" end')"
		done
		echo
	done
	printf '| sockets |'
	for name in "${names[@]}"; do
		printf ' %s |' "$(hooks "$name" "$1" | jq -r 'if .sockets == "storage" then "socket storage" else "hash by address" end')"
	done
	echo
}

# `CASE GOOD ALL` for each case of a pass; a second try counts instead of the first.
incidents() { # NAME PASS
	pass "$1" "$2" | sed -nE 's/^(ok|FAILED) ([a-z0-9-]+) (near|far) [a-z]+ ipv[46].*/\1 \2/p' |
		awk '{ all[$2]++; good[$2] += $1 == "ok" } END { for (name in all) print name, good[name], all[name] }'
}

incident_table() { # PASS
	local name title
	header incident
	for title in $(for name in "${names[@]}"; do incidents "$name" "$1"; done | cut -d ' ' -f 1 | sort -u); do
		printf '| %s |' "$title"
		for name in "${names[@]}"; do
			printf ' %s |' "$(incidents "$name" "$1" | sed -n "s/^$title \(.*\) \(.*\)/\1 of \2/p")"
		done
		echo
	done
}

verifier_table() {
	local name program
	header program
	sed -nE 's/^(ok|FAILED) verifier ([a-z0-9_]+):.*/\2/p' ./*.results.txt | sort -u | while read -r program; do
		printf '| %s |' "$program"
		for name in "${names[@]}"; do
			printf ' %s |' "$(sed -nE "s/^(ok|FAILED) verifier $program: ([0-9]*).*/\2/p" "$name.results.txt" | head -n 1)"
		done
		echo
	done
}

kernel_table
printf '\n## Hooks\n'
for which in preferred others last; do
	printf '\nPass *%s*:\n' "$which"
	hook_table "$which"
done
printf '\n## Incidents\n'
for which in preferred others last; do
	printf '\nPass *%s*:\n' "$which"
	incident_table "$which"
done
printf '\n## Verifier\n\nInstructions that the verifier went through, of 1,000,000:\n'
verifier_table
