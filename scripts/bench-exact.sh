#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench-exact.sh [-k KERNEL[,KERNEL...]] [--raw | --by-role | --profile LB WORKLOAD]: what lbtrace and
# its peers cost in instructions, which noise cannot touch. Debian's kernels under qemu-system-x86_64
# without KVM, one CPU, whose clock counts instructions; inside, the bench's lab and a client that sends
# one request after the other; a plugin of qemu counts what is executed between the first and the last of
# them, by whomever: client, load balancer, backend, tool and kernel. Waiting executes nothing.
#
#   --raw       the figures, as bench.sh keeps them: `exact KERNEL LB WORKLOAD TOOL ROUND USER KERNEL`
#   --by-role   lbtrace with a role's hooks refused, each in turn: what that role costs
#   --profile   which functions of the kernel the instructions that lbtrace adds are in
#
# Environment: KERNELS_CACHE as for kernels.sh; EXACT_BATCHES (12), EXACT_KEPT (build/exact).
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
CACHE=${KERNELS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lbtrace-kernels}
KEPT=${EXACT_KEPT:-$ROOT/build/exact}
REQUESTS=20 BATCHES=${EXACT_BATCHES:-12} WARM=40 IDLE_SECONDS=10
GUEST_MEMORY_MIB=2000 GUEST_SECONDS=1200
GUEST_BOOTS=3
ONLY="6.12 sid" WHAT=table PROFILE=() SYMBOLS=no
MODULES="veth nf_tables nft_reject_inet nf_conntrack tcp_cubic ipv6"
# shellcheck source=scripts/kernels-fetch.sh
source "$ROOT/scripts/kernels-fetch.sh"
# shellcheck source=scripts/kernels-root.sh
source "$ROOT/scripts/kernels-root.sh"
# shellcheck source=scripts/bench-exact-table.sh
source "$ROOT/scripts/bench-exact-table.sh"

read_options() {
	while [[ $# -gt 0 ]]; do
		case $1 in
		-k) ONLY=${2//,/ } && shift ;;
		--raw) WHAT=raw ;;
		--by-role) WHAT=roles ;;
		--profile) WHAT=profile SYMBOLS=yes PROFILE=("${2:?}" "${3:?}") && shift 2 ;;
		*)
			sed -n '3s|^# ||p' "$0" >&2
			exit 2
			;;
		esac
		shift
	done
}

# `ROLE:PROGRAM,...` of every candidate of the given roles, as LBTRACE_REFUSE takes them.
exact_refuse() { # ROLE...
	awk -F '"' -v roles=" $* " '
		/\.name = / { role = $2 }
		/\.program = / && index(roles, " " role " ") { printf "%s%s:%s", comma, role, $2; comma = "," }
	' "$ROOT/user/capture/hook_table.c"
}

# Lines `NAME TOOL [LBTRACE_REFUSE]`. Nothing first, between and last: how far these are apart is what
# else there is in the figures.
exact_tools() {
	local role
	case $WHAT in
	roles)
		printf '%s\n' "nothing nothing" "lbtrace lbtrace"
		for role in "${EXACT_ROLES[@]}"; do
			echo "$role lbtrace $(exact_refuse "$role")"
		done
		echo "all lbtrace $(exact_refuse "${EXACT_ROLES[@]}")"
		;;
	profile) printf "%s\n" "nothing nothing" "lbtrace lbtrace" ;;
	*) printf '%s\n' "nothing nothing" "lbtrace lbtrace" "nothing nothing" "empty empty-btf" \
		"tcplife tcplife" "tcpstates tcpstates" "nothing nothing" ;;
	esac
}

exact_runs() {
	local balancer workload
	if [[ $WHAT == profile ]]; then
		echo "${PROFILE[*]} $WARM $BATCHES $REQUESTS"
		return
	fi
	for balancer in haproxy nginx; do
		for workload in fresh kept refused; do
			echo "$balancer $workload $WARM $BATCHES $REQUESTS"
		done
	done
	[[ $WHAT == roles ]] || echo "none idle 0 3 $IDLE_SECONDS"
}

exact_conf() {
	printf '%s=%q\n' MODULES "$MODULES" SYMBOLS "$SYMBOLS" RUNS "$(exact_runs)" TOOLS "$(exact_tools)"
}

# install_program FROM TO: a program and the libraries that it needs.
install_program() {
	local library
	install -D "$1" "$2"
	for library in $(ldd "$1" 2>/dev/null | grep -oE '/[^ :]*\.so[^ ]*'); do
		[[ -e $WORK$library ]] || install -D "$library" "$WORK$library"
	done
}

