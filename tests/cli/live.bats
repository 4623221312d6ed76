# SPDX-License-Identifier: GPL-2.0-only
# live with a real nginx whose backend refuses, in a network namespace of its own.

load common

setup() {
	needs_bpf
	namespace=lbtcli$$
	nginx_conf=$BATS_TEST_TMPDIR/nginx.conf
	cat >"$nginx_conf" <<-END
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
			server { listen 127.0.0.1:8080; location / { proxy_pass http://127.0.0.1:8081; } }
		}
	END
	ip netns add "$namespace"
	inside ip link set lo up
	ip netns exec "$namespace" nginx -c "$nginx_conf" -p "$BATS_TEST_TMPDIR" 2>"$BATS_TEST_TMPDIR/nginx.err" 3>&- &
	nginx_pid=$!
}

teardown() {
	if [ -n "${nginx_pid:-}" ]; then
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

request() { # STATUS
	local seen
	seen=$(inside curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/)
	[ "$seen" = "$1" ]
}

start_live() { # OPTION...
	"$LBTRACE" --netns "$namespace" "$@" >"$BATS_TEST_TMPDIR/stdout" \
		2>"$BATS_TEST_TMPDIR/stderr" 3>&- &
	live_pid=$!
	wait_until grep -q '^lbtrace: ready' "$BATS_TEST_TMPDIR/stderr"
}

@test "the first failure is shown within two seconds, the interval notwithstanding" {
	wait_until request 502
	start_live --interval 60
	sleep 1
	request 502
	began=$(date +%s%N)
	wait_until grep -q 'conn-refused' "$BATS_TEST_TMPDIR/stdout"
	took_ms=$((($(date +%s%N) - began) / 1000000))
	kill -INT "$live_pid"
	wait "$live_pid"
	echo "shown after $took_ms ms"
	[ "$took_ms" -lt 2000 ]
	grep -q '^  127\.0\.0\.1:8081 .*nginx .*conn-refused .*certain$' "$BATS_TEST_TMPDIR/stdout"
	grep -q '^    next: ' "$BATS_TEST_TMPDIR/stdout"
}

@test "a recording gives the verdicts that live gave" {
	wait_until request 502
	start_live --json
	"$LBTRACE" record --netns "$namespace" -o "$BATS_TEST_TMPDIR/x.lbt" \
		2>"$BATS_TEST_TMPDIR/record.err" 3>&- &
	record_pid=$!
	wait_until grep -q '^lbtrace: ready' "$BATS_TEST_TMPDIR/record.err"
	for ((n = 0; n < 5; n++)); do
		request 502
	done
	kill -TERM "$live_pid" "$record_pid"
	wait "$live_pid"
	wait "$record_pid"
	verdicts='[.gateway_errors, .health, (.causes | map([.id, .count, .share, .confidence, .backends])),
		(.backends | map([.address, .attempts, .failed, .gateway_errors, .causes, .verdict]))]'
	live=$(jq -c "$verdicts" "$BATS_TEST_TMPDIR/stdout")
	replayed=$("$LBTRACE" report --format json "$BATS_TEST_TMPDIR/x.lbt" | jq -c "$verdicts")
	assert_has "$live" '"total":5'
	assert_has "$live" '"conn-refused",5'
	[ "$live" = "$replayed" ]
}

nobody_inside() {
	[ -z "$(ip netns pids "$namespace")" ]
}

@test "a load balancer that starts later is found" {
	# One that is told to go while it begins may leave a worker behind.
	wait_until request 502
	kill "$nginx_pid"
	wait "$nginx_pid" || true
	wait_until nobody_inside
	start_live --json
	grep -q 'no load balancer is running yet; waiting' "$BATS_TEST_TMPDIR/stderr"
	ip netns exec "$namespace" nginx -c "$nginx_conf" -p "$BATS_TEST_TMPDIR" 2>"$BATS_TEST_TMPDIR/nginx.err" 3>&- &
	nginx_pid=$!
	sleep 2.5
	request 502
	kill -TERM "$live_pid"
	wait "$live_pid"
	jq -e '.gateway_errors.total == 1 and .causes[0].id == "conn-refused"
		and .load_balancers[0].comm == "nginx"' "$BATS_TEST_TMPDIR/stdout"
}

@test "a backend outside --backend is not looked at" {
	wait_until request 502
	start_live --json --backend 10.0.0.0/8
	request 502
	kill -TERM "$live_pid"
	wait "$live_pid"
	jq -e '.backends == []' "$BATS_TEST_TMPDIR/stdout"
}
