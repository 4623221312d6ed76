# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# A daemon that gives up its root after it has read its configuration; no master.
view=host
balancer=haproxy
servers=("1 ok" "2 closed")
traffic=("/ 3" "/b 3")
config_it() {
	mkdir -p "$CASE_DIR/empty"
	{
		haproxy_head
		cat <<-END
			frontend web
				bind $(front)
				use_backend broken if { path /b }
				default_backend pool
			backend pool
				server app1 $(host 1):8080
			backend broken
				server app2 $(host 2):8080
		END
	} | sed "/^global/a chroot $CASE_DIR/empty" | sed "/^global/a pidfile $CASE_DIR/haproxy.pid" >"$CASE_DIR/haproxy.cfg"
}
start_it() { balancer haproxy -db -f "$CASE_DIR/haproxy.cfg"; }
expect_it() {
	echo "pool/app1 $(host 1):8080"
	echo "broken/app2 $(host 2):8080"
}
verdicts_it() { echo "conn-refused broken/app2"; }
