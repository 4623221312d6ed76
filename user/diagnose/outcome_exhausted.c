// SPDX-License-Identifier: GPL-2.0-only
/* Attempts that failed because the load balancer itself had too little of something. */
#include "user/diagnose/outcome_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* As full as the kernel makes it: it drops at the limit, and some entries end meanwhile. */
#define CONNTRACK_FULL_PERCENT 99

/* An answer that lay unread for longer than a thread's turn takes, and for longer than any turn. */
#define STALLED_NS (20 * OUTCOME_MS_NS)
#define STALLED_CERTAIN_NS (200 * OUTCOME_MS_NS)

bool classify_conntrack_full(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	const struct outcome_context *context = inquiry->context;

	if (!attempt_has(attempt, ATTEMPT_EGRESS_DROP | ATTEMPT_INGRESS_DROP) &&
	    attempt->retransmit_error != -EPERM)
		return false;
	if (!context->conntrack_limit ||
	    context->conntrack_used < context->conntrack_limit / 100 * CONNTRACK_FULL_PERCENT)
		return false;
	evidence_add(&inquiry->outcome->evidence,
		     "netfilter on this host dropped it, and connection tracking held %" PRIu64
		     " of %" PRIu64 " entries",
		     context->conntrack_used, context->conntrack_limit);
	evidence_add(
		&inquiry->outcome->evidence,
		"a firewall rule that drops would look the same; the kernel log says \"table full\"");
	outcome_set(inquiry, CAUSE_LB_CONNTRACK_FULL, CONFIDENCE_LIKELY);
	return true;
}

static bool dropped_for_memory(const struct inquiry *inquiry)
{
	const struct diagnosis_options *options = inquiry->context->options;
	uint32_t reason = inquiry->attempt->drop_reason;

	return options && options->drop_reasons && reason && reason < options->drop_reason_count &&
	       options->drop_reasons[reason] && !strcmp(options->drop_reasons[reason], "PROTO_MEM");
}

bool classify_memory(const struct inquiry *inquiry)
{
	int error = attempt_errno(inquiry->attempt);

	if (dropped_for_memory(inquiry)) {
		evidence_add(
			&inquiry->outcome->evidence,
			"this host dropped what came for the connection: TCP's memory limit (tcp_mem) was reached");
		outcome_set(inquiry, CAUSE_LB_MEM, CONFIDENCE_LIKELY);
		return true;
	}
	if (error != ENOBUFS && error != ENOMEM)
		return false;
	evidence_add(
		&inquiry->outcome->evidence,
		"the connection ended with errno %d (%s); a full neighbour table gives the same",
		error, strerror(error));
	outcome_set(inquiry, CAUSE_LB_MEM, CONFIDENCE_POSSIBLE);
	return true;
}

bool classify_stalled(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	uint64_t lag_ns = span_ns(attempt->response_ns, attempt->header.time_ns);
	uint32_t unread = attempt->unread_bytes;
	char text[OUTCOME_DURATION_BYTES];

	/* Of either number a FIN is part. */
	if (inquiry->context->joined_status != 504 || !unread || unread < attempt->bytes_received ||
	    lag_ns < STALLED_NS)
		return false;
	evidence_add(
		&inquiry->outcome->evidence,
		"nothing of it was read: %u bytes lay in the load balancer's receive queue for %s",
		unread, duration_format(lag_ns, text));
	evidence_add(&inquiry->outcome->evidence, "they had come %s after the request",
		     duration_format(span_ns(attempt->request_ns, attempt->response_ns), text));
	if (inquiry->context->cpu_pressure)
		evidence_add(&inquiry->outcome->evidence,
			     "tasks of this host waited for a CPU %u %% of the time",
			     inquiry->context->cpu_pressure / 100);
	outcome_set(inquiry, CAUSE_LB_STALLED,
		    lag_ns >= STALLED_CERTAIN_NS ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	return true;
}
