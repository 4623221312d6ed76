# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# stream beside http: the same upstream name in both, TLS to a stream's backend.
servers=("1 ok" "2 ok" "3 tls 8443")
traffic=("/ 3" "/ 3 1")
config_it() {
	cat >"$CASE_DIR/nginx.conf" <<-END
		load_module /usr/lib/nginx/modules/ngx_stream_module.so;
		$(nginx_head)
		http {
			$(nginx_paths)
			upstream pool { server $(host 1):8080; }
			server { listen $(front); location / { proxy_pass http://pool; } }
		}
		stream {
			upstream pool { server $(host 2):8080 max_conns=100; }
			upstream secure { server $(host 3):8443; }
			server { listen $(front 1); proxy_pass pool; proxy_timeout 3s; }
			server { listen $(front 2); proxy_pass secure; proxy_ssl on; }
		}
	END
	[[ -e /usr/lib/nginx/modules/ngx_stream_module.so ]] || sed -i '/^load_module/d; /^stream/,$d' "$CASE_DIR/nginx.conf"
}
expect_it() {
	echo "pool/$(host 1):8080 $(host 1):8080"
	grep -q '^stream' "$CASE_DIR/nginx.conf" || return 0
	echo "pool/$(host 2):8080 $(host 2):8080"
	echo "secure/$(host 3):8443 $(host 3):8443"
}
check_it() {
	grep -q '^stream' "$CASE_DIR/nginx.conf" || return 0
	case_rows | jq -r 'select(.name | startswith("secure/")) | select(.tls and .protocol == "tcp" | not)
		| "secure is told as \(.protocol), tls \(.tls)"'
}
