# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# A reload of the master under load changes a server: every 5xx before and after has its name.
balancer=haproxy
servers=("1 closed" "2 closed" "3 ok")
traffic=("/ 40")
pool() {
	{
		haproxy_head
		cat <<-END
			frontend web
				bind $(front)
				default_backend app
			backend app
				balance roundrobin
				server $1 $2:8080
				server good $(host 3):8080
		END
	} >"$CASE_DIR/haproxy.cfg"
}
config_it() { pool old "$(host 1)"; }
meanwhile_it() {
	pool new "$(host 2)"
	kill -USR2 "$BALANCER_PID"
}
expect_it() {
	echo "app/new $(host 2):8080"
	echo "app/good $(host 3):8080"
}
verdicts_it() {
	echo "conn-refused app/old"
	echo "conn-refused app/new"
}
