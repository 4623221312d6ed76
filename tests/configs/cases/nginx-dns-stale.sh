# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# A name moves to another address; nginx, which resolved it when it began, goes on to the old one.
view=host
servers=("1 closed" "2 ok")
traffic=("/ 60")
hosts() {
	printf '127.0.0.1 localhost\n%s app.internal\n' "$1" >"$CASE_DIR/root/etc/hosts"
}
config_it() {
	root_make "$CASE_DIR/root"
	hosts "$(host 1)"
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
			upstream app {
				server app.internal:8080 max_fails=0;
			}
			server {
				listen $(front);
				location / { proxy_pass http://app; }
			}
		}
	END
}
start_it() { root_balancer "$CASE_DIR/root" nginx -e /tmp/error.log; }
meanwhile_it() { hosts "$(host 2)"; }
expect_it() { echo "app/app.internal:8080 $(host 2):8080"; }
findings_it() { echo "dns-stale app/app.internal:8080 nginx.conf app.internal:8080"; }
verdicts_it() {
	echo "conn-refused app/app.internal:8080"
	echo "dns-stale app/app.internal:8080"
}
