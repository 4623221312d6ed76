// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/joining_parts.h"

#include "user/diagnose/joining_alike.h"
#include "user/lib/endpoint.h"

/* A turn of a thread that was descheduled in the midst of it. */
#define TURN_NS (1000 * 1000 * 1000ull)

/* HAProxy waits this long before it tries the same server again, or its connect timeout if shorter. */
#define RETRY_TURN_NS (1000 * 1000 * 1000ull)
#define RETRY_SLACK_NS (100 * 1000 * 1000ull)
/* From the read of a backend's 5xx to its way to the client, in one turn, or two by a busy machine. */
#define PASSED_ON_NS (1000 * 1000ull)
#define PASSED_ON_LATE_NS (5 * 1000 * 1000ull)
static bool is_newer(const struct attempt_entry *attempt, const struct attempt_entry *than)
{
	return !than || attempt->event.header.time_ns > than->event.header.time_ns;
}

/* The first one that ended after the 5xx, of those in a list; NULL: none. */
static struct attempt_entry *first_answered(const struct attempt_list *list,
					    const struct error_entry *error)
{
	uint64_t written = error->event.header.time_ns;
	struct attempt_entry *attempt, *found = NULL;
	unsigned int seen = 0;

	LIST_FOREACH(attempt, list, by_answered) {
		uint64_t ended = attempt->event.header.time_ns;

		if (seen++ >= WINDOW_SEARCH_MAX)
			break;
		/* The first one after: what follows is for the client's next request. */
		if (attempt->event.answered_cookie == error->event.cookie && ended >= written &&
		    ended <= written + JOINING_AFTER_NS && joining_is_free(attempt, error) &&
		    (!found || !is_newer(attempt, found)))
			found = attempt;
	}
	return found;
}

/* The 5xx was written, and then the thread let go of this. A busy client's connection has hundreds
 * of later ones by now, so they are searched from the 5xx on. */
static struct attempt_entry *find_answered(struct window *window, struct error_entry *error)
{
	uint64_t first = error->event.header.time_ns >> WINDOW_SPAN_BITS;
	uint64_t last = (error->event.header.time_ns + JOINING_AFTER_NS) >> WINDOW_SPAN_BITS;
	struct attempt_entry *found = NULL;

	if (!error->event.cookie)
		return NULL;
	for (uint64_t span = first; !found && span <= last; span++)
		found = first_answered(window_by_answered(window, error->event.cookie, span),
				       error);
	return found;
}

/* What a thread does next may be another request's: an attempt is known only where the guesses at
 * its begin and at its end agree. */
bool joining_wanders(const struct event_owner *owner)
{
	return owner->kind == BALANCER_OTHER || owner->kind == BALANCER_CADDY ||
	       owner->kind == BALANCER_TRAEFIK || owner->kind == BALANCER_VARNISH;
}

/* Whether nginx let go of this because its client had left: it closed a whole connection, on which a
 * request in clear was out and nothing had come back, and when its time is up it says 504. */
static bool was_left(const struct event_attempt *attempt, const struct event_response *response)
{
	const uint32_t ended = ATTEMPT_ESTABLISHED | ATTEMPT_CLOSED_BY_OWNER;
	const uint32_t answered = ATTEMPT_ANSWERED | ATTEMPT_ANSWERED_5XX | ATTEMPT_MISFIT |
				  ATTEMPT_BEFORE_REQUEST | ATTEMPT_TLS_REFUSED;

	return attempt->owner.kind == BALANCER_NGINX && response->status != 504 &&
	       (attempt->header.flags & (ended | answered)) == ended &&
	       attempt->sent.kind == PAYLOAD_HTTP1;
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
		if (!joining_has_flag(&attempt->event, ATTEMPT_ANSWERED_5XX) &&
		    ended + TURN_NS < written)
			continue;
		if (joining_is_free(attempt, error) && !was_left(&attempt->event, &error->event) &&
		    is_newer(attempt, found))
			found = attempt;
	}
	return found;
}

/* Whether the kernel named the attempt for another 5xx that was written soon. */
static bool is_named_soon(struct window *window, const struct attempt_entry *attempt,
			  const struct error_entry *error)
{
	uint64_t earliest = attempt->event.header.time_ns, latest = earliest + PASSED_ON_LATE_NS;
	const struct error_entry *other;

	for (uint64_t slot = earliest >> WINDOW_SLOT_BITS; slot <= latest >> WINDOW_SLOT_BITS;
	     slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(other, window_errors_by_slot(window, error->event.owner.tgid, slot),
			     by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX ||
			    (other != error &&
			     other->event.attempt_cookie == attempt->event.cookie &&
			     other->event.header.time_ns <= latest))
				return true;
		}
	}
	return false;
}

/* A backend's own 5xx with this status, read by HAProxy's thread just before it wrote this one. Requests
 * are not taken up quite in the order in which they were read, so that the kernel may have guessed it to be
 * for another client, whose own 5xx would then take it much later. */
