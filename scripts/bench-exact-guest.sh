#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The first process of a guest of bench-exact.sh: the bench's lab (bench-lab.sh), and in it a fixed
# number of requests with each tool. Writes to the second serial line a line for each run, in the
# order in which the plugin outside writes its sections, of which each run makes BATCHES:
#   section LB WORKLOAD NAME ROUND BATCHES COUNT
# and, if they are asked for, the names of the kernel's functions (a compressed /proc/kallsyms in
# base64) and, after each section, of those programs of BPF and trampolines that there are then.
# Reads /lbtrace/guest.conf: MODULES, RUNS (lines `LB WORKLOAD WARM BATCHES COUNT`), TOOLS
# (lines `NAME TOOL [LBTRACE_REFUSE]`), SYMBOLS (yes or no).
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/tmp
ROOT=/lbtrace LBTRACE=/lbtrace/lbtrace BENCH_LOAD=/lbtrace/build/bench-load
# shellcheck disable=SC1091 # made by bench-exact.sh
source "$ROOT/guest.conf"
# shellcheck source=scripts/lab-net.sh
source "$ROOT/scripts/lab-net.sh"
# shellcheck source=scripts/lab-run.sh
source "$ROOT/scripts/lab-run.sh"
# shellcheck source=scripts/bench-lab.sh
source "$ROOT/scripts/bench-lab.sh"
# shellcheck source=scripts/bench-tools.sh
source "$ROOT/scripts/bench-tools.sh"
LAB_NAME=exact LAB_DIR=/tmp/lab WARM_FIRST=200

guest_mounts() {
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	mount -t devtmpfs dev /dev 2>/dev/null
	mkdir -p /dev/shm
	mount -t tmpfs tmp /tmp
	mount -t tmpfs run /run
	mount -t cgroup2 cgroup /sys/fs/cgroup
	mount -t tracefs tracing /sys/kernel/tracing 2>/dev/null
	ln -sf /proc/self/fd /dev/fd
	mkdir -p "$LAB_DIR" /run/netns /var/log/nginx /var/lib/nginx /var/lib/haproxy
	echo 0 >/proc/sys/kernel/kptr_restrict
	echo 1 >/proc/sys/net/core/bpf_jit_kallsyms
}

guest_load() { # LB WORKLOAD WARM BATCHES COUNT
	local kind=kept
	if [[ $2 == idle ]]; then
		"$ROOT/build/bench-exact" idle "$4" "$5"
		return
	fi
	[[ $2 != fresh ]] || kind=fresh
	in_host client "$ROOT/build/bench-exact" "$FRONT" "$(front_port "$1" "$2")" "$kind" "$3" "$4" "$5"
}

# Before anything is measured: nothing is asked for the first time then.
guest_warm() {
	local lb workload rest
	while read -r lb workload rest; do
		guest_load "$lb" "$workload" "$WARM_FIRST" 0 0
	done <<<"$RUNS"
}

guest_symbols() {
	[[ $SYMBOLS == yes ]] || return 0
	echo "symbols"
	awk 'tolower($2) ~ /[tw]/ && !/\[bpf\]/ { print $1, $3 }' /proc/kallsyms | gzip -1 | base64
	echo "end of symbols"
}

# Neighbours that are known for good: to ask for them again would come at another time in each run.
guest_neighbours() {
	local host
	for host in client lb near; do
		ip -n "$LAB_NAME-$host" neigh show | awk '$4 == "lladdr" {
			print "neigh change", $1, "lladdr", $5, "dev", $3, "nud permanent" }' |
			ip -n "$LAB_NAME-$host" -batch -
	done
}

guest_tool() { # NAME ROUND TOOL [LBTRACE_REFUSE]
	local lb workload warm batches count
	export LBTRACE_REFUSE=${4:-}
	tool_start "$3" || return
	# Of roles that this kernel has no hook for, there is no cost.
	[[ $3 != lbtrace ]] || sed -n '/ready$/!s/^/said /p' "$LAB_DIR/lbtrace.stderr"
	while read -r lb workload warm batches count; do
		guest_load "$lb" "$workload" "$warm" "$batches" "$count" &&
			echo "section $lb $workload $1 $2 $batches $count"
	done <<<"$RUNS"
	[[ $SYMBOLS != yes ]] || grep -F '[bpf]' /proc/kallsyms | sed 's/^/symbol /'
	tool_stop
	[[ $3 != lbtrace || -n $LBTRACE_REFUSE ]] || guest_check_log
}

# Of an lbtrace that sees nothing there is no cost either: every 5xx must be in its log, with a cause.
guest_check_log() {
	local wanted seen
	wanted=$(awk '$2 == "refused" { n += $3 + $4 * $5 } END { print n + 0 }' <<<"$RUNS")
	seen=$("$LBTRACE" report "$LAB_DIR/tool.lbt" --format json | jq .gateway_errors.explained)
	[[ $seen == "$wanted" ]] || echo "said of $wanted 5xx it explains $seen"
}

guest_run() {
	local module name tool refused round=0
	for module in $MODULES; do
		modprobe -q "$module"
	done
	ip link set lo up
	echo "kernel $(uname -r)"
	BALANCER_THREADS=1
	bench_lab_start
	guest_warm
	guest_neighbours
	guest_symbols
	while read -r name tool refused; do
		round=$((round + 1))
		guest_tool "$name" "$round" "$tool" "$refused"
	done <<<"$TOOLS"
	dmesg | grep -E 'BUG:|WARNING:|Oops|rcu.*stall|general protection|Call Trace' | sed 's/^/splat /'
	echo "finished"
}

# Everybody first come, first served: who is ready waits until the one that runs has nothing to do. The
# fair scheduler's turns would depend on what ran long before.
guest_order() {
	local pid
	echo -1 >/proc/sys/kernel/sched_rt_runtime_us
	for pid in /proc/[0-9]*; do
		chrt -f -p 1 "${pid#/proc/}" 2>/dev/null
	done
}

guest_mounts
guest_order
stty -F /dev/ttyS1 -opost 2>/dev/null
guest_run >/dev/ttyS1
sync
echo o >/proc/sysrq-trigger
sleep 10
