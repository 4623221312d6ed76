// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/diagnose/holdings_table.h"
#include "user/lib/clock.h"

/* Both ends of a connection close within a moment; one closed by the backend for longer than this is
 * not being looked at. */
#define STUCK_NS (5 * CLOCK_NS_PER_SECOND)
#define MINUTE_SECONDS 60.0

enum reset_effect reset_effect(enum reset_direction direction, enum reset_phase phase)
{
	if (direction == RESET_SENT)
		return phase == RESET_REQUEST ? RESET_UNCLEAR : RESET_BENIGN;
	if (phase == RESET_HANDSHAKE || phase == RESET_REQUEST)
		return RESET_HARMFUL;
	return phase == RESET_RESPONSE ? RESET_UNCLEAR : RESET_BENIGN;
}

static void add_state(struct buildup_state *sum, const struct buildup_state *state)
{
	sum->count += state->count;
	sum->unread += state->unread;
	sum->unread_bytes += state->unread_bytes;
	sum->unsent += state->unsent;
	sum->unsent_bytes += state->unsent_bytes;
	if (state->oldest_ns && (!sum->oldest_ns || state->oldest_ns < sum->oldest_ns))
		sum->oldest_ns = state->oldest_ns;
	for (size_t i = 0; i < BUILDUP_AGES; i++)
		sum->ages[i] += state->ages[i];
}

static double per_minute(uint32_t before, uint32_t now, uint64_t from_ns, uint64_t to_ns)
{
	if (to_ns <= from_ns)
		return 0;
	return ((double)now - before) * MINUTE_SECONDS * (double)CLOCK_NS_PER_SECOND /
	       (double)(to_ns - from_ns);
}

static int compare_owners(const void *left, const void *right)
{
	const struct report_holding *a = left, *b = right;
	uint32_t of_a = a->close_wait.count, of_b = b->close_wait.count;

	if (of_a == of_b) {
		of_a = a->established.count;
		of_b = b->established.count;
	}
	if (of_a == of_b)
		return a->owner.tgid < b->owner.tgid ? -1 : 1;
	return of_a < of_b ? 1 : -1;
}

/* The processes that hold most, those with CLOSE_WAIT first. */
static void add_owner(const struct holdings *holdings, const struct holding *holding,
		      struct report_buildup *buildup)
{
	const struct event_buildup *event = &holding->event;
	struct report_holding row = {
		.owner = event->owner,
		.retired = holdings_is_retired(holdings, event->owner.tgid),
		.established = event->established,
		.close_wait = event->close_wait,
	};
	struct report_holding *last = &buildup->owners[MODEL_HOLDINGS_MAX - 1];

	if (!row.established.count && !row.close_wait.count)
		return;
	if (row.retired) {
		buildup->retired_established += row.established.count;
		buildup->retired_close_wait += row.close_wait.count;
	}
	if (buildup->owner_count < MODEL_HOLDINGS_MAX)
		buildup->owners[buildup->owner_count++] = row;
	else if (compare_owners(&row, last) < 0)
		*last = row;
	qsort(buildup->owners, buildup->owner_count, sizeof(buildup->owners[0]), compare_owners);
}

/* What a process's CLOSE_WAIT connections are most likely the sign of. */
static enum buildup_kind judge(const struct buildup_state *state, bool retired, uint64_t now_ns)
{
	if (!state->count || !state->oldest_ns || now_ns < state->oldest_ns + STUCK_NS)
		return BUILDUP_NONE;
	if (retired)
		return BUILDUP_OLD_WORKER;
	if ((state->unread > state->unsent ? state->unread : state->unsent) * 2 > state->count)
		return BUILDUP_SLOW_DRAIN;
	return BUILDUP_LEAK;
}

static void say_close_wait(const struct report_buildup *buildup, uint64_t now_ns, char *text)
{
	static const char *const meanings[] = {
		[BUILDUP_LEAK] = "it has read all and does not close them: a leak",
		[BUILDUP_SLOW_DRAIN] =
			"data still waits in them: it drains them slowly or not at all",
		[BUILDUP_OLD_WORKER] = "a reload has replaced that process: it may be ended",
	};
	const struct buildup_state *state = &buildup->close_wait;
	const struct event_owner *owner = &buildup->owners[0].owner;
	char waiting[64] = "";

	if (state->unread_bytes)
		snprintf(waiting, sizeof(waiting), " %llu bytes are unread;",
			 (unsigned long long)state->unread_bytes);
	snprintf(
		text, MODEL_TEXT_BYTES,
		"%u connections that the backend closed are still open in %.*s (CLOSE_WAIT; most in "
		"pid %u), the oldest for %.0f s, %+.0f a minute;%s %s.",
		state->count, EVENT_COMM_BYTES, owner->comm, owner->tgid,
		(double)(now_ns - state->oldest_ns) / (double)CLOCK_NS_PER_SECOND,
		buildup->close_wait_growth, waiting, meanings[buildup->kind]);
}

static void say(struct report_buildup *buildup, uint64_t now_ns)
{
	if (buildup->kind != BUILDUP_NONE) {
		say_close_wait(buildup, now_ns, buildup->text);
		snprintf(buildup->command, sizeof(buildup->command),
			 "ss -tnpoi state close-wait | grep -A1 pid=%u",
			 buildup->owners[0].owner.tgid);
	} else if (buildup->retired_established) {
		snprintf(
			buildup->text, sizeof(buildup->text),
			"%u connections to the backend are held by old workers that a reload has "
			"replaced; they end with their requests, tunnels and websockets may take long.",
			buildup->retired_established);
		snprintf(buildup->command, sizeof(buildup->command),
			 "ps -o pid,etime,args --ppid %u", buildup->owners[0].owner.group);
	}
}

void holdings_fill(const struct holdings *holdings, uint64_t now_ns, struct report_backend *row)
{
	const struct held_backend *backend =
		holdings_find(holdings, &row->address, row->load_balancer);
	struct report_buildup *buildup = &row->buildup;
	const struct holding *holding;

	if (!backend)
		return;
	memcpy(row->resets, backend->resets, sizeof(row->resets));
	row->reset_count = backend->reset_count;
	LIST_FOREACH(holding, &backend->holdings, of_backend) {
		const struct event_buildup *event = &holding->event;
		uint64_t to_ns = event->header.time_ns, from_ns = holding->older.time_ns;

		add_state(&buildup->established, &event->established);
		add_state(&buildup->close_wait, &event->close_wait);
		buildup->established_growth += per_minute(holding->older.established,
							  event->established.count, from_ns, to_ns);
		buildup->close_wait_growth += per_minute(holding->older.close_wait,
							 event->close_wait.count, from_ns, to_ns);
		add_owner(holdings, holding, buildup);
	}
	for (size_t i = 0; i < buildup->owner_count; i++) {
		struct report_holding *owner = &buildup->owners[i];

		owner->kind = judge(&owner->close_wait, owner->retired, now_ns);
	}
	/* They are sorted: the first holds most. */
	buildup->kind = buildup->owner_count ? buildup->owners[0].kind : BUILDUP_NONE;
	say(buildup, now_ns);
}
