#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench.sh [--short]: what lbtrace costs, beside the peers that run on this kernel. Real load
# balancers in network namespaces; the same load with nothing and with a tool by turns, each
# figure with a tool divided by the mean of its two neighbours without, and the median of these.
# Prints a table in which every target has a line; --short takes about four minutes.
#
# Environment: BENCH_WRITE=1 (writes docs/performance.md and .svg), BENCH_SECONDS (a measurement's
# length, 2), BENCH_KEEP (a file: the raw figures), BENCH_FROM (such a file: nothing is measured),
# BENCH_NOTE (what else there is to say of the run), BENCH_PARTS (costs kernel loss replay scale
# exact),
# LBTRACE (./lbtrace), BENCH_LOAD, BENCH_REPLAY (build/bench-*).
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
LBTRACE=${LBTRACE:-$ROOT/lbtrace}
BENCH_LOAD=${BENCH_LOAD:-$ROOT/build/bench-load}
BENCH_REPLAY=${BENCH_REPLAY:-$ROOT/build/bench-replay}
STATS_BEFORE="" SHORT=no
# shellcheck source=scripts/lab-net.sh
source "$ROOT/scripts/lab-net.sh"
# shellcheck source=scripts/lab-run.sh
source "$ROOT/scripts/lab-run.sh"
# shellcheck source=scripts/bench-lab.sh
source "$ROOT/scripts/bench-lab.sh"
# shellcheck source=scripts/bench-tools.sh
source "$ROOT/scripts/bench-tools.sh"
# shellcheck source=scripts/bench-measure.sh
source "$ROOT/scripts/bench-measure.sh"
# shellcheck source=scripts/bench-scale.sh
source "$ROOT/scripts/bench-scale.sh"
# shellcheck source=scripts/bench-exact-table.sh
source "$ROOT/scripts/bench-exact-table.sh"
# shellcheck source=scripts/bench-table.sh
source "$ROOT/scripts/bench-table.sh"

read_options() {
	case ${1:-} in
	"") ;;
	--short) SHORT=yes ;;
	*)
		echo "usage: bench.sh [--short]" >&2
		exit 2
		;;
	esac
	if [[ $SHORT == yes ]]; then
		BENCH_PARTS=${BENCH_PARTS:-costs kernel loss replay}
	else
		BENCH_PARTS=${BENCH_PARTS:-costs kernel loss replay scale exact}
	fi
	SECONDS_EACH=${BENCH_SECONDS:-2}
}

# The peers are wanted here alone, so `make setup` does not bring them.
install_peers() {
	local package missing=()
	for package in wrk libbpf-tools bpftrace gnuplot-nox; do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
			missing+=("$package")
	done
	[[ ${#missing[@]} == 0 ]] && return
	echo "bench: installing ${missing[*]}" >&2
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
		"${missing[@]}" >/dev/null </dev/null ||
		echo "bench: could not install all of ${missing[*]}; going on without" >&2
	command -v wrk >/dev/null
}

clean_up() {
	if [[ -n $STATS_BEFORE ]]; then
		echo "$STATS_BEFORE" >/proc/sys/kernel/bpf_stats_enabled
	fi
	if [[ -n $LAB_DIR ]]; then
		bench_lab_stop
		[[ -z ${BENCH_KEEP:-} ]] || cp "$LAB_DIR/results" "$BENCH_KEEP"
		rm -rf -- "$LAB_DIR"
	fi
}

measure_costs() {
	local balancer peer pairs=4
	[[ $SHORT == no ]] || pairs=2
	for balancer in haproxy nginx; do
		measure_pairs "$balancer" fresh lbtrace $((pairs + 2))
		[[ $SHORT == no || $balancer == haproxy ]] || continue
		measure_pairs "$balancer" kept lbtrace "$pairs"
		measure_pairs "$balancer" refused lbtrace $((pairs - 1))
	done
	# All programs attached, and no load balancer of theirs.
	measure_pairs haproxy fresh elsewhere "$pairs"
	# The noise: a ratio of nothing to nothing.
	measure_pairs haproxy fresh nothing "$pairs"
	for peer in "${PEERS[@]}"; do
		measure_pairs haproxy fresh "$peer" $((pairs / 2))
		[[ $SHORT == no ]] || continue
		measure_pairs haproxy refused "$peer" 1
	done
	load_spawn holder client hold-used "$FRONT" 8002 10000
	measure_pairs haproxy idle lbtrace $((pairs / 2))
	lab_end_process "$LAB_LAST_PID" KILL || true
}

measure_kernel() {
	local tool workload balancers=(haproxy)
	STATS_BEFORE=$(cat /proc/sys/kernel/bpf_stats_enabled)
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
	for tool in lbtrace "${PEERS[@]}"; do
		[[ $SHORT == yes || $tool != lbtrace ]] || balancers=(haproxy nginx)
		for balancer in "${balancers[@]}"; do
			for workload in fresh kept refused; do
				measure_programs "$balancer" "$workload" "$tool"
			done
		done
		balancers=(haproxy)
	done
	measure_others
	! command -v bpftrace >/dev/null || measure_programs haproxy fresh empty
	echo "$STATS_BEFORE" >/proc/sys/kernel/bpf_stats_enabled
	STATS_BEFORE=""
}

# Elsewhere, in guests of its own: what is not there does not hinder the rest.
measure_exact() {
	echo "bench: instructions, on Debian's kernels" >&2
	"$ROOT/scripts/bench-exact.sh" --raw >>"$LAB_DIR/results" || echo "bench: no figures of it" >&2
}

wanted() { [[ " $BENCH_PARTS " == *" $1 "* ]]; }

measure_all() {
	bench_lab_start
	peers_find
	! wanted costs || measure_costs
	! wanted kernel || measure_kernel
	! wanted loss || measure_loss "$([[ $SHORT == yes ]] && echo 5 || echo 60)"
	! wanted replay || measure_replay
	! wanted scale || measure_scale
	! wanted exact || measure_exact
}

main() {
	read_options "$@"
	if [[ $(id -u) != 0 ]]; then
		echo "bench.sh needs root for network namespaces and BPF" >&2
		exit 1
	fi
	install_peers
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	ulimit -n "$(ulimit -Hn)"
	LAB_NAME=bench$$
	LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/bench-XXXXXX")
	chmod 755 "$LAB_DIR"
	: >"$LAB_DIR/results"
	if [[ -n ${BENCH_FROM:-} ]]; then
		cp "$BENCH_FROM" "$LAB_DIR/results"
	else
		measure_all
	fi
	print_all
	if [[ ${BENCH_WRITE:-0} == 1 ]]; then
		write_document
	fi
}

main "$@"
