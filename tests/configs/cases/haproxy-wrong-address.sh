# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# No host has the address of one server; its siblings answer.
balancer=haproxy
servers=("1 ok" "2 ok")
traffic=("/ 9")
config_it() {
	{
		haproxy_head | sed 's/timeout connect 1s/timeout connect 3500ms/'
		cat <<-END
			frontend web
				bind $(front)
				default_backend pool
			backend pool
				balance roundrobin
				server app1 $(host 1):8080
				server app2 $(host 2):8080
				server app3 $(host 77):8080
		END
	} >"$CASE_DIR/haproxy.cfg"
}
expect_it() {
	echo "pool/app1 $(host 1):8080"
	echo "pool/app2 $(host 2):8080"
	echo "pool/app3 $(host 77):8080"
}
findings_it() { echo "wrong-address pool/app3 haproxy.cfg server app3"; }
verdicts_it() { echo "arp-failed pool/app3"; }
