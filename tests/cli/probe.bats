# SPDX-License-Identifier: GPL-2.0-only
# probe, in a lab of its own: a load balancer in one network namespace, its backends in another.

load common

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	export LAB=lbtprobe$$ ROOM=$BATS_FILE_TMPDIR
	chmod 0755 "$ROOM"
	make_networks || return 0
	make_backends
	make_balancers
	export LAB_READY=1
}

make_networks() {
	ip netns add "$LAB-lb" && ip netns add "$LAB-be" || return 1
	ip -n "$LAB-lb" link add lb type veth peer name be netns "$LAB-be"
	ip -n "$LAB-lb" addr add 10.77.0.1/24 dev lb
	ip -n "$LAB-be" addr add 10.77.0.2/24 dev be
	ip -n "$LAB-be" addr add 10.77.0.3/24 dev be
	ip -n "$LAB-be" addr add 10.77.0.4/24 dev be
	for side in lb be; do
		ip -n "$LAB-$side" link set lo up
		ip -n "$LAB-$side" link set "$side" up
	done
	ip netns exec "$LAB-be" nft -f - <<-'NFT'
		table ip lab {
			chain in {
				type filter hook input priority 0;
				ip daddr 10.77.0.3 drop
				ip daddr 10.77.0.4 reject with icmp type admin-prohibited
			}
		}
	NFT
}

# 8080 HTTP, 8443 TLS, 8082 answers /health with 503, 8083 takes connections and never answers.
make_backends() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=app \
		-keyout "$ROOM/key.pem" -out "$ROOM/cert.pem" 2>/dev/null
	cat >"$ROOM/backend.conf" <<-NGINX
		pid $ROOM/backend.pid;
		error_log $ROOM/backend.log;
		events {}
		http {
			access_log off;
			client_body_temp_path $ROOM/b1; proxy_temp_path $ROOM/b2; fastcgi_temp_path $ROOM/b3;
			uwsgi_temp_path $ROOM/b4; scgi_temp_path $ROOM/b5;
			server { listen 8080; return 200 fine; }
			server { listen 8443 ssl; ssl_certificate $ROOM/cert.pem; ssl_certificate_key $ROOM/key.pem; return 200; }
			server { listen 8082; location / { return 404; } location /health { return 503; } }
		}
	NGINX
	ip netns exec "$LAB-be" nginx -c "$ROOM/backend.conf" -p "$ROOM"
	ip netns exec "$LAB-be" socat TCP-LISTEN:8083,fork,reuseaddr SYSTEM:'sleep 30' >/dev/null 2>&1 3>&- &
	echo $! >"$ROOM/silent.pid"
}

