# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# One server of three has a port on which nobody listens; its host answers on the siblings' port.
servers=("1 ok" "2 ok" "3 ok")
traffic=("/ 12")
config_it() {
	cat >"$CASE_DIR/nginx.conf" <<-END
		$(nginx_head)
		http {
			$(nginx_paths)
			upstream shop {
				server $(host 1):8080 max_fails=0;
				server $(host 2):8080 max_fails=0;
				server $(host 3):8008 max_fails=0;
			}
			server {
				listen $(front);
				location / { proxy_pass http://shop; proxy_next_upstream off; }
			}
		}
	END
}
expect_it() {
	echo "shop/$(host 1):8080 $(host 1):8080"
	echo "shop/$(host 2):8080 $(host 2):8080"
	echo "shop/$(host 3):8008 $(host 3):8008"
}
findings_it() { echo "wrong-port shop/$(host 3):8008 nginx.conf $(host 3):8008"; }
verdicts_it() { echo "conn-refused shop/$(host 3):8008"; }
