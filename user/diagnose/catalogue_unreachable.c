// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/catalogue_rows.h"

const struct catalogue_row catalogue_unreachable[] = {
	{ CAUSE_NO_ROUTE,
	  {
		  .id = "no-route",
		  .class = "unreachable",
		  .summary =
			  "This host has no usable route to {host}: connect() failed at once and no packet was sent.",
		  .evidence =
			  "connect() returns ENETUNREACH (no route), EHOSTUNREACH (unreachable route), EACCES (prohibit) or EINVAL (blackhole) before a SYN is made.",
		  .confirm = { "ip route get {host}",
			       "ip route show table all | grep -E 'unreachable|prohibit|blackhole'",
			       "ip rule show" },
		  .fix = { "Add or repair the route to {host} on the load balancer's host, in its network namespace.",
			   "If the address is wrong, correct the backend's address in the load balancer's config." },
		  .fix_nginx = { "correct the `server {address}` line of the upstream, then `nginx -t && nginx -s reload`." },
		  .fix_haproxy = { "correct the `server` line with {address}, then reload." },
		  .nginx = "502, error log: connect() to ... failed (101: Network is unreachable)",
		  .haproxy = "503, termination state SC",
		  .envoy = "503 UF",
		  .not_to_confuse =
			  "arp-failed and icmp-unreachable send SYNs first, this sends none. EACCES may also come from SELinux or another security module.",
	  } },
	{ CAUSE_ARP_FAILED,
	  {
		  .id = "arp-failed",
		  .class = "unreachable",
		  .summary =
			  "Nobody answers ARP or neighbour discovery for {host}, or for the router to it: the host is down or the address is wrong.",
		  .evidence =
			  "SYNs stay queued (retransmits end in EBUSY), after about 3 s the neighbour entry fails and the socket gets EHOSTUNREACH.",
		  .confirm = { "ip neigh show {host}", "ip route get {host}", "ping -c 3 {host}" },
		  .fix = { "Start the host {host}, or repair its link, VLAN or address.",
			   "If the host has moved, correct the backend's address in the load balancer's config." },
		  .fix_nginx = { "mark it `server {address} down;` until it is back; `proxy_connect_timeout 1s` makes retries on another server fast." },
		  .fix_haproxy = { "`disable server` over the stats socket until it is back; `timeout connect 1s` and `option redispatch` make retries fast." },
		  .nginx =
			  "502, error log: connect() failed (113: No route to host); 504 if proxy_connect_timeout is under 3 s",
		  .haproxy = "503, termination state SC, or sC if timeout connect is under 3 s",
		  .envoy = "503 UF",
		  .not_to_confuse =
			  "icmp-unreachable: a router far away says so, here the next hop itself is silent. no-route: no packet at all.",
	  } },
	{ CAUSE_ICMP_UNREACHABLE,
	  {
		  .id = "icmp-unreachable",
		  .class = "unreachable",
		  .summary = "A router on the way says that {host} cannot be reached.",
		  .evidence =
			  "An ICMP host or network unreachable message about the SYN arrived; its source is the router that gave up.",
		  .confirm = { "tracepath -n {host}", "ping -c 3 {host}", "ip route get {host}" },
		  .fix = { "At the router named in the evidence: repair its route to {host}; an answer after about 3 s means that the host itself is down.",
			   "If the host is gone, take it out of the load balancer's config." },
		  .fix_nginx = { "mark it `server {address} down;` until it is back." },
		  .fix_haproxy = { "`disable server` over the stats socket until it is back." },
		  .nginx = "502, error log: connect() failed (101 or 113)",
		  .haproxy = "503, termination state SC",
		  .envoy = "503 UF",
		  .not_to_confuse =
			  "fw-reject-icmp: codes that only filters send (port unreachable, prohibited). arp-failed: the source is this host itself.",
	  } },
	{ CAUSE_CONN_REFUSED,
	  {
		  .id = "conn-refused",
		  .class = "refused",
		  .summary =
			  "{host} answers, but refuses port {port}: nothing listens there (or a firewall on that host answers with a reset).",
		  .evidence =
			  "The SYN was answered by RST+ACK within one round trip; the socket got ECONNREFUSED.",
		  .confirm = { "nc -vz {host} {port}", "ssh {host} \"ss -ltnp 'sport = :{port}'\"",
			       "ssh {host} nft list ruleset" },
		  .fix = { "Start the application on {host}, or let it listen on port {port} of that address (not on 127.0.0.1 only).",
			   "If the port is wrong, correct it in the load balancer's config.",
			   "During deployments: drain the backend before it stops (in Kubernetes a preStop sleep)." },
		  .fix_nginx = { "correct `server {address}`; with a second server `proxy_next_upstream error timeout` absorbs it." },
		  .fix_haproxy = { "correct the `server` line; add `check` so that a dead server gets no requests, and `option redispatch`." },
		  .nginx = "502, error log: connect() failed (111: Connection refused)",
		  .haproxy = "503, termination state SC",
		  .envoy = "503 UF delayed_connect_error",
		  .not_to_confuse =
			  "fw-reject-rst: a firewall on the way sends the RST, its TTL differs from the host's own. fw-reject-icmp also ends in errno 111, but no RST came.",
	  } },
	{ CAUSE_FW_REJECT_RST,
	  {
		  .id = "fw-reject-rst",
		  .class = "firewall",
		  .summary =
			  "Something on the way to {host}, not the host itself, refuses port {port} with a forged reset.",
		  .evidence =
			  "The SYN was answered by a RST whose TTL differs from that of this host's other segments.",
		  .confirm = { "tracepath -n {host}", "nc -vz {host} {port}", "nft list ruleset" },
		  .fix = { "In the firewall between here and {host}: allow this host to TCP port {port}." },
		  .fix_nginx = { NULL },
		  .fix_haproxy = { NULL },
		  .nginx = "502, error log: connect() failed (111: Connection refused)",
		  .haproxy = "503, termination state SC",
		  .envoy = "503 UF delayed_connect_error",
		  .not_to_confuse =
			  "conn-refused: the RST has the host's own TTL. A rule on the backend's own host cannot be told from a closed port here.",
	  } },
	{ CAUSE_FW_REJECT_ICMP,
	  {
		  .id = "fw-reject-icmp",
		  .class = "firewall",
		  .summary = "A firewall rejects connections to {address} with an ICMP message.",
		  .evidence =
			  "ICMP port unreachable or prohibited about the SYN. Hosts answer closed TCP ports with a RST, so only a filter sends these for TCP.",
		  .confirm = { "nc -vz {host} {port}", "ssh {host} nft list ruleset",
			       "nft list ruleset" },
		  .fix = { "On the host that sent the ICMP message (see the evidence): allow the load balancer to TCP port {port}." },
		  .fix_nginx = { NULL },
		  .fix_haproxy = { NULL },
		  .nginx = "502, error log: connect() failed (111, 113, 101 or 92)",
		  .haproxy = "503, termination state SC",
		  .envoy = "503 UF",
		  .not_to_confuse =
			  "conn-refused has the same errno 111 but comes with a RST. icmp-unreachable is a routing failure.",
	  } },
	{ CAUSE_FW_DROP,
	  {
		  .id = "fw-drop",
		  .class = "connect-timeout",
		  .summary =
			  "SYNs to {address} vanish without any answer: a firewall or security group drops them, or the host is down behind a router.",
		  .evidence =
			  "SYN retransmits leave this host and nothing comes back, no SYN-ACK, no RST, no ICMP.",
		  .confirm = { "nc -vz -w 3 {host} {port}", "tracepath -n {host}",
			       "ssh {host} nft list ruleset",
			       "ssh {host} \"ss -ltn 'sport = :{port}'; nstat -az TcpExtListenOverflows\"" },
		  .fix = { "Allow the load balancer to TCP port {port} in the firewalls and security groups before {host} and on it.",
			   "If no port of {host} answers, start the host." },
		  .fix_nginx = { "`proxy_connect_timeout 2s` with a second server limits the damage." },
		  .fix_haproxy = { "`timeout connect 2s`, `option redispatch` and `check` limit the damage." },
		  .nginx = "504, error log: upstream timed out (110) while connecting to upstream",
		  .haproxy = "503, termination state sC",
		  .envoy = "503 UF connection_timeout",
		  .not_to_confuse =
			  "acceptq-overflow looks the same, but other connections to the port succeed or hang in its queue. lb-egress-drop: this host drops. arp-failed: the SYN never leaves.",
	  } },
	{ CAUSE_LB_EGRESS_DROP,
	  {
		  .id = "lb-egress-drop",
		  .class = "lb-firewall",
		  .summary =
			  "This host's own firewall drops what the load balancer sends to {address}.",
		  .evidence =
			  "Netfilter dropped the socket's segments here (NETFILTER_DROP, retransmits end in EPERM); nothing reached the wire.",
		  .confirm = { "nft list ruleset", "iptables-save | grep -E 'OUTPUT|DROP|REJECT'",
			       "conntrack -C; sysctl net.netfilter.nf_conntrack_max" },
		  .fix = { "Allow outgoing TCP to {address} in the output chain of this host.",
			   "If no rule drops it, the conntrack table may be full (`dmesg | grep conntrack`): raise net.netfilter.nf_conntrack_max." },
		  .fix_nginx = { NULL },
		  .fix_haproxy = { NULL },
		  .nginx = "504, error log: upstream timed out (110) while connecting to upstream",
		  .haproxy = "503, termination state sC",
		  .envoy = "503 UF connection_timeout",
		  .not_to_confuse = "fw-drop: the SYNs do leave this host.",
	  } },
	{ CAUSE_LB_INGRESS_DROP,
	  {
		  .id = "lb-ingress-drop",
		  .class = "lb-firewall",
		  .summary =
			  "{address} answers, but this host's own firewall or reverse path filter drops the answers.",
		  .evidence =
			  "Segments for the socket (a SYN-ACK) arrived and were dropped here, while the socket stayed in SYN_SENT.",
		  .confirm = { "nft list ruleset", "sysctl net.ipv4.conf.all.rp_filter",
			       "ip route get {host}" },
		  .fix = { "Allow established traffic in this host's input chain: `ct state established,related accept` before any drop.",
			   "With several uplinks: net.ipv4.conf.all.rp_filter=2, or make the return path symmetric." },
		  .fix_nginx = { NULL },
		  .fix_haproxy = { NULL },
		  .nginx = "504, error log: upstream timed out (110) while connecting to upstream",
		  .haproxy = "503, termination state sC",
		  .envoy = "503 UF connection_timeout",
		  .not_to_confuse = "fw-drop: nothing comes back to this host at all.",
	  } },
	{ CAUSE_NONE, { .id = NULL } },
};
