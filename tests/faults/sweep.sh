# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Fails the calls of a command one at a time (interpose/): each run has to end well.
#
# Set by the caller: FAULT_LIBRARY, FAULTS_DIR (a directory), FAULTS_MOST (runs for each kind of call;
# 0: all of them), say().

# Enough of errno.h.
declare -A ERRNO=([EPERM]=1 [ENOENT]=2 [EINTR]=4 [EIO]=5 [EAGAIN]=11 [ENOMEM]=12 [EACCES]=13
	[EBUSY]=16 [EINVAL]=22 [EMFILE]=24 [ENOSPC]=28 [ENOSYS]=38 [EOPNOTSUPP]=95)

# faulty CALL [VARIABLE=VALUE...] -- COMMAND...: with the library in front. Of a program built with
# the sanitizers theirs comes behind it.
faulty() {
	local call=$1 settings=() library=$FAULT_LIBRARY asan
	shift
	while [[ $1 != -- ]]; do
		settings+=("$1")
		shift
	done
	shift
	asan=$(ldd "$1" 2>/dev/null | sed -n 's/.*libasan[^ ]* => \([^ ]*\).*/\1/p')
	timeout --kill-after=5 "${FAULTS_TIMEOUT:-30}" env "FAULT_CALL=$call" "${settings[@]}" \
		ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0:abort_on_error=1 \
		LD_PRELOAD="$library${asan:+:$asan}" "$@"
}

# Which calls to fail: FAULTS_MOST of those whose stacks differ, evenly over the run.
pick_calls() { # LIST
	awk -v most="$FAULTS_MOST" '{ number[NR] = $1 }
		END { step = most && NR > most ? NR / most : 1
			for (at = 1; int(at) <= NR; at += step) print number[int(at)] }' "$1"
}

# judge STATUS STDOUT STDERR REFERENCE: prints what is wrong with such an end. A run that says nothing
# has to have done everything.
judge() {
	case $1 in
	0 | 4)
		if [[ ! -s $3 ]] && ! cmp -s "$2" "$4"; then
			echo "another output, and not a word"
		fi
		;;
	1 | 3)
		grep -q '^lbtrace: .' "$3" || echo "status $1, and not a word"
		;;
	124 | 137) echo "hangs" ;;
	*) echo "status $1: $(grep -m 1 -e ERROR -e 'runtime error' "$3" || tail -n 1 "$3")" ;;
	esac
}

# sweep TITLE CALL ERRNO COMMAND...: every call once, then (`ERRNO` with a +) all calls from there on.
sweep() {
	local title=$1 call=$2 error=${3%+} last=() command=("${@:4}") at status trouble="" bad wrong=0 runs=0
	local work=$FAULTS_DIR/sweep
	[[ $3 != *+ ]] || last=(FAULT_LAST=0)
	mkdir -p "$work"
	[[ -z ${SWEEP_BEFORE:-} ]] || "$SWEEP_BEFORE"
	faulty "$call" "FAULT_LIST=$work/list" -- "${command[@]}" >"$work/reference" 2>"$work/stderr" || true
	for at in $(pick_calls "$work/list"); do
		status=0
		runs=$((runs + 1))
		[[ -z ${SWEEP_BEFORE:-} ]] || "$SWEEP_BEFORE"
		faulty "$call" "FAULT_AT=$at" "FAULT_ERRNO=${ERRNO[$error]}" "${last[@]}" -- "${command[@]}" \
			>"$work/stdout" 2>"$work/stderr" || status=$?
		bad=$(judge "$status" "$work/stdout" "$work/stderr" "$work/reference")
		[[ -n $bad || -z ${SWEEP_AFTER:-} ]] || bad=$("$SWEEP_AFTER" "$status")
		[[ -n $bad ]] || continue
		wrong=$((wrong + 1))
		[[ $wrong -gt 3 ]] || trouble+="call $at: $bad"$'\n'
		cp "$work/stderr" "$FAULTS_DIR/$title-$call-$3-$at.stderr" 2>/dev/null || true
	done
	[[ $runs -gt 0 ]] || return 0
	[[ $wrong -le 3 ]] || trouble+="and $((wrong - 3)) more"
	say "$title: $call $3 ($runs runs)" "$trouble"
}
