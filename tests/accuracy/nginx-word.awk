# SPDX-License-Identifier: GPL-2.0-only
# nginx-word.awk nginx-error.log nginx-mix.log: what nginx itself says of each request, as lines
#   ID CAUSES SERVER WORDS
# CAUSES are those that its message leaves possible, joined by `|` (`any`: it says nothing that
# decides); SERVER is the last that it tried, or none. Words are joined by `_`.

function causes_of(message) {
	if (message ~ /no live upstreams/) return "no-eligible-backend"
	if (message ~ /limiting (requests|connections)/) return "lb-rate-limited"
	if (message ~ /worker_connections are not enough/) return "lb-conn-slots"
	if (message ~ /socket\(\) failed \(24/) return "lb-fd-exhausted"
	if (message ~ /could not be resolved|no resolver defined/) return "dns-failed"
	if (message ~ /upstream: "[a-z]*:?\/?\/?unix:/) return "unix-socket"
	if (message ~ /\(99:/) return "ephemeral-exhausted"
	if (message ~ /\(12:|\(105:/) return "lb-mem"
	if (message ~ /certificate verify error|does not match/) return "tls-verify-failed"
	if (message ~ /SSL_do_handshake\(\) failed/)
		return "tls-to-plain|tls-alert|tls-verify-failed|not-http"
	if (message ~ /http2 frame|invalid http2|GOAWAY/) return "h2-mismatch|not-http|invalid-response"
	if (message ~ /too big header/) return "header-too-big"
	if (message ~ /invalid header|invalid status|no valid HTTP|duplicate header/)
		return "invalid-response|not-http|plain-to-tls|header-too-big"
	if (message ~ /timed out/ && message ~ /while connecting/)
		return "fw-drop|lb-egress-drop|lb-ingress-drop|acceptq-overflow|syn-backlog-full|" \
			"arp-failed|icmp-unreachable|lb-conntrack-full"
	if (message ~ /timed out/)
		return "slow-response|backend-not-accepting|blackhole-midflow|pmtu-blackhole|" \
			"acceptq-overflow-ack|tls-to-plain|h2-mismatch|proxy-proto-mismatch|lb-stalled|not-http-banner"
	if (message ~ /while connecting/ && message ~ /\(104:/)
		return "acceptq-abort|reset-before-response"
	if (message ~ /\(111:/)
		return "conn-refused|loopback-bind|af-mismatch|wrong-host|fw-reject-rst|fw-reject-icmp"
	if (message ~ /\(113:/) return "no-route|arp-failed|icmp-unreachable|fw-reject-icmp"
	if (message ~ /\(101:/) return "no-route|icmp-unreachable|fw-reject-icmp"
	if (message ~ /\(13:/) return "no-route|fw-reject-icmp|lsm-denied|icmp-unreachable"
	if (message ~ /\(22:/) return "no-route"
	if (message ~ /\(92:/) return "fw-reject-icmp"
	if (message ~ /\(1:/) return "lb-egress-drop"
	if (message ~ /prematurely closed|peer closed connection/)
		return "close-before-response|truncated-header|keepalive-race|plain-to-tls|" \
			"proxy-proto-mismatch|h2-mismatch|tls-alert|not-http"
	if (message ~ /\((104|32|107):/)
		return "reset-before-response|acceptq-abort|keepalive-race|plain-to-tls|" \
			"proxy-proto-mismatch|h2-mismatch|close-before-response"
	return "any"
}

function request_id(text) {
	if (!match(text, /[?]r=[0-9]+/)) return ""
	return substr(text, RSTART + 3, RLENGTH - 3)
}

function underscored(text) {
	gsub(/[ \t]+/, "_", text)
	return text
}

# The endpoint in `upstream: "http://ENDPOINT/..."`.
function upstream_of(line) {
	if (!match(line, /upstream: "[a-z]+:\/\/[^\/"]+/)) return ""
	line = substr(line, RSTART, RLENGTH)
	sub(/.*\//, "", line)
	return line
}

FILENAME ~ /error\.log$/ {
	if ($0 !~ /\[(error|crit|alert)\]/) next
	id = request_id($0)
	if (id == "") next
	# The last of its servers that were left failed: how it failed is what counts.
	if ($0 ~ /no live upstreams/ && id in said) next
	said[id] = $0
	said_of[id] = upstream_of($0)
	next
}

# CONNECTION STATUS ADDRESSES;STATUSES;URI: addresses are joined by `, ` or ` : `.
{
	split($0, part, ";")
	id = request_id(part[3])
	status = $2
	sub(/^[0-9]+ [0-9]+ /, "", part[1])
	server = part[1]
	# The pool's own name stands for none that was left.
	sub(/, [^:, ]+$/, "", server)
	sub(/.*[,:] /, "", server)
	tried = server ~ /:[0-9]+$|^unix:/
	message = said[id]
	sub(/.*\*[0-9]+ /, "", message)
	short = message
	sub(/, client: .*/, "", short)
	if (status !~ /^5/) {
		print id, "none", tried ? server : "none", "status_" status
	} else if (tried && said_of[id] != server && !(server ~ /^unix:/ && said_of[id] ~ /^unix:/)) {
		# No complaint about the last one: the status is the server's own.
		print id, "backend-5xx", server, "status_passed_on"
	} else {
		print id, causes_of(message), tried ? server : "none", underscored(short == "" ? "-" : short)
	}
}
