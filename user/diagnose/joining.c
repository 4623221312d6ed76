// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/joining.h"

#include "user/diagnose/joining_alike.h"
#include "user/diagnose/model.h"
#include "user/lib/endpoint.h"

/* Two threads' clocks and the way from a hook to its time stamp. */
#define SLACK_NS (1000 * 1000ull)

/* A turn of a thread that was descheduled in the midst of it. */
#define TURN_NS (1000 * 1000 * 1000ull)

/* From the end of an attempt to its 5xx, when another thread writes it. */
#define HANDED_BACK_NS (50 * 1000 * 1000ull)

/* HAProxy waits this long before it tries the same server again, or its connect timeout if shorter. */
#define RETRY_TURN_NS (1000 * 1000 * 1000ull)
#define RETRY_SLACK_NS (100 * 1000 * 1000ull)
/* Of what HAProxy does in one turn. */
#define TURN_WORK_NS (20 * 1000 * 1000ull)

#define FOLLOWED_NS (50 * 1000 * 1000ull)

static bool has_flag(const struct event_attempt *attempt, uint32_t flag)
{
	return attempt->header.flags & flag;
}

/* When the attempt began for its request; 0: not known. */
static uint64_t begin_ns(const struct event_attempt *attempt)
{
	if (attempt->exchanges > 1 || has_flag(attempt, ATTEMPT_SEEDED))
		return attempt->request_ns;
	return attempt->started_ns;
}

/* When the first byte of the request was read; 0: not known. */
static uint64_t request_ns(const struct event_response *response)
{
	return response->request_first_ns ? response->request_first_ns : response->request_ns;
}

