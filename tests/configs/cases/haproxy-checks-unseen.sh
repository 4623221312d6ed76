# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The same without a stats socket: the kernel's own view of the checks.
balancer=haproxy
servers=("1 ok" "2 closed")
traffic=("/ 6" "/none 5")
config_it() {
	{
		haproxy_head
		cat <<-END
			frontend web
				bind $(front)
				use_backend none if { path /none }
				default_backend pool
			backend pool
				server app1 $(host 1):8080 check inter 300ms
			backend none
				server only $(host 2):8080 check inter 300ms fall 2
		END
	} >"$CASE_DIR/haproxy.cfg"
}
expect_it() {
	echo "pool/app1 $(host 1):8080"
	echo "none/only $(host 2):8080"
}
findings_it() { echo "check-failing none/only haproxy.cfg server only"; }
check_it() {
	case_errors | jq -r 'select(.cause != "no-eligible-backend") | "a 503 is told as \(.cause)"'
	case_errors | jq -r 'select([.evidence[] | contains("none/only")] | any | not) | "no check is named: \(.evidence)"' | head -n 1
	case_rows | jq -r 'select(.name == "none/only" and .checks.failed == 0) | "no failed checks"'
}
