#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernels.sh [-k NAME[,NAME...]] [-p PASS[,PASS...]] [--family ipv4|ipv6] [--lb NAME] [CASE...]
#
# The incidents of tests/incidents on Debian's own kernels, each booted under qemu without KVM, with
# real load balancers inside. NAME is one of those in kernels-fetch.sh, or arm64 for all of that
# machine, for which lbtrace is built across. On each:
# - every program that the kernel has a hook for goes through its verifier, by itself (verifier.c);
# - pass `preferred`: the incidents, with the best hook of every role;
# - pass `others`: a shorter list, with those refused, so that the ones behind them serve;
# - pass `last`: the same with the second ones refused too, and sockets kept by their address, which
#   programs on kprobes need.
# A pass, case or family that is not asked for keeps its results of the run before.
# A splat in the kernel's log fails the run. What failing incidents left is in build/kernels/NAME.tgz.
#
# Prints the lines of what failed, the tables for docs/kernels.md (KERNELS_WRITE=1: writes them there)
# and `N passed, N failed, N skipped`.
#
# Kernels and the root file system are kept outside the tree, in KERNELS_CACHE
# (${XDG_CACHE_HOME:-~/.cache}/lbtrace-kernels); packages come from the Debian mirror that apt uses.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
CACHE=${KERNELS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lbtrace-kernels}
KEPT=${KEPT:-$ROOT/build/kernels}
GUEST_MEMORY_MIB=3000
# The guest's clock counts instructions, 1 ns each, and jumps over idle time: however slow or busy this
# machine is, the guest finds itself on one that is fast enough for what has to happen at once. With
# more than one CPU such a guest does not boot.
GUEST_CLOCK=shift=0,sleep=off
GUEST_SECONDS=${GUEST_SECONDS:-3600}
ONLY="" CASES=() RUN_OPTIONS=() PASSES=(preferred others last)
# shellcheck source=scripts/kernels-fetch.sh
source "$ROOT/scripts/kernels-fetch.sh"
# shellcheck source=scripts/kernels-root.sh
source "$ROOT/scripts/kernels-root.sh"

# One incident of each kind of evidence: all are run with the preferred hooks, these with the others.
SHORT_CASES=(conn-refused no-route reset-before-response close-before-response slow-response
	backend-5xx fw-reject-icmp-port keepalive-race no-eligible-backend)

read_options() {
	while [[ $# -gt 0 ]]; do
		case $1 in
		-k) ONLY=${2:?} && shift ;;
		-p) IFS=, read -ra PASSES <<<"${2:?}" && shift ;;
		--family | --lb) RUN_OPTIONS+=("$1" "${2:?}") && shift ;;
		-*)
			sed -n "3s|^# ||p" "$0" >&2
			exit 2
			;;
		*) CASES+=("$1") ;;
		esac
		shift
	done
}

# The machine, and its two serial lines; a PC has room for two.
guest_machine() { # NAME
	case $MACHINE in
	amd64)
		echo qemu-system-x86_64 -cpu max -serial "file:$KEPT/$1.console" -serial "file:$KEPT/$1.results"
		;;
	arm64)
		# Signatures of pointers are worth nothing here, and the real ones are slow to make.
		echo qemu-system-aarch64 -M virt -cpu max,pauth-impdef=on -serial "file:$KEPT/$1.console" \
			-chardev "file,id=results,path=$KEPT/$1.results" -device pci-serial,chardev=results
		;;
	esac
}

# guest_run NAME KERNEL INITRD: boots it; its console goes to $KEPT/NAME.console, what it writes to
# the second serial line to $KEPT/NAME.results.
guest_run() {
	local machine parameters="quiet panic=-1 loglevel=4"
	read -ra machine < <(guest_machine "$1")
	# When the kernel uses cmpxchg16b, an interrupt may leave qemu 7.2 with flags that no processor has
	# (EFLAGS 0x36402666, direction down), and the guest with memory that was written backwards. 141 is
	# its number (arch/x86/include/asm/cpufeatures.h); programs still find and use it. The newest kernels
	# have no socket storage without, and use it less.
	[[ $MACHINE != amd64 || $1 == sid ]] || parameters+=" clearcpuid=141"
	[[ ! -e $KEPT/$1.results.txt ]] || mv "$KEPT/$1.results.txt" "$KEPT/$1.before"
	rm -f "$KEPT/$1".{console,tgz}
	timeout "$GUEST_SECONDS" "${machine[@]}" -icount "$GUEST_CLOCK" -m "$GUEST_MEMORY_MIB" -smp 1 \
		-display none -nic none -no-reboot -kernel "$2" -initrd "$3" \
		-append "console=$GUEST_CONSOLE $parameters" </dev/null
}

# What was not run keeps what came of it before: whole passes, and the rest of the incidents of a pass.
guest_keep() { # NAME
	local pass before=$KEPT/$1.before results=$KEPT/$1.results.txt
	[[ -e $before ]] || return 0
	for pass in preferred others last; do
		if grep -q "^guest: end of $pass\$" "$results"; then
			guest_keep_incidents "$pass" "$before" "$results" >"$results.new"
			mv "$results.new" "$results"
		else
			sed -n "/^guest: $pass\$/,/^guest: end of $pass\$/p" "$before" >>"$results"
		fi
	done
	rm -f "$before"
}

