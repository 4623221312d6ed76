# SPDX-License-Identifier: GPL-2.0-only
# backends: of a log, and of a real nginx in namespaces of its own.

load common

setup() {
	nginx_pid=
}

teardown() {
	if [ -n "$nginx_pid" ]; then
		kill "$nginx_pid"
		wait "$nginx_pid" || true
		ip netns del "$namespace"
	fi
}

inside() {
	ip netns exec "$namespace" "$@"
}

wait_until() { # COMMAND...: true within 10 s
	for ((i = 0; i < 100; i++)); do
		if "$@"; then
			return 0
		fi
		sleep 0.1
	done
	return 1
}

request() { # STATUS [PATH]
	local seen
	seen=$(inside curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:8080/${2:-}")
	[ "$seen" = "$1" ]
}

# One server of the pool answers (nginx itself), the other's port is wrong.
start_nginx() {
	namespace=lbtcli$$
	conf=$BATS_TEST_TMPDIR/nginx.conf
	cat >"$conf" <<-END
		daemon off;
		worker_processes 1;
		pid $BATS_TEST_TMPDIR/nginx.pid;
		error_log $BATS_TEST_TMPDIR/error.log;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $BATS_TEST_TMPDIR/body;
			proxy_temp_path $BATS_TEST_TMPDIR/proxy;
			fastcgi_temp_path $BATS_TEST_TMPDIR/fastcgi;
			uwsgi_temp_path $BATS_TEST_TMPDIR/uwsgi;
			scgi_temp_path $BATS_TEST_TMPDIR/scgi;
			include $BATS_TEST_TMPDIR/pools/*.conf;
			server { listen 127.0.0.1:8082; location / { return 200 "fine"; } }
			server {
				listen 127.0.0.1:8080;
				location / { proxy_pass http://api_pool; }
				location /direct { proxy_pass http://127.0.0.1:8083; }
			}
		}
	END
	mkdir "$BATS_TEST_TMPDIR/pools"
	cat >"$BATS_TEST_TMPDIR/pools/api.conf" <<-END
		upstream api_pool {
			server 127.0.0.1:8082 max_fails=0;
			server 127.0.0.1:8081 max_fails=0;
		}
	END
	ip netns add "$namespace"
	inside ip link set lo up
	ip netns exec "$namespace" nginx -c "$conf" -p "$BATS_TEST_TMPDIR" 2>"$BATS_TEST_TMPDIR/nginx.err" 3>&- &
	nginx_pid=$!
	wait_until request 200
}

@test "the backends of a log are a line each, as text and JSON" {
	make_log configured
	run_apart "$LBTRACE" backends "$log"
	assert_status 0
	[ -z "$stderr" ]
	[[ $output =~ api_pool/app1\ +10\.77\.1\.11:8080\ +not\ tried ]]
	[[ $output =~ api_pool/app2\ +10\.77\.1\.12:8080\ +3\ of\ 3\ failed:\ conn-refused ]]
	assert_has "$output" "/etc/nginx/nginx.conf:7: not understood: frobnicate on"
	run_apart "$LBTRACE" backends --json "$log"
	assert_status 0
	jq -e '.schema == "lbtrace-backends/1"
		and (.backends | map([.name, .address, .file, .line]) == [
			["api_pool/app1", "10.77.1.11:8080", "/etc/nginx/nginx.conf", 12],
			["api_pool/app2", "10.77.1.12:8080", "/etc/nginx/nginx.conf", 13]])
		and .backends[1].failed == 3 and .backends[1].last_cause == "conn-refused"
		and .notes[0].text == "frobnicate on"' <<<"$output"
}

@test "--backend narrows down what is listed" {
	make_log configured
	run_apart "$LBTRACE" backends --backend 10.77.1.12 "$log"
	assert_status 0
	assert_has "$output" "api_pool/app2"
	assert_lacks "$output" "api_pool/app1"
}

@test "a log of no load balancer says so" {
	make_log empty
	run_apart "$LBTRACE" backends "$log"
	assert_status 0
	assert_has "$output" "no load balancer was found"
}

@test "wrong usage is told in one line" {
	run_apart "$LBTRACE" backends one two
	assert_status 2
	assert_one_message two
	run_apart "$LBTRACE" backends --no-attach one
	assert_status 2
	assert_one_message --no-attach
}

@test "backends without privilege is exit 3 in one line" {
	needs_root
	cd /tmp
	run_apart unprivileged "$LBTRACE" backends
	assert_status 3
	assert_one_message root
	run_apart unprivileged "$LBTRACE" backends --no-attach --comm nginx
	assert_status 3
	assert_one_message root
}

@test "backends of a real nginx: names, what is seen, and the wrong port with its line" {
	needs_bpf
	start_nginx
	for ((n = 0; n < 60; n++)); do
		request 200
		sleep 0.1
	done &
	run_apart "$LBTRACE" backends -d 4 --json --netns "$namespace"
	wait $!
	assert_status 0
	jq -e '.backends | map(.name) | sort
		== ["127.0.0.1:8083", "api_pool/127.0.0.1:8081", "api_pool/127.0.0.1:8082"]' <<<"$output"
	jq -e --arg file "$BATS_TEST_TMPDIR/pools/api.conf" '.backends[]
		| select(.name == "api_pool/127.0.0.1:8081")
		| .failed > 5 and .last_cause == "conn-refused"
			and (.findings[0] | .id == "wrong-port" and .file == $file and .line == 3)' \
		<<<"$output"
	jq -e '.backends[] | select(.name == "127.0.0.1:8083") | .attempts == 0' <<<"$output"
}

@test "--no-attach shows the configuration alone" {
	needs_root
	start_nginx
	run_apart "$LBTRACE" backends --no-attach --netns "$namespace"
	assert_status 0
	assert_has "$output" "the kernel was not watched"
	assert_has "$output" "api_pool/127.0.0.1:8081"
	[ -z "$stderr" ]
}
