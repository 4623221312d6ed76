// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/catalogue_rows.h"

const struct catalogue_row catalogue_resource[] = {
	{ CAUSE_LB_CONN_SLOTS,
	  {
		  .id = "lb-conn-slots",
		  .class = "lb-resource",
		  .summary =
			  "{lb} has no connection slot left: its clients' connections and those to backends together reach the limit.",
		  .evidence =
			  "nginx makes a socket for the backend, closes it without connect() and writes a 500; clients it cannot take are closed unread right after accept. HAProxy stops accepting: connections wait in its listener's queue.",
		  .confirm = { "ss -Htnp | grep -c pid={pid}",
			       "grep -r worker_connections /etc/nginx/nginx.conf",
			       "echo 'show info' | socat stdio /run/haproxy/admin.sock | grep -i conn" },
		  .fix = { "Raise the limit of connections, and the limit of open files with it; look for clients or backends that hold connections without need." },
		  .fix_nginx = { "`events { worker_connections 8192; }` (a proxied request takes two), `worker_rlimit_nofile 20000;`, a shorter `keepalive_timeout`." },
		  .fix_haproxy = { "raise `maxconn` (global, frontend), shorten `timeout client` and `timeout http-keep-alive`." },
		  .nginx =
			  "500, error log: [alert] N worker_connections are not enough; or the client's connection closed",
		  .haproxy = "no log line: the connection waits in the kernel's queue",
		  .envoy = "503 UO (circuit breaker)",
		  .not_to_confuse =
			  "lb-fd-exhausted: descriptors are at their limit. lb-rate-limited: a rule, and no socket is made for a backend.",
	  } },
	{ CAUSE_LB_CONNTRACK_FULL,
	  {
		  .id = "lb-conntrack-full",
		  .class = "lb-resource",
		  .summary =
			  "The load balancer's connection tracking table is full: new connections to {address} are dropped on this host.",
		  .evidence =
			  "netfilter drops the SYN (kfree_skb NETFILTER_DROP) while nf_conntrack_count is at nf_conntrack_max.",
		  .confirm = { "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
			       "dmesg | grep -i 'table full'", "conntrack -S | head" },
		  .fix = { "Raise net.netfilter.nf_conntrack_max (and nf_conntrack_buckets), or shorten nf_conntrack_tcp_timeout_established and _time_wait.",
			   "Do not track what needs no tracking: `nft add rule ... notrack` for the load balancer's own ports." },
		  .nginx =
			  "504, error log: upstream timed out (110...) while connecting to upstream",
		  .haproxy = "503, termination state sC",
		  .envoy = "503 UF",
		  .not_to_confuse =
			  "lb-egress-drop: a rule drops, and the table has room. fw-drop: the SYN left the host.",
	  } },
	{ CAUSE_LB_MEM,
	  {
		  .id = "lb-mem",
		  .class = "lb-resource",
		  .summary =
			  "The load balancer's host has no memory left for TCP: what {address} sends is dropped here.",
		  .evidence =
			  "Segments for the connection are dropped with reason PROTO_MEM, or connect() returns ENOBUFS.",
		  .confirm = { "cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem",
			       "nstat -az TcpExtTCPMemoryPressures TcpExtPruneCalled",
			       "ss -tm state established | grep -o 'r[0-9]*' | sort | tail -3" },
		  .fix = { "Raise net.ipv4.tcp_mem, or lower tcp_rmem's and tcp_wmem's maxima; find the connections whose queues are full (ss -tm)." },
		  .nginx =
			  "504 while reading response header, or 502 (105: No buffer space available)",
		  .haproxy = "504 sH, or 503 SC",
		  .envoy = "504 UT",
		  .not_to_confuse = "slow-response: nothing arrived here at all.",
	  } },
	{ CAUSE_LB_STALLED,
	  {
		  .id = "lb-stalled",
		  .class = "lb-overload",
		  .summary =
			  "{address} answered in time, but {lb} did not read it before its own time-out: the load balancer is stalled.",
		  .evidence =
			  "The response lay in the receive queue, unread, from before the deadline until the load balancer gave up with a 504.",
		  .confirm = { "cat /proc/pressure/cpu /proc/pressure/io",
			       "top -H -b -n 1 | head -20",
			       "ss -tn state established '( dport = :{port} )' | awk '$1 > 0'" },
		  .fix = { "Give the load balancer more CPU or more workers, and find what blocks its thread: disk writes, name look-ups, Lua or njs, a log that nobody reads, a stopped process." },
		  .fix_nginx = { "`worker_processes auto;`, `aio threads;` for slow disks, buffered access logs." },
		  .fix_haproxy = { "`nbthread`; `show activity` and `show profiling` on its admin socket; no synchronous Lua." },
		  .nginx =
			  "504, error log: upstream timed out (110...) while reading response header",
		  .haproxy = "504, termination state sH",
		  .envoy = "504 UT",
		  .not_to_confuse =
			  "slow-response: the answer had not arrived when the time ran out.",
	  } },
	{ CAUSE_NONE, { .id = NULL } },
};
