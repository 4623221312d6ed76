#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernels-table.sh DIRECTORY: kernel × role × hook and kernel × incident as Markdown, out of what the
# guests wrote (DIRECTORY/NAME.results.txt).
set -euo pipefail

cd "$1"
names=()
for file in *.results.txt; do
	[[ ! -e $file ]] || names+=("${file%.results.txt}")
done

# The JSON after a line `guest: WHICH`.
hooks() { # NAME WHICH
	sed -n "/^guest: $2\$/,/^guest: /p" "$1.results.txt" | sed -n '/^{/,/^}/p'
}

hook_table() { # WHICH
	local name role
	printf '| role |'
	printf ' %s |' "${names[@]}"
	printf '\n|---|'
	printf -- '---|%.0s' "${names[@]}"
	echo
	for role in $(hooks "${names[0]}" hooks | jq -r '.roles[].role'); do
		printf '| %s |' "$role"
		for name in "${names[@]}"; do
			printf ' %s |' "$(hooks "$name" "$1" | jq -r --arg role "$role" '.roles[] | select(.role == $role)
				| if .program then "\(.kind) `\(.target)`" elif .served_by then "(\(.served_by))" else "–" end
				+ if .state == "ok" then "" else " (" + .state + ")" end')"
		done
		echo
	done
}

incident_table() {
	local name title
	printf '| incident |'
	printf ' %s |' "${names[@]}"
	printf '\n|---|'
	printf -- '---|%.0s' "${names[@]}"
	echo
	sed -n '/^guest: preferred$/,/^guest: others$/p' ./*.results.txt |
		sed -nE 's/^(ok|FAILED) ([a-z0-9-]+ (near|far) [a-z]+ ipv[46]).*/\2/p' | sort -u |
		while read -r title; do
			printf '| %s |' "$title"
			for name in "${names[@]}"; do
				printf ' %s |' "$(sed -n '/^guest: preferred$/,/^guest: others$/p' "$name.results.txt" |
					sed -nE "s/^(ok|FAILED) $title([ :].*)?\$/\1/p" | tail -n 1)"
			done
			echo
		done
}

echo "## Hooks that serve each role"
echo
hook_table hooks
echo
echo "With the preferred ones refused:"
echo
hook_table others
echo
echo "## Incidents"
echo
incident_table
