# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# How the cost grows: with the sockets that a load balancer holds, with the backends that traffic
# goes to, with the servers that are configured, with the load balancer processes. One line each:
#   scale WHAT N ATTACH_MS CPU_PERCENT MEMORY_KIB DETACH_MS REPORT_MS
#
# Set by the caller: LAB_DIR, LAB_NAME, LBTRACE.

SCALE_SECONDS=${SCALE_SECONDS:-3}

# As many addresses as are wanted, all of them the one backend process.
scale_addresses() {
	ip -n "$LAB_NAME-near" route add local 10.90.0.0/16 dev lo
	ip -n "$LAB_NAME-lb" route add 10.90.0.0/16 via "$BACKEND"
}

scale_conf() { # MODE PORT SERVERS [FIRST]
	local number first=${4:-0}
	cat <<-END
		global
			nbthread 2
			maxconn 9000
			no strict-limits
		defaults
			mode $1
			$([[ $1 == tcp ]] || echo option httpclose)
			timeout client 600s
			timeout connect 5s
			timeout server 600s
		listen scale
			bind $FRONT:$2
	END
	for ((number = first; number < first + $3; number++)); do
		echo "	server s$number 10.90.$((number / 250)).$((number % 250 + 1)):8080"
	done
}

scale_haproxy() { # MODE PORT SERVERS [FIRST]
	scale_conf "$@" >"$LAB_DIR/scale-$2.cfg"
	lab_spawn "scale-$2" lb haproxy -db -f "$LAB_DIR/scale-$2.cfg"
	lab_wait_until "HAProxy (see $LAB_DIR/scale-$2.log)" net_listening lb "$2"
}

# scale_measure WHAT N [PORT]: with traffic to PORT where one is given.
scale_measure() {
	local before began took memory report=()
	echo "bench: scale: $2 $1" >&2
	tool_start lbtrace || return 0
	before=$(cpu_ns "$TOOL_PID")
	began=$(now_ms)
	if [[ -n ${3:-} ]]; then
		in_host client wrk -t 1 -c "$CONNECTIONS" -d "$SCALE_SECONDS" -H "Connection: close" \
			"http://$FRONT:$3/" >/dev/null
	else
		sleep "$SCALE_SECONDS"
	fi
	took=$(($(now_ms) - began))
	before=$(($(cpu_ns "$TOOL_PID") - before))
	memory=$(memory_kib "$TOOL_PID")
	tool_stop
	began=$(now_ms)
	"$LBTRACE" report "$LAB_DIR/tool.lbt" --format json >"$LAB_DIR/scale.json"
	result "scale $1 $2 $TOOL_ATTACH_MS $(awk -v ns="$before" -v ms="$took" \
		'BEGIN { printf "%.2f", ns / ms / 1e4 }') $memory $TOOL_DETACH_MS $(($(now_ms) - began))"
}

scale_end() { # PID...
	local pid
	for pid in "$@"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	for pid in "$@"; do
		lab_end_process "$pid" 0 2>/dev/null || true
	done
}

# A held connection is two sockets of the load balancer's; 5,000 go through a process, so that its
# descriptors suffice anywhere. In the end the processes have 1,000 backends together.
scale_hold() {
	local port=$((8100 + ${#held[@]}))
	scale_haproxy tcp "$port" 100 $((50 * (${#held[@]} - 5)))
	held+=("$LAB_LAST_PID")
	load_spawn "holder-$port" client hold "$FRONT" "$port" 5000
	held+=("$LAB_LAST_PID")
}

scale_sockets() {
	local count number held=()
	for number in 1 2 3 4 5; do
		load_spawn "backend-$number" near serve 0.0.0.0 8080
		held+=("$LAB_LAST_PID")
	done
	for count in 10000 30000 60000 100000; do
		while ((${#held[@]} - 5 < count / 5000)); do
			scale_hold
		done
		sleep 1
		scale_measure sockets "$count"
	done
	scale_end "${held[@]}"
}

scale_backends() {
	local count
	for count in 1 10 100 1000; do
		scale_haproxy http 8200 "$count"
		scale_measure backends "$count" 8200
		scale_end "$LAB_LAST_PID"
	done
}

scale_servers() {
	local count
	for count in 10 500 1000 2000; do
		scale_haproxy http 8300 "$count"
		scale_measure servers "$count"
		scale_end "$LAB_LAST_PID"
	done
}

scale_processes() {
	local count started=0 pids=()
	for count in 1 10 25 50; do
		for (( ; started < count; started++)); do
			scale_haproxy http $((8400 + started)) 4
			pids+=("$LAB_LAST_PID")
		done
		scale_measure processes "$count"
	done
	scale_end "${pids[@]}"
}

measure_scale() {
	scale_end "$HAPROXY_PID" "$NGINX_PID"
	scale_addresses
	scale_servers
	scale_processes
	scale_backends
	scale_sockets
}

# The same lines as a picture.
scale_plot() { # FILE
	local what
	for what in sockets backends servers processes; do
		awk -v what="$what" '$1 == "scale" && $2 == what { print $3, $5, $6 / 1024 }' \
			"$LAB_DIR/results" >"$LAB_DIR/plot-$what"
	done
	gnuplot <<-END
		set terminal svg size 900,640 font "sans-serif,12" background "white"
		set output "$1"
		set multiplot layout 2,2
		set key top left
		set ylabel "% of a core"
		set y2label "resident MiB"
		set ytics nomirror
		set y2tics
		set yrange [0:*]
		set y2range [0:*]
		set format x "%.0s%c"
		do for [what in "sockets backends servers processes"] {
			set title what
			plot "$LAB_DIR/plot-".what using 1:2 with linespoints title "CPU", \\
				"" using 1:3 axes x1y2 with linespoints title "memory"
		}
	END
	# Few lines, as it is no text to be read.
	{
		printf '%s\n%s\n' '<?xml version="1.0" encoding="utf-8"?>' \
			'<!-- SPDX-License-Identifier: GPL-2.0-only -->'
		sed 1d "$1" | tr '\n' ' '
		echo
	} >"$LAB_DIR/plot.svg"
	cat "$LAB_DIR/plot.svg" >"$1"
}
