# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# Traffic that goes on and on, for the demo and the interactive lab (lab-run.sh, lab-cases.sh).

STEADY_PAUSE_S=${STEADY_PAUSE_S:-0.4}

steady_loop() {
	while :; do
		instance_traffic
		sleep "$STEADY_PAUSE_S"
	done >/dev/null 2>&1
}

# steady_start INSTANCE: breaks what its case breaks and sends its traffic until lab_stop().
steady_start() {
	in_instance "$1" instance_break
	in_instance "$1" steady_loop &
	LAB_TRAFFIC_PIDS+=($!)
}

steady_stop() {
	local pid
	for pid in "${LAB_TRAFFIC_PIDS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	LAB_TRAFFIC_PIDS=()
}

# One line about an instance: who to ask, through which server, and what is wrong there.
steady_line() {
	printf '  %-8s http://%-20s → %-22s %s: %s\n' "$LB" "$(frontend_endpoint)/" \
		"$(server_endpoint 1)" "$CASE" "$shown"
}
