// SPDX-License-Identifier: GPL-2.0-only
#include "user/capture/buildup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/lib/table.h"

struct holding {
	struct sweep_key key;
	struct sweep_count now; /* of this sweep */
	struct sweep_count given;
	uint64_t given_ns;
	bool seen; /* in this sweep */
	UT_hash_handle hh;
};

struct buildup {
	const struct followed *followed;
	struct holding *holdings;
};

int buildup_new(const struct followed *followed, struct buildup **buildup)
{
	struct buildup *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->followed = followed;
	*buildup = made;
	return 0;
}

/* uthash's macros count as statements of the function that uses them, and hide from the analyzer
 * that what was deleted is in no chain any more. */
// NOLINTBEGIN(readability-function-size,clang-analyzer-unix.Malloc)
static void forget(struct buildup *buildup, struct holding *holding)
{
	HASH_DEL(buildup->holdings, holding);
	free(holding);
}

void buildup_free(struct buildup *buildup)
{
	struct holding *holding, *next;

	if (!buildup)
		return;
	HASH_ITER(hh, buildup->holdings, holding, next) {
		forget(buildup, holding);
	}
	free(buildup);
}

void buildup_begin(struct buildup *buildup)
{
	struct holding *holding;

	for (holding = buildup->holdings; holding; holding = holding->hh.next) {
		memset(&holding->now, 0, sizeof(holding->now));
		holding->seen = false;
	}
}

int buildup_take(struct buildup *buildup, const struct sweep_key *key,
		 const struct sweep_count *count)
{
	struct holding *holding;

	HASH_FIND(hh, buildup->holdings, key, sizeof(*key), holding);
	if (!holding) {
		holding = calloc(1, sizeof(*holding));
		if (!holding)
			return -ENOMEM;
		holding->key = *key;
		HASH_ADD(hh, buildup->holdings, key, sizeof(holding->key), holding);
	}
	holding->now = *count;
	holding->seen = true;
	return 0;
}

static bool is_stuck(const struct sweep_count *count, uint64_t now_ns)
{
	uint64_t since_ns = count->close_wait.oldest_ns;

	return count->close_wait.count && since_ns < now_ns &&
	       now_ns - since_ns >= BUILDUP_CLOSED_NS;
}

/* Unused for a minute or more. */
static bool is_unused(const struct sweep_count *count)
{
	return count->established.ages[2] || count->established.ages[3];
}

/* Whatever an old worker still has, nobody expects it to have for long. */
static bool is_old_worker(const struct buildup *buildup, const struct holding *holding)
{
	return holding->now.established.count &&
	       followed_is_retired(buildup->followed, holding->key.tgid);
}

static bool is_notable(const struct buildup *buildup, const struct holding *holding,
		       uint64_t now_ns)
{
	return is_stuck(&holding->now, now_ns) || is_unused(&holding->now) ||
	       is_old_worker(buildup, holding);
}

static bool is_due(const struct buildup *buildup, const struct holding *holding, uint64_t now_ns)
{
	bool was = holding->given.close_wait.count || holding->given.established.count;

	if (!memcmp(&holding->now, &holding->given, sizeof(holding->now)))
		return false;
	if (is_stuck(&holding->now, now_ns))
		return true;
	if (is_unused(&holding->now) || is_old_worker(buildup, holding))
		return holding->given.close_wait.count ||
		       now_ns - holding->given_ns >= BUILDUP_UNUSED_EVERY_NS;
	return was;
}

static int give(const struct buildup *buildup, struct holding *holding, uint64_t now_ns,
		record_sink sink, void *context)
{
	struct event_buildup record = {
		.header = { .type = EVENT_BUILDUP, .size_bytes = sizeof(record), .time_ns = now_ns },
		.backend = holding->key.backend.address,
		.netns = holding->key.backend.netns,
	};

	followed_process(buildup->followed, holding->key.backend.group, holding->key.tgid,
			 &record.owner);
	if (is_notable(buildup, holding, now_ns)) {
		record.established = holding->now.established;
		record.close_wait = holding->now.close_wait;
	}
	holding->given.established = record.established;
	holding->given.close_wait = record.close_wait;
	holding->given_ns = now_ns;
	return sink(context, &record.header);
}

int buildup_give(struct buildup *buildup, record_sink sink, void *context)
{
	uint64_t now_ns = clock_now_ns();
	struct holding *holding, *next;
	int err = 0;

	HASH_ITER(hh, buildup->holdings, holding, next) {
		if (is_due(buildup, holding, now_ns))
			err = give(buildup, holding, now_ns, sink, context);
		if (err)
			break;
		if (!holding->seen)
			forget(buildup, holding);
	}
	return err;
}
// NOLINTEND(readability-function-size,clang-analyzer-unix.Malloc)