static bool contradicts(const struct event_attempt *attempt, const struct event_response *response)
{
	uint64_t begun = begin_ns(attempt), asked = request_ns(response);

	if (attempt->owner.group != response->owner.group)
		return true;
	if (has_flag(attempt, ATTEMPT_ANSWERED_5XX) && attempt->received.status != response->status)
		return true;
	if (has_flag(attempt, ATTEMPT_ADJACENT_CLIENT) && attempt->client_cookie &&
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
	return attempt->header.time_ns + SLACK_NS < asked;
}

static bool is_free(const struct attempt_entry *attempt, const struct error_entry *error)
{
	return !attempt->claimed_by && !contradicts(&attempt->event, &error->event);
}

static bool is_newer(const struct attempt_entry *attempt, const struct attempt_entry *than)
{
	return !than || attempt->event.header.time_ns > than->event.header.time_ns;
}

/* The 5xx was written, and then the thread let go of this. */
static struct attempt_entry *find_answered(struct window *window, struct error_entry *error)
{
	uint64_t written = error->event.header.time_ns;
	struct attempt_entry *attempt, *found = NULL;
	unsigned int seen = 0;

	if (!error->event.cookie)
		return NULL;
	LIST_FOREACH(attempt, window_by_answered(window, error->event.cookie), by_answered) {
		uint64_t ended = attempt->event.header.time_ns;

		if (seen++ >= WINDOW_SEARCH_MAX)
			break;
		/* The first one after: what follows is for the client's next request. */
		if (attempt->event.answered_cookie == error->event.cookie && ended >= written &&
		    ended <= written + JOINING_AFTER_NS && is_free(attempt, error) &&
		    (!found || !is_newer(attempt, found)))
			found = attempt;
	}
	return found;
}

/* What a thread does next may be another request's: an attempt is known only where the guesses at
 * its begin and at its end agree. */
bool joining_wanders(const struct event_owner *owner)
{
	return owner->kind == BALANCER_OTHER || owner->kind == BALANCER_CADDY ||
	       owner->kind == BALANCER_TRAEFIK || owner->kind == BALANCER_VARNISH;
}

/* The thread let go of this, or read its 5xx, and then the 5xx was written. */
static struct attempt_entry *find_adjacent(struct window *window, struct error_entry *error)
{
	uint64_t written = error->event.header.time_ns;
	struct attempt_entry *attempt, *found = NULL;
	unsigned int seen = 0;

	if (!error->event.attempt_cookie)
		return NULL;
	LIST_FOREACH(attempt, window_by_cookie(window, error->event.attempt_cookie), by_cookie) {
		uint64_t ended = attempt->event.header.time_ns;

		if (seen++ >= WINDOW_SEARCH_MAX)
			break;
		if (attempt->event.cookie != error->event.attempt_cookie || ended > written)
			continue;
		if (joining_wanders(&error->event.owner) &&
		    attempt->event.client_cookie != error->event.cookie)
			continue;
		/* Only a backend's own 5xx may wait, for its body. */
		if (!has_flag(&attempt->event, ATTEMPT_ANSWERED_5XX) && ended + TURN_NS < written)
			continue;
		if (is_free(attempt, error) && is_newer(attempt, found))
			found = attempt;
	}
	return found;
}

/* Both at once come from load balancers that pass on answers and write errors of their own in one
 * turn: each is told by the client that it was made for. */
static struct attempt_entry *choose_exact(const struct error_entry *error,
					  struct attempt_entry *adjacent,
					  struct attempt_entry *answered)
{
	uint64_t client = error->event.cookie;

	if (!answered || !adjacent)
		return answered ? answered : adjacent;
	if (answered->event.client_cookie == client)
		return answered;
	if (adjacent->event.client_cookie == client)
		return adjacent;
	/* A backend's own 5xx with this status stands, unless something was tried after it. */
	if (has_flag(&adjacent->event, ATTEMPT_ANSWERED_5XX) &&
	    begin_ns(&answered->event) < adjacent->event.header.time_ns)
		return adjacent;
	return answered;
}

/*
 * Whether HAProxy may have made this attempt for another request: a retry comes a turn-around (one
 * second) after the attempt before it, in a turn of its own, which may be the very one in which
 * another client's request is answered. Only the clock tells, so it makes doubtful, not wrong. So
 * does a health check, of which no client's request was guessed, or another's.
 */
static bool may_be_retry(struct window *window, const struct attempt_entry *last,
			 const struct error_entry *error)
{
	const struct event_attempt *event = &last->event;
	uint64_t earliest = event->started_ns - RETRY_TURN_NS - RETRY_SLACK_NS;
	uint64_t latest = event->started_ns - RETRY_TURN_NS + RETRY_SLACK_NS;
	struct attempt_entry *before;

	if (event->owner.kind != BALANCER_HAPROXY || event->started_ns < 2 * RETRY_TURN_NS)
		return false;
	if (event->client_cookie != error->event.cookie)
		return true;
	for (uint64_t slot = earliest >> WINDOW_SLOT_BITS; slot <= latest >> WINDOW_SLOT_BITS;
	     slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(before, window_by_slot(window, event->owner.tgid, slot), by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX)
				return true;
			if (before->event.owner.tid == event->owner.tid &&
			    before->event.header.time_ns >= earliest &&
			    before->event.header.time_ns <= latest &&
			    before->event.client_cookie != error->event.cookie &&
			    !before->claimed_by && !before->event.answered_cookie &&
			    endpoint_equal(&before->event.remote, &event->remote))
				return true;
		}
	}
	return false;
}

/* How far to trust the one of several attempts that the kernel took for this 5xx. */
static enum join_trust guess_trust(struct window *window, const struct attempt_entry *last,
				   const struct error_entry *error)
{
	bool own = last->event.client_cookie == error->event.cookie;

	if ((error->event.header.flags & RESPONSE_ATTEMPT_GUESSED) &&
	    !joining_all_alike(window, last, error))
		return own ? JOIN_LIKELY : JOIN_NONE;
	/* Of all that HAProxy works on in one turn, this was for another client as far as is known. */
	if (last->event.owner.kind == BALANCER_HAPROXY && !own)
		return JOIN_LIKELY;
	return JOIN_EXACT;
}

static enum join_trust exact_trust(struct window *window, const struct attempt_entry *last,
				   bool answered, const struct error_entry *error)
{
	if (!answered)
		return guess_trust(window, last, error);
	return may_be_retry(window, last, error) ? JOIN_LIKELY : JOIN_EXACT;
}

