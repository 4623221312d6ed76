// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/neighbours.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/lib/message.h"

/* A state changes within seconds; a verdict waits for half a second. */
#define NEIGHBOUR_EVERY_NS CLOCK_NS_PER_SECOND
#define LISTENER_EVERY_NS (CLOCK_NS_PER_SECOND / 4)

#define FNV_BASIS 2166136261u /* FNV-1a, draft-eastlake-fnv */
#define FNV_PRIME 16777619u

struct answer {
	record_sink sink;
	void *context;
	int err;
};

static bool is_unreachable(const struct event_attempt *attempt)
{
	return attempt->header.flags & ATTEMPT_NEIGHBOUR_FAILED || attempt->error == EHOSTUNREACH ||
	       attempt->error == ENETUNREACH || attempt->syn_retransmits;
}

/* The other end's listener, or its end, may be to blame. */
static bool is_about_listener(const struct event_attempt *attempt)
{
	return !(attempt->header.flags &
		 (ATTEMPT_NEVER_SENT | ATTEMPT_ANSWERED_5XX | ATTEMPT_NEIGHBOUR_FAILED));
}

static uint32_t make_hash(const struct event_address *address)
{
	uint32_t hash = FNV_BASIS;

	for (size_t i = 0; i < sizeof(address->bytes); i++)
		hash = (hash ^ address->bytes[i]) * FNV_PRIME;
	return hash;
}

static int on_answer(void *context, const struct event_header *record)
{
	struct answer *answer = context;

	answer->err = answer->sink(answer->context, record);
	return answer->err;
}

/* Whether it is time to ask again. */
static bool take_turn(uint64_t *asked_ns, uint64_t every_ns)
{
	uint64_t now_ns = clock_now_ns();

	if (*asked_ns && now_ns - *asked_ns < every_ns)
		return false;
	*asked_ns = now_ns;
	return true;
}

int neighbours_ask(struct neighbours *neighbours, struct inventory *inventory,
		   const struct event_attempt *attempt, record_sink sink, void *context)
{
	struct answer answer = { .sink = sink, .context = context };
	uint32_t hash = make_hash(&attempt->remote);
	uint64_t *asked_ns = &neighbours->asked_ns[hash % NEIGHBOURS_SLOTS];
	int err = 0;

	if (is_unreachable(attempt) && take_turn(asked_ns, NEIGHBOUR_EVERY_NS))
		err = inventory_neighbour(inventory, &attempt->remote, on_answer, &answer);
	if (err && !answer.err)
		message_detail("the neighbour table gave no answer: %s", strerror(-err));
	err = 0;
	hash = (hash ^ attempt->remote.port) * FNV_PRIME;
	asked_ns = &neighbours->listener_asked_ns[hash % NEIGHBOURS_PORT_SLOTS];
	if (!answer.err && is_about_listener(attempt) && take_turn(asked_ns, LISTENER_EVERY_NS))
		err = inventory_host_port(inventory, &attempt->remote, attempt->netns, on_answer,
					  &answer);
	if (err && !answer.err)
		message_detail("the backend's listener cannot be looked at: %s", strerror(-err));
	return answer.err;
}
