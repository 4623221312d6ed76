# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# What is only known at run time is said to be dynamic, and everything else still has its name.
servers=("1 ok" "2 closed")
traffic=("/fixed 3" "/map/b 3")
config_it() {
	cat >"$CASE_DIR/nginx.conf" <<-END
		$(nginx_head)
		http {
			$(nginx_paths)
			map \$uri \$pool { default first; ~/b second; "~*x{2,3};" first; }
			upstream first { server $(host 1):8080; }
			upstream second { server $(host 2):8080; }
			server {
				listen $(front);
				location /map/ { proxy_pass http://\$pool; }
				location /fixed { set \$pool first; proxy_pass http://first; }
				location /dns { resolver 127.0.0.1; proxy_pass http://\$arg_h:8080; }
			}
		}
	END
}
expect_it() {
	echo "first/$(host 1):8080 $(host 1):8080"
	echo "second/$(host 2):8080 $(host 2):8080"
	# shellcheck disable=SC2016 # nginx's
	printf '%s -\n' '$pool' '$arg_h:8080'
}
verdicts_it() { echo "conn-refused second/$(host 2):8080"; }
