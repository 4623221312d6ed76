# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# A network namespace and a mount namespace of its own, as a container has them.
view=host
balancer=haproxy
servers=("1 ok" "2 closed")
traffic=("/ 3" "/b 3")
config_it() {
	root_make "$CASE_DIR/root"
	mkdir -p "$CASE_DIR/root/usr/local/etc" "$CASE_DIR/root/etc/haproxy"
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
	} | sed '/^global/a stats socket /run/haproxy.sock mode 660 level admin' >"$CASE_DIR/root/etc/haproxy/haproxy.cfg"
}
start_it() { root_balancer "$CASE_DIR/root" haproxy -W -db -f /etc/haproxy/haproxy.cfg; }
expect_it() {
	echo "pool/app1 $(host 1):8080"
	echo "broken/app2 $(host 2):8080"
}
verdicts_it() { echo "conn-refused broken/app2"; }
check_it() {
	case_rows | jq -r 'select(.name == "pool/app1" and .state != "unchecked") | "state \(.state)"'
}