make_balancers() {
	mkdir -p "$ROOM/etc"
	echo "10.77.0.2 app.lab" >"$ROOM/etc/hosts"
	echo "nameserver 127.0.0.1" >"$ROOM/etc/resolv.conf"
	cat >"$ROOM/lb.conf" <<-NGINX
		pid $ROOM/lb.pid;
		error_log $ROOM/lb.log;
		events {}
		http {
			client_body_temp_path $ROOM/l1; proxy_temp_path $ROOM/l2; fastcgi_temp_path $ROOM/l3;
			uwsgi_temp_path $ROOM/l4; scgi_temp_path $ROOM/l5;
			upstream api {
				server 10.77.0.2:8080;
				server app.lab:8080;
				server 10.77.0.2:8081;
				server 10.77.0.9:8080;
				server 10.77.0.3:8080;
				server 10.77.0.4:8080;
				server 192.0.2.1:8080;
				server unix:$ROOM/none.sock;
			}
			upstream secure {
				server 10.77.0.2:8443;
				server 10.77.0.2:8080;
			}
			server {
				listen 80;
				location / { proxy_pass http://api; }
				location /secure { proxy_pass https://secure; }
				location /any { proxy_pass http://\$arg_to; }
			}
		}
	NGINX
	cat >"$ROOM/haproxy.cfg" <<-HAPROXY
		defaults
			mode http
			timeout connect 2s
			timeout client 5s
			timeout server 5s
		frontend in
			bind :81
			default_backend web
		backend web
			option httpchk GET /health
			server good 10.77.0.2:8080 check
			server sick 10.77.0.2:8082 check
			server plain 10.77.0.2:8443 check
			server mute 10.77.0.2:8083 check
			server ghost nowhere.lab:8080 check init-addr none
	HAPROXY
	ip netns exec "$LAB-lb" unshare -m sh -e -c '
		mount --make-rprivate /
		mount --bind "$1/etc/hosts" /etc/hosts
		mount --bind "$1/etc/resolv.conf" /etc/resolv.conf
		nginx -c "$1/lb.conf" -p "$1"
		haproxy -D -f "$1/haproxy.cfg" -p "$1/haproxy.pid"' sh "$ROOM" 3>&-
}

teardown_file() {
	[ -n "${LAB:-}" ] || return 0
	for name in lb backend haproxy silent; do
		[ ! -s "$ROOM/$name.pid" ] || kill "$(cat "$ROOM/$name.pid")" || true
	done
	ip netns del "$LAB-lb"
	ip netns del "$LAB-be"
}

needs_lab() {
	needs_root
	[ -n "${LAB_READY:-}" ] || skip "no network namespaces here"
}

probe_json() { # [ARGUMENT...]: once for all who only read it
	needs_lab
	run_apart "$LBTRACE" probe --json --netns "$LAB-lb" "$@"
	assert_status 1
	jq -e '.schema == "lbtrace-probe/1"' <<<"$output" >/dev/null
}

cause_of() { # NAME ADDRESS CAUSE
	jq -e --arg name "$1" --arg address "$2" --arg cause "$3" \
		'any(.targets[]; .name == $name and .address == $address and (.cause // "ok") == $cause)' \
		<<<"$output" >/dev/null || {
		echo "$1 $2 is not $3: $(jq -c '.targets[] | [.name, .address, .cause, .evidence]' <<<"$output")"
		return 1
	}
}

@test "probe names the cause of every backend of nginx" {
	probe_json --comm nginx
	cause_of api/10.77.0.2:8080 10.77.0.2:8080 ok
	cause_of api/app.lab:8080 10.77.0.2:8080 ok
	cause_of api/10.77.0.2:8081 10.77.0.2:8081 conn-refused
	cause_of api/10.77.0.9:8080 10.77.0.9:8080 arp-failed
	cause_of api/10.77.0.3:8080 10.77.0.3:8080 fw-drop
	cause_of api/10.77.0.4:8080 10.77.0.4:8080 fw-reject-icmp
	cause_of api/192.0.2.1:8080 192.0.2.1:8080 no-route
	cause_of "api/unix:$ROOM/none.sock" "unix:$ROOM/none.sock" unix-socket
	cause_of secure/10.77.0.2:8443 10.77.0.2:8443 ok
	cause_of secure/10.77.0.2:8080 10.77.0.2:8080 tls-to-plain
	jq -e --arg file "$ROOM/lb.conf" '.targets[] | select(.cause == "conn-refused")
		| .file == $file and .line > 0 and .directive == "server 10.77.0.2:8081"
		and .load_balancer.kind == "nginx" and (.confirm | length) > 0' <<<"$output"
}

@test "probe asks what the health check of HAProxy would" {
	probe_json --comm haproxy
	cause_of web/good 10.77.0.2:8080 ok
	cause_of web/sick 10.77.0.2:8082 backend-5xx
	cause_of web/plain 10.77.0.2:8443 plain-to-tls
	cause_of web/mute 10.77.0.2:8083 slow-response
	jq -e '.targets[] | select(.name == "web/sick") | .status == 503 and .step == "http"' <<<"$output"
	jq -e '.targets[] | select(.name == "web/ghost") | .cause == "dns-failed"' <<<"$output"
}

@test "probe in text: one line each, then the cause and what to type" {
	needs_lab
	run_apart "$LBTRACE" probe --netns "$LAB-lb" --comm nginx --backend 10.77.0.2
	assert_status 1
	assert_has "$output" "api/10.77.0.2:8080"
	assert_has "$output" "conn-refused"
	assert_has "$output" "$ROOM/lb.conf:"
	assert_has "$output" "server 10.77.0.2:8081"
	assert_has "$output" "confirm: nsenter -t "
	assert_lacks "$output" "10.77.0.9"
	[ -z "$stderr" ]
}

@test "probe of what answers is exit 0" {
	needs_lab
	run_apart "$LBTRACE" probe --netns "$LAB-lb" --comm nginx --backend 10.77.0.2:8443
	assert_status 0
	assert_has "$output" "1 answered, 0 failed"
	run_apart "$LBTRACE" probe --http --netns "$LAB-lb" --backend 10.77.0.2:8082 --json
	assert_status 1
}

@test "probe --timeout bounds the whole" {
	needs_lab
	local before=$SECONDS
	run_apart "$LBTRACE" probe --timeout 0.3 --netns "$LAB-lb" --comm nginx --backend 10.77.0.3
	assert_status 1
	assert_has "$output" "fw-drop"
	[ $((SECONDS - before)) -le 4 ]
}

@test "probe without a load balancer says so" {
	needs_root
	run_apart "$LBTRACE" probe --comm no-such-balancer
	assert_status 1
	assert_one_message "no configured backend"
}

@test "probe refuses more than 100 targets unless told" {
	needs_lab
	{
		echo "pid $ROOM/many.pid; error_log $ROOM/many.log; events {}"
		echo "http { client_body_temp_path $ROOM/m1; proxy_temp_path $ROOM/m2;"
		echo "fastcgi_temp_path $ROOM/m3; uwsgi_temp_path $ROOM/m4; scgi_temp_path $ROOM/m5;"
		echo "upstream many {"
		for i in $(seq 101); do echo "server 127.0.0.$i:9;"; done
		echo "} server { listen 90; location / { proxy_pass http://many; } } }"
	} >"$ROOM/many.conf"
	ip netns exec "$LAB-lb" nginx -c "$ROOM/many.conf" -p "$ROOM" 3>&-
	many=$(cat "$ROOM/many.pid")
	run_apart "$LBTRACE" probe --pid "$many" </dev/null
	refused=$status
	refusal=$stderr
	run_apart "$LBTRACE" probe --pid "$many" --yes --json </dev/null
	kill "$many"
	[ "$refused" -eq 2 ]
	assert_has "$refusal" "--yes"
	assert_status 1
	jq -e '.failed == 101 and all(.targets[]; .cause == "conn-refused")' <<<"$output"
}

@test "probe's usage" {
	run_apart "$LBTRACE" probe --timeout 0
	assert_status 2
	assert_one_message "--timeout"
	run_apart "$LBTRACE" probe something
	assert_status 2
	assert_one_message something
	run_apart "$LBTRACE" probe --help
	assert_status 0
	assert_has "$output" "--yes"
}
