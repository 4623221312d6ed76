# SPDX-License-Identifier: GPL-2.0-only

load common

@test "every line is an object with a type, the header first" {
	make_log loss
	run_apart "$LBTRACE" export "$log" --format jsonl
	assert_status 0
	jq -es 'all(.[]; .type | type == "string")
		and .[0].type == "header"
		and .[0].schema == "lbtrace-events/1"
		and ([.[] | select(.type == "header")] | length == 1)' <<<"$output"
}

@test "an empty log has its header only" {
	make_log empty
	run_apart "$LBTRACE" export "$log"
	assert_status 0
	jq -es 'map(.type) == ["header"] and .[0].host == "web1"' <<<"$output"
}

@test "each 5xx is a line with its client, cause and attempts" {
	make_log refused
	run_apart "$LBTRACE" export "$log"
	assert_status 0
	jq -es '[.[] | select(.type == "gateway_error")]
		| length == 3
		and (map(.client) == ["10.9.0.7:40000", "10.9.0.7:40001", "10.9.0.7:40002"])
		and all(.[]; .cause == "conn-refused" and .class == "refused"
			and .confidence == "certain" and .status == 502
			and .backend == {name: null, address: "10.77.1.12:8080"}
			and .lb == {pid: 813, tid: 813, comm: "nginx"}
			and .frontend == "10.9.0.1:80"
			and (.attempts | length == 1)
			and .attempts[0].errno == 111
			and .attempts[0].duration_us == 1000
			and (.evidence | length > 0))' <<<"$output"
}

@test "times are nanoseconds since the epoch" {
	make_log refused
	"$LBTRACE" export "$log" >"$BATS_TEST_TMPDIR/lines"
	# jq would round: its numbers are doubles.
	grep -q '"type":"gateway_error","ts":1769903999133100000,' "$BATS_TEST_TMPDIR/lines"
	grep -q '"started_ts":1769903999123000000}' "$BATS_TEST_TMPDIR/lines"
}

@test "failed attempts, resets, inventory and loss have their lines" {
	make_log loss
	run_apart "$LBTRACE" export "$log"
	assert_status 0
	jq -es '(map(.type) | group_by(.) | map({(.[0]): length}) | add)
		== {header: 1, gateway_error: 3, attempt: 3, reset: 3, inventory: 2, loss: 1}' <<<"$output"
	jq -es '[.[] | select(.type == "attempt")] | all(.[]; .gateway_error)' <<<"$output"
	jq -es '[.[] | select(.type == "reset")]
		| all(.[]; .direction == "received" and .phase == "handshake")' <<<"$output"
	jq -es '[.[] | select(.type == "loss")][0].records == 17' <<<"$output"
}

@test "what is configured names the 5xx, and has lines of its own" {
	make_log configured
	run_apart "$LBTRACE" export "$log"
	assert_status 0
	jq -es '[.[] | select(.type == "gateway_error")] | length == 3 and all(.[];
		.backend == {name: "api_pool/app2", address: "10.77.1.12:8080"}
		and .attempts[0].backend == "api_pool/app2")' <<<"$output"
	jq -es '[.[] | select(.type == "attempt")] | length == 3
		and all(.[]; .backend.name == "api_pool/app2")' <<<"$output"
	jq -es '[.[] | select(.type == "inventory") | .what]
		== ["load_balancer", "listener", "config", "backend", "backend", "config", "container"]' \
		<<<"$output"
	jq -es '[.[] | select(.what == "backend")] | .[1].name == "api_pool/app2"
		and .[1].address == "10.77.1.12:8080" and .[1].file == "/etc/nginx/nginx.conf"
		and .[1].line == 13 and .[1].directive == "server 10.77.1.12:8080;"' <<<"$output"
	jq -es '[.[] | select(.what == "config") | [.note, .line, .text]]
		== [["read", null, null], ["skipped", 7, "frobnicate on"]]' <<<"$output"
}

@test "the lines agree with the report" {
	make_log refused
	written=$("$LBTRACE" export "$log" | jq -s '[.[] | select(.type == "gateway_error")] | length')
	total=$("$LBTRACE" report "$log" --format json | jq .gateway_errors.total)
	[ "$written" -eq "$total" ]
}
