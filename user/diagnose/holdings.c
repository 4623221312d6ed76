// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/holdings_table.h"

#include <stdlib.h>
#include <string.h>

#include "user/lib/clock.h"

/* What grows is compared with how it was between one and two of these ago. */
#define GROWTH_NS (150 * CLOCK_NS_PER_SECOND)

struct holdings *holdings_new(void)
{
	return calloc(1, sizeof(struct holdings));
}

/* uthash's macros count as statements of the function that uses them. */
// NOLINTBEGIN(readability-function-size)
static void free_backend(struct holdings *holdings, struct held_backend *backend)
{
	while (!LIST_EMPTY(&backend->holdings)) {
		struct holding *holding = LIST_FIRST(&backend->holdings);

		LIST_REMOVE(holding, of_backend);
		free(holding);
	}
	HASH_DEL(holdings->backends, backend);
	free(backend);
}

void holdings_free(struct holdings *holdings)
{
	struct held_backend *backend, *next_backend;
	struct retired *retired, *next_retired;

	if (!holdings)
		return;
	HASH_ITER(hh, holdings->backends, backend, next_backend)
		free_backend(holdings, backend);
	HASH_ITER(hh, holdings->retired, retired, next_retired) {
		HASH_DEL(holdings->retired, retired);
		free(retired);
	}
	free(holdings);
}

static void make_key(const struct event_address *address, const char *comm, struct held_key *key)
{
	memset(key, 0, sizeof(*key));
	key->address.family = address->family;
	key->address.port = address->port;
	memcpy(key->address.bytes, address->bytes, address->family == 4 ? 4 : 16);
	memcpy(key->load_balancer, comm, strnlen(comm, EVENT_COMM_BYTES - 1));
}

struct held_backend *holdings_find(const struct holdings *holdings,
				   const struct event_address *address, const char *comm)
{
	struct held_backend *backend;
	struct held_key key;

	make_key(address, comm, &key);
	HASH_FIND(hh, holdings->backends, &key, sizeof(key), backend);
	return backend;
}

static struct held_backend *find_or_add(struct holdings *holdings,
					const struct event_address *address, const char *comm)
{
	struct held_backend *backend = holdings_find(holdings, address, comm);

	if (backend || holdings->count >= HOLDINGS_MAX)
		return backend;
	backend = calloc(1, sizeof(*backend));
	if (!backend)
		return NULL;
	make_key(address, comm, &backend->key);
	LIST_INIT(&backend->holdings);
	HASH_ADD(hh, holdings->backends, key, sizeof(backend->key), backend);
	if (!backend->hh.tbl) {
		free(backend);
		return NULL;
	}
	holdings->count++;
	return backend;
}

bool holdings_is_retired(const struct holdings *holdings, uint32_t tgid)
{
	struct retired *retired;

	HASH_FIND(hh, holdings->retired, &tgid, sizeof(tgid), retired);
	return retired;
}

static void retire(struct holdings *holdings, uint32_t tgid)
{
	struct retired *retired;

	if (holdings_is_retired(holdings, tgid) || HASH_COUNT(holdings->retired) >= HOLDINGS_MAX)
		return;
	retired = calloc(1, sizeof(*retired));
	if (!retired)
		return;
	retired->tgid = tgid;
	HASH_ADD(hh, holdings->retired, tgid, sizeof(retired->tgid), retired);
	if (!retired->hh.tbl)
		free(retired);
}

static void forget_process(struct holdings *holdings, uint32_t tgid)
{
	struct held_backend *backend;
	struct retired *retired;

	for (backend = holdings->backends; backend; backend = backend->hh.next) {
		struct holding *holding = LIST_FIRST(&backend->holdings);

		while (holding) {
			struct holding *next = LIST_NEXT(holding, of_backend);

			if (holding->event.owner.tgid == tgid) {
				LIST_REMOVE(holding, of_backend);
				free(holding);
				holdings->count--;
			}
			holding = next;
		}
	}
	HASH_FIND(hh, holdings->retired, &tgid, sizeof(tgid), retired);
	if (retired) {
		HASH_DEL(holdings->retired, retired);
		free(retired);
	}
}
// NOLINTEND(readability-function-size)

static struct holding *find_holding(struct holdings *holdings, struct held_backend *backend,
				    const struct event_buildup *event)
{
	struct holding *holding;

	LIST_FOREACH(holding, &backend->holdings, of_backend) {
		if (holding->event.owner.tgid == event->owner.tgid &&
		    holding->event.netns == event->netns)
			return holding;
	}
	if (holdings->count >= HOLDINGS_MAX)
		return NULL;
	holding = calloc(1, sizeof(*holding));
	if (!holding)
		return NULL;
	LIST_INSERT_HEAD(&backend->holdings, holding, of_backend);
	holdings->count++;
	return holding;
}

static void sample(const struct event_buildup *event, struct held_sample *taken)
{
	taken->time_ns = event->header.time_ns;
	taken->established = event->established.count;
	taken->close_wait = event->close_wait.count;
}

void holdings_note_buildup(struct holdings *holdings, const struct event_buildup *event)
{
	struct held_backend *backend = find_or_add(holdings, &event->backend, event->owner.comm);
	struct holding *holding = backend ? find_holding(holdings, backend, event) : NULL;

	if (!holding)
		return;
	holding->event = *event;
	if (!holding->older.time_ns)
		sample(event, &holding->older);
	if (!holding->newer.time_ns || event->header.time_ns - holding->newer.time_ns > GROWTH_NS) {
		if (holding->newer.time_ns)
			holding->older = holding->newer;
		sample(event, &holding->newer);
	}
}

void holdings_note_resets(struct holdings *holdings, const struct event_resets *event)
{
	struct held_backend *backend = find_or_add(holdings, &event->backend, event->owner.comm);
	struct report_reset *row = NULL;

	if (!backend)
		return;
	for (size_t i = 0; i < backend->reset_count && !row; i++) {
		if (backend->resets[i].direction == event->direction &&
		    backend->resets[i].phase == event->phase &&
		    !strcmp(backend->resets[i].reason, event->reason))
			row = &backend->resets[i];
	}
	if (!row && backend->reset_count == MODEL_RESETS_MAX)
		return;
	if (!row) {
		row = &backend->resets[backend->reset_count++];
		row->direction = (enum reset_direction)event->direction;
		row->phase = (enum reset_phase)event->phase;
		memcpy(row->reason, event->reason, sizeof(row->reason));
		row->effect = reset_effect(row->direction, row->phase);
	}
	row->count += event->count;
}

void holdings_note_process(struct holdings *holdings, const struct event_process *event)
{
	if (event->header.flags & PROCESS_RETIRED)
		retire(holdings, event->owner.tgid);
	else if (event->header.flags & PROCESS_EXITED)
		forget_process(holdings, event->owner.tgid);
}