# exact_pack NAME KERNEL: the initramfs, on stdout. Most of a kernel's drivers would be for nothing.
exact_pack() {
	local program
	WORK=$CACHE/work-exact-$1
	rm -rf "$WORK"
	cp -a "$CACHE/root" "$WORK"
	root_modules "$2" "$WORK" 2>/dev/null
	find "$WORK"/lib/modules/*/kernel/{drivers,fs} -name '*.ko*' ! -name 'veth.ko*' -delete
	depmod -b "$WORK" "$(ls "$WORK/lib/modules")" 2>/dev/null
	mkdir -p "$WORK/lbtrace"
	for program in load exact attach; do
		install_program "$ROOT/build/bench-$program" "$WORK/lbtrace/build/bench-$program"
	done
	install_program "$ROOT/build/static/lbtrace" "$WORK/lbtrace/lbtrace"
	for program in tcplife tcpstates; do
		install_program "$(command -v $program)" "$WORK/usr/sbin/$program"
	done
	cp "$ROOT/build/bench-empty.bpf.o" "$WORK/lbtrace/build/"
	cp -a "$ROOT/scripts" "$WORK/lbtrace/"
	exact_conf >"$WORK/lbtrace/guest.conf"
	install -m 755 "$ROOT/scripts/bench-exact-guest.sh" "$WORK/init"
	(cd "$WORK" && find . | cpio --quiet -o -H newc)
	rm -rf "$WORK"
}

# When the kernel uses cmpxchg16b, an interrupt may leave qemu 7.2 with flags that no processor has, and
# the guest dies. Without it (141 is its number) kmalloc() and kfree() take some twenty instructions more;
# but newer kernels then have no kmalloc_nolock(), and so no socket storage for programs. They use it
# less: a guest that dies is booted again.
exact_parameters() { # NAME
	echo "console=ttyS0 quiet panic=-1 loglevel=4$([[ $1 == sid ]] || echo " clearcpuid=141")"
}

exact_boot() { # NAME KERNEL
	rm -f "$KEPT/$1".{console,results,counts}
	timeout "$GUEST_SECONDS" qemu-system-x86_64 -icount shift=0,sleep=off -m "$GUEST_MEMORY_MIB" -smp 1 -cpu max \
		-display none -nic none -no-reboot -initrd "$CACHE/initrd-exact-$1" \
		-kernel "$(find "$2" -name 'vmlinuz*' | head -n 1)" -append "$(exact_parameters "$1")" \
		-plugin "$ROOT/build/bench-count.so,out=$KEPT/$1.counts$([[ $SYMBOLS == no ]] || echo ,blocks=on)" \
		-serial "file:$KEPT/$1.console" -serial "file:$KEPT/$1.results.serial" </dev/null || true
	tr -d '\r' <"$KEPT/$1.results.serial" >"$KEPT/$1.results"
	rm -f "$KEPT/$1.results.serial"
	grep -q '^finished' "$KEPT/$1.results"
}

exact_run() { # NAME KERNEL
	local boot=1
	exact_pack "$1" "$2" >"$CACHE/initrd-exact-$1"
	until exact_boot "$1" "$2"; do
		echo "bench-exact.sh: the guest with kernel $1 did not finish; see $KEPT/$1.console" >&2
		[[ $((boot++)) -lt $GUEST_BOOTS ]] || return 1
	done
	sed -n "s/^said /bench-exact.sh: kernel $1: /p" "$KEPT/$1.results" >&2
	if grep '^splat ' "$KEPT/$1.results" >&2; then
		return 1
	fi
}

# Names and counts of the sections, which are in the same order. A run's figures are the mean of its
# batches without the two highest, for a request (idle: a second): what lbtrace does once a second would
# fall into one batch or into none.
exact_results() { # NAME
	awk -v kernel="$1" '
		FNR == 1 { file++ }
		$1 != "section" { next }
		file == 1 { user[++sections] = $2; sum[sections] = $2 + $3; next }
		{
			all = outside = 0
			for (i = 1; i <= $6; i++) {
				at = ++section
				for (j = i - 1; j >= 1 && sorted[j] > sum[at]; j--) {
					sorted[j + 1] = sorted[j]; users[j + 1] = users[j]
				}
				sorted[j + 1] = sum[at]; users[j + 1] = user[at]
			}
			kept = $6 > 4 ? $6 - 2 : $6
			for (i = 1; i <= kept; i++) { all += sorted[i]; outside += users[i] }
			printf "exact %s %s %s %s %s %.0f %.0f\n", kernel, $2, $3, $4, $5,
				outside / kept / $7, (all - outside) / kept / $7
		}' "$KEPT/$1.counts" "$KEPT/$1.results"
}

main() {
	local line name pattern kernel
	read_options "$@"
	mkdir -p "$CACHE" "$KEPT"
	kernels_tools cpio kmod mawk qemu-system-x86 libbpf-tools
	"$ROOT/scripts/as-owner.sh" make -C "$ROOT" --no-print-directory -s static bench-programs >&2
	root_prepare
	: >"$KEPT/figures"
	for line in "${KERNELS[@]}"; do
		read -r name pattern <<<"$line"
		[[ " $ONLY " == *" $name "* ]] || continue
		kernel=$(fetch_kernel "$name" "$pattern")
		exact_run "$name" "$kernel"
		exact_results "$name" >>"$KEPT/figures"
		[[ $WHAT != profile ]] || print_exact_profile "$name"
	done
	case $WHAT in
	raw) cat "$KEPT/figures" ;;
	roles) print_exact_roles <"$KEPT/figures" ;;
	table) print_exact <"$KEPT/figures" ;;
	esac
}

main "$@"
