// SPDX-License-Identifier: GPL-2.0-only
/* The joins that rest on a guess at the client, or on time alone. */
#include "user/diagnose/joining_parts.h"

#include "user/diagnose/joining_alike.h"
#include "user/diagnose/model.h"

/* From the end of an attempt to its 5xx, when another thread writes it. */
#define HANDED_BACK_NS (50 * 1000 * 1000ull)

/* Of what HAProxy does in one turn, or in a few when it is busy. */
#define TURN_WORK_NS (20 * 1000 * 1000ull)

#define FOLLOWED_NS (50 * 1000 * 1000ull)

/* On HTTP/2 other requests of the client may be under way: whether a hinted attempt came right before
 * the one that is known, or right before the 5xx. */
static bool is_hinted_stream(const struct attempt_entry *attempt, const struct error_entry *error)
{
	uint64_t ended = attempt->event.header.time_ns, next = error->event.header.time_ns;

	if (error->exact) {
		next = joining_begun_ns(&error->exact->event);
		return ended <= next && next - ended <= JOINING_SLACK_NS;
	}
	return joining_may_explain(&attempt->event, &error->event) &&
	       ended <= next + JOINING_SLACK_NS && ended + JOINING_NEARBY_NS >= next;
}

/* Whether something speaks against a guess where requests wander: the end says another attempt, or
 * came so early that another one must have followed. */
static bool is_doubted(const struct attempt_entry *attempt, const struct error_entry *error)
{
	const struct event_response *response = &error->event;

	if (!joining_wanders(&response->owner) || error->exact)
		return false;
	return (response->attempt_cookie && response->attempt_cookie != attempt->event.cookie) ||
	       attempt->event.header.time_ns + HANDED_BACK_NS < response->header.time_ns;
}

/* Whether HAProxy may have gone on after this attempt: it lets go of the last one right after the
 * 5xx, so a failed connect() that was not let go like that was tried again, and whatever ended
 * earlier was followed by something; a backend's 5xx is passed on when all of its header is there. */
static bool was_followed(const struct attempt_entry *attempt, const struct error_entry *error)
{
	const struct event_attempt *event = &attempt->event;

	if (event->owner.kind != BALANCER_HAPROXY)
		return false;
	return !joining_has_flag(event, ATTEMPT_ESTABLISHED | ATTEMPT_NEVER_SENT) ||
	       event->header.time_ns + FOLLOWED_NS < error->event.header.time_ns;
}

/* Whether a hinted attempt may be one of this 5xx's request. */
static bool is_hinted(const struct attempt_entry *attempt, const struct error_entry *error)
{
	const struct event_response *response = &error->event;
	uint64_t ended = attempt->event.header.time_ns;

	if (attempt->event.client_cookie != response->cookie || !joining_is_free(attempt, error) ||
	    is_doubted(attempt, error))
		return false;
	if (response->header.flags & RESPONSE_MULTIPLEXED)
		return is_hinted_stream(attempt, error);
	if (error->exact)
		return ended <= error->exact->event.header.time_ns;
	if (ended > response->header.time_ns + JOINING_SLACK_NS || was_followed(attempt, error))
		return false;
	/* Written in the turn that read the request: at most a connect() that failed at once. */
	if ((response->header.flags & RESPONSE_IMMEDIATE) &&
	    !joining_has_flag(&attempt->event, ATTEMPT_NEVER_SENT))
		return false;
	if ((response->header.flags & RESPONSE_FD_EXHAUSTED) &&
	    !joining_has_flag(&attempt->event, ATTEMPT_ADJACENT_CLIENT))
		return false;
	return joining_asked_ns(response) || ended + JOINING_NEARBY_NS >= response->header.time_ns;
}