static struct attempt_entry *find_passed_on(struct window *window, const struct error_entry *error)
{
	uint64_t latest = error->event.header.time_ns, earliest = latest - PASSED_ON_LATE_NS;
	struct attempt_entry *attempt, *found = NULL;

	if (error->event.owner.kind != BALANCER_HAPROXY || latest < PASSED_ON_LATE_NS)
		return NULL;
	for (uint64_t slot = earliest >> WINDOW_SLOT_BITS; slot <= latest >> WINDOW_SLOT_BITS;
	     slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(attempt, window_by_slot(window, error->event.owner.tgid, slot),
			     by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX)
				break;
			if (!joining_has_flag(&attempt->event, ATTEMPT_ANSWERED_5XX) ||
			    attempt->event.ended_tid != error->event.owner.tid ||
			    attempt->event.header.time_ns < earliest ||
			    attempt->event.header.time_ns > latest ||
			    !joining_is_free(attempt, error) ||
			    is_named_soon(window, attempt, error))
				continue;
			/* One of several: which, the hints may tell. */
			if (found)
				return NULL;
			found = attempt;
		}
	}
	return found && found->event.header.time_ns + PASSED_ON_NS >= latest ? found : NULL;
}

/* Whether nginx's turn had an attempt that is known to have been another client's, or whose client had
 * left: what it writes by the clock comes in such a turn, too. */
static bool is_misnamed(struct window *window, const struct error_entry *error)
{
	uint64_t cookie = error->event.attempt_cookie;
	struct attempt_entry *attempt;
	unsigned int seen = 0;

	if (!cookie || error->event.owner.kind != BALANCER_NGINX)
		return false;
	LIST_FOREACH(attempt, window_by_cookie(window, cookie), by_cookie) {
		if (seen++ >= WINDOW_SEARCH_MAX)
			break;
		if (attempt->event.cookie == cookie &&
		    (was_left(&attempt->event, &error->event) ||
		     (joining_has_flag(&attempt->event, ATTEMPT_ADJACENT_CLIENT) &&
		      attempt->event.client_cookie != error->event.cookie)))
			return true;
	}
	return false;
}

static bool has_other_status(const struct error_entry *error)
{
	return error->event.status < 502 || error->event.status > 504;
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
	/* Nothing that fails makes a load balancer say anything else by itself. */
	if (has_other_status(error) && joining_has_flag(&adjacent->event, ATTEMPT_ANSWERED_5XX))
		return adjacent;
	if (answered->event.client_cookie == client)
		return answered;
	if (adjacent->event.client_cookie == client)
		return adjacent;
	/* A backend's own 5xx with this status stands, unless something was tried after it. */
	if (joining_has_flag(&adjacent->event, ATTEMPT_ANSWERED_5XX) &&
	    joining_begun_ns(&answered->event) < adjacent->event.header.time_ns)
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

/* Whether an attempt that was guessed to be for the client was over before this one began. */
static bool has_earlier(struct window *window, const struct attempt_entry *last,
			const struct error_entry *error)
{
	struct attempt_entry *before;
	unsigned int seen = 0;

	LIST_FOREACH(before, window_by_client(window, error->event.cookie), by_client) {
		if (seen++ >= WINDOW_SEARCH_MAX)
			break;
		if (before->event.client_cookie == error->event.cookie && before != last &&
		    before->event.header.time_ns <= last->event.started_ns &&
		    joining_is_free(before, error))
			return true;
	}
	return false;
}

/* Whether so much time may be some turn-arounds, one after each try. */
static bool is_turn_arounds(uint64_t passed_ns)
{
	return (passed_ns + RETRY_SLACK_NS) % RETRY_TURN_NS < 2 * RETRY_SLACK_NS;
}

/*
 * Whether a connect() that HAProxy let go of after its 503 may be a health check's: begun long after
 * the request was read, for nobody that is known, and not as another try. A queue's time may have been
 * up in the same turn.
 */
static bool may_be_check(struct window *window, const struct attempt_entry *last,
			 const struct error_entry *error)
{
	uint64_t asked = joining_asked_ns(&error->event), begun = last->event.started_ns;

	return last->event.owner.kind == BALANCER_HAPROXY && error->event.status == 503 &&
	       !joining_has_flag(&last->event, ATTEMPT_ESTABLISHED) &&
	       last->event.client_cookie != error->event.cookie && asked && begun > asked &&
	       !is_turn_arounds(begun - asked) && !has_earlier(window, last, error);
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
	if (last->is_certain_check)
		return JOIN_NONE;
	if (!answered)
		return guess_trust(window, last, error);
	if (may_be_check(window, last, error))
		return JOIN_NONE;
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
	if (!last && is_misnamed(window, error))
		error->event.header.flags &= ~RESPONSE_ATTEMPT_ADJACENT;
	if (!last) {
		last = find_passed_on(window, error);
		if (last)
			window_claim(error, last, JOIN_LIKELY);
		error->exact = last;
		return;
	}
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
