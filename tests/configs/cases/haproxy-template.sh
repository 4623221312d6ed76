# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# server-template, default-server, quoting, line continuation, a condition, variables of the environment.
balancer=haproxy
servers=("1 ok" "2 ok" "3 ok")
traffic=("/ 4")
config_it() {
	{
		haproxy_head
		cat <<-END
			defaults shared from unnamed-defaults
			listen everything
				bind $(front)
				default-server maxconn 20 weight 7
				server one $(host 1):8080
				server two ipv4@$(host 2):8080 backup disabled
				server-template web 2 $(host 3):8080
				server dyn "\${LBTRACE_TEST_HOST}:8080"
		END
	} | sed '/^defaults shared/d' >"$CASE_DIR/haproxy.cfg"
}
start_it() { balancer env LBTRACE_TEST_HOST="$(host 1)" haproxy -W -db -f "$CASE_DIR/haproxy.cfg"; }
expect_it() {
	echo "everything/one $(host 1):8080"
	echo "everything/two $(host 2):8080"
	echo "everything/web1 $(host 3):8080"
	echo "everything/web2 $(host 3):8080"
	echo "everything/dyn -"
}
