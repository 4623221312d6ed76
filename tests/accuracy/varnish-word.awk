# SPDX-License-Identifier: GPL-2.0-only
# varnish-word.awk varnish.servers varnish-fetches.log: what Varnish itself says of each fetch, as
# nginx-word.awk does. varnish.servers has lines `INSTANCE/SERVER ENDPOINT`; the log is varnishlog's of
# BereqURL, BackendOpen and FetchError.

function causes_of(error) {
	# Without an errno: it was not tried, because its last connect had failed just before.
	if (error ~ /: fail errno 0 /) return "held-down"
	if (error ~ /: (unhealthy|busy)/ || error ~ /^No backend/) return "no-eligible-backend"
	if (error ~ /errno 111 /)
		return "conn-refused|loopback-bind|af-mismatch|wrong-host|fw-reject-rst|fw-reject-icmp"
	if (error ~ /errno 110 /)
		return "fw-drop|lb-egress-drop|lb-ingress-drop|acceptq-overflow|syn-backlog-full|" \
			"arp-failed|icmp-unreachable|lb-conntrack-full"
	if (error ~ /errno 113 /) return "no-route|arp-failed|icmp-unreachable|fw-reject-icmp"
	if (error ~ /errno 101 /) return "no-route|icmp-unreachable|fw-reject-icmp"
	if (error ~ /errno 13 /) return "no-route|fw-reject-icmp|lsm-denied|icmp-unreachable"
	if (error ~ /errno 22 /) return "no-route"
	if (error ~ /errno 99 /) return "ephemeral-exhausted"
	if (error ~ /timeout/)
		return "slow-response|backend-not-accepting|blackhole-midflow|pmtu-blackhole|" \
			"acceptq-overflow-ack|h2-mismatch|lb-stalled"
	if (error ~ /HTC eof|write error/)
		return "close-before-response|truncated-header|keepalive-race|reset-before-response|" \
			"acceptq-abort|plain-to-tls|proxy-proto-mismatch|h2-mismatch"
	if (error ~ /http format error|HTC (junk|overflow)/)
		return "invalid-response|not-http|header-too-big|h2-mismatch|plain-to-tls"
	return "any"
}

# The endpoint of a backend named `iINSTANCE_NUMBER`.
function endpoint_of(name) {
	sub(/:$/, "", name)
	sub(/^i/, "", name)
	sub(/_/, "/s", name)
	return name in endpoint ? endpoint[name] : "none"
}

function tell() {
	if (id != "") print id, error == "" ? "any" : causes_of(error), server, error == "" ? "-" : words
	id = error = words = ""
	server = "none"
}

FILENAME ~ /servers$/ {
	endpoint[$1] = $2
	next
}

$1 == "*" { tell() }
$2 == "BereqURL" && match($3, /[?]r=[0-9]+/) { id = substr($3, RSTART + 3, RLENGTH - 3) }
$2 == "BackendOpen" { server = endpoint_of($4) }

# Where there are several the first is why the others are.
$2 == "FetchError" && error == "" {
	if ($3 == "backend") server = endpoint_of($4)
	error = $0
	sub(/^.*FetchError +/, "", error)
	words = error
	gsub(/[ \t]+/, "_", words)
}

END { tell() }
