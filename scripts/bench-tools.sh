# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# The tools that are measured: lbtrace and its peers. Each is started, waited for and ended
# alike; what they print goes nowhere, which is the best case for those that print a line for
# each connection.
#
# Set by the caller: ROOT, LBTRACE, LAB_DIR, LAB_NAME.

PEERS_WANTED=(tcpstates tcplife tcptracer tcpconnlat bpftrace-tcplife)
PEERS=() TOOL_PID="" TOOL_ATTACH_MS=0 TOOL_DETACH_MS=0 TOOL_STATUS=0

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# tool_spawn NAME COMMAND...: in the background, stdout nowhere, stderr in $LAB_DIR/NAME.stderr.
tool_spawn() {
	local name=$1
	shift
	env --default-signal=INT setpriv --pdeathsig TERM "$@" \
		>/dev/null 2>"$LAB_DIR/$name.stderr" &
	TOOL_PID=$!
	LAB_PIDS+=("$TOOL_PID")
}

# A peer needs the tracepoints' numbers, so tracefs, which not every machine has mounted.
# shellcheck disable=SC2016 # expanded there
peer_spawn() { # NAME COMMAND...
	local name=$1
	shift
	tool_spawn "$name" unshare -m sh -c '[ -e /sys/kernel/tracing/events ] ||
		mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' sh "$@"
}

tool_command() { # NAME
	case $1 in
	lbtrace) tool_spawn lbtrace "$LBTRACE" record --netns "$LAB_NAME-lb" -o "$LAB_DIR/tool.lbt" ;;
	elsewhere) tool_spawn "$1" "$LBTRACE" record --netns "$LAB_NAME-router" -o "$LAB_DIR/tool.lbt" ;;
	empty) peer_spawn "$1" bpftrace -e 'tracepoint:sock:inet_sock_set_state { }' ;;
	empty-btf) peer_spawn "$1" "$ROOT/build/bench-attach" "$ROOT/build/bench-empty.bpf.o" ;;
	bpftrace-tcplife) peer_spawn "$1" bpftrace "$ROOT/tests/bench/tcplife.bt" ;;
	*) peer_spawn "$1" "$1" ;;
	esac
}

# The programs a process holds: number, nanoseconds, runs.
tool_programs() { # PID
	cat "/proc/$1/fdinfo/"* 2>/dev/null | awk '
		$1 == "prog_type:" { program = 1 }
		$1 == "run_time_ns:" { ns = $2 }
		$1 == "run_cnt:" { runs = $2 }
		$1 == "prog_id:" && program { id = $2 }
		$1 == "pos:" { keep(); program = 0; id = ns = runs = "" }
		function keep() { if (program && id != "" && !(id in seen)) { seen[id]; print id, ns, runs } }
		END { keep() }'
}

tool_is_ready() { # NAME
	if [[ $1 == lbtrace || $1 == elsewhere ]]; then
		grep -qs '^lbtrace: ready' "$LAB_DIR/$1.stderr"
	else
		[[ -d /proc/$TOOL_PID && -n $(tool_programs "$TOOL_PID") ]]
	fi
}

tool_start() { # NAME
	local began
	began=$(now_ms)
	TOOL_PID=""
	[[ $1 != nothing ]] || return 0
	rm -f "$LAB_DIR/$1.stderr"
	tool_command "$1"
	lab_wait_until "$1 to attach" tool_is_ready "$1" || return 1
	TOOL_ATTACH_MS=$(($(now_ms) - began))
	# A peer loads first and attaches then.
	[[ $1 == lbtrace ]] || sleep 0.4
}

tool_stop() {
	local began
	[[ -n $TOOL_PID ]] || return 0
	began=$(now_ms)
	TOOL_STATUS=0
	lab_end_process "$TOOL_PID" INT || TOOL_STATUS=$?
	TOOL_DETACH_MS=$(($(now_ms) - began))
	TOOL_PID=""
}

# Nanoseconds that a process ran, user and kernel, all its threads.
cpu_ns() { # PID
	[[ -n $1 ]] && cat "/proc/$1/task/"*/schedstat 2>/dev/null | awk '{ ns += $1 } END { printf "%.0f", ns }' || echo 0
}

memory_kib() { # PID
	[[ -n $1 ]] && sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status" || echo 0
}

program_name() { # ID
	bpftool prog show id "$1" -j | jq -r .name
}

# Which peers attach on this kernel; the others and why not.
peers_find() {
	local peer
	for peer in "${PEERS_WANTED[@]}"; do
		if ! command -v "${peer%-tcplife}" >/dev/null; then
			result "without $peer: not installed"
			continue
		fi
		tool_command "$peer"
		sleep 1.5
		if [[ -d /proc/$TOOL_PID && $(process_state "$TOOL_PID") != Z ]]; then
			PEERS+=("$peer")
		else
			result "without $peer: $(grep -m 1 -oE 'kprobe|fentry' "$LAB_DIR/$peer.stderr" ||
				echo it) cannot be attached on this kernel"
		fi
		tool_stop
	done
}

log_loss() { # FILE: records and states lost; `report` ends with 4 when there are some.
	("$LBTRACE" report "$1" --format json || true) | jq -r '.loss.records + .loss.state'
}
