// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/joining_parts.h"

bool joining_has_flag(const struct event_attempt *attempt, uint32_t flag)
{
	return attempt->header.flags & flag;
}

uint64_t joining_begun_ns(const struct event_attempt *attempt)
{
	if (attempt->exchanges > 1 || joining_has_flag(attempt, ATTEMPT_SEEDED))
		return attempt->request_ns;
	return attempt->started_ns;
}

uint64_t joining_asked_ns(const struct event_response *response)
{
	return response->request_first_ns ? response->request_first_ns : response->request_ns;
}

/* HAProxy's own 503 means that no connection came about, TLS, PROXY header and HTTP/2 preface
 * included. Once a request is out, what fails is a 502 or a 504 (its manual, 8.5: SH, sH, PH). */
static bool is_past_503(const struct event_attempt *attempt, const struct event_response *response)
{
	return response->owner.kind == BALANCER_HAPROXY && response->status == 503 &&
	       attempt->sent.kind == PAYLOAD_HTTP1 &&
	       joining_has_flag(attempt, ATTEMPT_ESTABLISHED) &&
	       !joining_has_flag(attempt, ATTEMPT_ANSWERED_5XX);
}

bool joining_contradicts(const struct event_attempt *attempt, const struct event_response *response)
{
	uint64_t begun = joining_begun_ns(attempt), asked = joining_asked_ns(response);

	if (attempt->owner.group != response->owner.group || is_past_503(attempt, response))
		return true;
	if (joining_has_flag(attempt, ATTEMPT_ANSWERED_5XX) &&
	    attempt->received.status != response->status)
		return true;
	if (joining_has_flag(attempt, ATTEMPT_ADJACENT_CLIENT) && attempt->client_cookie &&
	    attempt->client_cookie != response->cookie)
		return true;
	/* One clock, and each hook stamps as it runs: no slack, or the client's next request is near. */
	if (begun > response->header.time_ns)
		return true;
	/* On HTTP/2 any frame may have been read meanwhile. */
	if (response->header.flags & RESPONSE_MULTIPLEXED)
		return false;
	if (begun && asked && begun < asked)
		return true;
	return attempt->header.time_ns + JOINING_SLACK_NS < asked;
}

bool joining_is_free(const struct attempt_entry *attempt, const struct error_entry *error)
{
	return !attempt->claimed_by && !attempt->is_certain_check &&
	       !joining_contradicts(&attempt->event, &error->event);
}

bool joining_may_explain(const struct event_attempt *attempt, const struct event_response *response)
{
	if (joining_has_flag(attempt, ATTEMPT_ANSWERED_5XX | ATTEMPT_MISFIT))
		return true;
	if (joining_has_flag(attempt, ATTEMPT_ANSWERED))
		return false;
	/* Most often a client that left; a load balancer that ran out of patience says 504, but Varnish,
	 * which does not care for clients that left, says 503. */
	if (joining_has_flag(attempt, ATTEMPT_CLOSED_BY_OWNER) &&
	    joining_has_flag(attempt, ATTEMPT_ESTABLISHED))
		return response->status == (response->owner.kind == BALANCER_VARNISH ? 503 : 504);
	return true;
}
