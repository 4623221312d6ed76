# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Started with -p and a relative -c; includes are relative to the file, logs to the prefix.
servers=("1 ok")
traffic=("/ 3")
config_it() {
	mkdir -p "$CASE_DIR"/prefix/{conf/more,logs,tmp}
	cat >"$CASE_DIR/prefix/conf/main.conf" <<-END
		$(nginx_head 1)
		http {
			$(nginx_paths)
			include more/*.conf;
		}
	END
	cat >"$CASE_DIR/prefix/conf/more/site.conf" <<-END
		upstream backends.example {
			server $(host 1):8080 weight=3 max_fails=2 fail_timeout=7s;
			keepalive 8;
		}
		server {
			listen $(front);
			location / {
				if (\$request_method = DELETE) { return 405; }
				proxy_pass http://Backends.Example;
			}
		}
	END
}
start_it() { balancer nginx -p "$CASE_DIR/prefix/" -c conf/main.conf -e "$CASE_DIR/error.log"; }
expect_it() { echo "backends.example/$(host 1):8080 $(host 1):8080"; }
