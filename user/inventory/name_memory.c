// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/name_memory.h"

#include <stdlib.h>
#include <string.h>

#include "user/lib/endpoint.h"

static int compare(const void *left, const void *right)
{
	const struct event_address *one = &((const struct name_known *)left)->address;
	const struct event_address *other = &((const struct name_known *)right)->address;

	if (one->family != other->family)
		return one->family < other->family ? -1 : 1;
	return memcmp(one->bytes, other->bytes, sizeof(one->bytes));
}

static struct name_known *find(struct name_memory *memory, const struct event_address *address)
{
	for (size_t i = 0; i < memory->count; i++) {
		if (endpoint_equal(&memory->now[i].address, address))
			return &memory->now[i];
	}
	return NULL;
}

static bool is_silent(const struct name_answer *answer, const struct event_address *address)
{
	return answer->silent & (address->family == 4 ? NAME_QUERY_IPV4 : NAME_QUERY_IPV6);
}

static bool holds(const struct name_answer *answer, const struct event_address *address)
{
	for (size_t i = 0; i < answer->count; i++) {
		if (endpoint_equal(&answer->addresses[i], address))
			return true;
	}
	return false;
}

static void add(struct name_memory *memory, const struct event_address *address, uint64_t seen_ns)
{
	struct name_known *known = find(memory, address);

	if (!known) {
		if (memory->count == RESOLVER_ADDRESSES_MOST)
			return;
		known = &memory->now[memory->count++];
		known->address = *address;
	}
	known->seen_ns = seen_ns;
	known->misses = 0;
}

/* A former address that is back says that the name gives its addresses in turns: they all count. */
static void recognise(struct name_memory *memory, const struct event_address *address,
		      uint64_t now_ns)
{
	bool back = false;

	for (size_t i = 0; i < RESOLVER_ADDRESSES_MOST; i++) {
		const struct name_known *former = &memory->former[i];

		back |= former->address.family && endpoint_equal(&former->address, address) &&
			former->seen_ns + NAME_MEMORY_TURNS_NS > now_ns;
	}
	if (!back)
		return;
	memory->turns = true;
	for (size_t i = 0; i < RESOLVER_ADDRESSES_MOST; i++) {
		const struct name_known *former = &memory->former[i];

		if (former->address.family && former->seen_ns + NAME_MEMORY_TURNS_NS > now_ns)
			add(memory, &former->address, former->seen_ns);
	}
	memset(memory->former, 0, sizeof(memory->former));
}

static void retire(struct name_memory *memory, const struct name_known *known)
{
	memory->former[memory->former_next] = *known;
	memory->former_next = (memory->former_next + 1) % RESOLVER_ADDRESSES_MOST;
}

/* Whether the answer has one of the addresses of before; an answer without any has none. */
static bool overlaps(struct name_memory *memory, const struct name_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		if (find(memory, &answer->addresses[i]))
			return true;
	}
	return false;
}

/* Whether it is gone, as it was not in the answer. */
static bool is_gone(const struct name_memory *memory, struct name_known *known, bool all_new,
		    uint64_t now_ns)
{
	if (memory->turns)
		return known->seen_ns + NAME_MEMORY_TURNS_NS <= now_ns;
	return all_new || ++known->misses >= NAME_MEMORY_MISSES;
}

static bool drop_missing(struct name_memory *memory, const struct name_answer *answer, bool all_new,
			 uint64_t now_ns)
{
	bool unsure = false;
	size_t kept = 0;

	for (size_t i = 0; i < memory->count; i++) {
		struct name_known *known = &memory->now[i];

		if (!is_silent(answer, &known->address) && !holds(answer, &known->address)) {
			if (is_gone(memory, known, all_new, now_ns)) {
				retire(memory, known);
				continue;
			}
			unsure |= !memory->turns;
		}
		memory->now[kept++] = *known;
	}
	memory->count = kept;
	return unsure;
}

bool name_memory_learn(struct name_memory *memory, const struct name_answer *answer,
		       uint64_t now_ns)
{
	bool all_new = !overlaps(memory, answer), unsure;

	/* A name without addresses has none, whether it gave them in turns or not. */
	if (!answer->count && !answer->silent)
		memory->turns = false;
	unsure = drop_missing(memory, answer, all_new, now_ns);
	for (size_t i = 0; i < answer->count; i++) {
		recognise(memory, &answer->addresses[i], now_ns);
		add(memory, &answer->addresses[i], now_ns);
	}
	qsort(memory->now, memory->count, sizeof(memory->now[0]), compare);
	return unsure;
}

void name_memory_replace(struct name_memory *memory, const struct event_address *addresses,
			 size_t count, uint64_t now_ns)
{
	memset(memory, 0, sizeof(*memory));
	for (size_t i = 0; i < count; i++)
		add(memory, &addresses[i], now_ns);
	qsort(memory->now, memory->count, sizeof(memory->now[0]), compare);
}
