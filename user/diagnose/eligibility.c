// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/eligibility.h"

#include "user/diagnose/evidence.h"
#include "user/diagnose/joining.h"

/* A server that is down is checked, or tried again, within this time. */
#define FAILING_NS (60 * 1000 * 1000 * 1000ull)
#define FAILING_SHOWN 3
/* What was answered later than this was not answered at once, however quiet the thread. */
#define AT_ONCE_NS (20 * 1000 * 1000ull)
/* nginx asks a DNS server again after a second at least, and then gives up (ngx_resolver.c). */
#define RESOLVER_NS (900 * 1000 * 1000ull)

static void judge(struct gateway_error *error, enum cause_id cause, enum confidence confidence)
{
	error->cause = cause;
	error->confidence = confidence;
}

/* Returns how many there are. */
static size_t say_failing_backends(const struct backends *backends, struct gateway_error *error)
{
	uint64_t now_ns = error->event.header.time_ns;
	struct backend_failure failures[FAILING_SHOWN];
	size_t count;

	count = backends_find_failing(backends, error->event.owner.comm,
				      now_ns > FAILING_NS ? now_ns - FAILING_NS : 0, failures,
				      FAILING_SHOWN);
	for (size_t i = 0; i < count; i++) {
		bool before = failures[i].time_ns <= now_ns;
		uint64_t apart_ns =
			before ? now_ns - failures[i].time_ns : failures[i].time_ns - now_ns;

		evidence_add(&error->evidence,
			     "of its backends, whatever the pool, %.150s failed %.1f s %s: %s",
			     failures[i].label, (double)apart_ns / 1e9, before ? "before" : "later",
			     catalogue_cause(failures[i].cause)->id);
	}
	if (!count)
		evidence_add(
			&error->evidence,
			"no failed attempt or health check of its backends was seen in the minute before");
	return count;
}

/* From the request's first byte to the 5xx; 0: not known. */
static uint64_t waited_ns(const struct event_response *response)
{
	uint64_t asked_ns =
		response->request_first_ns ? response->request_first_ns : response->request_ns;

	return asked_ns && response->header.time_ns > asked_ns ? response->header.time_ns - asked_ns
							       : 0;
}

static void judge_no_backend(const struct backends *backends, struct gateway_error *error)
{
	size_t failing = say_failing_backends(backends, error);

	if (!failing && (error->event.header.flags & RESPONSE_RESOLVED)) {
		judge(error, CAUSE_DNS_FAILED, CONFIDENCE_POSSIBLE);
		evidence_add(
			&error->evidence,
			"but it was resolving names: no backend of the pool may have an address");
		return;
	}
	judge(error, CAUSE_NO_ELIGIBLE_BACKEND, failing ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
	if (!failing)
		evidence_add(
			&error->evidence,
			"so it may also be a rule of its config, or a backend's Unix socket or name that failed");
}

/* What a load balancer of this kind answers when none of its backends may be tried; 0: not known. */
static uint16_t status_without_backend(uint32_t kind)
{
	switch (kind) {
	case BALANCER_NGINX:
		return 502;
	case BALANCER_HAPROXY:
	case BALANCER_CADDY:
	case BALANCER_APACHE:
	case BALANCER_VARNISH:
		return 503;
	default:
		return 0;
	}
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
	if (response->status == status_without_backend(kind)) {
		judge_no_backend(backends, error);
	} else if (kind == BALANCER_NGINX && response->status == 503) {
		judge(error, CAUSE_LB_RATE_LIMITED, CONFIDENCE_POSSIBLE);
		evidence_add(
			&error->evidence,
			"nginx's own 503 is limit_req, limit_conn or a `return 503`: no backend is involved");
	}
}

/* Whether HAProxy had no time to try a backend, and let go of none: the kernel side cannot tell that
 * of requests that were read together with others. */
static bool was_answered_at_once(const struct event_response *response)
{
	const uint32_t unclear = RESPONSE_SEEDED | RESPONSE_ATTEMPT_ADJACENT | RESPONSE_MULTIPLEXED;
	uint64_t waited = waited_ns(response);

	return response->owner.kind == BALANCER_HAPROXY && response->status == 503 &&
	       !(response->header.flags & unclear) && waited && waited < AT_ONCE_NS;
}

/* Written a while after the request, and no backend was tried. Returns whether it is explained. */
static bool judge_waiting(const struct backends *backends, struct gateway_error *error)
{
	const struct event_response *response = &error->event;
	uint64_t waited = waited_ns(response);

	if (waited < AT_ONCE_NS ||
	    (response->header.flags & (RESPONSE_SEEDED | RESPONSE_ATTEMPT_ADJACENT)))
		return false;
	if (response->owner.kind == BALANCER_HAPROXY && response->status == 503 &&
	    backends_may_queue(backends, &response->owner)) {
		judge(error, CAUSE_LB_QUEUE_TIMEOUT, CONFIDENCE_LIKELY);
		evidence_add(&error->evidence,
			     "%.3f s passed from the request to this 503, and no backend was tried",
			     (double)waited / 1e9);
		return true;
	}
	if (response->owner.kind == BALANCER_NGINX && response->status == 502 &&
	    waited >= RESOLVER_NS) {
		judge(error, CAUSE_DNS_FAILED, CONFIDENCE_POSSIBLE);
		evidence_add(
			&error->evidence,
			"%.3f s passed from the request to this 502, and no backend was tried: as when a name does not resolve",
			(double)waited / 1e9);
		return true;
	}
	return false;
}

/* What the thread did instead of a connect(). Returns whether it is explained. */
static bool judge_instead(struct gateway_error *error)
{
	const struct event_response *response = &error->event;
	uint32_t flags = response->header.flags, kind = response->owner.kind;

	if ((flags & RESPONSE_SOCKET_UNUSED) &&
	    ((kind == BALANCER_NGINX && response->status == 502) ||
	     (kind == BALANCER_HAPROXY && response->status == 503))) {
		judge(error, CAUSE_LSM_DENIED, CONFIDENCE_LIKELY);
		evidence_add(
			&error->evidence,
			"a TCP socket was made for the request and given up before connect() looked for a route");
		return true;
	}
	if ((flags & RESPONSE_UNIX) && (response->status == 502 || response->status == 503) &&
	    waited_ns(response) < AT_ONCE_NS) {
		judge(error, CAUSE_UNIX_SOCKET, CONFIDENCE_LIKELY);
		evidence_add(
			&error->evidence,
			"it connected to a Unix socket for the request, and answered %u at once",
			response->status);
		return true;
	}
	if ((flags & RESPONSE_RESOLVED_SINCE) && kind == BALANCER_NGINX &&
	    response->status == 502) {
		judge(error, CAUSE_DNS_FAILED, CONFIDENCE_LIKELY);
		evidence_add(
			&error->evidence,
			"no backend was tried; since the request, a DNS server was asked and answered");
		return true;
	}
	return false;
}

void eligibility_judge(const struct backends *backends, bool suspected, struct gateway_error *error)
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
	} else if (judge_instead(error) || (!suspected && judge_waiting(backends, error))) {
		return;
	} else if (((flags & RESPONSE_IMMEDIATE) &&
		    !(suspected && joining_wanders(&response->owner))) ||
		   (!suspected && was_answered_at_once(response))) {
		judge_immediate(backends, error);
	} else {
		evidence_add(
			&error->evidence,
			"no attempt at a backend was seen for this request, and it was not answered at once");
	}
}
