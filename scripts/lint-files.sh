#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# lint-files.sh [c|sh|all]: the tree's own files of a kind, one a line.
set -eu

cd "$(dirname "$0")/.."

list() {
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard
	else
		find . -path ./build -prune -o -path ./lbtrace -prune -o -type f -print | sed 's,^\./,,'
	fi | while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done | sort -u
}

case ${1:-all} in
c) list | grep '\.[ch]$' ;;
sh) list | grep -e '\.sh$' -e '\.bats$' -e '^\.ci/run$' ;;
all) list ;;
*)
	echo "lint-files.sh: no such kind: $1" >&2
	exit 2
	;;
esac