static void add_by_client(struct window *window, struct error_entry *error)
{
	bool multiplexed = error->event.header.flags & RESPONSE_MULTIPLEXED;
	struct attempt_entry *attempt;
	unsigned int seen = 0;

	if (!error->event.cookie)
		return;
	LIST_FOREACH(attempt, window_by_client(window, error->event.cookie), by_client) {
		bool known =
			joining_has_flag(&attempt->event, ATTEMPT_ADJACENT_CLIENT) && !multiplexed;

		if (seen++ >= WINDOW_SEARCH_MAX || error->attempt_count >= MODEL_ATTEMPTS_MAX)
			break;
		if (is_hinted(attempt, error))
			window_claim(error, attempt, known ? JOIN_TURN : JOIN_HINT);
	}
}

/* Another 5xx of the process that nothing is joined to, written at nearly the same time. Each of
 * them makes the others unjoinable by time. */
static bool is_crowded(struct window *window, struct error_entry *error)
{
	const struct event_response *response = &error->event;
	uint64_t first = response->header.time_ns - JOINING_NEARBY_NS;
	uint64_t last = response->header.time_ns + JOINING_NEARBY_NS;
	struct error_entry *other;

	for (uint64_t slot = first >> WINDOW_SLOT_BITS; slot <= last >> WINDOW_SLOT_BITS; slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(other, window_errors_by_slot(window, response->owner.tgid, slot),
			     by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX)
				return true;
			if (other == error || other->attempt_count ||
			    other->event.owner.tgid != response->owner.tgid ||
			    other->event.header.time_ns < first ||
			    other->event.header.time_ns > last)
				continue;
			other->crowded = true;
			error->crowded = true;
		}
	}
	return error->crowded;
}

/*
 * Whether HAProxy let go of this out of the turn of the 5xx: the thread that writes it lets go of the
 * last attempt right after; before, it could not even connect, or read the backend's own 5xx. What
 * else ends around it is a health check's, or is tried again.
 */
static bool is_out_of_turn(const struct event_attempt *attempt,
			   const struct event_response *response)
{
	if (response->owner.kind != BALANCER_HAPROXY ||
	    (response->header.flags & RESPONSE_MULTIPLEXED))
		return false;
	if (attempt->ended_tid && attempt->ended_tid != response->owner.tid)
		return true;
	if (attempt->answered_cookie)
		return attempt->answered_cookie != response->cookie;
	return joining_has_flag(attempt, ATTEMPT_NEVER_SENT | ATTEMPT_ANSWERED_5XX) ==
	       (attempt->header.time_ns > response->header.time_ns);
}

/* Where requests wander, a guess at the client is good enough to doubt with. */
static bool is_anothers(const struct event_attempt *attempt, const struct event_response *response)
{
	if (joining_contradicts(attempt, response) || is_out_of_turn(attempt, response))
		return true;
	return joining_wanders(&response->owner) && attempt->client_cookie &&
	       attempt->client_cookie != response->cookie;
}

/* Whether time alone says too little: HAProxy's thread works on all that it has at once, its health
 * checks and retries, too. */
static bool needs_hint(const struct event_attempt *attempt, const struct event_response *response)
{
	return response->owner.kind == BALANCER_HAPROXY &&
	       !(response->header.flags & RESPONSE_MULTIPLEXED) &&
	       !joining_has_flag(attempt, ATTEMPT_ANSWERED_5XX) &&
	       attempt->client_cookie != response->cookie;
}

/* Whether the thread's turn had its end, though nobody knows whose request it was made for. */
static bool is_named(const struct attempt_entry *attempt, const struct error_entry *error)
{
	return joining_wanders(&error->event.owner) && attempt->event.cookie &&
	       attempt->event.cookie == error->event.attempt_cookie;
}

