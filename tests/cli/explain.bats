# SPDX-License-Identifier: GPL-2.0-only

load common

# The ids of the list: the words that begin a line.
ids() {
	"$LBTRACE" explain | sed -n 's/^\([a-z0-9-]*\)  \[[a-z0-9-]*\]$/\1/p'
}

@test "explain lists the causes once each" {
	[ "$(ids | wc -l)" -ge 29 ]
	[ -z "$(ids | sort | uniq -d)" ]
	for cause in conn-refused slow-response backend-5xx lb-fd-exhausted keepalive-race; do
		ids | grep -qx "$cause"
	done
}

@test "explain tells of every cause how to confirm and fix it" {
	[ -n "$(ids)" ]
	for cause in $(ids); do
		run_apart "$LBTRACE" explain "$cause"
		assert_status 0
		assert_has "$output" "$cause  ["
		assert_has "$output" "What the kernel shows"
		assert_has "$output" "To confirm"
		assert_has "$output" "To fix"
		assert_lacks "$output" "{host}"
	done
}

@test "an unknown cause is a usage error" {
	run_apart "$LBTRACE" explain no-such-cause
	assert_status 2
	assert_one_message "no-such-cause"
	run_apart "$LBTRACE" explain unexplained
	assert_status 2
	run_apart "$LBTRACE" explain ""
	assert_status 2
}

@test "explain needs no privilege" {
	needs_root
	run_apart unprivileged "$LBTRACE" explain
	assert_status 0
	assert_has "$output" "conn-refused"
}

@test "a full stdout is told" {
	status=0
	"$LBTRACE" explain >/dev/full 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	[ "$status" -eq 1 ]
	grep -q '^lbtrace: cannot write to stdout: No space left' "$BATS_TEST_TMPDIR/stderr"
}
