#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernels.sh [--keep] [-k NAME[,NAME...]] [CASE...]: the incidents of tests/incidents on Debian's own
# kernels, each booted under qemu-system-x86_64 without KVM, with real load balancers inside.
#
# NAME is one of the kernels below. On each, `lbtrace check` says which hook serves each role, then
# the incidents run, then once more with the preferred hook of every role refused, so that those
# behind it serve (a shorter list of incidents). A splat in the kernel's log fails the run.
#
# Prints a line an incident, two tables for docs/kernels.md (written there with KERNELS_WRITE=1), and
# `N passed, N failed, N skipped`.
#
# Kernels and the root file system are kept outside the tree, in KERNELS_CACHE
# (${XDG_CACHE_HOME:-~/.cache}/lbtrace-kernels); packages come from the Debian mirror that apt uses.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
CACHE=${KERNELS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lbtrace-kernels}
KEPT=${KEPT:-$ROOT/build/kernels}
# NAME SUITE PATTERN: the newest package of the suite that matches.
KERNELS=(
	"5.10 bullseye-security linux-image-5.10.0-[0-9]*-cloud-amd64"
	"6.1 bookworm linux-image-6.1.0-[0-9]*-cloud-amd64"
	"6.12 bookworm-backports linux-image-6.12.*-cloud-amd64"
	"sid sid linux-binary-[0-9]*-cloud-amd64"
)
# What a case of a busy machine needs is not what an emulated one has.
GUEST_MEMORY_MIB=3000
GUEST_SECONDS=${GUEST_SECONDS:-3600}
ONLY="" KEEP=no CASES=()
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
		--keep) KEEP=yes ;;
		-k) ONLY=${2:?} && shift ;;
		-*)
			sed -n '3s/^# //p' "$0" >&2
			exit 2
			;;
		*) CASES+=("$1") ;;
		esac
		shift
	done
}

# guest_run NAME KERNEL INITRD: boots it; its console goes to $KEPT/NAME.console, the files it
# writes to the second serial line to $KEPT/NAME.tar.
guest_run() {
	timeout "$GUEST_SECONDS" qemu-system-x86_64 -m "$GUEST_MEMORY_MIB" -smp 2 -cpu max \
		-display none -no-reboot -kernel "$2" -initrd "$3" \
		-serial "file:$KEPT/$1.console" -serial "file:$KEPT/$1.results" \
		-append "console=ttyS0 quiet panic=-1 loglevel=4" </dev/null
}

# Adds up the guest's own closing lines.
guest_account() { # NAME
	local results=$KEPT/$1.results counts passed=0 failed=0 skipped=0
	tr -d '\r' <"$results" >"$results.txt"
	while read -r counts; do
		# shellcheck disable=SC2086 # three numbers
		set -- "$1" ${counts//[!0-9 ]/}
		passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	done < <(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$results.txt")
	if ! grep -q '^guest: finished' "$results.txt"; then
		failed=$((failed + 1))
		echo "FAILED $1: the guest did not finish; see $KEPT/$1.console"
	fi
	sed -n -e 's/^FAILED /FAILED '"$1"': /p' -e 's/^guest: splat/FAILED '"$1"': splat/p' "$results.txt"
	PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
	echo "$1: $passed passed, $failed failed, $skipped skipped"
}

# The tools of this script alone, which setup.sh does not install.
tools_install() {
	local tool missing=()
	for tool in qemu-system-x86 cpio kmod mawk; do
		dpkg-query -W -f '${db:Status-Status}' "$tool" 2>/dev/null | grep -qx installed || missing+=("$tool")
	done
	[[ ${#missing[@]} -eq 0 ]] ||
		DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
}

main() {
	local line name suite pattern kernel
	PASSED=0 FAILED=0 SKIPPED=0
	read_options "$@"
	mkdir -p "$CACHE" "$KEPT"
	tools_install
	"$ROOT/scripts/as-owner.sh" make -C "$ROOT" --no-print-directory -s static lab-programs
	root_prepare
	for line in "${KERNELS[@]}"; do
		read -r name suite pattern <<<"$line"
		[[ -z $ONLY || ,$ONLY, == *",$name,"* ]] || continue
		kernel=$(fetch_kernel "$name" "$suite" "$pattern")
		root_pack "$name" "$kernel" >"$CACHE/initrd-$name"
		guest_run "$name" "$(find "$kernel" -name 'vmlinuz*' | head -n 1)" "$CACHE/initrd-$name" || true
		guest_account "$name"
	done
	"$ROOT/scripts/kernels-table.sh" "$KEPT"
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[[ $FAILED -eq 0 ]]
}

main "$@"
