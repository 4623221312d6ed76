# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# https to the backends, gRPC, and an http pass to a port that speaks TLS: found, with its line.
servers=("1 tls 8443" "2 tls 9443" "3 ok 8085")
traffic=("/good 4" "/plain 4" "/secure 4")
config_it() {
	cat >"$CASE_DIR/nginx.conf" <<-END
		$(nginx_head)
		http {
			$(nginx_paths)
			upstream good { server $(host 1):8443; }
			upstream plain {
				server $(host 2):9443;
			}
			upstream secure {
				server $(host 3):8085;
			}
			server {
				listen $(front);
				location /good { proxy_pass https://good; }
				location /plain { proxy_pass http://plain; }
				location /secure { proxy_pass https://secure; }
				location /grpc { grpc_pass grpcs://$(host 1):8443; }
			}
		}
	END
}
expect_it() {
	echo "good/$(host 1):8443 $(host 1):8443"
	echo "plain/$(host 2):9443 $(host 2):9443"
	echo "secure/$(host 3):8085 $(host 3):8085"
	echo "$(host 1):8443 $(host 1):8443"
}
findings_it() {
	echo "plain-to-tls plain/$(host 2):9443 nginx.conf $(host 2):9443"
	echo "tls-to-plain secure/$(host 3):8085 nginx.conf $(host 3):8085"
}