/* Whether HAProxy passes on a backend's own 5xx of an attempt begun soon after the request was read. */
static bool is_passed_on(const struct event_attempt *attempt, const struct event_response *response)
{
	uint64_t asked = joining_asked_ns(response), begun = joining_begun_ns(attempt);

	return response->owner.kind == BALANCER_HAPROXY &&
	       joining_has_flag(attempt, ATTEMPT_ANSWERED_5XX) &&
	       !(response->header.flags & RESPONSE_IMMEDIATE) && asked && begun >= asked &&
	       begun - asked < TURN_WORK_NS;
}

/* The only attempt of the process that ended in time, or the first of several answers that HAProxy may
 * pass on and that are all the same; NULL: there is none, or more than one. */
static struct attempt_entry *find_lone(struct window *window, const struct error_entry *error)
{
	const struct event_response *response = &error->event;
	uint64_t first = response->header.time_ns - JOINING_NEARBY_NS;
	uint64_t last = response->header.time_ns + JOINING_SLACK_NS;
	struct attempt_entry *attempt, *found = NULL;

	for (uint64_t slot = first >> WINDOW_SLOT_BITS; slot <= last >> WINDOW_SLOT_BITS; slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(attempt, window_by_slot(window, response->owner.tgid, slot), by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX)
				return NULL;
			if (attempt->event.owner.tgid != response->owner.tgid ||
			    attempt->event.header.time_ns < first ||
			    attempt->event.header.time_ns > last ||
			    !joining_may_explain(&attempt->event, response) ||
			    !joining_is_free(attempt, error) ||
			    is_anothers(&attempt->event, response) ||
			    needs_hint(&attempt->event, response) || is_doubted(attempt, error))
				continue;
			if (found && !(is_passed_on(&attempt->event, response) &&
				       is_passed_on(&found->event, response) &&
				       joining_alike(&attempt->event, &found->event)))
				return NULL;
			if (!found || attempt->event.header.time_ns < found->event.header.time_ns)
				found = attempt;
		}
	}
	return found;
}

/* Whether HAProxy may have passed this on as well as what it is joined to: of answers that are the same
 * it is guessed who got which. */
static bool is_alike_answer(const struct attempt_entry *attempt, const struct error_entry *error)
{
	const struct event_attempt *event = &attempt->event;

	return event->owner.kind == BALANCER_HAPROXY &&
	       joining_has_flag(event, ATTEMPT_ANSWERED_5XX) &&
	       event->received.status == error->event.status &&
	       event->header.time_ns <= error->event.header.time_ns;
}

/* Whether it is not known to be another 5xx's. */
static bool is_open(const struct attempt_entry *attempt, const struct error_entry *error)
{
	return !attempt->claimed_by || attempt->trust < JOIN_TURN ||
	       (is_alike_answer(attempt, error) && is_passed_on(&attempt->event, &error->event));
}

/* Whether an attempt of the process ended around the 5xx that may be its own, though nothing says so. */
static bool has_suspect(struct window *window, const struct error_entry *error)
{
	const struct event_response *response = &error->event;
	uint64_t before = joining_wanders(&response->owner) ? HANDED_BACK_NS : JOINING_NEARBY_NS;
	uint64_t first = response->header.time_ns - before;
	uint64_t last = response->header.time_ns + JOINING_NEARBY_NS;
	struct attempt_entry *attempt;

	for (uint64_t slot = first >> WINDOW_SLOT_BITS; slot <= last >> WINDOW_SLOT_BITS; slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(attempt, window_by_slot(window, response->owner.tgid, slot), by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX)
				return true;
			if (attempt->event.owner.tgid == response->owner.tgid &&
			    attempt->event.header.time_ns >= first &&
			    attempt->event.header.time_ns <= last &&
			    joining_may_explain(&attempt->event, response) &&
			    is_open(attempt, error) && !is_anothers(&attempt->event, response))
				return true;
		}
	}
	return false;
}

/* Whether HAProxy let go of an attempt that was guessed to be for this client, and begun since its
 * request, later than it should have, as when the kernel closed the socket for it. */
