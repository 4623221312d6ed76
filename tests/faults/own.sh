# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154
# Faults of lbtrace's own doing and surroundings.

# held_objects PID: the programs and links that it holds, as bpftool's words.
held_objects() {
	sed -n 's/^prog_id:[[:space:]]*\([0-9]*\)/prog \1/p; s/^link_id:[[:space:]]*\([0-9]*\)/link \1/p' \
		"/proc/$1/fdinfo/"* 2>/dev/null | sort -u
}

# none_left FILE: of these objects.
none_left() {
	local kind number
	while read -r kind number; do
		! bpftool "$kind" show id "$number" >/dev/null 2>&1 || return 1
	done <"$1"
}

# A log whose writer was killed is read up to its end; nothing but the header may be missing.
check_killed_log() { # FILE
	local status=0
	if [[ ! -s $1 ]]; then
		return 0
	fi
	"$LBTRACE" report "$1" --format json >"$FAULTS_DIR/killed.json" 2>"$FAULTS_DIR/killed.stderr" || status=$?
	[[ $status == 0 ]] || echo "report ended with $status: $(tail -n 1 "$FAULTS_DIR/killed.stderr")"
}

test_killed() {
	local round log=$FAULTS_DIR/killed.lbt trouble="" held=0
	pressure_spawn nsenter --net="/run/netns/$LAB_NAME-client" -- \
		wrk -t 2 -c 32 -d 60s "http://$(net_address ipv4 0 1):9000/"
	for round in 1 2 3 4 5; do
		rm -f "$log"
		record_spawn record record --netns "$LAB_NAME-lb" -o "$log"
		sleep "$((RANDOM % 2)).$(printf %03d $((RANDOM % 700)))"
		held_objects "$!" >"$FAULTS_DIR/held"
		held=$((held + $(wc -l <"$FAULTS_DIR/held")))
		kill -KILL "$!"
		wait "$!" 2>/dev/null || true
		lab_wait_until "lbtrace's programs to be gone" none_left "$FAULTS_DIR/held" 2>/dev/null ||
			trouble+="round $round: something stays attached"$'\n'
		trouble+=$(check_killed_log "$log")
	done
	[[ $held -gt 0 ]] || trouble+="no round held a program"
	pressure_end
	say "killed at any moment" "$trouble"
}

test_no_space() {
	local status=0 small=$FAULTS_DIR/small
	mkdir -p "$small"
	mount -t tmpfs -o size=128k tmpfs "$small"
	record_spawn no-space record --netns "$LAB_NAME-lb" -d 15 -o "$small/log.lbt"
	lab_wait_until "lbtrace record to be ready" grep -qs '^lbtrace: ready' "$LAB_DIR/no-space.stderr"
	three_errors
	sleep 1.5
	flood 3
	lab_end_process "$!" 0 || status=$?
	say "a full disk" "$([[ $status == 1 ]] || echo "ended with $status"
		grep -q '^lbtrace: recording stopped.*no space is left' "$LAB_DIR/no-space.stderr" ||
			echo "and says: $(cat "$LAB_DIR/no-space.stderr")"
		"$LBTRACE" report "$small/log.lbt" --format json 2>"$FAULTS_DIR/no-space-report.stderr" |
			jq -e '.gateway_errors.total >= 3' >/dev/null || echo "what was written cannot be read")"
	cp "$LAB_DIR/no-space.stderr" "$FAULTS_DIR/"
	umount "$small"
}

# with_types FILE COMMAND...: with this file in place of the kernel's types; `none`: with none.
with_types() {
	local file=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	timeout 20 unshare --mount bash -c 'file=$1; shift
		if [[ $file == none ]]; then
			mount -t tmpfs tmpfs /sys/kernel/btf
		else
			mount --bind "$file" /sys/kernel/btf/vmlinux
		fi
		exec "$@"' types "$file" "$@"
}

