// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/shared.h"
#include "user/capture/figures.h"
#include "user/lib/clock.h"
#include "user/lib/table.h"

/* Backends fetched by one system call. */
#define FIGURES_BATCH 64

/* From so many on, resting backends are dropped. */
#define FIGURES_CROWDED (SHARED_BACKENDS_MAX * 3 / 4)

struct known_backend {
	struct backend_key key;
	struct backend_figures figures; /* as given last */
	/* of this call of figures_give(), all processes together: */
	uint32_t established, close_wait;
	uint64_t close_wait_since_ns;
	uint64_t given_ns;
	UT_hash_handle hh;
};

struct gone_group {
	uint32_t group;
	struct gone_group *next;
};

struct figures {
	int map_fd;
	int sweeps_fd;
	const struct followed *followed;
	struct buildup *buildup;
	struct known_backend *known;
	struct gone_group *gone;
	struct backend_key keys[FIGURES_BATCH];
	struct backend_figures values[FIGURES_BATCH];
	struct sweep_key sweep_keys[FIGURES_BATCH];
	struct sweep_count sweep_counts[FIGURES_BATCH];
};

int figures_new(int map_fd, int sweeps_fd, const struct followed *followed, struct buildup *buildup,
		struct figures **figures)
{
	struct figures *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->map_fd = map_fd;
	made->sweeps_fd = sweeps_fd;
	made->followed = followed;
	made->buildup = buildup;
	*figures = made;
	return 0;
}

static void free_gone(struct figures *figures)
{
	while (figures->gone) {
		struct gone_group *group = figures->gone;

		figures->gone = group->next;
		free(group);
	}
}

/* uthash's macros count as statements of the function that uses them, and hide from the analyzer
 * that what was deleted is in no chain any more. */
// NOLINTBEGIN(readability-function-size,clang-analyzer-unix.Malloc)
void figures_free(struct figures *figures)
{
	struct known_backend *backend, *next;

	if (!figures)
		return;
	HASH_ITER(hh, figures->known, backend, next) {
		HASH_DEL(figures->known, backend);
		free(backend);
	}
	free_gone(figures);
	free(figures);
}

static struct known_backend *know(struct figures *figures, const struct backend_key *key)
{
	struct known_backend *backend;

	HASH_FIND(hh, figures->known, key, sizeof(*key), backend);
	if (backend)
		return backend;
	backend = calloc(1, sizeof(*backend));
	if (!backend)
		return NULL;
	backend->key = *key;
	HASH_ADD(hh, figures->known, key, sizeof(backend->key), backend);
	return backend;
}

/* `counters` of the map, and what the sweep counted. A backend that has not counted anything yet
 * equals what it was made with, and is not given. */
static int give_backend(struct figures *figures, struct known_backend *backend,
			const struct backend_figures *counters, record_sink sink, void *context)
{
	struct event_figures record = {
		.header = { .type = EVENT_FIGURES,
			    .size_bytes = sizeof(record),
			    .time_ns = clock_now_ns() },
		.backend = backend->key,
		.figures = *counters,
	};

	record.figures.established = backend->established;
	record.figures.close_wait = backend->close_wait;
	record.figures.close_wait_since_ns = backend->close_wait_since_ns;
	if (!memcmp(&backend->figures, &record.figures, sizeof(record.figures)))
		return 0;
	backend->figures = record.figures;
	backend->given_ns = record.header.time_ns;
	followed_owner(figures->followed, backend->key.group, &record.owner);
	return sink(context, &record.header);
}

static int take_count(struct figures *figures, const struct sweep_key *key,
		      const struct sweep_count *count)
{
	struct known_backend *backend = know(figures, &key->backend);
	uint64_t since_ns = count->close_wait.oldest_ns;

	if (!backend)
		return -ENOMEM;
	backend->established += count->established.count;
	backend->close_wait += count->close_wait.count;
	if (since_ns && (!backend->close_wait_since_ns || since_ns < backend->close_wait_since_ns))
		backend->close_wait_since_ns = since_ns;
	return buildup_take(figures->buildup, key, count);
}

