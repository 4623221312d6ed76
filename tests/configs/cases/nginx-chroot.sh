# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The whole of nginx in a chroot, without a mount namespace.
view=host
servers=("1 ok" "2 closed")
traffic=("/ 4" "/down 3")
config_it() {
	root_make "$CASE_DIR/root"
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
			include /etc/nginx/pools.conf;
			server {
				listen $(front);
				location / { proxy_pass http://inner; }
				location /down { proxy_pass http://broken; }
			}
		}
	END
	cat >"$CASE_DIR/root/etc/nginx/pools.conf" <<-END
		upstream inner { server $(host 1):8080; }
		upstream broken { server $(host 2):8080; }
	END
}
# The mounts are in a namespace of their own, so that nothing of them is left; the chroot is not.
start_it() {
	# shellcheck disable=SC2016 # expanded there
	balancer unshare --mount -- bash -c 'set -e
		mount --make-rprivate /
		mount --rbind /usr "$1/usr"
		mount --rbind /dev "$1/dev"
		exec chroot "$1" nginx -e /tmp/error.log' root "$CASE_DIR/root"
}
expect_it() {
	echo "inner/$(host 1):8080 $(host 1):8080"
	echo "broken/$(host 2):8080 $(host 2):8080"
}
verdicts_it() { echo "conn-refused broken/$(host 2):8080"; }
