# SPDX-License-Identifier: GPL-2.0-only
# Loaded by every file of tests.

# `run`, with stdout in $output and stderr in $stderr.
run_apart() {
	status=0
	"$@" >"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	output=$(cat "$BATS_TEST_TMPDIR/stdout")
	stderr=$(cat "$BATS_TEST_TMPDIR/stderr")
}

assert_status() {
	if [ "$status" -ne "$1" ]; then
		echo "status $status, expected $1; stdout: $output; stderr: ${stderr:-}"
		return 1
	fi
}

assert_has() { # TEXT PART
	if [[ $1 != *"$2"* ]]; then
		echo "'$2' is not in: $1"
		return 1
	fi
}

assert_lacks() { # TEXT PART
	if [[ $1 == *"$2"* ]]; then
		echo "'$2' is in: $1"
		return 1
	fi
}

# Exactly one line on stderr, which begins as every message does.
assert_one_message() { # [PART]
	if [[ $stderr != "lbtrace: "* || $stderr == *$'\n'* ]]; then
		echo "not one line of lbtrace's: $stderr"
		return 1
	fi
	assert_has "$stderr" "${1:-}"
}

make_log() { # KIND: its path is in $log
	log=$BATS_TEST_TMPDIR/$1.lbt
	"$MAKE_LOG" "$1" "$log"
	chmod 0644 "$log"
}

unprivileged() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"
}

needs_root() {
	if [ "$(id -u)" -ne 0 ]; then
		skip "needs root"
	fi
}

needs_bpf() {
	needs_root
	if ! "$LBTRACE" check >/dev/null 2>&1; then
		skip "this kernel does not let lbtrace attach"
	fi
}
