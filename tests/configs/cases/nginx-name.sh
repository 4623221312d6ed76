# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Names instead of addresses, from /etc/hosts of the load balancer's own root.
view=host
servers=("1 ok" "2 closed")
traffic=("/a 3" "/b 3")
config_it() {
	root_make "$CASE_DIR/root"
	printf '127.0.0.1 localhost\n%s app1.internal app1\n%s app2.internal\n' "$(host 1)" "$(host 2)" \
		>"$CASE_DIR/root/etc/hosts"
	echo 'hosts: files' >"$CASE_DIR/root/etc/nsswitch.conf"
	: >"$CASE_DIR/root/etc/resolv.conf"
	mkdir -p "$CASE_DIR/root/etc/nginx"
	cat >"$CASE_DIR/root/etc/nginx/nginx.conf" <<-END
		daemon off;
		user nobody nogroup;
		worker_processes 1;
		pid /run/nginx.pid;
		error_log /tmp/error.log info;
		events { worker_connections 128; }
		http {
			access_log off;
			upstream api_pool {
				server app1.internal:8080;
				server app2.internal:8080 backup;
			}
			server {
				listen $(front);
				location /a { proxy_pass http://api_pool; }
				location /b { proxy_pass http://app2.internal:8080; }
			}
		}
	END
}
start_it() { root_balancer "$CASE_DIR/root" nginx -e /tmp/error.log; }
expect_it() {
	echo "api_pool/app1.internal:8080 $(host 1):8080"
	echo "api_pool/app2.internal:8080 $(host 2):8080"
	echo "app2.internal:8080 $(host 2):8080"
}
check_it() {
	case_errors | jq -r 'select(.cause != "conn-refused" or (.backend.name | contains("app2.internal:8080") | not))
		| "a 5xx is told as \(.cause) at \(.backend.name)"'
}