void joining_add_exact(struct window *window, struct error_entry *error)
{
	struct attempt_entry *adjacent = find_adjacent(window, error);
	struct attempt_entry *answered = find_answered(window, error);
	struct attempt_entry *last = choose_exact(error, adjacent, answered);
	enum join_trust trust;

	error->joined = true;
	if (window->next_join == error)
		window->next_join = TAILQ_NEXT(error, by_age);
	if (!last)
		return;
	trust = exact_trust(window, last, last == answered, error);
	/* Two end at this 5xx, and the guess at their clients decides: one is another's. */
	if (trust == JOIN_EXACT && answered && adjacent &&
	    answered->event.client_cookie != adjacent->event.client_cookie)
		trust = JOIN_LIKELY;
	if (trust == JOIN_NONE)
		return;
	window_claim(error, last, trust);
	error->exact = last;
}

/* Whether the attempt, as its record has it, may be why a 5xx was written. */
static bool may_explain(const struct event_attempt *attempt, const struct event_response *response)
{
	if (has_flag(attempt, ATTEMPT_ANSWERED_5XX | ATTEMPT_MISFIT))
		return true;
	if (has_flag(attempt, ATTEMPT_ANSWERED))
		return false;
	/* Most often a client that left; a load balancer that ran out of patience says 504. */
	if (has_flag(attempt, ATTEMPT_CLOSED_BY_OWNER) && has_flag(attempt, ATTEMPT_ESTABLISHED))
		return response->status == 504;
	return true;
}

/* On HTTP/2 other requests of the client may be under way: whether a hinted attempt came right before
 * the one that is known, or right before the 5xx. */
static bool is_hinted_stream(const struct attempt_entry *attempt, const struct error_entry *error)
{
	uint64_t ended = attempt->event.header.time_ns, next = error->event.header.time_ns;

	if (error->exact) {
		next = begin_ns(&error->exact->event);
		return ended <= next && next - ended <= SLACK_NS;
	}
	return may_explain(&attempt->event, &error->event) && ended <= next + SLACK_NS &&
	       ended + JOINING_NEARBY_NS >= next;
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
 * earlier was followed by something. */
static bool was_followed(const struct attempt_entry *attempt, const struct error_entry *error)
{
	const struct event_attempt *event = &attempt->event;

	if (event->owner.kind != BALANCER_HAPROXY || has_flag(event, ATTEMPT_ANSWERED_5XX))
		return false;
	return !has_flag(event, ATTEMPT_ESTABLISHED | ATTEMPT_NEVER_SENT) ||
	       event->header.time_ns + FOLLOWED_NS < error->event.header.time_ns;
}

/* Whether a hinted attempt may be one of this 5xx's request. */
static bool is_hinted(const struct attempt_entry *attempt, const struct error_entry *error)
{
	const struct event_response *response = &error->event;
	uint64_t ended = attempt->event.header.time_ns;

	if (attempt->event.client_cookie != response->cookie || !is_free(attempt, error) ||
	    is_doubted(attempt, error))
		return false;
	if (response->header.flags & RESPONSE_MULTIPLEXED)
		return is_hinted_stream(attempt, error);
	if (error->exact)
		return ended <= error->exact->event.header.time_ns;
	if (ended > response->header.time_ns + SLACK_NS || was_followed(attempt, error))
		return false;
	/* Written in the turn that read the request: at most a connect() that failed at once. */
	if ((response->header.flags & RESPONSE_IMMEDIATE) &&
	    !has_flag(&attempt->event, ATTEMPT_NEVER_SENT))
		return false;
	if ((response->header.flags & RESPONSE_FD_EXHAUSTED) &&
	    !has_flag(&attempt->event, ATTEMPT_ADJACENT_CLIENT))
		return false;
	return request_ns(response) || ended + JOINING_NEARBY_NS >= response->header.time_ns;
}

static void add_by_client(struct window *window, struct error_entry *error)
{
	bool multiplexed = error->event.header.flags & RESPONSE_MULTIPLEXED;
	struct attempt_entry *attempt;
	unsigned int seen = 0;

	if (!error->event.cookie)
		return;
	LIST_FOREACH(attempt, window_by_client(window, error->event.cookie), by_client) {
		bool known = has_flag(&attempt->event, ATTEMPT_ADJACENT_CLIENT) && !multiplexed;

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

/* Where requests wander, a guess at the client is good enough to doubt with. */
static bool is_anothers(const struct event_attempt *attempt, const struct event_response *response)
{
	return joining_wanders(&response->owner) &&
	       (contradicts(attempt, response) ||
		(attempt->client_cookie && attempt->client_cookie != response->cookie));
}

/* Whether the thread's turn had its end, though nobody knows whose request it was made for. */
static bool is_named(const struct attempt_entry *attempt, const struct error_entry *error)
{
	return joining_wanders(&error->event.owner) && attempt->event.cookie &&
	       attempt->event.cookie == error->event.attempt_cookie;
}

/* The only attempt of the process that ended in time; NULL: there is none, or more than one. */
static struct attempt_entry *find_lone(struct window *window, const struct error_entry *error)
{
	const struct event_response *response = &error->event;
	uint64_t first = response->header.time_ns - JOINING_NEARBY_NS;
	uint64_t last = response->header.time_ns + SLACK_NS;
	struct attempt_entry *attempt, *found = NULL;

	for (uint64_t slot = first >> WINDOW_SLOT_BITS; slot <= last >> WINDOW_SLOT_BITS; slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(attempt, window_by_slot(window, response->owner.tgid, slot), by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX)
				return NULL;
			if (attempt->event.owner.tgid != response->owner.tgid ||
			    attempt->event.header.time_ns < first ||
			    attempt->event.header.time_ns > last ||
			    !may_explain(&attempt->event, response) || !is_free(attempt, error) ||
			    is_anothers(&attempt->event, response) || is_doubted(attempt, error))
				continue;
			if (found)
				return NULL;
			found = attempt;
		}
	}
	return found;
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
			    may_explain(&attempt->event, response) &&
			    (!attempt->claimed_by || attempt->trust < JOIN_TURN) &&
			    !is_anothers(&attempt->event, response))
				return true;
		}
	}
	return false;
}

