#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# demo.sh: breaks nginx's and HAProxy's backends in many ways, under steady traffic, in network
# namespaces of its own, and lets lbtrace explain the 5xx. Needs root; leaves nothing behind.
#
# Environment: LBTRACE (./lbtrace), LAB_BACKEND (build/lab-backend), DEMO_SECONDS (20).
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
LBTRACE=${LBTRACE:-$ROOT/lbtrace}
LAB_TESTS=$ROOT/tests/incidents
LAB_BACKEND=${LAB_BACKEND:-$ROOT/build/lab-backend}
DEMO_SECONDS=${DEMO_SECONDS:-20}
# shellcheck source=scripts/lab-all.sh
source "$ROOT/scripts/lab-all.sh"

HEALTHY=(
	"keepalive-load near nginx ipv4"
	"keepalive-load far haproxy ipv6"
)
BROKEN=(
	"conn-refused near nginx ipv4"
	"conn-refused far haproxy ipv6"
	"no-route near haproxy ipv4"
	"arp-failed near nginx ipv6"
	"icmp-unreachable far nginx ipv6"
	"fw-reject-icmp-admin far haproxy ipv4"
	"fw-drop near nginx ipv4"
	"slow-response far haproxy ipv4"
	"close-before-response near nginx ipv6"
	"reset-before-response far nginx ipv4"
	"keepalive-race near nginx ipv4"
	"not-http-banner near haproxy ipv4"
	"tls-to-plain near nginx ipv4"
	"backend-5xx near haproxy ipv6"
	"no-eligible-backend near haproxy ipv4"
)

clean_up() {
	steady_stop
	lab_stop
	lab_forget
}

need() {
	if [[ $(id -u) != 0 ]]; then
		echo "demo.sh: needs root for network namespaces and BPF; try sudo" >&2
		exit 1
	fi
	if [[ ! -x $LBTRACE || ! -x $LAB_BACKEND ]]; then
		echo "demo.sh: $LBTRACE or $LAB_BACKEND is not there; run make demo" >&2
		exit 1
	fi
}

main() {
	local instance status=0
	need
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	lab_sweep
	lab_start "${HEALTHY[@]}" "${BROKEN[@]}"
	echo "A lab of real load balancers; each line is a site behind one of them:"
	for instance in "${!INSTANCE_CASE[@]}"; do
		in_instance "$instance" steady_line
		steady_start "$instance"
	done
	echo
	echo "\$ lbtrace -d $DEMO_SECONDS --netns $LAB_NAME-lb"
	"$LBTRACE" -d "$DEMO_SECONDS" --netns "$LAB_NAME-lb" || status=$?
	return "$status"
}

main "$@"