test_types() {
	local types=/sys/kernel/btf/vmlinux name command status trouble
	: >"$FAULTS_DIR/types-empty"
	head -c 100000 /dev/urandom >"$FAULTS_DIR/types-noise"
	head -c 60000 $types >"$FAULTS_DIR/types-cut"
	{ head -c 24 $types && head -c 300000 /dev/zero; } >"$FAULTS_DIR/types-zero"
	# whole, but of a program, which has none of the kernel's functions
	llvm-objcopy --dump-section ".BTF=$FAULTS_DIR/types-other" "$ROOT/build/lbtrace.bpf.o" "$FAULTS_DIR/copy" ||
		skip "the kernel's types: types-other" "needs llvm-objcopy and build/lbtrace.bpf.o"
	for name in none "$FAULTS_DIR"/types-*; do
		trouble=""
		for command in "check" "check --json" "record -d 0.2 -o $FAULTS_DIR/types.lbt"; do
			status=0
			# shellcheck disable=SC2086 # words
			with_types "$name" "$LBTRACE" $command >"$FAULTS_DIR/stdout" 2>"$FAULTS_DIR/stderr" || status=$?
			one_of "$status" '1|3' || trouble+="$command: status $status"$'\n'
			grep -q '^lbtrace: .' "$FAULTS_DIR/stderr" || trouble+="$command: not a word"$'\n'
		done
		say "the kernel's types: ${name##*/}" "$trouble"
	done
}

