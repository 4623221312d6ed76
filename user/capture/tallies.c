// SPDX-License-Identifier: GPL-2.0-only
#include "user/capture/tallies.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/shared.h"
#include "user/capture/capture.h"
#include "user/lib/clock.h"
#include "user/lib/table.h"

#define REASONS_MAX 64

union tally_key {
	struct reset_key reset;
	struct refusal_key refusal;
};

/* What was given last; of either map, told apart by the length of the key. */
struct given {
	union tally_key key;
	uint64_t count;
	UT_hash_handle hh;
};

struct tallies {
	int resets_fd;
	int refusals_fd;
	const struct followed *followed;
	struct given *given;
	char reasons[REASONS_MAX][EVENT_REASON_BYTES];
	uint32_t reason_count;
};

int tallies_new(int resets_fd, int refusals_fd, const struct followed *followed,
		struct tallies **tallies)
{
	struct tallies *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->resets_fd = resets_fd;
	made->refusals_fd = refusals_fd;
	made->followed = followed;
	made->reason_count = capture_reason_names("sk_rst_reason", made->reasons[0], REASONS_MAX,
						  EVENT_REASON_BYTES);
	*tallies = made;
	return 0;
}

/* uthash's macros count as statements of the function that uses them, and hide from the analyzer
 * that what was deleted is in no chain any more. */
// NOLINTBEGIN(readability-function-size,clang-analyzer-unix.Malloc)
void tallies_free(struct tallies *tallies)
{
	struct given *given, *next;

	if (!tallies)
		return;
	HASH_ITER(hh, tallies->given, given, next) {
		HASH_DEL(tallies->given, given);
		free(given);
	}
	free(tallies);
}

/* How much a counter grew since it was asked for last; an entry that the map made anew counts from
 * zero. 0 or -ENOMEM. */
static int grown(struct tallies *tallies, const void *key, size_t bytes, uint64_t count,
		 uint64_t *growth)
{
	struct given *given;

	HASH_FIND(hh, tallies->given, key, bytes, given);
	if (!given) {
		given = calloc(1, sizeof(*given));
		if (!given)
			return -ENOMEM;
		memcpy(&given->key, key, bytes);
		HASH_ADD_KEYPTR(hh, tallies->given, &given->key, bytes, given);
	}
	*growth = count >= given->count ? count - given->count : count;
	given->count = count;
	return 0;
}
// NOLINTEND(readability-function-size,clang-analyzer-unix.Malloc)

static void name_reason(const struct tallies *tallies, const struct reset_key *key, char *reason)
{
	static const char *const segments[] = {
		[RESET_SEGMENT_UNSEEN] = "",
		[RESET_SEGMENT_ABORT] = "PEER_ABORT",
		[RESET_SEGMENT_UNKNOWN] = "PEER_NO_CONNECTION",
	};
	const char *name = "";

	if (key->direction == RESET_SENT && key->reason && key->reason < tallies->reason_count)
		name = tallies->reasons[key->reason];
	else if (key->direction == RESET_RECEIVED &&
		 key->reason < sizeof(segments) / sizeof(segments[0]))
		name = segments[key->reason];
	snprintf(reason, EVENT_REASON_BYTES, "%s", name);
}

static int give_resets(struct tallies *tallies, const union tally_key *entry, uint64_t count,
		       record_sink sink, void *context)
{
	const struct reset_key *key = &entry->reset;
	struct event_resets record = {
		.header = { .type = EVENT_RESETS,
			    .size_bytes = sizeof(record),
			    .time_ns = clock_now_ns() },
		.backend = key->backend.address,
		.netns = key->backend.netns,
		.direction = key->direction,
		.phase = key->phase,
	};
	uint64_t growth = 0;
	int err = grown(tallies, key, sizeof(*key), count, &growth);

	if (err || !growth)
		return err;
	record.count = growth;
	followed_owner(tallies->followed, key->backend.group, &record.owner);
	name_reason(tallies, key, record.reason);
	return sink(context, &record.header);
}

static int give_refusals(struct tallies *tallies, const union tally_key *entry, uint64_t count,
			 record_sink sink, void *context)
{
	const struct refusal_key *key = &entry->refusal;
	struct event_resource record = {
		.header = { .type = EVENT_RESOURCE,
			    .size_bytes = sizeof(record),
			    .time_ns = clock_now_ns() },
		.owner = key->owner,
		.listener = key->listener,
		.count = count,
		.netns = key->netns,
		.kind = RESOURCE_CONNECTION_SLOTS,
	};
	uint64_t growth = 0;
	int err = grown(tallies, key, sizeof(*key), count, &growth);

	return err || !growth ? err : sink(context, &record.header);
}

/* What one entry of either map comes to. */
typedef int (*give_entry)(struct tallies *tallies, const union tally_key *key, uint64_t count,
			  record_sink sink, void *context);

/* An entry that goes while the map is walked makes the walk begin again; one that was given then has
 * not grown. */
static int walk(struct tallies *tallies, int map_fd, give_entry give, record_sink sink,
		void *context)
{
	union tally_key key = { 0 }, next = { 0 };
	uint32_t most = 2 * SHARED_RESETS_MAX;
	const void *from = NULL;
	int err = 0;

	while (map_fd >= 0 && !err && most-- && !bpf_map_get_next_key(map_fd, from, &next)) {
		uint64_t count = 0;

		key = next;
		from = &key;
		if (!bpf_map_lookup_elem(map_fd, &key, &count))
			err = give(tallies, &key, count, sink, context);
	}
	return err;
}

int tallies_give(struct tallies *tallies, record_sink sink, void *context)
{
	int err = walk(tallies, tallies->resets_fd, give_resets, sink, context);

	return err ? err : walk(tallies, tallies->refusals_fd, give_refusals, sink, context);
}
