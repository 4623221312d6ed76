# SPDX-License-Identifier: GPL-2.0-only
# Runs once before all files: builds what the tests call, unless LBTRACE and MAKE_LOG name it.

setup_suite() {
	local tree
	tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
	if [ -z "${LBTRACE:-}" ] || [ -z "${MAKE_LOG:-}" ]; then
		(cd "$tree" && scripts/as-owner.sh make --no-print-directory all cli-programs >&2)
	fi
	export LBTRACE=${LBTRACE:-$tree/lbtrace}
	export MAKE_LOG=${MAKE_LOG:-$tree/build/tests/cli/make-log}
}
