# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# Configures and starts the lab's load balancers: one nginx and one HAProxy in the host `lb`,
# with one frontend and one pool for each instance (see lab-cases.sh).
# Set by the caller: LAB_NAME, LAB_DIR; INSTANCE_* by lab-cases.sh.

# The server lines of an instance's pool; all of them, or with routing=path only server $1.
nginx_servers() {
	local number
	for number in ${1:-$(server_numbers)}; do
		echo "		server $(server_endpoint "$number") $nginx_server;"
	done
}

nginx_upstream_block() { # NAME [SERVER]
	echo "	upstream $1 {"
	if [[ -n $nginx_upstream ]]; then
		echo "		$nginx_upstream"
	fi
	nginx_servers "${2:-}"
	if [[ $reuse == yes ]]; then
		echo "		keepalive 16;"
		echo "		$nginx_keepalive"
	fi
	echo "	}"
}

nginx_location_block() { # PATH UPSTREAM
	local scheme=http
	[[ $tls == no ]] || scheme=https
	cat <<-END
		location $1 {
			proxy_pass $scheme://$2;
			proxy_connect_timeout ${connect_ms}ms;
			proxy_read_timeout ${response_ms}ms;
			proxy_send_timeout ${response_ms}ms;
			proxy_http_version 1.1;
			$([[ $reuse == no ]] || echo 'proxy_set_header Connection "";')
			$nginx_location
		}
	END
}

nginx_instance() {
	local pool=$CASE-$INSTANCE number
	if [[ $routing == path ]]; then
		for number in $(server_numbers); do
			nginx_upstream_block "$pool-s$number" "$number"
		done
	else
		nginx_upstream_block "$pool"
	fi
	echo "	server {"
	echo "		listen $(frontend_endpoint)$(front_nginx);"
	front_nginx_lines
	if [[ $routing == path ]]; then
		for number in $(server_numbers); do
			nginx_location_block "/s$number/" "$pool-s$number"
		done
	else
		nginx_location_block / "$pool"
	fi
	echo "	}"
}

# least_of VARIABLE MOST: the smallest number that a case wants for what all of them share.
least_of() {
	local instance
	{
		echo "$2"
		for instance in "${!INSTANCE_CASE[@]}"; do
			# shellcheck disable=SC2016 # expanded there
			in_instance "$instance" eval 'echo "${'"$1"':-}"'
		done
	} | grep . | sort -n | head -n 1
}

nginx_conf() {
	local instance
	cat <<-END
		daemon off;
		user nobody nogroup;
		worker_processes 2;
		pid $LAB_DIR/nginx.pid;
		error_log $LAB_DIR/nginx-error.log info;
		events { worker_connections $(least_of nginx_connections 1024); }
		http {
			log_format lab '\$msec \$remote_addr:\$remote_port \$server_port "\$request" '
				'\$status \$upstream_addr \$upstream_status';
			access_log $LAB_DIR/nginx-access.log lab;
			client_body_temp_path $LAB_DIR/nginx-body;
			proxy_temp_path $LAB_DIR/nginx-proxy;
			fastcgi_temp_path $LAB_DIR/nginx-fastcgi;
			uwsgi_temp_path $LAB_DIR/nginx-uwsgi;
			scgi_temp_path $LAB_DIR/nginx-scgi;
			client_max_body_size 16m;
	END
	for instance in "${!INSTANCE_CASE[@]}"; do
		if [[ ${INSTANCE_LB[instance]} == nginx ]]; then
			in_instance "$instance" nginx_instance
		fi
	done
	echo "}"
}

haproxy_backend_block() { # NAME [SERVER]
	local number
	cat <<-END
		backend $1
			timeout connect ${connect_ms}ms
			timeout server ${response_ms}ms
			retries $retries
			http-reuse $([[ $reuse == yes ]] && echo always || echo never)
	END
	if [[ $reuse == no ]]; then
		echo "	option http-server-close"
	fi
	if [[ -n $haproxy_backend ]]; then
		echo "	$haproxy_backend"
	fi
	for number in ${2:-$(server_numbers)}; do
		echo "	server s$number $(server_endpoint "$number")" \
			"$([[ $tls == no ]] || echo ssl verify none) $haproxy_server"
	done
}

haproxy_instance() {
	local pool=$CASE-$INSTANCE number
	cat <<-END
		frontend in-$INSTANCE
			bind $(frontend_endpoint)$(front_haproxy)
	END
	if [[ $routing == path ]]; then
		for number in $(server_numbers); do
			echo "	use_backend $pool-s$number if { path_beg /s$number/ }"
		done
		for number in $(server_numbers); do
			haproxy_backend_block "$pool-s$number" "$number"
		done
	else
		echo "	default_backend $pool"
		haproxy_backend_block "$pool"
	fi
}

haproxy_conf() {
	local instance
	cat <<-END
		global
			user nobody
			group nogroup
			nbthread 2
			log stdout format raw local0
			maxconn $(least_of haproxy_connections 1000)
		defaults
			mode http
			log global
			option httplog
			timeout client 30s
			timeout connect 5s
			timeout server 30s
	END
	for instance in "${!INSTANCE_CASE[@]}"; do
		if [[ ${INSTANCE_LB[instance]} == haproxy ]]; then
			in_instance "$instance" haproxy_instance
		fi
	done
}

# balancer_start NAME COMMAND...: with at least one frontend, and waits for it.
balancer_start() {
	local name=$1 instance port=""
	LAB_LAST_PID=""
	shift
	for instance in "${!INSTANCE_CASE[@]}"; do
		if [[ ${INSTANCE_LB[instance]} == "$name" ]]; then
			port=$((9000 + instance))
		fi
	done
	[[ -n $port ]] || return 0
	lab_spawn "$name" lb "$@"
	lab_wait_until "$name to listen (see $LAB_DIR/$name.log)" net_listening lb "$port"
}

balancers_start() {
	front_certificate
	nginx_conf >"$LAB_DIR/nginx.conf"
	haproxy_conf >"$LAB_DIR/haproxy.cfg"
	balancer_start nginx nginx -c "$LAB_DIR/nginx.conf" -e "$LAB_DIR/nginx-error.log"
	NGINX_PID=$LAB_LAST_PID
	balancer_start haproxy haproxy -W -db -f "$LAB_DIR/haproxy.cfg"
	HAPROXY_PID=$LAB_LAST_PID
	proxies_start
}
