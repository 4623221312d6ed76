#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab.sh [CASE...]: the lab of tests/incidents to play with: both load balancers, healthy sites
# under steady traffic, and every incident ready to be broken. Commands are read from stdin;
# `help` lists them. Needs root; leaves nothing behind.
#
# Environment: LBTRACE (./lbtrace), LAB_BACKEND (build/lab-backend).
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
LBTRACE=${LBTRACE:-$ROOT/lbtrace}
LAB_TESTS=$ROOT/tests/incidents
LAB_BACKEND=${LAB_BACKEND:-$ROOT/build/lab-backend}
# shellcheck source=scripts/lab-all.sh
source "$ROOT/scripts/lab-all.sh"

HEALTHY=(
	"keepalive-load near nginx ipv4" "keepalive-load near nginx ipv6"
	"keepalive-load far haproxy ipv4" "keepalive-load far haproxy ipv6"
)
BROKEN=()

usage() {
	cat <<-END
		  list                  the incidents that can be broken
		  break NAME [WORD...]  break it under steady traffic; WORD: near far nginx haproxy ipv4 ipv6
		  heal                  end all that is broken
		  status                what is broken, and what the clients see now
		  quit
		watch it with: $LBTRACE --netns $LAB_NAME-lb
	END
}

clean_up() {
	steady_stop
	lab_stop
	lab_forget
}

# The instances of all cases that need no lab of their own.
wanted() {
	local name
	for name in "${@:-}"; do
		case_expand "$name"
	done | sed -n 's/^no //p'
}

start_healthy() {
	local instance
	for instance in "${!HEALTHY[@]}"; do
		steady_start "$instance"
	done
}

break_case() { # NAME [WORD...]
	local instance word title found=no
	for instance in "${!INSTANCE_CASE[@]}"; do
		[[ ${INSTANCE_CASE[instance]} == "${1:-}" ]] || continue
		title=" $(in_instance "$instance" instance_title) "
		for word in "${@:2}"; do
			[[ $title == *" $word "* ]] || continue 2
		done
		steady_start "$instance"
		BROKEN+=("$instance")
		in_instance "$instance" steady_line
		found=yes
	done
	[[ $found == yes ]] || echo "no such incident: $*; try list"
}

heal_instance() {
	if declare -F heal_it >/dev/null; then
		heal_it
	fi
}

heal_all() {
	local instance host
	steady_stop
	for instance in "${BROKEN[@]}"; do
		in_instance "$instance" heal_instance || true
	done
	for host in "${LAB_HOSTS[@]}"; do
		in_host "$host" nft flush table inet lab
	done
	BROKEN=()
	start_healthy
}

# Asks every broken site once more, as its case does.
show_status() {
	local instance statuses
	echo "$((${#LAB_TRAFFIC_PIDS[@]})) sites under traffic, ${#BROKEN[@]} of them broken"
	for instance in "${BROKEN[@]}"; do
		in_instance "$instance" steady_line
		statuses=$(in_instance "$instance" instance_traffic 2>/dev/null |
			cut -d ' ' -f 3 | sort | uniq -c | sed 's/ *\([0-9]*\) \(.*\)/\1× \2/' | paste -sd ,)
		echo "      answers: ${statuses:-none}"
	done
}

run_commands() {
	local command words
	while echo -n "lab> " && read -r -a words; do
		command=${words[0]:-}
		case $command in
		list) printf '%s\n' "${INSTANCE_CASE[@]:${#HEALTHY[@]}}" | sort -u | column -c 100 ;;
		break) break_case "${words[@]:1}" ;;
		heal) heal_all ;;
		status) show_status ;;
		quit | exit) return 0 ;;
		"") ;;
		*) usage ;;
		esac
	done
}

main() {
	local instances
	if [[ $(id -u) != 0 ]]; then
		echo "lab.sh: needs root for network namespaces; try sudo" >&2
		exit 1
	fi
	if [[ $LAB_BACKEND == "$ROOT/build/lab-backend" ]]; then
		"$ROOT/scripts/as-owner.sh" make -C "$ROOT" --no-print-directory -s lab-backend >&2
	fi
	[[ $# -gt 0 ]] || mapfile -t instances < <(case_names cases)
	mapfile -t instances < <(wanted "${@:-${instances[@]}}")
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	lab_sweep
	lab_start "${HEALTHY[@]}" "${instances[@]}"
	start_healthy
	echo "load balancers at $(net_address ipv4 0 1) and $(net_address ipv6 0 1) in $LAB_NAME-lb:" \
		"nginx ${NGINX_PID:-none}, HAProxy ${HAPROXY_PID:-none}; files in $LAB_DIR"
	usage
	run_commands
}

main "$@"
