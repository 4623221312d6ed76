# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# A reload under load changes the pool: every 5xx before and after has its name.
servers=("1 closed" "2 closed" "3 ok")
traffic=("/ 40")
pool() {
	echo "upstream app { server $1:8080 max_fails=0; server $(host 3):8080 max_fails=0; }" >"$CASE_DIR/pool.conf"
}
config_it() {
	pool "$(host 1)"
	cat >"$CASE_DIR/nginx.conf" <<-END
		$(nginx_head)
		http {
			$(nginx_paths)
			include pool.conf;
			server {
				listen $(front);
				location / { proxy_pass http://app; proxy_next_upstream off; }
			}
		}
	END
}
meanwhile_it() {
	pool "$(host 2)"
	kill -HUP "$BALANCER_PID"
}
expect_it() {
	echo "app/$(host 2):8080 $(host 2):8080"
	echo "app/$(host 3):8080 $(host 3):8080"
}
verdicts_it() {
	echo "conn-refused app/$(host 1):8080"
	echo "conn-refused app/$(host 2):8080"
}
