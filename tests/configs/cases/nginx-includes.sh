# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Several files: includes by glob, one within another, a link into sites-available.
servers=("1 ok" "2 ok" "3 closed")
traffic=("/api/ 6" "/web/ 6")
config_it() {
	mkdir -p "$CASE_DIR"/{conf.d,sites-available,sites-enabled,upstreams}
	cat >"$CASE_DIR/nginx.conf" <<-END
		$(nginx_head)
		http {
			$(nginx_paths)
			include conf.d/*.conf;
			include sites-enabled/*;
		}
	END
	cat >"$CASE_DIR/conf.d/10-upstreams.conf" <<-END
		# the pools
		include "$CASE_DIR/upstreams/*.pool";
		proxy_connect_timeout 2s;
	END
	cat >"$CASE_DIR/upstreams/api.pool" <<-END
		upstream api_pool {
			least_conn;
			server $(host 1):8080 weight=5 max_fails=0;
			server $(host 3):8080 max_fails=0; # nobody listens
		}
	END
	cat >"$CASE_DIR/upstreams/web.pool" <<-END
		upstream 'web-pool' { server $(host 2):8080; server $(host 1):8080 backup; }
	END
	echo 'upstream never { server 10.99.0.1; }' >"$CASE_DIR/upstreams/.hidden.pool"
	cat >"$CASE_DIR/sites-available/shop" <<-END
		server {
			listen $(front);
			location /api/ { proxy_pass http://api_pool; proxy_next_upstream off; }
			location /web/ { proxy_pass http://web-pool/; }
			location = /health { return 200 "up;\n"; }
		}
	END
	ln -s ../sites-available/shop "$CASE_DIR/sites-enabled/shop"
}
expect_it() {
	echo "api_pool/$(host 1):8080 $(host 1):8080"
	echo "api_pool/$(host 3):8080 $(host 3):8080"
	echo "web-pool/$(host 2):8080 $(host 2):8080"
	echo "web-pool/$(host 1):8080 $(host 1):8080"
}
verdicts_it() { echo "conn-refused api_pool/$(host 3):8080"; }
