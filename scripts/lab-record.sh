# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# lbtrace beside a lab: one process records, one watches live; afterwards the recording is
# replayed. Set by the caller: LBTRACE, LAB_NAME, LAB_DIR (lab-run.sh).

RECORD_PID="" LIVE_PID=""

# A background job of a script is born with SIGINT ignored; lbtrace must see its own. It ends with
# this shell even if that is killed.
record_spawn() { # NAME ARGUMENTS...
	local name=$1
	shift
	env --default-signal=INT setpriv --pdeathsig TERM "$LBTRACE" "$@" \
		>"$LAB_DIR/$name.stdout" 2>"$LAB_DIR/$name.stderr" &
	LAB_PIDS+=($!)
}

# Both see the load balancers' side only: the servers are processes of this machine, too.
record_start() {
	record_spawn record record --netns "$LAB_NAME-lb" -o "$LAB_DIR/log.lbt"
	RECORD_PID=$!
	record_spawn live --json --netns "$LAB_NAME-lb"
	LIVE_PID=$!
	lab_wait_until "lbtrace record to be ready" grep -qs '^lbtrace: ready' "$LAB_DIR/record.stderr" &&
		lab_wait_until "live lbtrace to be ready" live_ready
}

# Only record and serve promise to say `ready`; a live one that stays silent gets two seconds.
live_ready() {
	grep -qs '^lbtrace: ready' "$LAB_DIR/live.stderr" ||
		(($(date +%s) - $(stat -c %Y "$LAB_DIR/record.stderr") >= 2))
}

# record_end: prints what went wrong.
record_end() {
	local status=0
	# Two processes cannot stop at one instant: let what is under way come to both first.
	sleep 0.7
	kill -INT "$LIVE_PID" "$RECORD_PID" 2>/dev/null || true
	lab_end_process "$RECORD_PID" 0 || status=$?
	[[ $status == 0 ]] || echo "lbtrace record ended with $status: $(tail -n 1 "$LAB_DIR/record.stderr")"
	status=0
	lab_end_process "$LIVE_PID" 0 || status=$?
	[[ $status == 0 ]] || echo "live lbtrace ended with $status: $(tail -n 1 "$LAB_DIR/live.stderr")"
	RECORD_PID="" LIVE_PID=""
	# The last line is the report, whatever was printed for the intervals.
	jq -cs 'map(select(.schema == "lbtrace-report/1")) | last' "$LAB_DIR/live.stdout" \
		>"$LAB_DIR/live.json" 2>"$LAB_DIR/live-json.stderr" || echo "live lbtrace printed no JSON"
}

# record_replay: report and export of the recording; prints what went wrong.
record_replay() {
	"$LBTRACE" report "$LAB_DIR/log.lbt" --format json >"$LAB_DIR/report.json" \
		2>"$LAB_DIR/report.stderr" || echo "lbtrace report ended with $?"
	"$LBTRACE" export "$LAB_DIR/log.lbt" --format jsonl >"$LAB_DIR/events.jsonl" \
		2>"$LAB_DIR/export.stderr" || echo "lbtrace export ended with $?"
}

# record_unprivileged: a recording is for everybody's laptop; prints what went wrong.
record_unprivileged() {
	install -m 755 "$LBTRACE" "$LAB_DIR/lbtrace"
	chmod 644 "$LAB_DIR/log.lbt"
	if ! setpriv --reuid 65534 --regid 65534 --clear-groups "$LAB_DIR/lbtrace" report \
		"$LAB_DIR/log.lbt" --format json >"$LAB_DIR/unprivileged.json" 2>"$LAB_DIR/unprivileged.stderr"; then
		echo "lbtrace report as nobody failed: $(tail -n 1 "$LAB_DIR/unprivileged.stderr")"
	elif ! cmp -s <(report_essence "$LAB_DIR/report.json") <(report_essence "$LAB_DIR/unprivileged.json"); then
		echo "lbtrace report as nobody differs"
	fi
	rm -f "$LAB_DIR/lbtrace"
}
