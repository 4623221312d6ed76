// SPDX-License-Identifier: GPL-2.0-only
/* A first request that was cut off without a byte of an answer: is its protocol the wrong one? */
#include "user/diagnose/outcome_parts.h"

static bool classify_cut_http1(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;

	if (inquiry->context->tls_seen)
		evidence_add(&inquiry->outcome->evidence,
			     "TLS was seen from this port, and the request was plain HTTP");
	else if (port_is_tls(attempt->remote.port))
		evidence_add(&inquiry->outcome->evidence,
			     "port %u is a TLS port by custom, and the request was plain HTTP",
			     attempt->remote.port);
	else
		return false;
	outcome_set(inquiry, CAUSE_PLAIN_TO_TLS, CONFIDENCE_LIKELY);
	return true;
}

bool classify_cut(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;

	if (attempt_reused(attempt))
		return false;
	switch (attempt->sent.kind) {
	case PAYLOAD_HTTP1:
		return classify_cut_http1(inquiry);
	case PAYLOAD_HTTP2:
		evidence_add(
			evidence,
			"an HTTP/2 preface was sent; a backend that speaks it answers with SETTINGS at once");
		outcome_set(inquiry, CAUSE_H2_MISMATCH, CONFIDENCE_LIKELY);
		return true;
	case PAYLOAD_PROXY:
		if (inquiry->context->port_answered)
			return false;
		evidence_add(
			evidence,
			"it began with a PROXY header, and this port has not answered any such request");
		outcome_set(inquiry, CAUSE_PROXY_PROTO_MISMATCH, CONFIDENCE_LIKELY);
		return true;
	default:
		return false;
	}
}
