// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/catalogue_rows.h"

const struct catalogue_row catalogue_backend[] = {
	{ CAUSE_ACCEPTQ_OVERFLOW,
	  {
		  .id = "acceptq-overflow",
		  .class = "backend-overload",
		  .summary =
			  "The accept queue of {address} is full: new connections are dropped while older ones hang or live on.",
		  .evidence =
			  "SYNs go unanswered although other connections to the same port come about, or hang there without an answer.",
		  .confirm = { "ssh {host} \"ss -lnt 'sport = :{port}'\"",
			       "ssh {host} nstat -az TcpExtListenOverflows TcpExtListenDrops",
			       "nc -vz -w 3 {host} {port}" },
		  .fix = { "On {host}: find why the application does not accept (frozen, out of workers), add workers.",
			   "Raise the application's listen backlog and net.core.somaxconn with it." },
		  .fix_nginx = { "`max_conns=` on the server and `keepalive` in the upstream keep connections few." },
		  .fix_haproxy = { "`maxconn` on the server line queues here instead of there; `http-reuse safe`." },
		  .nginx = "504, error log: upstream timed out (110) while connecting to upstream",
		  .haproxy = "503, termination state sC",
		  .envoy = "503 UF connection_timeout",
		  .not_to_confuse =
			  "fw-drop: no connection to the port succeeds at all. acceptq-overflow-ack: the handshake seems done here.",
	  } },
	{ CAUSE_ACCEPTQ_OVERFLOW_ACK,
	  {
		  .id = "acceptq-overflow-ack",
		  .class = "backend-overload",
		  .summary =
			  "The accept queue of {address} is full: the backend dropped the end of the handshake and never took the connection.",
		  .evidence =
			  "Connected here, the request is never acknowledged, and the backend repeats its SYN-ACK.",
		  .confirm = { "ssh {host} \"ss -lnt 'sport = :{port}'\"",
			       "ssh {host} nstat -az TcpExtListenOverflows TcpExtListenDrops" },
		  .fix = { "On {host}: find why the application does not accept (frozen, out of workers), add workers.",
			   "Raise the application's listen backlog and net.core.somaxconn with it." },
		  .fix_nginx = { "`max_conns=` on the server and `keepalive` in the upstream keep connections few." },
		  .fix_haproxy = { "`maxconn` on the server line queues here instead of there; `http-reuse safe`." },
		  .nginx =
			  "504, error log: upstream timed out (110) while reading response header from upstream",
		  .haproxy = "504, termination state sH",
		  .envoy = "504 UT",
		  .not_to_confuse =
			  "blackhole-midflow: no SYN-ACK is repeated. slow-response: the request was acknowledged.",
	  } },
	{ CAUSE_ACCEPTQ_ABORT,
	  {
		  .id = "acceptq-abort",
		  .class = "backend-overload",
		  .summary =
			  "{address} reset a connection that had just been made: its accept queue is full and tcp_abort_on_overflow is set, or a NAT or restart lost it.",
		  .evidence =
			  "First use of the connection, then a RST without ACK and with window 0, not a byte received.",
		  .confirm = { "ssh {host} sysctl net.ipv4.tcp_abort_on_overflow",
			       "ssh {host} nstat -az TcpExtListenOverflows",
			       "ssh {host} \"ss -lnt 'sport = :{port}'\"" },
		  .fix = { "On {host}: more workers, a longer listen backlog and net.core.somaxconn with it; net.ipv4.tcp_abort_on_overflow=0.",
			   "If the queue is not full there: look for a NAT or L4 balancer between that lost its state, or a backend that restarted." },
		  .fix_nginx = { "`max_conns=` on the server keeps its queue short." },
		  .fix_haproxy = { "`maxconn` on the server line; `retry-on conn-failure empty-response` for idempotent requests." },
		  .nginx = "502, error log: recv() failed (104: Connection reset by peer)",
		  .haproxy = "502, termination state SH",
		  .envoy = "503 UC",
		  .not_to_confuse =
			  "reset-before-response: the application had the connection, its RST carries ACK and a window. keepalive-race: the connection was reused.",
	  } },
	{ CAUSE_SYN_BACKLOG_FULL,
	  {
		  .id = "syn-backlog-full",
		  .class = "backend-overload",
		  .summary =
			  "The backend's host {host} drops new SYNs: its queue of half-open connections is full and SYN cookies are off.",
		  .evidence =
			  "SYNs go unanswered, while the backend's namespace counts TcpExtTCPReqQFullDrop and half-open connections pile up.",
		  .confirm = { "ssh {host} nstat -az TcpExtTCPReqQFullDrop TcpExtTCPReqQFullDoCookies",
			       "ssh {host} sysctl net.ipv4.tcp_syncookies net.ipv4.tcp_max_syn_backlog",
			       "ssh {host} ss -tn state syn-recv" },
		  .fix = { "On {host}: net.ipv4.tcp_syncookies=1, a larger net.ipv4.tcp_max_syn_backlog and listen backlog.",
			   "Find who leaves connections half open (a SYN flood, or a return path that is broken)." },
		  .fix_nginx = { NULL },
		  .fix_haproxy = { NULL },
		  .nginx = "504, error log: upstream timed out (110) while connecting to upstream",
		  .haproxy = "503, termination state sC",
		  .envoy = "503 UF connection_timeout",
		  .not_to_confuse =
			  "fw-drop and acceptq-overflow look the same from another host; only with the backend on this host are its counters seen.",
	  } },
	{ CAUSE_BACKEND_NOT_ACCEPTING,
	  {
		  .id = "backend-not-accepting",
		  .class = "backend-hang",
		  .summary =
			  "The process behind {address} does not accept: its kernel took the connection and the request, and there they wait.",
		  .evidence =
			  "The request was acknowledged and not answered, and the listener's accept queue holds connections.",
		  .confirm = { "ssh {host} \"ss -lntp 'sport = :{port}'\"",
			       "ssh {host} \"ss -tnp 'sport = :{port}'\"" },
		  .fix = { "On {host}: the application is frozen, stopped or out of workers: see its stack and its log, restart it." },
		  .fix_nginx = { "`proxy_next_upstream timeout` with a short `proxy_read_timeout` limits the damage." },
		  .fix_haproxy = { "`option httpchk` finds it, a TCP check does not: its kernel still accepts." },
		  .nginx =
			  "504, error log: upstream timed out (110) while reading response header from upstream",
		  .haproxy = "504, termination state sH",
		  .envoy = "504 UT response_timeout",
		  .not_to_confuse =
			  "slow-response: the same seen from another host. acceptq-overflow: the queue is full, further SYNs are dropped.",
	  } },
	{ CAUSE_TRUNCATED_BODY,
	  {
		  .id = "truncated-body",
		  .class = "premature-close",
		  .summary =
			  "{address} ended the connection in the middle of a response: clients see a 200 cut short, which is no 5xx.",
		  .evidence =
			  "The backend's FIN or RST comes behind the response's header and before its announced end; the status has gone out by then.",
		  .confirm = { "curl -sv -o /dev/null http://{address}/",
			       "ssh {host} journalctl --since -1h -p warning" },
		  .fix = { "On {host}: read the application's log for a crash or a time-out while it was writing." },
		  .fix_nginx = { "nginx's error log: upstream prematurely closed connection while reading upstream; `proxy_buffering on` hides short stalls." },
		  .fix_haproxy = { "the termination state in HAProxy's log is SD." },
		  .nginx =
			  "200, error log: upstream prematurely closed connection while reading upstream",
		  .haproxy = "200, termination state SD",
		  .envoy = "200, upstream_reset_after_response_started",
		  .not_to_confuse =
			  "truncated-header: the header itself is cut, and the load balancer writes a 502.",
	  } },
	{ CAUSE_SLOW_RESPONSE,
	  {
		  .id = "slow-response",
		  .class = "response-timeout",
		  .summary =
			  "{address} took the request and did not answer before the load balancer's time-out: the application is slow, hangs, or does not accept.",
		  .evidence =
			  "The request was acknowledged, not a byte came back, the load balancer closed at its time-out.",
		  .confirm = { "curl -s -o /dev/null -w '%{time_starttransfer}\\n' http://{address}/",
			       "ssh {host} \"ss -lnt 'sport = :{port}'\"",
			       "ssh {host} \"ss -tnp 'sport = :{port}'\"" },
		  .fix = { "On {host}: find what the application waits for (database, locks, CPU); restart it if no request is answered.",
			   "If such requests may take that long, raise the load balancer's read time-out." },
		  .fix_nginx = { "`proxy_read_timeout` in the location that needs it." },
		  .fix_haproxy = { "`timeout server` in the backend that needs it; `maxconn` on the server line against overload." },
		  .nginx =
			  "504, error log: upstream timed out (110) while reading response header from upstream",
		  .haproxy = "504, termination state sH",
		  .envoy = "504 UT response_timeout",
		  .not_to_confuse =
			  "blackhole-midflow and acceptq-overflow-ack: the request was not acknowledged. An application that never accepts looks the same from here: see Recv-Q on the backend.",
	  } },
	{ CAUSE_BLACKHOLE_MIDFLOW,
	  {
		  .id = "blackhole-midflow",
		  .class = "network",
		  .summary =
			  "An established connection to {address} went dead: what is sent is no longer acknowledged, and no reset comes.",
		  .evidence = "Data is retransmitted while the acknowledged bytes stand still.",
		  .confirm = { "ping -c 5 {host}", "ss -tino dst {host}", "tracepath -n {host}" },
		  .fix = { "On reused idle connections: a firewall or NAT between forgets idle flows; close them earlier than it does, or send TCP keepalives.",
			   "On new connections: look for packet loss or a host that died." },
		  .fix_nginx = { "upstream `keepalive_timeout` below the firewall's idle limit; `proxy_socket_keepalive on`." },
		  .fix_haproxy = { "`pool-purge-delay` below the firewall's idle limit; `option srvtcpka`; `tcp-ut` on the server line." },
		  .nginx =
			  "504, error log: upstream timed out (110) while reading response header from upstream",
		  .haproxy = "504, termination state sH",
		  .envoy = "504 UT",
		  .not_to_confuse =
			  "pmtu-blackhole: only full-size segments vanish. slow-response: the request was acknowledged.",
	  } },
	{ CAUSE_PMTU_BLACKHOLE,
	  {
		  .id = "pmtu-blackhole",
		  .class = "network",
		  .summary =
			  "Large packets to {host} vanish while small ones pass: a link on the way has a smaller MTU and its ICMP messages are lost.",
		  .evidence =
			  "Handshake and small segments are acknowledged, every retransmit is a segment of full size.",
		  .confirm = { "tracepath -n {host}", "ping -M do -s 1472 -c 3 {host}",
			       "ip route get {host}" },
		  .fix = { "Allow ICMP fragmentation needed (IPv6: packet too big) on the way, or clamp the MSS on the router: `tcp option maxseg size set rt mtu`.",
			   "Until then: `ip route change ... mtu 1400` towards {host}, or net.ipv4.tcp_mtu_probing=1 on this host." },
		  .fix_nginx = { NULL },
		  .fix_haproxy = { NULL },
		  .nginx =
			  "504, error log: upstream timed out (110) while sending request or reading response header",
		  .haproxy = "504, termination state sH",
		  .envoy = "504 UT",
		  .not_to_confuse = "blackhole-midflow: small segments vanish as well.",
	  } },
	{ CAUSE_CLOSE_BEFORE_RESPONSE,
	  {
		  .id = "close-before-response",
		  .class = "premature-close",
		  .summary =
			  "{address} took the request and closed the connection without a byte of an answer: the application crashed or gave up on it.",
		  .evidence =
			  "The backend's FIN came after the request, and not a byte of a response.",
		  .confirm = { "ssh {host} \"journalctl -k --since -1h | grep -iE 'oom|killed|segfault'\"",
			       "ssh {host} journalctl --since -1h -p warning",
			       "curl -sv -o /dev/null http://{address}/" },
		  .fix = { "On {host}: read the application's and the kernel's log for a crash, an OOM kill or a worker time-out (constant age, e.g. gunicorn's 30 s).",
			   "If it closes at once on every connection: compare PROXY protocol and TLS settings on both sides." },
		  .fix_nginx = { "for idempotent requests `proxy_next_upstream error timeout` retries it; check `proxy_protocol` settings." },
		  .fix_haproxy = { "`retry-on empty-response` for idempotent requests; check `send-proxy` on the server line." },
		  .nginx =
			  "502, error log: upstream prematurely closed connection while reading response header from upstream",
		  .haproxy = "502, termination state SH",
		  .envoy = "503 UC",
		  .not_to_confuse =
			  "keepalive-race: the connection was reused and idle, the FIN crossed the request. truncated-header: some bytes came.",
	  } },
	{ CAUSE_RESET_BEFORE_RESPONSE,
	  {
		  .id = "reset-before-response",
		  .class = "reset",
		  .summary =
			  "{address} reset the connection after the request, before any answer: the application aborted it or closed it unread.",
		  .evidence =
			  "RST after the request and not a byte of a response; with ACK and a window it comes from a live socket.",
		  .confirm = { "ssh {host} journalctl --since -1h -p warning",
			       "ssh {host} nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData",
			       "curl -sv -o /dev/null http://{address}/" },
		  .fix = { "On {host}: read the application's log for aborted or refused requests; it should read the whole request before it closes.",
			   "Look for limits there (body size, connections) and for devices between that reset connections." },
		  .fix_nginx = { "for idempotent requests `proxy_next_upstream error timeout` retries it." },
		  .fix_haproxy = { "`retry-on empty-response conn-failure` for idempotent requests." },
		  .nginx = "502, error log: recv() failed (104: Connection reset by peer)",
		  .haproxy = "502, termination state SH",
		  .envoy = "503 UC",
		  .not_to_confuse =
			  "keepalive-race: reused, idle, and the RST came within a round trip. acceptq-abort: first use, RST without ACK.",
	  } },
	{ CAUSE_KEEPALIVE_RACE,
	  {
		  .id = "keepalive-race",
		  .class = "keepalive",
		  .summary =
			  "{address} closed an idle keep-alive connection just as the load balancer used it again.",
		  .evidence =
			  "A reused connection, idle before; within one round trip of the request came a RST without ACK, or the FIN crossed it.",
		  .confirm = { "ss -tno state established dst {host} dport = :{port}",
			       "ssh {host} \"grep -rniE 'keep.?alive' /etc 2>/dev/null | head\"" },
		  .fix = { "Let the backend keep idle connections longer than the load balancer does (known defaults: Node 5 s, gunicorn 2 s, uvicorn 5 s)." },
		  .fix_nginx = { "upstream `keepalive_timeout` below the backend's idle time-out (default 60s).",
				 "`proxy_next_upstream error timeout` retries idempotent requests; `non_idempotent` only if the application stands it." },
		  .fix_haproxy = { "`pool-purge-delay` below the backend's idle time-out, `http-reuse safe`.",
				   "`retry-on conn-failure empty-response` for idempotent requests." },
		  .nginx =
			  "502, error log: upstream prematurely closed connection, or recv() failed (104)",
		  .haproxy =
			  "the client's connection is closed without an answer; 502 SH with L7 retries",
		  .envoy = "503 UC",
		  .not_to_confuse =
			  "reset-before-response and close-before-response: first use of the connection, or the end came later than a round trip.",
	  } },
	{ CAUSE_BACKEND_5XX,
	  {
		  .id = "backend-5xx",
		  .class = "passthrough",
		  .summary =
			  "The application at {address} itself answered with this 5xx; the load balancer passed it on.",
		  .evidence =
			  "The first bytes of the backend's response are HTTP/1.x with a 5xx status.",
		  .confirm = { "curl -sv -o /dev/null http://{address}/",
			       "ssh {host} journalctl --since -1h -p warning" },
		  .fix = { "Read the application's log on {host}; the load balancer is not the cause." },
		  .fix_nginx = { "`proxy_next_upstream http_502 http_503 http_504` asks another server for idempotent requests." },
		  .fix_haproxy = { "`retry-on 502 503 504` with `option redispatch` asks another server." },
		  .nginx = "the backend's status, nothing in the error log",
		  .haproxy = "the backend's status, termination state ----",
		  .envoy = "via_upstream, no flag",
		  .not_to_confuse = "Any other cause: there the load balancer made the 5xx itself.",
	  } },
	{ CAUSE_NONE, { .id = NULL } },
};
