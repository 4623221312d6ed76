// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/catalogue_rows.h"

const struct catalogue_row catalogue_config[] = {
	{ CAUSE_LOOPBACK_BIND,
	  {
		  .id = "loopback-bind",
		  .class = "refused",
		  .summary =
			  "The application on {host} listens on port {port} of the loopback address only, so that other addresses are refused.",
		  .evidence =
			  "Refused as by a closed port, and a listener for that port is bound to 127.0.0.1 or ::1 in the backend's own network namespace.",
		  .confirm = { "ssh {host} \"ss -ltnp 'sport = :{port}'\"", "nc -vz {host} {port}" },
		  .fix = { "On {host}: bind the application to {host} or to all addresses (0.0.0.0, [::]) instead of 127.0.0.1 or ::1.",
			   "In a container: bind to all addresses; its 127.0.0.1 is not the host's." },
		  .fix_nginx = { NULL },
		  .fix_haproxy = { NULL },
		  .nginx = "502, error log: connect() failed (111: Connection refused)",
		  .haproxy = "503, termination state SC (L4CON)",
		  .envoy = "503 UF delayed_connect_error",
		  .not_to_confuse =
			  "conn-refused: nothing listens at all. From another host the two look the same; only with the backend on this host is the listener seen.",
	  } },
	{ CAUSE_AF_MISMATCH,
	  {
		  .id = "af-mismatch",
		  .class = "refused",
		  .summary =
			  "Port {port} is open in one address family and refused in the other: a name such as localhost means both, the application listens on one.",
		  .evidence =
			  "Refused at {address}, while the same port takes connections, or has a listener, in the other family only.",
		  .confirm = { "ss -ltn 'sport = :{port}'", "getent ahosts localhost" },
		  .fix = { "Name the backend by the address it listens on (127.0.0.1 rather than localhost), or let it listen in both families." },
		  .fix_nginx = { "`server 127.0.0.1:{port};` instead of `server localhost:{port};`, or `resolver ... ipv6=off;`." },
		  .fix_haproxy = { "an explicit address on the server line, or `resolve-prefer ipv4`." },
		  .nginx =
			  "502, error log: connect() failed (111: Connection refused), upstream [::1]",
		  .haproxy = "503, termination state SC (L4CON)",
		  .envoy = "503 UF delayed_connect_error",
		  .not_to_confuse = "conn-refused: the other family refuses as well.",
	  } },
	{ CAUSE_WRONG_HOST,
	  {
		  .id = "wrong-host",
		  .class = "config",
		  .summary =
			  "{address} is another machine than the one meant: it is up, and does not serve this application.",
		  .evidence =
			  "The host refuses the port, presents a certificate of another name, or answers 404 or 421, while its siblings in the pool are fine.",
		  .confirm = { "getent hosts {host}", "curl -sv -o /dev/null http://{address}/",
			       "ip neigh show {host}" },
		  .fix = { "Correct the address in the load balancer's config; look for a reused or a duplicate IP address." },
		  .fix_nginx = { "correct `server {address}`." },
		  .fix_haproxy = { "correct the `server` line with {address}." },
		  .nginx =
			  "502 (111: Connection refused, certificate does not match), or 404 passed on",
		  .haproxy = "503, termination state SC, or 404 passed on",
		  .envoy = "503 UF, or the backend's own status",
		  .not_to_confuse =
			  "conn-refused and tls-verify-failed are what the kernel shows of it; that the address is the wrong one only the config's owner knows.",
	  } },
	{ CAUSE_DNS_FAILED,
	  {
		  .id = "dns-failed",
		  .class = "config",
		  .summary =
			  "{lb} has no address for the backend: the name did not resolve when the request needed it.",
		  .evidence =
			  "No backend was tried; the load balancer asked DNS (UDP port 53) for the request, or waited for an answer.",
		  .confirm = { "getent ahosts BACKEND_NAME", "ss -unp | grep {pid}",
			       "cat /etc/resolv.conf" },
		  .fix = { "Repair the name, or the resolver that the load balancer asks; see its log for the name." },
		  .fix_nginx = { "`resolver ADDRESS valid=10s; resolver_timeout 2s;`; a name in `upstream` is resolved once, at start." },
		  .fix_haproxy = { "a `resolvers` section with a working `nameserver`, `init-addr last,libc,none`, `hold valid`." },
		  .nginx =
			  "502, error log: NAME could not be resolved (3: Host not found, 110: Operation timed out)",
		  .haproxy = "server in maintenance by DNS: 503, termination state SC, <NOSRV>",
		  .envoy = "503 UH or DF",
		  .not_to_confuse =
			  "no-eligible-backend: addresses are known, their servers are marked down.",
	  } },
	{ CAUSE_DNS_STALE,
	  {
		  .id = "dns-stale",
		  .class = "config",
		  .summary = "{lb} still uses {address}, which its name no longer means.",
		  .evidence =
			  "Attempts go to an address that the backend's name does not resolve to any more.",
		  .confirm = { "getent ahosts BACKEND_NAME", "ip neigh show {host}" },
		  .fix = { "Reload the load balancer, and let it resolve names again while it runs." },
		  .fix_nginx = { "`resolver` with `valid=`, and a variable in proxy_pass; open source nginx resolves `upstream` names only at start." },
		  .fix_haproxy = { "`resolvers` on the server line instead of resolution at start." },
		  .nginx = "whatever the old address gives: 502 (111, 113), 504",
		  .haproxy = "503, termination state SC or sC",
		  .envoy = "503 UF",
		  .not_to_confuse =
			  "conn-refused, arp-failed and fw-drop are what the kernel shows of it; compare the address with what the name means now.",
	  } },
	{ CAUSE_UNIX_SOCKET,
	  {
		  .id = "unix-socket",
		  .class = "config",
		  .summary =
			  "{lb} cannot connect to a backend's Unix socket: it does not exist, may not be used, nobody listens, or its queue is full.",
		  .evidence =
			  "The load balancer connected to a Unix socket for the request, tried no TCP backend, and answered with a 5xx at once.",
		  .confirm = { "ss -xlp", "ss -xp | grep {pid}" },
		  .fix = { "Start the application that owns the socket; give the load balancer's user the right to write to it (listen.owner, listen.mode).",
			   "errno 11: raise the application's listen backlog and net.core.somaxconn, or add workers." },
		  .fix_nginx = { "the path in `fastcgi_pass unix:...` or `proxy_pass http://unix:...` must be the application's." },
		  .fix_haproxy = { "the path of `server NAME unix@...` must be the application's, and lie inside `chroot`." },
		  .nginx =
			  "502, error log: connect() to unix:... failed (2: No such file, 13: Permission denied, 111, 11)",
		  .haproxy = "503, termination state SC",
		  .envoy = "503 UF",
		  .not_to_confuse = "no-eligible-backend: no connect() of any kind was made.",
	  } },
	{ CAUSE_LSM_DENIED,
	  {
		  .id = "lsm-denied",
		  .class = "config",
		  .summary =
			  "A security policy of this host (SELinux, AppArmor, a cgroup program) forbids {lb} to connect to its backend.",
		  .evidence =
			  "A TCP socket was made for the request and given up before its connect() looked for a route.",
		  .confirm = { "ausearch -m AVC -ts recent | tail",
			       "getsebool httpd_can_network_connect", "bpftool cgroup tree" },
		  .fix = { "SELinux: `setsebool -P httpd_can_network_connect 1`, or label the port (`semanage port -a -t http_port_t -p tcp PORT`).",
			   "Otherwise allow the connection in the profile, or in systemd's IPAddressDeny= and RestrictNetworkInterfaces=." },
		  .fix_nginx = { NULL },
		  .fix_haproxy = { "SELinux: `setsebool -P haproxy_connect_any 1`." },
		  .nginx =
			  "502, error log: connect() to ... failed (13: Permission denied, 1: Operation not permitted)",
		  .haproxy = "503, termination state SC",
		  .envoy = "503 UF",
		  .not_to_confuse =
			  "no-route by a prohibit route has errno 13, too, but there a route was looked for. lb-egress-drop: a SYN was made.",
	  } },
	{ CAUSE_LB_QUEUE_TIMEOUT,
	  {
		  .id = "lb-queue-timeout",
		  .class = "lb-limit",
		  .summary =
			  "The request waited in {lb}'s own queue for a free connection slot until its time was up; no backend was tried.",
		  .evidence =
			  "A 503 came a good while after the request, and no connect() or send to a backend was made for it.",
		  .confirm = { "echo 'show stat' | socat stdio /run/haproxy/admin.sock | cut -d, -f1-6",
			       "ss -tn state established | wc -l" },
		  .fix = { "Find why the backends hold their connections so long; add servers, or let each take more." },
		  .fix_nginx = { "only nginx Plus queues requests (`queue` in the upstream)." },
		  .fix_haproxy = { "raise `maxconn` on the server lines or `timeout queue`; the log's Tw is the time in the queue." },
		  .nginx = "none",
		  .haproxy = "503, termination state sQ",
		  .envoy = "503 UO overflow",
		  .not_to_confuse =
			  "no-eligible-backend: answered at once. fw-drop: a backend was tried, in vain.",
	  } },
	{ CAUSE_LB_RATE_LIMITED,
	  {
		  .id = "lb-rate-limited",
		  .class = "lb-policy",
		  .summary =
			  "{lb} refused the request by a rule of its own (a rate or connection limit, a deny, a fixed `return`); no backend was asked.",
		  .evidence =
			  "A 503 was written in the turn that read the request, with no attempt at a backend.",
		  .confirm = { "ss -tn state established | wc -l", "lbtrace -d 10" },
		  .fix = { "See which rule it was in the load balancer's log; raise the limit, or find who sends that much." },
		  .fix_nginx = { "`limit_req` (rate, burst), `limit_conn`; their error log lines say `limiting requests` and `limiting connections`." },
		  .fix_haproxy = { "`http-request deny` with stick tables: raise the limit; the termination state is PR." },
		  .nginx =
			  "503, error log: limiting requests, limiting connections; or `return 503`",
		  .haproxy = "503 (or 429), termination state PR",
		  .envoy = "429 or 503 RL, UO",
		  .not_to_confuse =
			  "no-eligible-backend: nginx says 502 there; HAProxy's 503 looks the same, but its servers' checks fail.",
	  } },
	{ CAUSE_NONE, { .id = NULL } },
};
