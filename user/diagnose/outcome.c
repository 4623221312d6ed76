// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/outcome_parts.h"

#include <string.h>

void outcome_set(const struct inquiry *inquiry, enum cause_id cause, enum confidence confidence)
{
	inquiry->outcome->cause = cause;
	inquiry->outcome->confidence = confidence;
	inquiry->outcome->failure = true;
}

static void classify_backend_5xx(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	char text[OUTCOME_DURATION_BYTES];

	evidence_add(&inquiry->outcome->evidence,
		     "the backend itself answered HTTP status %u, %s after the request",
		     attempt->received.status,
		     duration_format(span_ns(attempt->request_ns, attempt->response_ns), text));
	outcome_set(inquiry, CAUSE_BACKEND_5XX, CONFIDENCE_CERTAIN);
}

static void classify(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;

	if (attempt_has(attempt, ATTEMPT_ANSWERED_5XX))
		classify_backend_5xx(inquiry);
	else if (attempt_has(attempt, ATTEMPT_NEVER_SENT))
		classify_never_sent(inquiry);
	else if (!attempt_connected(attempt))
		classify_connecting(inquiry);
	else if (classify_protocol(inquiry))
		return;
	else if (attempt_has(attempt, ATTEMPT_EXCHANGE_OPEN))
		classify_unanswered(inquiry);
	else if (attempt_has(attempt, ATTEMPT_ANSWERED))
		classify_answered(inquiry);
	else
		classify_unused(inquiry);
}

void outcome_classify(const struct event_attempt *attempt, const struct outcome_context *context,
		      struct outcome *outcome)
{
	static const struct outcome_context nothing_known;
	struct inquiry inquiry = { .attempt = attempt };

	memset(outcome, 0, sizeof(*outcome));
	inquiry.context = context ? context : &nothing_known;
	inquiry.outcome = outcome;
	classify(&inquiry);
}

/* The load balancer let go of what was whole, and nothing says that the backend was at fault. */
static bool was_abandoned(const struct event_attempt *attempt, const struct outcome *outcome)
{
	const uint32_t at_fault = ATTEMPT_NEVER_SENT | ATTEMPT_ANSWERED_5XX | ATTEMPT_MISFIT |
				  ATTEMPT_FIN_RECEIVED | ATTEMPT_RESET_RECEIVED |
				  ATTEMPT_EGRESS_DROP | ATTEMPT_INGRESS_DROP |
				  ATTEMPT_DUPLICATE_SYNACK | ATTEMPT_NEIGHBOUR_FAILED;

	if (attempt_has(attempt, at_fault) || attempt_errno(attempt) || attempt->icmp_family)
		return false;
	if (!attempt_connected(attempt))
		return !outcome->failure;
	return attempt_has(attempt, ATTEMPT_EXCHANGE_OPEN) &&
	       (attempt_all_acked(attempt) || !attempt->data_retransmits);
}

void outcome_unclaimed(const struct event_attempt *attempt, struct outcome *outcome)
{
	if (!was_abandoned(attempt, outcome))
		return;
	memset(outcome, 0, sizeof(*outcome));
	outcome->cause = CAUSE_CLIENT_ABORT;
	outcome->confidence = CONFIDENCE_LIKELY;
	evidence_add(
		&outcome->evidence,
		"the load balancer let go of a whole connection and wrote no 5xx: its client had left");
}
