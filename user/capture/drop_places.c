// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "user/capture/drop_places.h"
#include "user/capture/symbols.h"

/* The kernel notes kfree_skb()'s return address: of its caller or, where the compiler made the call
 * a jump (at the end of the two error reports), of that one's caller. */
static const struct {
	const char *function;
	enum drop_place_kind kind;
} known_places[] = {
	{ "nf_hook_slow", DROP_PLACE_NETFILTER },
	{ "arp_error_report", DROP_PLACE_NEIGHBOUR },
	{ "ndisc_error_report", DROP_PLACE_NEIGHBOUR },
	{ "neigh_invalidate", DROP_PLACE_NEIGHBOUR },
	{ "neigh_timer_handler", DROP_PLACE_NEIGHBOUR },
};

#define KNOWN_PLACES (sizeof(known_places) / sizeof(known_places[0]))

_Static_assert(KNOWN_PLACES <= SHARED_DROP_PLACES_MAX, "rodata holds every place");

void drop_places_fill(struct drop_place *places)
{
	struct symbol_range ranges[KNOWN_PLACES];

	memset(places, 0, SHARED_DROP_PLACES_MAX * sizeof(*places));
	for (size_t i = 0; i < KNOWN_PLACES; i++)
		ranges[i].name = known_places[i].function;
	if (symbols_find(ranges, KNOWN_PLACES))
		return;
	for (size_t i = 0; i < KNOWN_PLACES; i++) {
		if (!ranges[i].from)
			continue;
		places[i].from = ranges[i].from;
		places[i].to = ranges[i].to;
		places[i].kind = known_places[i].kind;
	}
}