/* Reads what the last sweep counted and empties the map for the next. */
static int take_sweep(struct figures *figures)
{
	struct known_backend *backend;
	struct sweep_key place;
	void *from = NULL;
	int end = 0, err = 0;

	for (backend = figures->known; backend; backend = backend->hh.next) {
		backend->established = 0;
		backend->close_wait = 0;
		backend->close_wait_since_ns = 0;
	}
	buildup_begin(figures->buildup);
	while (!end && !err && figures->sweeps_fd >= 0) {
		uint32_t count = FIGURES_BATCH;

		end = bpf_map_lookup_and_delete_batch(figures->sweeps_fd, from, &place,
						      figures->sweep_keys, figures->sweep_counts,
						      &count, NULL);
		if (end && end != -ENOENT)
			return end;
		for (uint32_t i = 0; i < count && !err; i++)
			err = take_count(figures, &figures->sweep_keys[i],
					 &figures->sweep_counts[i]);
		from = &place;
	}
	return err;
}

static int give_counted(struct figures *figures, record_sink sink, void *context)
{
	/* The kernel's place in the map; no larger than a key. */
	struct backend_key place;
	void *from = NULL;
	int end = 0;

	while (!end) {
		uint32_t count = FIGURES_BATCH;

		end = bpf_map_lookup_batch(figures->map_fd, from, &place, figures->keys,
					   figures->values, &count, NULL);
		if (end && end != -ENOENT)
			return end;
		for (uint32_t i = 0; i < count; i++) {
			struct known_backend *backend = know(figures, &figures->keys[i]);
			int err = -ENOMEM;

			if (backend) {
				err = give_backend(figures, backend, &figures->values[i], sink,
						   context);
			}
			if (err)
				return err;
		}
		from = &place;
	}
	return 0;
}

static bool is_gone(const struct figures *figures, uint32_t group)
{
	for (const struct gone_group *gone = figures->gone; gone; gone = gone->next) {
		if (gone->group == group)
			return true;
	}
	return false;
}

/* The entry of all other backends, family 0, stays: it has no room to make. */
static bool is_resting(const struct known_backend *backend, uint64_t now_ns)
{
	return backend->key.address.family && !backend->figures.established &&
	       !backend->figures.close_wait && now_ns - backend->given_ns > FIGURES_IDLE_NS;
}

static void drop_unneeded(struct figures *figures)
{
	bool crowded = HASH_COUNT(figures->known) > FIGURES_CROWDED;
	struct known_backend *backend, *next;
	uint64_t now_ns = clock_now_ns();

	if (!figures->gone && !crowded)
		return;
	HASH_ITER(hh, figures->known, backend, next) {
		if (!is_gone(figures, backend->key.group) &&
		    !(crowded && is_resting(backend, now_ns)))
			continue;
		bpf_map_delete_elem(figures->map_fd, &backend->key);
		HASH_DEL(figures->known, backend);
		free(backend);
	}
	free_gone(figures);
}

int figures_give(struct figures *figures, bool swept, record_sink sink, void *context)
{
	int err = swept ? take_sweep(figures) : 0;

	if (!err)
		err = give_counted(figures, sink, context);
	if (!err && swept)
		err = buildup_give(figures->buildup, sink, context);
	if (!err)
		drop_unneeded(figures);
	return err;
}

int figures_forget_group(struct figures *figures, uint32_t group)
{
	struct gone_group *gone = calloc(1, sizeof(*gone));

	if (!gone)
		return -ENOMEM;
	gone->group = group;
	gone->next = figures->gone;
	figures->gone = gone;
	return 0;
}
// NOLINTEND(readability-function-size,clang-analyzer-unix.Malloc)
