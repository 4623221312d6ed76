/* SPDX-License-Identifier: GPL-2.0-only */
/* Which addresses a name has, after answers that may each give a part of them. */
#ifndef LBTRACE_USER_INVENTORY_NAME_MEMORY_H
#define LBTRACE_USER_INVENTORY_NAME_MEMORY_H

#include "user/inventory/name_query.h"

/* So long an address is believed of a name that gives its addresses in turns. */
#define NAME_MEMORY_TURNS_NS (600 * 1000000000ull)
/* An address is gone when it is missing in so many answers in a row, unless the answer is a new one
 * altogether. */
#define NAME_MEMORY_MISSES 2

struct name_known {
	struct event_address address;
	uint64_t seen_ns;
	unsigned int misses;
};

/* Zeroed: nothing is known. */
struct name_memory {
	struct name_known now[RESOLVER_ADDRESSES_MOST]; /* sorted */
	size_t count;
	struct name_known former[RESOLVER_ADDRESSES_MOST]; /* lately gone */
	size_t former_next;
	bool turns; /* former ones have come back */
};

/* Learns from a whole answer, or a half (families in `silent` keep what they had). Whether the same
 * question should be asked again soon, to be sure of what is missing. */
bool name_memory_learn(struct name_memory *memory, const struct name_answer *answer,
		       uint64_t now_ns);

/* Takes these addresses for the only ones, whatever was. */
void name_memory_replace(struct name_memory *memory, const struct event_address *addresses,
			 size_t count, uint64_t now_ns);

#endif