static bool was_let_go_late(struct window *window, const struct error_entry *error)
{
	uint64_t written = error->event.header.time_ns;
	struct attempt_entry *attempt;
	unsigned int seen = 0;

	if (error->event.owner.kind != BALANCER_HAPROXY || !error->event.cookie)
		return false;
	LIST_FOREACH(attempt, window_by_client(window, error->event.cookie), by_client) {
		if (seen++ >= WINDOW_SEARCH_MAX)
			return true;
		if (attempt->event.client_cookie == error->event.cookie &&
		    attempt->event.header.time_ns >= written && joining_is_free(attempt, error))
			return true;
	}
	return false;
}

/* Whether HAProxy's thread began an attempt between the request and its 5xx that failed and that no
 * other 5xx claims: then it may not have answered at once. */
static bool has_overlapping(struct window *window, const struct error_entry *error)
{
	const struct event_response *response = &error->event;
	uint64_t first = joining_asked_ns(response),
		 last = response->header.time_ns + JOINING_NEARBY_NS;
	struct attempt_entry *attempt;

	if (response->owner.kind != BALANCER_HAPROXY || last - first > TURN_WORK_NS)
		return false;
	for (uint64_t slot = first >> WINDOW_SLOT_BITS; slot <= last >> WINDOW_SLOT_BITS; slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(attempt, window_by_slot(window, response->owner.tgid, slot), by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX)
				return true;
			if (attempt->event.owner.tid == response->owner.tid &&
			    (!attempt->claimed_by || is_alike_answer(attempt, error)) &&
			    joining_begun_ns(&attempt->event) >= first &&
			    joining_begun_ns(&attempt->event) <= response->header.time_ns)
				return true;
		}
	}
	return false;
}

static bool was_held_before(const struct error_entry *error)
{
	uint64_t asked = joining_asked_ns(&error->event);

	for (size_t i = 0; i < error->held_count; i++) {
		if (error->held[i]->header.time_ns <= asked)
			return true;
	}
	return false;
}

/* Varnish hands a request over to another thread, which may go unseen: of one that was answered at
 * once while a backend was held down, no attempt was made. */
static void note_held(struct window *window, struct error_entry *error)
{
	struct event_response *response = &error->event;

	if (response->cookie && response->attempt_cookie)
		return;
	error->held_count = holddown_find(window->holddown, response, error->held);
	if (was_held_before(error) && !error->suspected &&
	    response->header.time_ns - joining_asked_ns(response) < JOINING_NEARBY_NS)
		response->header.flags |= RESPONSE_IMMEDIATE;
}

static void add_lone(struct window *window, struct error_entry *error)
{
	bool crowded = is_crowded(window, error);
	struct attempt_entry *lone = find_lone(window, error);

	if (!lone ||
	    (crowded && !is_named(lone, error) && !is_passed_on(&lone->event, &error->event)))
		return;
	if ((error->event.header.flags & RESPONSE_IMMEDIATE) &&
	    !joining_has_flag(&lone->event, ATTEMPT_NEVER_SENT))
		return;
	window_claim(error, lone, JOIN_LONE);
}

void joining_add_hinted(struct window *window, struct error_entry *error)
{
	uint32_t flags = error->event.header.flags;

	if ((flags & RESPONSE_IMMEDIATE) && has_overlapping(window, error)) {
		error->event.header.flags &= ~RESPONSE_IMMEDIATE;
		add_by_client(window, error);
		error->suspected = !error->attempt_count;
		if (error->suspected)
			add_lone(window, error);
		return;
	}
	add_by_client(window, error);
	error->suspected = !error->attempt_count &&
			   ((flags & RESPONSE_ATTEMPT_GUESSED) || has_suspect(window, error) ||
			    was_let_go_late(window, error));
	if (error->attempt_count || (flags & RESPONSE_FD_EXHAUSTED))
		return;
	add_lone(window, error);
	if (!error->attempt_count)
		note_held(window, error);
}
