/* SPDX-License-Identifier: GPL-2.0-only */
/* The causes, as data: one row each. */
#ifndef LBTRACE_USER_DIAGNOSE_CATALOGUE_H
#define LBTRACE_USER_DIAGNOSE_CATALOGUE_H

#include <stddef.h>

enum cause_id {
	CAUSE_NONE, /* unexplained */
	CAUSE_NO_ROUTE,
	CAUSE_ARP_FAILED,
	CAUSE_ICMP_UNREACHABLE,
	CAUSE_CONN_REFUSED,
	CAUSE_FW_REJECT_RST,
	CAUSE_FW_REJECT_ICMP,
	CAUSE_FW_DROP,
	CAUSE_LB_EGRESS_DROP,
	CAUSE_LB_INGRESS_DROP,
	CAUSE_ACCEPTQ_OVERFLOW,
	CAUSE_ACCEPTQ_OVERFLOW_ACK,
	CAUSE_ACCEPTQ_ABORT,
	CAUSE_SLOW_RESPONSE,
	CAUSE_BLACKHOLE_MIDFLOW,
	CAUSE_PMTU_BLACKHOLE,
	CAUSE_CLOSE_BEFORE_RESPONSE,
	CAUSE_RESET_BEFORE_RESPONSE,
	CAUSE_KEEPALIVE_RACE,
	CAUSE_TRUNCATED_HEADER,
	CAUSE_INVALID_RESPONSE,
	CAUSE_HEADER_TOO_BIG,
	CAUSE_NOT_HTTP,
	CAUSE_PLAIN_TO_TLS,
	CAUSE_TLS_TO_PLAIN,
	CAUSE_TLS_ALERT,
	CAUSE_EPHEMERAL_EXHAUSTED,
	CAUSE_LB_FD_EXHAUSTED,
	CAUSE_NO_ELIGIBLE_BACKEND,
	CAUSE_SYN_BACKLOG_FULL,
	CAUSE_BACKEND_NOT_ACCEPTING,
	CAUSE_TRUNCATED_BODY,
	CAUSE_TLS_VERIFY_FAILED,
	CAUSE_H2_MISMATCH,
	CAUSE_PROXY_PROTO_MISMATCH,
	CAUSE_LOOPBACK_BIND,
	CAUSE_AF_MISMATCH,
	CAUSE_WRONG_HOST,
	CAUSE_DNS_FAILED,
	CAUSE_DNS_STALE,
	CAUSE_UNIX_SOCKET,
	CAUSE_LSM_DENIED,
	CAUSE_LB_QUEUE_TIMEOUT,
	CAUSE_LB_RATE_LIMITED,
	CAUSE_BACKEND_5XX,
	CAUSE_CLIENT_ABORT,
	CAUSE_LB_CONN_SLOTS,
	CAUSE_LB_CONNTRACK_FULL,
	CAUSE_LB_MEM,
	CAUSE_LB_STALLED,
	CAUSE_COUNT,
};

#define CATALOGUE_LINES 4

struct cause {
	const char *id; /* "conn-refused": the contract's word */
	const char *class; /* "refused" */
	const char *
		summary; /* one sentence, true of any backend: "The backend's host answers, but nothing listens on the port." */
	const char *evidence; /* what the kernel shows of it */
	const char *confirm
		[CATALOGUE_LINES]; /* commands to type; NULL ends. {host} {port} {address} are filled in by sentences */
	const char *fix_nginx[CATALOGUE_LINES];
	const char *fix_haproxy[CATALOGUE_LINES];
	const char *fix[CATALOGUE_LINES]; /* whatever the load balancer */
	const char *nginx; /* status and error log message that correspond */
	const char *haproxy; /* status and termination state */
	const char *envoy; /* response flag */
	const char *not_to_confuse; /* neighbours, and how they differ */
};

/* The row of `id`, CAUSE_NONE included ("unexplained"); never NULL for a valid id. */
const struct cause *catalogue_cause(enum cause_id id);

/* The id of a cause's name, CAUSE_NONE when there is none of it. */
enum cause_id catalogue_find(const char *name);

#endif
