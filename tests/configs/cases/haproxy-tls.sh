# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# ssl to a backend that speaks none, and none to one that does; mode tcp beside it.
balancer=haproxy
servers=("1 tls 8443" "2 ok 8085" "3 tls-alert 8444")
traffic=("/good 3" "/secure 4" "/plain 4")
config_it() {
	{
		haproxy_head
		cat <<-END
			frontend web
				bind $(front)
				use_backend good if { path /good }
				use_backend secure if { path /secure }
				default_backend plain
			backend good
				server s $(host 1):8443 ssl verify none
			backend secure
				server s $(host 2):8085 ssl verify none
			backend plain
				server s $(host 3):8444
			listen pass
				mode tcp
				bind $(front 1)
				server raw $(host 2):8085 send-proxy-v2
		END
	} >"$CASE_DIR/haproxy.cfg"
}
expect_it() {
	echo "good/s $(host 1):8443"
	echo "secure/s $(host 2):8085"
	echo "plain/s $(host 3):8444"
	echo "pass/raw $(host 2):8085"
}
findings_it() {
	echo "tls-to-plain secure/s haproxy.cfg $(host 2):8085"
	echo "plain-to-tls plain/s haproxy.cfg $(host 3):8444"
}
