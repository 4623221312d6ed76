# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# The bench's lab: one HAProxy and one nginx in the host `lb` (lab-net.sh), one fast backend in
# `near`, and wrk in `client`. Each workload has a frontend of its own:
#   fresh    a connection per request, on both sides
#   kept     keep-alive on both sides
#   refused  the backend's port is closed: every connect is refused, every answer a 502 or 503
#   idle     as kept, with idle connections beside
#
# Set by the caller: ROOT, BENCH_LOAD, LAB_DIR, LAB_NAME.

# So many connections that neither CPU waits: with 16 they are idle for a twentieth of the time.
CONNECTIONS=64 BALANCER_THREADS=2
BACKEND=10.78.0.2 FRONT=10.77.0.1

front_port() { # LB WORKLOAD
	local port
	case $2 in
	fresh) port=1 ;;
	kept | idle) port=2 ;;
	refused) port=3 ;;
	esac
	[[ $1 == haproxy ]] && echo "800$port" || echo "801$port"
}

bench_haproxy_conf() {
	cat <<-END
		global
			nbthread $BALANCER_THREADS
			maxconn 12000
			no strict-limits
		defaults
			mode http
			retries 0
			timeout client 60s
			timeout connect 5s
			timeout server 30s
		listen fresh
			bind $FRONT:8001
			option httpclose
			server s1 $BACKEND:8080
		listen kept
			bind $FRONT:8002
			http-reuse always
			server s1 $BACKEND:8080
		listen refused
			bind $FRONT:8003
			server s1 $BACKEND:9
	END
}

bench_nginx_conf() {
	cat <<-END
		daemon off;
		user nobody nogroup;
		worker_processes $BALANCER_THREADS;
		pid $LAB_DIR/nginx.pid;
		error_log $LAB_DIR/nginx-error.log crit;
		events { worker_connections 8000; }
		http {
			access_log off;
			keepalive_requests 1000000;
			client_body_temp_path $LAB_DIR/nginx-body;
			proxy_temp_path $LAB_DIR/nginx-proxy;
			fastcgi_temp_path $LAB_DIR/nginx-fastcgi;
			uwsgi_temp_path $LAB_DIR/nginx-uwsgi;
			scgi_temp_path $LAB_DIR/nginx-scgi;
			upstream kept { server $BACKEND:8080; keepalive 64; keepalive_requests 1000000; }
			server { listen $FRONT:8011; location / { proxy_pass http://$BACKEND:8080; } }
			server {
				listen $FRONT:8012;
				location / {
					proxy_pass http://kept;
					proxy_http_version 1.1;
					proxy_set_header Connection "";
				}
			}
			server { listen $FRONT:8013; location / { proxy_pass http://$BACKEND:9; } }
		}
	END
}

# Many connections in little time: no local port may stay in TIME_WAIT for long.
bench_ports() {
	local host
	for host in client lb near; do
		in_host "$host" bash -c 'echo 1024 65535 >/proc/sys/net/ipv4/ip_local_port_range
			echo 1 >/proc/sys/net/ipv4/tcp_tw_reuse
			echo 4096 >/proc/sys/net/core/somaxconn
			echo 4096 >/proc/sys/net/ipv4/tcp_max_syn_backlog'
	done
}

load_spawn() { # NAME HOST ARGUMENTS...: bench-load, and waits until it is ready.
	local name=$1
	shift
	rm -f "$LAB_DIR/$name.log"
	lab_spawn "$name" "$1" "$BENCH_LOAD" "${@:2}"
	lab_wait_until "bench-load ${*:2}" grep -qs ready "$LAB_DIR/$name.log"
}

bench_lab_start() {
	net_start
	bench_ports
	load_spawn backend near serve 0.0.0.0 8080
	bench_haproxy_conf >"$LAB_DIR/haproxy.cfg"
	bench_nginx_conf >"$LAB_DIR/nginx.conf"
	lab_spawn haproxy lb haproxy -db -f "$LAB_DIR/haproxy.cfg"
	HAPROXY_PID=$LAB_LAST_PID
	lab_spawn nginx lb nginx -c "$LAB_DIR/nginx.conf" -e "$LAB_DIR/nginx-error.log"
	NGINX_PID=$LAB_LAST_PID
	lab_wait_until "HAProxy (see $LAB_DIR/haproxy.log)" net_listening lb 8003
	lab_wait_until "nginx (see $LAB_DIR/nginx.log)" net_listening lb 8013
}

bench_lab_stop() {
	local pid
	for pid in "${LAB_PIDS[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
	done
	sleep 0.2
	net_stop "$LAB_NAME"
	wait "${LAB_PIDS[@]}" 2>/dev/null || true
	LAB_PIDS=()
}

# load_run LB WORKLOAD SECONDS: prints requests, microseconds, p99 in microseconds, errors.
load_run() {
	local headers=()
	[[ $2 != fresh ]] || headers=(-H "Connection: close")
	in_host client wrk -t 1 -c "$CONNECTIONS" -d "$3" "${headers[@]}" \
		-s "$ROOT/tests/bench/wrk.lua" "http://$FRONT:$(front_port "$1" "$2")/" |
		sed -n 's/^RESULT //p'
}
