# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Health checks that fail: the status they get, and the line that configures them.
balancer=haproxy
servers=("1 ok" "2 status:404" "3 closed")
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
				option httpchk GET /health
				default-server inter 300ms fall 2 rise 2
				server app1 $(host 1):8080 check
				server app2 $(host 2):8080 check
			backend none
				server only $(host 3):8080 check inter 250ms fall 2
		END
	} >"$CASE_DIR/haproxy.cfg"
	sed -i "/^global/a stats socket $CASE_DIR/stats.sock mode 600 level user" "$CASE_DIR/haproxy.cfg"
}
expect_it() {
	echo "pool/app1 $(host 1):8080"
	echo "pool/app2 $(host 2):8080"
	echo "none/only $(host 3):8080"
}
findings_it() {
	echo "check-failing pool/app2 haproxy.cfg server app2"
	echo "check-failing none/only haproxy.cfg server only"
}
check_it() {
	case_rows | jq -r 'select(.name == "pool/app2") | select(.state != "down" or .status.check.status != "L7STS")
		| "pool/app2 is told as \(.status)"'
	case_errors | jq -r 'select(.cause != "no-eligible-backend") | "a 503 is told as \(.cause)"'
	case_errors | jq -r 'select([.evidence[] | contains("none/only")] | any | not) | "no check is named: \(.evidence)"' | head -n 1
}
