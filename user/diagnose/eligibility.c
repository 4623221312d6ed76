// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/eligibility.h"

#include "user/diagnose/evidence.h"
#include "user/lib/endpoint.h"

/* A server that is down is checked, or tried again, within this time. */
#define FAILING_NS (60 * 1000 * 1000 * 1000ull)
#define FAILING_SHOWN 3

static void judge(struct gateway_error *error, enum cause_id cause, enum confidence confidence)
{
	error->cause = cause;
	error->confidence = confidence;
}

static void say_failing_backends(const struct backends *backends, struct gateway_error *error)
{
	uint64_t now_ns = error->event.header.time_ns;
	struct backend_failure failures[FAILING_SHOWN];
	char address[ENDPOINT_TEXT_BYTES];
	size_t count;

	count = backends_find_failing(backends, error->event.owner.comm,
				      now_ns > FAILING_NS ? now_ns - FAILING_NS : 0, failures,
				      FAILING_SHOWN);
	for (size_t i = 0; i < count; i++) {
		bool before = failures[i].time_ns <= now_ns;
		uint64_t apart_ns =
			before ? now_ns - failures[i].time_ns : failures[i].time_ns - now_ns;

		evidence_add(&error->evidence,
			     "of its backends, whatever the pool, %s failed %.1f s %s: %s",
			     endpoint_format(&failures[i].address, address), (double)apart_ns / 1e9,
			     before ? "before" : "later", catalogue_cause(failures[i].cause)->id);
	}
	if (!count)
		evidence_add(
			&error->evidence,
			"no failed attempt or health check of its backends was seen in the minute before");
}

/* Written in the turn that read the request, and no backend was tried. */
static void judge_immediate(const struct backends *backends, struct gateway_error *error)
{
	const struct event_response *response = &error->event;
	uint32_t kind = response->owner.kind;

	evidence_add(
		&error->evidence,
		"the load balancer answered %u as soon as it had read the request; it tried no backend",
		response->status);
	if ((kind == BALANCER_HAPROXY && response->status == 503) ||
	    (kind == BALANCER_NGINX && response->status == 502)) {
		judge(error, CAUSE_NO_ELIGIBLE_BACKEND, CONFIDENCE_LIKELY);
		say_failing_backends(backends, error);
	} else if (kind == BALANCER_NGINX && response->status == 503) {
		evidence_add(
			&error->evidence,
			"nginx's own 503 is limit_req, limit_conn or a `return 503`: no backend is involved");
	}
}

void eligibility_judge(const struct backends *backends, struct gateway_error *error)
{
	const struct event_response *response = &error->event;
	uint32_t flags = response->header.flags;

	judge(error, CAUSE_NONE, CONFIDENCE_NONE);
	if (flags & RESPONSE_FD_EXHAUSTED) {
		judge(error, CAUSE_LB_FD_EXHAUSTED, CONFIDENCE_CERTAIN);
		evidence_add(&error->evidence,
			     "no file descriptor was free when it was written: %u of %u were open",
			     response->fd_used, response->fd_limit);
	} else if (error->attempt_count) {
		evidence_add(
			&error->evidence,
			"backends were tried for this request, but no attempt is seen to have failed");
	} else if (flags & RESPONSE_IMMEDIATE) {
		judge_immediate(backends, error);
	} else {
		evidence_add(
			&error->evidence,
			"no attempt at a backend was seen for this request, and it was not answered at once");
	}
}
