# SPDX-License-Identifier: GPL-2.0-only
# haproxy-word.awk haproxy.servers haproxy.log: what HAProxy itself says of each request, as
# nginx-word.awk does. haproxy.servers has lines `INSTANCE/SERVER ENDPOINT`; the log's lines are
#   mix TERMINATION_STATE STATUS BACKEND SERVER OWN_ENDPOINT RETRIES ERROR_NUMBER URI ERROR_TEXT

function causes_of(state, error, server) {
	if (error ~ /[Oo]ut of local source ports/) return "ephemeral-exhausted"
	if (error ~ /[Tt]oo many sockets|maxconn/) return "lb-fd-exhausted|lb-conn-slots"
	if (state == "SC" && server == "<NOSRV>") return "no-eligible-backend|dns-failed"
	if (state == "--") return "backend-5xx"
	if (state == "sQ" || state == "SQ") return "lb-queue-timeout"
	if (state ~ /^P[RTQ]/) return "lb-rate-limited"
	if (state ~ /^R/) return "ephemeral-exhausted|lb-fd-exhausted|lb-mem"
	if (state == "sC")
		return "fw-drop|lb-egress-drop|lb-ingress-drop|acceptq-overflow|syn-backlog-full|" \
			"arp-failed|icmp-unreachable|lb-conntrack-full|tls-to-plain|blackhole-midflow|h2-mismatch"
	if (state == "SC" && error ~ /SSL|handshake/)
		return "tls-to-plain|tls-alert|tls-verify-failed|not-http|plain-to-tls"
	if (state == "SC" && error ~ /[Gg]eneral socket error/)
		return "no-route|lsm-denied|lb-fd-exhausted|lb-mem|unix-socket|lb-egress-drop"
	if (state == "SC")
		return "conn-refused|loopback-bind|af-mismatch|wrong-host|fw-reject-rst|fw-reject-icmp|" \
			"icmp-unreachable|arp-failed|acceptq-abort|ephemeral-exhausted|unix-socket|" \
			"lb-fd-exhausted|h2-mismatch|proxy-proto-mismatch|no-route"
	if (state == "SH")
		return "close-before-response|truncated-header|keepalive-race|reset-before-response|" \
			"acceptq-abort|plain-to-tls|proxy-proto-mismatch|h2-mismatch|tls-alert"
	if (state == "PH")
		return "invalid-response|not-http|not-http-banner|header-too-big|plain-to-tls|h2-mismatch"
	if (state == "sH")
		return "slow-response|backend-not-accepting|blackhole-midflow|pmtu-blackhole|" \
			"acceptq-overflow-ack|h2-mismatch|proxy-proto-mismatch|lb-stalled|tls-to-plain"
	return "any"
}

FILENAME ~ /servers$/ {
	endpoint[$1] = $2
	next
}

$1 == "mix" && match($9, /[?]r=[0-9]+/) {
	id = substr($9, RSTART + 3, RLENGTH - 3)
	instance = $4
	sub(/.*-/, "", instance)
	key = instance "/" $5
	error = $10
	for (i = 11; i <= NF; i++) error = error "_" $i
	server = key in endpoint ? endpoint[key] : "none"
	print id, $3 ~ /^5/ ? causes_of($2, error, $5) : "none", server, $2 "_" error
}
