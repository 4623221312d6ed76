// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/joining_alike.h"

#include "user/lib/endpoint.h"

/* Of one turn's ends, as bpf/thread_ends.h keeps them. */
#define TURN_ENDS_NS (20 * 1000 * 1000ull)

bool joining_alike(const struct event_attempt *left, const struct event_attempt *right)
{
	const uint32_t telling = ATTEMPT_ESTABLISHED | ATTEMPT_ANSWERED | ATTEMPT_ANSWERED_5XX |
				 ATTEMPT_MISFIT | ATTEMPT_FIN_RECEIVED | ATTEMPT_RESET_RECEIVED |
				 ATTEMPT_CLOSED_BY_OWNER | ATTEMPT_NEVER_SENT;

	return endpoint_equal(&left->remote, &right->remote) && left->error == right->error &&
	       ((left->header.flags ^ right->header.flags) & telling) == 0;
}

bool joining_all_alike(struct window *window, const struct attempt_entry *last,
		       const struct error_entry *error)
{
	uint64_t written = error->event.header.time_ns, first = written - TURN_ENDS_NS;
	struct attempt_entry *other;

	for (uint64_t slot = first >> WINDOW_SLOT_BITS; slot <= written >> WINDOW_SLOT_BITS;
	     slot++) {
		unsigned int seen = 0;

		LIST_FOREACH(other, window_by_slot(window, error->event.owner.tgid, slot),
			     by_slot) {
			if (seen++ >= WINDOW_SEARCH_MAX)
				return false;
			if (other->event.ended_tid == error->event.owner.tid &&
			    other->event.header.time_ns >= first &&
			    other->event.header.time_ns <= written && !other->claimed_by &&
			    !joining_alike(&other->event, &last->event))
				return false;
		}
	}
	return true;
}
