// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/outcome_parts.h"

#include <inttypes.h>

/* What a response's header may take: nginx's proxy_buffer_size is a page at least; HAProxy's
 * tune.bufsize of 16384 less tune.maxrewrite of 1024. */
#define NGINX_HEADER_BYTES 4096
#define HAPROXY_HEADER_BYTES (16384 - 1024)

static uint64_t header_buffer_bytes(const struct event_attempt *attempt)
{
	return attempt->owner.kind == BALANCER_HAPROXY ? HAPROXY_HEADER_BYTES : NGINX_HEADER_BYTES;
}

static bool classify_too_big(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;

	if (attempt->received.kind == PAYLOAD_TLS || inquiry->context->joined_status != 502 ||
	    attempt->bytes_received < header_buffer_bytes(attempt))
		return false;
	evidence_add(&inquiry->outcome->evidence,
		     "the load balancer's buffer for a header holds %" PRIu64 " bytes by default",
		     header_buffer_bytes(attempt));
	outcome_set(inquiry, CAUSE_HEADER_TOO_BIG, CONFIDENCE_LIKELY);
	return true;
}

/* The backend ended it after its first bytes. */
static void classify_cut_short(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;
	bool reset = attempt_was_reset(attempt);
	uint64_t end_ns = reset && attempt->reset_received_ns ? attempt->reset_received_ns
							      : attempt->fin_received_ns;
	char text[OUTCOME_DURATION_BYTES];

	evidence_add(evidence, "the backend's %s came %s after the first byte of its answer",
		     reset ? "RST" : "FIN",
		     duration_format(span_ns(attempt->response_ns, end_ns), text));
	if (attempt->received.kind == PAYLOAD_TLS) {
		evidence_add(
			evidence,
			"what it sent is TLS; session tickets come without any answer of the application");
		outcome_set(inquiry,
			    reset ? CAUSE_RESET_BEFORE_RESPONSE : CAUSE_CLOSE_BEFORE_RESPONSE,
			    CONFIDENCE_POSSIBLE);
	} else if (attempt->received.kind == PAYLOAD_HTTP1 && attempt->received.length >= 12 &&
		   !attempt->received.status) {
		evidence_add(evidence, "its status line is broken");
		outcome_set(inquiry, CAUSE_INVALID_RESPONSE, CONFIDENCE_LIKELY);
	} else {
		outcome_set(inquiry, CAUSE_TRUNCATED_HEADER, CONFIDENCE_LIKELY);
	}
}

/* The load balancer ended it after the backend's first bytes. */
static void classify_refused_answer(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;
	char text[OUTCOME_DURATION_BYTES];

	evidence_add(evidence, "the load balancer itself closed, %s after the answer's first byte",
		     duration_format(span_ns(attempt->response_ns, attempt->header.time_ns), text));
	if (inquiry->context->joined_status == 504) {
		evidence_add(evidence, "the header began and was not finished in time");
		outcome_set(inquiry, CAUSE_SLOW_RESPONSE, CONFIDENCE_LIKELY);
	} else if (attempt->received.kind == PAYLOAD_TLS) {
		evidence_add(evidence,
			     "in TLS: it may not trust the certificate; its log has the reason");
		outcome_set(inquiry, CAUSE_TLS_ALERT, CONFIDENCE_POSSIBLE);
	} else {
		outcome_set(inquiry, CAUSE_INVALID_RESPONSE, CONFIDENCE_LIKELY);
	}
}

void classify_answered(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;

	if (!inquiry->context->joined_status)
		return;
	evidence_add(
		&inquiry->outcome->evidence,
		"%llu bytes of an answer arrived, then the load balancer wrote a %u of its own",
		attempt->bytes_received, inquiry->context->joined_status);
	if (classify_stalled(inquiry) || classify_too_big(inquiry))
		return;
	if (attempt->received.kind == PAYLOAD_NONE) {
		evidence_add(
			&inquiry->outcome->evidence,
			"what they say could not be read, so that it may be a 5xx of the backend's own");
		return;
	}
	if (attempt_has(attempt, ATTEMPT_FIN_RECEIVED) || attempt_was_reset(attempt))
		classify_cut_short(inquiry);
	else
		classify_refused_answer(inquiry);
}
