# SPDX-License-Identifier: GPL-2.0-only
# live, record and check as far as they need no load balancer.

load common

@test "attaching without privilege is exit 3 in one line" {
	needs_root
	cd /tmp
	run_apart unprivileged "$LBTRACE" -d 1
	assert_status 3
	assert_one_message root
	run_apart unprivileged "$LBTRACE" record -d 1 -o "$BATS_TEST_TMPDIR/x.lbt"
	assert_status 3
	assert_one_message root
	[ ! -e "$BATS_TEST_TMPDIR/x.lbt" ]
}

@test "check without privilege is exit 3" {
	needs_root
	run_apart unprivileged "$LBTRACE" check
	assert_status 3
	assert_has "$stderr" root
}

@test "check tells of every role, as text and JSON" {
	needs_bpf
	run_apart "$LBTRACE" check
	assert_status 0
	for role in connect state accept reset_received retransmit drop error; do
		assert_has "$output" "$role"
	done
	run_apart "$LBTRACE" check --json
	assert_status 0
	jq -e '.schema == "lbtrace-check/1" and (.roles | length > 10)' <<<"$output"
}

@test "a namespace that is none is told" {
	needs_root
	run_apart "$LBTRACE" -d 1 --netns no-such-namespace
	assert_status 1
	assert_one_message no-such-namespace
}

@test "record says ready, ends by itself, and leaves a log" {
	needs_bpf
	run_apart "$LBTRACE" record -d 1 -o "$BATS_TEST_TMPDIR/x.lbt" --comm no-such-balancer
	assert_status 0
	assert_has "$stderr" "lbtrace: ready"
	assert_has "$stderr" "no load balancer is running yet; waiting"
	[ -z "$output" ]
	run_apart "$LBTRACE" report "$BATS_TEST_TMPDIR/x.lbt"
	assert_status 0
	[ -z "$stderr" ]
	assert_has "$output" "no 5xx"
}

@test "record ends cleanly on SIGINT and SIGTERM" {
	needs_bpf
	for signal in INT TERM; do
		# In the background bash has SIGINT ignored: lbtrace must take it back.
		"$LBTRACE" record -o "$BATS_TEST_TMPDIR/x.lbt" --comm no-such-balancer \
			2>"$BATS_TEST_TMPDIR/stderr" 3>&- &
		pid=$!
		for ((i = 0; i < 100; i++)); do
			grep -q '^lbtrace: ready' "$BATS_TEST_TMPDIR/stderr" && break
			sleep 0.1
		done
		kill "-$signal" "$pid"
		wait "$pid"
		"$LBTRACE" report "$BATS_TEST_TMPDIR/x.lbt"
	done
}

@test "a log survives SIGKILL" {
	needs_bpf
	"$LBTRACE" record -o "$BATS_TEST_TMPDIR/x.lbt" --comm no-such-balancer \
		2>"$BATS_TEST_TMPDIR/stderr" 3>&- &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		grep -q '^lbtrace: ready' "$BATS_TEST_TMPDIR/stderr" && break
		sleep 0.1
	done
	sleep 2.5
	kill -KILL "$pid"
	wait "$pid" || true
	run_apart "$LBTRACE" report "$BATS_TEST_TMPDIR/x.lbt"
	assert_status 0
	# What was acknowledged second by second is there.
	"$LBTRACE" report --format json "$BATS_TEST_TMPDIR/x.lbt" | jq -e '.window.seconds > 0.9'
}

@test "a log that cannot be written is told" {
	needs_bpf
	run_apart "$LBTRACE" record -d 1 -o "$BATS_TEST_TMPDIR/no/such/x.lbt"
	assert_status 1
	assert_one_message "No such file or directory"
	run_apart "$LBTRACE" record -d 1 -o -
	assert_status 1
	assert_one_message "stdout"
	run_apart "$LBTRACE" record -d 1 -o /dev/full
	assert_status 1
	assert_one_message "no space is left"
}

@test "a full disk stops the recording, what was written can be read" {
	needs_bpf
	log=$BATS_TEST_TMPDIR/x.lbt
	"$LBTRACE" record -d 0.2 -o "$log" --comm no-such-balancer
	run_apart prlimit --fsize=$(($(stat -c %s "$log") + 150)) \
		"$LBTRACE" record -d 60 -o "$log" --comm no-such-balancer
	assert_status 1
	[ "$(grep -c 'recording stopped, cannot write to' <<<"$stderr")" -eq 1 ]
	run_apart "$LBTRACE" report "$log"
	assert_status 0
	[ -z "$stderr" ]
}

@test "nothing that is said gets into the log of a recording without stderr" {
	needs_bpf
	log=$BATS_TEST_TMPDIR/x.lbt
	"$LBTRACE" record -d 0.2 -o "$log" --comm no-such-balancer 2>&-
	run_apart "$LBTRACE" report "$log"
	assert_status 0
	[ -z "$stderr" ]
}

@test "live prints tables and a report, --json only the report" {
	needs_bpf
	run_apart "$LBTRACE" -d 1.2 -i 0.5 --comm no-such-balancer
	assert_status 0
	[ "$(grep -c '× 5xx in 0\.5 s' <<<"$output")" -ge 2 ]
	assert_has "$output" "no 5xx for any client"
	run_apart "$LBTRACE" -d 0.5 --json --comm no-such-balancer
	assert_status 0
	jq -e '.schema == "lbtrace-report/1" and .health == "healthy"' <<<"$output"
}

@test "live with a full stdout ends with one failure" {
	needs_bpf
	status=0
	"$LBTRACE" -d 3 -i 0.2 --comm no-such-balancer >/dev/full 2>"$BATS_TEST_TMPDIR/stderr" ||
		status=$?
	[ "$status" -eq 1 ]
	[ "$(grep -c 'No space left' "$BATS_TEST_TMPDIR/stderr")" -eq 1 ]
}

@test "a terminal is cleared and coloured, unless NO_COLOR is set" {
	needs_bpf
	run_apart script -qec "'$LBTRACE' -d 0.8 -i 0.3 --comm no-such-balancer" /dev/null
	assert_status 0
	assert_has "$output" $'\033[H\033[2J'
	assert_has "$output" $'\033[32m'
	run_apart env NO_COLOR=1 script -qec "'$LBTRACE' -d 0.8 -i 0.3 --comm no-such-balancer" /dev/null
	assert_status 0
	assert_lacks "$output" $'\033[32m'
}
