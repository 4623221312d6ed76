// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/holddown.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Without memory an entry is not added, and the caller says -ENOMEM. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define REMOTE_NS (250 * 1000 * 1000ull)
#define LOCAL_NS (10 * 1000 * 1000 * 1000ull)

/* A 5xx is looked at half a second after it was written; until then a backend may have been let go
 * and held down again so often. */
#define PERIODS 8

struct held_key {
	struct event_address address; /* what says nothing is zero */
	uint32_t group;
	uint32_t reserved;
};

struct held_backend {
	struct held_key key;
	struct event_attempt periods[PERIODS]; /* what each began with; type 0: none */
	unsigned int next; /* the oldest period */
	UT_hash_handle hh;
};

struct holddown {
	struct held_backend *table;
};

struct holddown *holddown_new(void)
{
	return calloc(1, sizeof(struct holddown));
}

void holddown_free(struct holddown *holddown)
{
	struct held_backend *backend, *next;

	if (!holddown)
		return;
	HASH_ITER(hh, holddown->table, backend, next) {
		HASH_DEL(holddown->table, backend);
		free(backend);
	}
	free(holddown);
}

/* How long a backend is held down after this; 0: not at all. */
static uint64_t held_ns(const struct event_attempt *attempt)
{
	if (attempt->owner.kind != BALANCER_VARNISH ||
	    (attempt->header.flags & ATTEMPT_ESTABLISHED))
		return 0;
	switch (attempt->error) {
	case ECONNREFUSED:
	case ENETUNREACH:
		return REMOTE_NS;
	case EACCES:
	case EPERM:
	case EADDRNOTAVAIL:
		return LOCAL_NS;
	default:
		return 0;
	}
}

static bool is_held_by(const struct event_attempt *attempt, uint64_t time_ns)
{
	uint64_t since_ns = attempt->header.time_ns;

	return attempt->header.type && since_ns <= time_ns && time_ns - since_ns < held_ns(attempt);
}

static const struct event_attempt *find_period(const struct held_backend *backend, uint64_t time_ns)
{
	for (unsigned int i = 0; i < PERIODS; i++) {
		if (is_held_by(&backend->periods[i], time_ns))
			return &backend->periods[i];
	}
	return NULL;
}

static struct held_backend *find_or_add(struct holddown *holddown,
					const struct event_attempt *attempt)
{
	struct held_backend *backend;
	struct held_key key;

	memset(&key, 0, sizeof(key));
	key.address = attempt->remote;
	key.group = attempt->owner.group;
	HASH_FIND(hh, holddown->table, &key, sizeof(key), backend);
	if (backend || HASH_COUNT(holddown->table) >= HOLDDOWN_BACKENDS_MAX)
		return backend;
	backend = calloc(1, sizeof(*backend));
	if (!backend)
		return NULL;
	backend->key = key;
	HASH_ADD(hh, holddown->table, key, sizeof(backend->key), backend);
	if (!backend->hh.tbl) {
		free(backend);
		return NULL;
	}
	return backend;
}

int holddown_note(struct holddown *holddown, const struct event_attempt *attempt)
{
	struct held_backend *backend;

	if (!held_ns(attempt))
		return 0;
	backend = find_or_add(holddown, attempt);
	if (!backend)
		return HASH_COUNT(holddown->table) >= HOLDDOWN_BACKENDS_MAX ? 0 : -ENOMEM;
	/* One that was under way when another failed: the time that is set stands. */
	if (find_period(backend, attempt->header.time_ns))
		return 0;
	backend->periods[backend->next] = *attempt;
	backend->next = (backend->next + 1) % PERIODS;
	return 0;
}

size_t holddown_find(const struct holddown *holddown, const struct event_response *response,
		     const struct event_attempt **found)
{
	const struct held_backend *backend;
	size_t count = 0;

	if (response->owner.kind != BALANCER_VARNISH || response->status != 503)
		return 0;
	for (backend = holddown->table; backend && count < HOLDDOWN_FOUND_MAX;
	     backend = backend->hh.next) {
		const struct event_attempt *period = find_period(backend, response->header.time_ns);

		if (period && backend->key.group == response->owner.group)
			found[count++] = period;
	}
	return count;
}
