# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The backend is on this host and listens on 127.0.0.1 only.
view=host
servers=("1 ok")
traffic=("/ 4" "/ok 3")
config_it() {
	cat >"$CASE_DIR/nginx.conf" <<-END
		$(nginx_head 1)
		http {
			$(nginx_paths)
			upstream app {
				server 10.77.0.1:7117;
			}
			upstream other { server $(host 1):8080; }
			server {
				listen $(front);
				location / { proxy_pass http://app; }
				location /ok { proxy_pass http://other; }
			}
			server { listen 127.0.0.1:7117; return 200 "ok"; }
		}
	END
}
expect_it() {
	echo "app/10.77.0.1:7117 10.77.0.1:7117"
	echo "other/$(host 1):8080 $(host 1):8080"
}
findings_it() { echo "loopback-bind app/10.77.0.1:7117 nginx.conf 10.77.0.1:7117"; }
verdicts_it() { echo "loopback-bind app/10.77.0.1:7117"; }
