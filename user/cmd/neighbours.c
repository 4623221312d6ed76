// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/neighbours.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/lib/message.h"

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
	       attempt->error == ENETUNREACH || attempt->retransmit_error == -EBUSY;
}

static uint64_t *find_slot(struct neighbours *neighbours, const struct event_address *address)
{
	uint32_t hash = FNV_BASIS;

	for (size_t i = 0; i < sizeof(address->bytes); i++)
		hash = (hash ^ address->bytes[i]) * FNV_PRIME;
	return &neighbours->asked_ns[hash % NEIGHBOURS_SLOTS];
}

static int on_answer(void *context, const struct event_header *record)
{
	struct answer *answer = context;

	answer->err = answer->sink(answer->context, record);
	return answer->err;
}

int neighbours_ask(struct neighbours *neighbours, struct inventory *inventory,
		   const struct event_attempt *attempt, record_sink sink, void *context)
{
	struct answer answer = { .sink = sink, .context = context };
	uint64_t now_ns = clock_now_ns();
	uint64_t *asked_ns;
	int err;

	if (!is_unreachable(attempt))
		return 0;
	asked_ns = find_slot(neighbours, &attempt->remote);
	if (*asked_ns && now_ns - *asked_ns < CLOCK_NS_PER_SECOND)
		return 0;
	*asked_ns = now_ns;
	err = inventory_neighbour(inventory, &attempt->remote, on_answer, &answer);
	if (err && !answer.err)
		message_detail("the neighbour table gave no answer: %s", strerror(-err));
	return answer.err;
}