# Every hook that is used is refused in turn: another serves, or what is not seen is said.
test_refused() {
	local hook status trouble="" hooks
	mapfile -t hooks < <("$LBTRACE" check --json | jq -r '.roles[] | select(.program) | "\(.role):\(.program)"')
	[[ ${#hooks[@]} -gt 5 ]] || trouble="check --json tells of no hooks"
	for hook in "${hooks[@]}" "$(IFS=, && echo "${hooks[*]}")" nonsense:nothing; do
		status=0
		LBTRACE_REFUSE=$hook timeout 20 "$LBTRACE" record --netns "$LAB_NAME-lb" -d 0.1 \
			-o "$FAULTS_DIR/refused.lbt" 2>"$FAULTS_DIR/refused.stderr" || status=$?
		one_of "$status" '0|1|3' || trouble+="$hook: status $status"$'\n'
		if [[ $status != 0 ]]; then
			grep -q '^lbtrace: .' "$FAULTS_DIR/refused.stderr" || trouble+="$hook: not a word"$'\n'
		fi
	done
	say "each of ${#hooks[@]} hooks refused" "$trouble"
}

# clock_run live|record AT SECONDS: prints what is wrong when from the AT-th reading on the wall clock is
# off by so much: what was seen stays right, and the window is as long as it was.
clock_run() {
	local command=(--json) file=$FAULTS_DIR/clock.json
	[[ $1 == live ]] || command=(record -o "$FAULTS_DIR/clock.lbt")
	rm -f "$FAULTS_DIR/clock.stderr"
	env "FAULT_CLOCK_AT=$2" "FAULT_CLOCK_JUMP=$3" "LD_PRELOAD=$FAULT_LIBRARY" "$LBTRACE" "${command[@]}" \
		--netns "$LAB_NAME-lb" -d 1.5 >"$file" 2>"$FAULTS_DIR/clock.stderr" &
	lab_wait_until "lbtrace with another clock" grep -qs '^lbtrace: ready' "$FAULTS_DIR/clock.stderr"
	three_errors
	wait "$!" || echo "$*: ended with $?"
	[[ $1 == live ]] || "$LBTRACE" report --format json "$FAULTS_DIR/clock.lbt" >"$file" ||
		echo "$*: report failed"
	jq -es 'last | .window.seconds > 0 and .window.seconds < 30 and .window.start < .window.end
		and .gateway_errors.total == 3 and .causes[0].id == "conn-refused"' "$file" >/dev/null ||
		echo "$*: $(jq -cs 'last | [.window, .gateway_errors]' "$file")"
}

test_clock() {
	local jump trouble=""
	for jump in -864000 864000; do
		trouble+=$(clock_run live 1 "$jump")
		trouble+=$(clock_run record 2 "$jump")
		[[ $FULL == no ]] || trouble+=$(clock_run live 2 "$jump" && clock_run record 1 "$jump")
	done
	say "a clock that jumps" "$trouble"
}

# The unprivileged commands, wherever a call may fail.
test_unprivileged() {
	local program=$LBTRACE log=$FAULTS_DIR/configured.lbt title
	[[ ! -x $LBTRACE_SANITIZED ]] || program=$LBTRACE_SANITIZED
	"$MAKE_LOG" configured "$log"
	local -A commands=(
		[report]="report $log" [report-json]="report $log --format json"
		[export]="export $log --format jsonl" [backends]="backends $log"
		[backends-json]="backends --json $log" [explain]="explain"
	)
	for title in "${!commands[@]}"; do
		# shellcheck disable=SC2086 # words
		sweep_all "$title" "$program" ${commands[$title]}
	done
	"$program" report --format json -o "$FAULTS_DIR/file.expected" "$log"
	sweep_file "$program" report --format json -o "$FAULTS_DIR/file" "$log"
}

# A file that was written without a word is whole.
check_file() { # STATUS
	[[ $1 != 0 || -s $FAULTS_DIR/sweep/stderr ]] || cmp -s "$FAULTS_DIR/file" "$FAULTS_DIR/file.expected" ||
		echo "another file, and not a word"
}

sweep_file() { # COMMAND...
	local kind SWEEP_AFTER=check_file
	for kind in "memory ENOMEM" "openat EMFILE" "write ENOSPC+" "write EINTR" "close EIO" "newfstatat EIO"; do
		# shellcheck disable=SC2086 # a call and an error
		sweep report-file $kind "$@"
	done
}

sweep_all() { # TITLE COMMAND...
	local kind
	for kind in "memory ENOMEM" "memory ENOMEM+" "openat EMFILE" "read EIO" "read EINTR" \
		"write ENOSPC+" "write EINTR" "newfstatat EIO" "close EIO" "lseek EIO"; do
		# shellcheck disable=SC2086 # a call and an error
		sweep "$1" $kind "${@:2}"
	done
}

# Of a recording: there is a log to be read, with the 5xx that were seen; or something was said.
check_recorded() { # STATUS
	local said
	[[ $1 == 0 || $1 == 4 ]] || return 0
	said=$(grep -v '^lbtrace: ready' "$FAULTS_DIR/sweep/stderr" || true)
	"$LBTRACE" report "$FAULTS_DIR/swept.lbt" --format json 2>"$FAULTS_DIR/stderr" |
		jq -e '.gateway_errors.total > 0 and .gateway_errors.unexplained == 0' >/dev/null ||
		[[ -n $said ]] || echo "nothing was recorded, and not a word"
}

remove_recorded() { rm -f "$FAULTS_DIR/swept.lbt"; }

test_record_calls() {
	local kind traffic FAULTS_MOST=$((FAULTS_MOST / 4))
	# shellcheck disable=SC2034 # of sweep()
	local SWEEP_BEFORE=remove_recorded SWEEP_AFTER=check_recorded
	while :; do
		three_errors
		sleep 0.05
	done 2>/dev/null &
	traffic=$!
	for kind in "memory ENOMEM" "memory ENOMEM+" "bpf ENOMEM" "bpf EINVAL+" "openat EMFILE" "openat EMFILE+" \
		"read EINTR" "write EIO" "socket EMFILE" "epoll_create1 EMFILE" "capset EPERM" \
		"epoll_wait EINTR" "fsync EIO"; do
		# shellcheck disable=SC2086 # a call and an error
		sweep record $kind "$LBTRACE" record --netns "$LAB_NAME-lb" -d 0.5 -o "$FAULTS_DIR/swept.lbt"
	done
	kill "$traffic"
	wait "$traffic" || true
}

test_check_calls() {
	local kind FAULTS_MOST=$((FAULTS_MOST / 4))
	for kind in "memory ENOMEM" "memory ENOMEM+" "bpf ENOMEM" "bpf EMFILE+" "openat EMFILE" "read EIO"; do
		# shellcheck disable=SC2086 # a call and an error
		sweep check $kind "$LBTRACE" check --json
	done
}
