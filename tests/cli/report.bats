# SPDX-License-Identifier: GPL-2.0-only
# report: whole logs, damaged ones, and files that are none.

load common

@test "the report of an empty log is healthy" {
	make_log empty
	run_apart "$LBTRACE" report "$log"
	assert_status 0
	assert_has "$output" "HEALTHY  no 5xx"
	[ -z "$stderr" ]
}

@test "the report names backend, cause, evidence and command" {
	make_log refused
	run_apart "$LBTRACE" report "$log"
	assert_status 0
	assert_has "$output" "3 × 5xx"
	assert_has "$output" "10.77.1.12:8080  (nginx)  3 × 502  conn-refused (certain)"
	assert_has "$output" "saw:  "
	assert_has "$output" "next: "
	assert_has "$output" "to fix conn-refused"
	assert_lacks "$output" $'\033'
	[ -z "$stderr" ]
}

@test "no line but a command is wider than 100 columns" {
	make_log refused
	"$LBTRACE" report "$log" | grep -q conn-refused
	wide=$(LC_ALL=C.UTF-8 "$LBTRACE" report "$log" | grep -v 'next: ' |
		LC_ALL=C.UTF-8 awk 'length > 100')
	[ -z "$wide" ]
}

@test "the JSON report has its schema" {
	make_log refused
	run_apart "$LBTRACE" report --format json "$log"
	assert_status 0
	[ -n "$output" ]
	jq -e '.schema == "lbtrace-report/1"
		and .host.name == "web1"
		and .window.start == "2026-01-31T23:59:59.123Z"
		and .gateway_errors == {total: 3, by_status: {"502": 3}, explained: 3, unexplained: 0}
		and (.causes | map([.id, .count, .backends]) == [["conn-refused", 3, ["10.77.1.12:8080"]]])
		and .backends[0].address == "10.77.1.12:8080"
		and .backends[0].name == null
		and .load_balancers[0].config == "/etc/nginx/nginx.conf"
		and .load_balancers[0].listeners == ["10.9.0.1:80"]' <<<"$output"
}

@test "the reports name what the configuration names" {
	make_log configured
	run_apart "$LBTRACE" report "$log"
	assert_status 0
	assert_has "$output" "api_pool/app2 10.77.1.12:8080  (nginx)  3 × 502  conn-refused (certain)"
	assert_has "$output" "in docker web-1"
	"$LBTRACE" report --format json "$log" | jq -e '
		.backends[0].name == "api_pool/app2"
		and .backends[0].address == "10.77.1.12:8080"
		and .causes[0].backends == ["api_pool/app2"]
		and .load_balancers[0].container
			== {runtime: "docker", id: "0123456789abcdef", name: "web-1", pod: null, namespace: null}
		and (.findings | type == "array")'
}

@test "loss is in both reports" {
	make_log loss
	run_apart "$LBTRACE" report "$log"
	assert_status 0
	assert_has "$output" "LOST: 17 records"
	"$LBTRACE" report --format json "$log" | jq -e '.loss.records == 17'
}

@test "-o writes a file and nothing to stdout" {
	make_log refused
	run_apart "$LBTRACE" report "$log" -o "$BATS_TEST_TMPDIR/out"
	assert_status 0
	[ -z "$output" ]
	grep -q conn-refused "$BATS_TEST_TMPDIR/out"
}

@test "-o does not overwrite the log itself" {
	make_log refused
	before=$(cksum <"$log")
	for command in report export; do
		run_apart "$LBTRACE" "$command" "$log" -o "$log"
		assert_status 1
		assert_one_message "the log that is being read"
	done
	[ "$(cksum <"$log")" = "$before" ]
}

@test "a closed stdout is told" {
	make_log refused
	! "$LBTRACE" report "$log" >&- 2>"$BATS_TEST_TMPDIR/stderr"
	grep -q '^lbtrace: cannot write to stdout: Bad file descriptor' "$BATS_TEST_TMPDIR/stderr"
}

@test "an output that cannot be written is told" {
	make_log refused
	run_apart "$LBTRACE" report "$log" -o "$BATS_TEST_TMPDIR/no/such/directory"
	assert_status 1
	assert_one_message "No such file or directory"
	for command in report "report --format json" export; do
		# shellcheck disable=SC2086 # words
		run_apart "$LBTRACE" $command "$log" -o /dev/full
		assert_status 1
		assert_one_message "No space left on device"
	done
}

@test "a reader that went away is a failure, not a crash" {
	make_log refused
	for command in report "report --format json" export; do
		mkfifo "$BATS_TEST_TMPDIR/pipe"
		# A writer's end whose only reader is gone.
		exec 7<>"$BATS_TEST_TMPDIR/pipe" 8>"$BATS_TEST_TMPDIR/pipe" 7>&-
		status=0
		# shellcheck disable=SC2086 # words
		"$LBTRACE" $command "$log" >&8 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
		exec 8>&-
		rm "$BATS_TEST_TMPDIR/pipe"
		[ "$status" -eq 1 ]
		grep -q '^lbtrace: cannot write to stdout: Broken pipe' "$BATS_TEST_TMPDIR/stderr"
	done
}

@test "what is no log is refused" {
	for file in /etc/passwd /dev/null /dev/zero "$LBTRACE"; do
		for command in report export; do
			run_apart "$LBTRACE" "$command" "$file"
			assert_status 1
			assert_one_message "no event log"
		done
	done
}

@test "what cannot be read is refused" {
	run_apart "$LBTRACE" report "$BATS_TEST_TMPDIR/missing.lbt"
	assert_status 1
	assert_one_message "No such file or directory"
	run_apart "$LBTRACE" report "$BATS_TEST_TMPDIR"
	assert_status 1
	assert_one_message "directory"
}

@test "a log of another version is refused in one line" {
	make_log refused
	printf '\x63' | dd of="$log" bs=1 seek=12 conv=notrunc status=none
	for command in report export; do
		run_apart "$LBTRACE" "$command" "$log"
		assert_status 1
		assert_one_message "another version"
	done
}

@test "a torn tail is told, the rest is read" {
	make_log blocks
	size=$(stat -c %s "$log")
	truncate -s $((size - 5)) "$log"
	for command in report export; do
		run_apart "$LBTRACE" "$command" "$log"
		assert_status 0
		assert_one_message "torn tail"
		assert_has "$output" conn-refused
	done
}

@test "a damaged block is told, the rest is read" {
	make_log blocks
	size=$(stat -c %s "$log")
	# The last block but one: the last response.
	printf '\xff\xff\xff\xff' |
		dd of="$log" bs=1 seek=$((size - 100)) conv=notrunc status=none
	run_apart "$LBTRACE" report "$log"
	assert_status 0
	assert_one_message "is damaged"
	assert_has "$output" conn-refused
}

@test "report and export need no privilege" {
	needs_root
	make_log refused
	chmod 0711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" \
		"$(dirname "$BATS_TEST_TMPDIR")"
	for command in report export; do
		run_apart unprivileged "$LBTRACE" "$command" "$log"
		assert_status 0
		assert_has "$output" conn-refused
	done
}