/* Whether HAProxy's thread began an attempt between the request and its 5xx that failed and that no
 * other 5xx claims: then it may not have answered at once. */
static bool has_overlapping(struct window *window, const struct error_entry *error)
{
	const struct event_response *response = &error->event;
	uint64_t first = request_ns(response), last = response->header.time_ns + JOINING_NEARBY_NS;
	struct attempt_entry *attempt;

	if (response->owner.kind != BALANCER_HAPROXY || last - first > TURN_WORK_NS)
		return false;
	for (uint64_t slot = first >> WINDOW_SLOT_BITS; slot <= last >> WINDOW_SLOT_BITS; slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(attempt, window_by_slot(window, response->owner.tgid, slot), by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX)
				return true;
			if (attempt->event.owner.tid == response->owner.tid &&
			    !attempt->claimed_by && begin_ns(&attempt->event) >= first &&
			    begin_ns(&attempt->event) <= response->header.time_ns)
				return true;
		}
	}
	return false;
}

void joining_add_hinted(struct window *window, struct error_entry *error)
{
	struct attempt_entry *lone;
	uint32_t flags;
	bool crowded;

	flags = error->event.header.flags;
	if ((flags & RESPONSE_IMMEDIATE) && has_overlapping(window, error)) {
		error->event.header.flags &= ~RESPONSE_IMMEDIATE;
		add_by_client(window, error);
		return;
	}
	add_by_client(window, error);
	error->suspected = !error->attempt_count &&
			   ((flags & RESPONSE_ATTEMPT_GUESSED) || has_suspect(window, error));
	if (error->attempt_count || (flags & RESPONSE_FD_EXHAUSTED))
		return;
	crowded = is_crowded(window, error);
	lone = find_lone(window, error);
	if (!lone || (crowded && !is_named(lone, error)))
		return;
	if ((flags & RESPONSE_IMMEDIATE) && !has_flag(&lone->event, ATTEMPT_NEVER_SENT))
		return;
	window_claim(error, lone, JOIN_LONE);
}
