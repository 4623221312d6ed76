# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# proxy_pass to addresses, without any upstream block; a path behind it, another protocol.
servers=("1 ok" "2 ok 8081" "3 closed 8082")
traffic=("/a/ 3" "/b/ 3" "/c/ 3")
config_it() {
	cat >"$CASE_DIR/nginx.conf" <<-END
		$(nginx_head)
		http {
			$(nginx_paths)
			server {
				listen $(front);
				location /a/ { proxy_pass http://$(host 1):8080/some/path/; }
				location /b/ { proxy_pass "http://[$(host6 2)]:8081"; }
				location /c/ {
					proxy_pass http://$(host 3):8082;
					proxy_connect_timeout 1500ms;
				}
				location /php/ { fastcgi_pass unix:/run/lbtrace-test.sock; }
				location /py/ { uwsgi_pass $(host 1):3031; }
			}
		}
	END
}
expect_it() {
	echo "$(host 1):8080 $(host 1):8080"
	echo "[$(host6 2)]:8081 [$(host6 2)]:8081"
	echo "$(host 3):8082 $(host 3):8082"
	echo "unix:/run/lbtrace-test.sock -"
	echo "$(host 1):3031 $(host 1):3031"
}
verdicts_it() { echo "conn-refused $(host 3):8082"; }
