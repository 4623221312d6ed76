#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The first process of a guest of kernels.sh: runs the incidents of /lbtrace and writes what came of
# them to the second serial line, what failing ones left (a compressed archive) in base64.
# Reads /lbtrace/guest.conf: MODULES, CASES, SHORT_CASES, RUN_OPTIONS, PASSES, RESULTS.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/tmp
# shellcheck disable=SC1091 # made by kernels-root.sh
source /lbtrace/guest.conf

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
	mkdir -p /run/netns /var/log/nginx /var/lib/nginx /var/lib/haproxy
}

# Programs that serve now, as LBTRACE_REFUSE takes them.
guest_chosen() {
	jq -r '.roles[] | select(.program) | "\(.role):\(.program)"'
}

# guest_refuse [ENTRY]: refuses, on top of LBTRACE_REFUSE and ENTRY, every program that now serves
# and for which another one, or another role, can stand in.
guest_refuse() {
	local before=$LBTRACE_REFUSE${1:+${LBTRACE_REFUSE:+,}$1} entries entry found
	mapfile -t entries < <(LBTRACE_REFUSE=$before ./lbtrace check --json 2>/dev/null | guest_chosen)
	# One that is required and has no other keeps all from being looked at.
	if ! guest_with "$before" "${entries[@]}" >/tmp/found; then
		mapfile -t entries < <(printf '%s\n' "${entries[@]}" | grep -v '^state:')
		guest_with "$before" "${entries[@]}" >/tmp/found
	fi
	LBTRACE_REFUSE=$before
	for entry in "${entries[@]}"; do
		found=$(jq -r --arg role "${entry%%:*}" '.roles[] | select(.role == $role) | .state' /tmp/found)
		[[ $found == missing ]] || LBTRACE_REFUSE+=${LBTRACE_REFUSE:+,}$entry
	done
	export LBTRACE_REFUSE
}

guest_with() { # REFUSED ENTRY...: what `lbtrace check` says then; fails when there is nothing to say
	local refused=$1 entry
	shift
	for entry in "$@"; do
		refused+=${refused:+,}$entry
	done
	LBTRACE_REFUSE=$refused ./lbtrace check --json 2>/dev/null | grep . || false
}

guest_pass() { # NAME CASE...
	local name=$1
	shift
	[[ $PASSES == *" $name "* ]] || return 0
	echo "guest: $name"
	echo "guest: refused ${LBTRACE_REFUSE:-nothing}" >&2
	./lbtrace check --json
	# shellcheck disable=SC2086 # words
	bash tests/incidents/run.sh $RUN_OPTIONS "$@"
	echo "guest: end of $name"
}

guest_run() {
	local module
	set -o pipefail
	for module in $MODULES; do
		modprobe -q "$module"
	done
	ip link set lo up
	cd /lbtrace || return
	export LBTRACE=/lbtrace/lbtrace LAB_BACKEND=/lbtrace/lab/lab-backend KEPT=/tmp/kept CI=true LBTRACE_REFUSE=""
	echo "guest: kernel $(uname -r)"
	echo "guest: verifier"
	./verifier
	# shellcheck disable=SC2086 # words
	guest_pass preferred $CASES
	[[ $PASSES == " preferred " ]] || guest_refuse
	# shellcheck disable=SC2086 # words
	guest_pass others $SHORT_CASES
	# Programs on kprobes need the sockets by their address.
	[[ $PASSES != *" last "* ]] || guest_refuse storage:socket
	# shellcheck disable=SC2086 # words
	guest_pass last $SHORT_CASES
	if [[ -d /tmp/kept ]]; then
		echo "guest: archive"
		tar -C /tmp/kept -cz . | base64
		echo "guest: end of archive"
	fi
	dmesg | grep -E 'BUG:|WARNING:|Oops|rcu.*stall|general protection|Call Trace' | sed 's/^/guest: splat /'
	echo "guest: finished"
}

guest_mounts
stty -F "$RESULTS" -opost 2>/dev/null
guest_run >"$RESULTS" 2>&1
sync
echo o >/proc/sysrq-trigger
sleep 10
