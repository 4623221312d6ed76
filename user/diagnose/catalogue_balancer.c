// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/catalogue_rows.h"

const struct catalogue_row catalogue_balancer[] = {
	{ CAUSE_EPHEMERAL_EXHAUSTED,
	  {
		  .id = "ephemeral-exhausted",
		  .class = "lb-resource",
		  .summary =
			  "The load balancer has no local port left for another connection to {address}.",
		  .evidence = "connect() returns EADDRNOTAVAIL before a SYN is made.",
		  .confirm = { "ss -Htan dst {host} dport = :{port} | awk '{print $1}' | sort | uniq -c",
			       "sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse" },
		  .fix = { "Reuse connections to the backend (keep-alive) instead of a new one each request.",
			   "Widen the range: net.ipv4.ip_local_port_range=\"1024 65535\" (keep listeners' ports out with ip_local_reserved_ports).",
			   "Use more source addresses, or more backend addresses or ports." },
		  .fix_nginx = { "`keepalive 64;` in the upstream, `proxy_http_version 1.1; proxy_set_header Connection \"\";`; several `proxy_bind` addresses." },
		  .fix_haproxy = { "`http-reuse safe`; several servers with their own `source` addresses." },
		  .nginx =
			  "502, error log: [crit] connect() to ... failed (99: Cannot assign requested address)",
		  .haproxy = "503, termination state SC, log: no free ports",
		  .envoy = "503 UF",
		  .not_to_confuse =
			  "no-route: other errno. lb-fd-exhausted: descriptors, not ports.",
	  } },
	{ CAUSE_LB_FD_EXHAUSTED,
	  {
		  .id = "lb-fd-exhausted",
		  .class = "lb-resource",
		  .summary = "{lb} has no file descriptor left for a connection to a backend.",
		  .evidence =
			  "No descriptor was free in the process when it wrote the 5xx, and it never tried a backend.",
		  .confirm = { "for p in $(pgrep -g $(ps -o pgid= -p {pid})); do echo $p $(ls /proc/$p/fd | wc -l) $(awk '/open files/{print $4}' /proc/$p/limits); done",
			       "prlimit --nofile --pid {pid}" },
		  .fix = { "Raise the process's limit of open files (systemd: LimitNOFILE=), and see that connections do not leak (CLOSE_WAIT)." },
		  .fix_nginx = { "`worker_rlimit_nofile 65536;`, at least twice worker_connections." },
		  .fix_haproxy = { "drop `ulimit-n` so that it is derived from `maxconn`, or raise it." },
		  .nginx = "500, error log: socket() failed (24: Too many open files)",
		  .haproxy = "503, termination state SC, log: reached system FD limit",
		  .envoy = "503",
		  .not_to_confuse =
			  "ephemeral-exhausted: ports, not descriptors. no-eligible-backend: the load balancer chose not to try.",
	  } },
	{ CAUSE_NO_ELIGIBLE_BACKEND,
	  {
		  .id = "no-eligible-backend",
		  .class = "health-check",
		  .summary =
			  "{lb} tried no backend for the request: all were marked down by checks or earlier failures, or none is configured.",
		  .evidence =
			  "The 5xx was written in the turn that read the request, without connect() or send to any backend.",
		  .confirm = { "ss -ltnp | grep {pid}", "lbtrace -d 10" },
		  .fix = { "Find why the backends are marked down: repair what makes their checks or last attempts fail (see the evidence)." },
		  .fix_nginx = { "servers come back after `fail_timeout`; `max_fails=0` keeps the last one in use." },
		  .fix_haproxy = { "`echo 'show servers state' | socat stdio /run/haproxy/admin.sock` shows who is down; repair `option httpchk` and the checked path." },
		  .nginx = "502, error log: no live upstreams while connecting to upstream",
		  .haproxy = "503, termination state SC, server <NOSRV>",
		  .envoy = "503 UH",
		  .not_to_confuse =
			  "nginx 503 at once is limit_req, limit_conn or `return 503`, not this.",
	  } },
	{ CAUSE_CLIENT_ABORT,
	  {
		  .id = "client-abort",
		  .class = "client",
		  .summary =
			  "The client left before {address} had answered; the load balancer dropped the request.",
		  .evidence =
			  "The load balancer closed a whole connection with the request unanswered, and wrote no 5xx.",
		  .confirm = { "ss -tno dst {host} dport = :{port}" },
		  .fix = { "Nothing is broken here; if many clients leave, look at the backend's response times." },
		  .fix_nginx = { "logged as 499." },
		  .fix_haproxy = { "termination states CH, CC or CD; `option abortonclose` drops queued requests of clients that left." },
		  .nginx = "499",
		  .haproxy = "termination state CH, CC or CD",
		  .envoy = "DC",
		  .not_to_confuse = "slow-response: the load balancer gave up and wrote a 504.",
	  } },
	{ CAUSE_NONE,
	  {
		  .id = "unexplained",
		  .class = "unexplained",
		  .summary = "What lbtrace saw of this error fits no cause that it knows.",
		  .evidence =
			  "The records contradict each other, are incomplete, or none belongs to the error.",
		  .confirm = { "lbtrace check", "ps -o pid,stat,etime,args --pid {pid}" },
		  .fix = { "Compare the time of the error with the load balancer's own error log." },
		  .fix_nginx = { "503 at once comes from limit_req, limit_conn or `return`; 500 at once from worker_connections or the config." },
		  .fix_haproxy = { "the termination state in its log tells who ended the session." },
		  .nginx = "any",
		  .haproxy = "any",
		  .envoy = "any",
		  .not_to_confuse =
			  "Lost records (see loss) make errors unexplained that otherwise are not.",
	  } },
	{ CAUSE_NONE, { .id = NULL } },
};