# Prints RESULTS, with the incidents in BEFORE that it has not.
guest_keep_incidents() { # PASS BEFORE RESULTS
	awk -v pass="$1" '
		{ incident = "" }
		/^(ok|FAILED) [a-z0-9-]+ (near|far) [a-z]+ ipv[46]/ {
			incident = $2 " " $3 " " $4 " " substr($5, 1, 4)
		}
		$0 == "guest: " pass { inside = 1 }
		$0 == "guest: end of " pass {
			for (i = 1; i <= kept && FNR != NR; i++)
				if (!(which[i] in new))
					print line[i]
			inside = 0
		}
		FNR == NR {
			if (inside && incident != "") {
				line[++kept] = $0
				which[kept] = incident
			}
			next
		}
		inside && incident != "" { new[incident] = 1 }
		{ print }' "$2" "$3"
}

# The pass that a guest died in ends where it died.
guest_end_pass() { # RESULTS
	local pass
	for pass in preferred others last; do
		if grep -q "^guest: $pass\$" "$1" && ! grep -q "^guest: end of $pass\$" "$1"; then
			printf '\nguest: end of %s\n' "$pass" >>"$1"
		fi
	done
}

# Prints the passes that were asked for and did not come to an end: without a closing line of the
# incidents' own, nothing of them was counted.
guest_broken() { # RESULTS
	local pass
	for pass in "${PASSES[@]}"; do
		sed -n "/^guest: $pass\$/,/^guest: end of $pass\$/p" "$1" |
			grep -qE '^[0-9]+ passed, [0-9]+ failed' || echo "$pass"
	done
}

# Adds up the guest's own closing lines.
guest_account() { # NAME
	local results=$KEPT/$1.results counts pass passed=0 failed=0 skipped=0
	tr -d '\r' <"$results" | sed '/^guest: archive$/,/^guest: end of archive$/d' >"$results.txt"
	sed -n '/^guest: archive\r*$/,/^guest: end of archive\r*$/{/^guest:/!p}' "$results" |
		tr -d '\r' | base64 -d >"$KEPT/$1.tgz"
	rm -f "$results"
	while read -r counts; do
		# shellcheck disable=SC2086 # three numbers
		set -- "$1" ${counts//[!0-9 ]/}
		passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	done < <(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$results.txt")
	[[ -s $KEPT/$1.tgz ]] || rm -f "$KEPT/$1.tgz"
	if ! grep -q '^guest: finished' "$results.txt"; then
		failed=$((failed + 1))
		echo "FAILED $1: the guest did not finish; see $KEPT/$1.console"
		guest_end_pass "$results.txt"
	fi
	for pass in $(guest_broken "$results.txt"); do
		failed=$((failed + 1))
		echo "FAILED $1: pass $pass did not come to its end"
	done
	sed -n -e 's/^FAILED /FAILED '"$1"': /p' -e 's/^guest: splat/FAILED '"$1"': splat/p' "$results.txt"
	PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
	echo "$1: $passed passed, $failed failed, $skipped skipped"
	guest_keep "$1"
}

# Everything behind the mark in docs/kernels.md is made new.
document_write() {
	local document=$ROOT/docs/kernels.md
	{
		sed '/^<!-- From here on by /q' "$document"
		"$ROOT/scripts/kernels-table.sh" "$KEPT"
	} >"$document.new"
	# Not moved: it keeps its owner.
	cat "$document.new" >"$document"
	rm -f "$document.new"
}

# What differs between machines; makes ready what the guests of MACHINE need besides a kernel.
machine_prepare() {
	case $MACHINE in
	amd64)
		BUILD=build BUILD_OPTIONS=() TOOLS=(qemu-system-x86 cpio kmod mawk)
		GUEST_CONSOLE=ttyS0 GUEST_RESULTS=/dev/ttyS1
		;;
	arm64)
		BUILD=build/arm64 BUILD_OPTIONS=(ARCH=arm64 SYSROOT="$CACHE/build-arm64")
		TOOLS=(qemu-system-arm gcc-aarch64-linux-gnu cpio kmod)
		GUEST_CONSOLE=ttyAMA0 GUEST_RESULTS=/dev/ttyS0
		;;
	esac
	[[ " $PREPARED " != *" $MACHINE "* ]] || return 0
	kernels_tools "${TOOLS[@]}"
	root_prepare
	"$ROOT/scripts/as-owner.sh" make -C "$ROOT" --no-print-directory -s "${BUILD_OPTIONS[@]}" static lab-programs \
		"$BUILD/tests/kernel/verifier"
	PREPARED+=" $MACHINE"
}

kernel_run() { # NAME PATTERN
	local kernel
	machine_prepare
	kernel=$(fetch_kernel "$1" "$2")
	root_pack "$1" "$kernel" >"$CACHE/initrd-$1"
	guest_run "$1" "$(find "$kernel" -name 'vmlinuz*' | head -n 1)" "$CACHE/initrd-$1" || true
	guest_account "$1"
}

main() {
	local line name pattern
	PASSED=0 FAILED=0 SKIPPED=0 PREPARED=""
	read_options "$@"
	mkdir -p "$CACHE" "$KEPT"
	for line in "${KERNELS[@]}"; do
		read -r name pattern <<<"$line"
		MACHINE=${pattern##*-}
		[[ -z $ONLY || ,$ONLY, == *",$name,"* || ,$ONLY, == *",$MACHINE,"* ]] || continue
		kernel_run "$name" "$pattern"
	done
	if [[ ${KERNELS_WRITE:-0} == 1 ]]; then
		document_write
	else
		"$ROOT/scripts/kernels-table.sh" "$KEPT"
	fi
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[[ $FAILED -eq 0 ]]
}

main "$@"
