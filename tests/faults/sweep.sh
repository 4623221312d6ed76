# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Fails the calls of a command one at a time (interpose/): each run has to end well.
#
# Set by the caller: FAULT_LIBRARY, FAULTS_DIR (a directory), FAULTS_MOST (runs for each kind of call;
# 0: all of them), say().

# Enough of errno.h, and what strerror() says.
declare -A ERRNO=([EPERM]=1 [ENOENT]=2 [EINTR]=4 [EIO]=5 [EAGAIN]=11 [ENOMEM]=12 [EACCES]=13
	[EBUSY]=16 [EINVAL]=22 [EMFILE]=24 [ENOSPC]=28 [ENOSYS]=38 [EOPNOTSUPP]=95 [ENOBUFS]=105)
declare -A ERRNO_WORDS=([EPERM]="Operation not permitted" [EINTR]="Interrupted system call" [EIO]="Input/output error"
	[ENOMEM]="Cannot allocate memory" [EINVAL]="Invalid argument" [EMFILE]="Too many open files"
	[ENOSPC]="No space left on device" [ENOBUFS]="No buffer space available")

# faulty CALL [VARIABLE=VALUE...] -- COMMAND...: with the library in front. Of a program built with
# the sanitizers theirs comes behind it. What SWEEP_UNDER names runs it, undisturbed.
faulty() {
	local call=$1 settings=() library=$FAULT_LIBRARY asan
	shift
	while [[ $1 != -- ]]; do
		settings+=("$1")
		shift
	done
	shift
	asan=$(ldd "$1" 2>/dev/null | sed -n 's/.*libasan[^ ]* => \([^ ]*\).*/\1/p')
	timeout --kill-after=5 "${FAULTS_TIMEOUT:-30}" ${SWEEP_UNDER:+"$SWEEP_UNDER"} env "FAULT_CALL=$call" "${settings[@]}" \
		ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0:abort_on_error=1 \
		LD_PRELOAD="$library${asan:+:$asan}" "$@"
}

# Which calls to fail: FAULTS_MOST of those whose stacks differ, evenly over the run.
pick_calls() { # LIST
	awk -v most="$FAULTS_MOST" '{ number[NR] = $1 }
		END { step = most && NR > most ? NR / most : 1
			for (at = 1; int(at) <= NR; at += step) print number[int(at)] }' "$1"
}

# same_output STDOUT REFERENCE: but for what differs from run to run, which SWEEP_PLAIN leaves out.
same_output() {
	cmp -s <("${SWEEP_PLAIN:-cat}" <"$1") <("${SWEEP_PLAIN:-cat}" <"$2")
}

# told_there STDOUT REFERENCE ERRNO: the output itself names the error, where the other one does not.
told_there() {
	[[ -n ${ERRNO_WORDS[$3]:-} ]] &&
		{ diff "$2" "$1" || true; } | grep "^> .*${ERRNO_WORDS[$3]}" >/dev/null
}

# judge STATUS ERRNO: prints what is wrong with such an end. A run that says nothing has to have done
# everything, and to end as the one did in which nothing failed.
judge() {
	local work=$FAULTS_DIR/sweep said
	said=$(grep -v '^lbtrace: ready' "$work/stderr" || true)
	case $1 in
	0 | 4)
		[[ -n $said ]] || same_output "$work/stdout" "$work/reference" ||
			told_there "$work/stdout" "$work/reference" "$2" || echo "another output, and not a word"
		;;
	1 | 3)
		grep -q '^lbtrace: .' <<<"$said" || told_there "$work/stdout" "$work/reference" "$2" ||
			{ [[ $1 == "$SWEEP_STATUS" ]] && same_output "$work/stdout" "$work/reference"; } ||
			echo "status $1, and not a word"
		;;
	124 | 137) echo "hangs" ;;
	*) echo "status $1: $(grep -m 1 -e ERROR -e 'runtime error' "$work/stderr" || tail -n 1 "$work/stderr")" ;;
	esac
}

# caller_of STACK PROGRAM: the functions that the call was made in, innermost first. An address is that
# of what comes after a call.
caller_of() {
	local address
	sed -n 's|^'"${2//./\\.}"'([^)]*+\(0x[0-9a-f]*\)).*|\1|p' "$1" 2>/dev/null | head -n 4 |
		while read -r address; do
			printf '0x%x\n' $((address - 1))
		done | xargs -r addr2line -f -s -e "$2" 2>/dev/null | sed -n '1~2p' | paste -s -d '<'
}

# fail_call CALL AT ERRNO LAST COMMAND...: runs it, and prints what is wrong. What SWEEP_AFTER finds has
# to be so twice: on a busy machine there may be no traffic for a moment.
fail_call() {
	local work=$FAULTS_DIR/sweep status bad
	for _ in 1 2; do
		status=0
		[[ -z ${SWEEP_BEFORE:-} ]] || "$SWEEP_BEFORE"
		faulty "$1" "FAULT_AT=$2" "FAULT_ERRNO=${ERRNO[$3]}" "FAULT_LAST=$4" "FAULT_STACK=$work/stack" -- \
			"${@:5}" >"$work/stdout" 2>"$work/stderr" || status=$?
		bad=$(judge "$status" "$3")
		[[ -z $bad && -n ${SWEEP_AFTER:-} ]] || break
		bad=$("$SWEEP_AFTER" "$status")
		[[ -n $bad ]] || break
	done
	[[ -z $bad ]] || echo "$bad"
}

# sweep TITLE CALL ERRNO COMMAND...: every call once, then (`ERRNO` with a +) all calls from there on.
sweep() {
	local title=$1 call=$2 error=${3%+} command=("${@:4}") at last place trouble="" bad wrong=0 runs=0
	local work=$FAULTS_DIR/sweep SWEEP_STATUS
	mkdir -p "$work"
	[[ -z ${SWEEP_BEFORE:-} ]] || "$SWEEP_BEFORE"
	faulty "$call" "FAULT_LIST=$work/list" -- "${command[@]}" >"$work/reference" 2>"$work/stderr" && SWEEP_STATUS=0 ||
		SWEEP_STATUS=$?
	for at in $(pick_calls "$work/list"); do
		runs=$((runs + 1))
		last=$at
		[[ $3 != *+ ]] || last=0
		bad=$(fail_call "$call" "$at" "$error" "$last" "${command[@]}")
		[[ -n $bad ]] || continue
		wrong=$((wrong + 1))
		place=$(caller_of "$work/stack" "${command[0]}")
		[[ $wrong -gt 3 ]] || trouble+="call $at${place:+ of $place}: $bad"$'\n'
		cp "$work/stderr" "$FAULTS_DIR/$title-$call-$3-$at.stderr" 2>/dev/null || true
		cp "$work/stdout" "$FAULTS_DIR/$title-$call-$3-$at.stdout" 2>/dev/null || true
		cp "$work/reference" "$FAULTS_DIR/$title-$call-$3.reference" 2>/dev/null || true
	done
	[[ $runs -gt 0 ]] || return 0
	[[ $wrong -le 3 ]] || trouble+="and $((wrong - 3)) more"
	say "$title: $call $3 ($runs runs)" "$trouble"
}
