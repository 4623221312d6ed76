// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/configured_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The first room for backends, by index. */
#define ROOM_FIRST 16

struct configured *configured_new(void)
{
	return calloc(1, sizeof(struct configured));
}

static void drop_backend(struct configured *configured, struct configured_backend *backend)
{
	while (!LIST_EMPTY(&backend->places))
		configured_place_drop(configured, LIST_FIRST(&backend->places));
	if (backend->hh.tbl)
		HASH_DEL(backend->generation->by_name, backend);
	free(backend->status);
	free(backend->name);
	free(backend);
	configured->backend_count--;
}

static void drop_generation(struct configured *configured, struct configured_generation *generation)
{
	if (!generation)
		return;
	for (size_t i = 0; i < generation->room; i++) {
		if (generation->backends[i])
			drop_backend(configured, generation->backends[i]);
	}
	free(generation->backends);
	free(generation->notes);
	free(generation);
}

static void drop_group(struct configured *configured, struct configured_group *group)
{
	drop_generation(configured, group->before);
	drop_generation(configured, group->now);
	HASH_DEL(configured->groups, group);
	free(group);
}

void configured_free(struct configured *configured)
{
	struct configured_group *group, *next;

	if (!configured)
		return;
	HASH_ITER(hh, configured->groups, group, next)
		drop_group(configured, group);
	free(configured);
}

struct configured_group *configured_group(const struct configured *configured, uint32_t group)
{
	struct configured_group *found;

	HASH_FIND(hh, configured->groups, &group, sizeof(group), found);
	return found;
}

static bool may_queue(const struct configured_generation *generation)
{
	return generation->has_limit || generation->is_partial || !generation->count;
}

bool configured_may_queue(const struct configured *configured, const struct event_owner *owner)
{
	const struct configured_group *group = configured_group(configured, owner->group);

	return !group || !group->now || may_queue(group->now) ||
	       (group->before && may_queue(group->before));
}

uint64_t configured_lost(const struct configured *configured)
{
	return configured->lost;
}

/* Forgets a load balancer that is no more, for the sake of others. Returns whether there was one. */
static bool make_room(struct configured *configured)
{
	struct configured_group *group, *next;

	HASH_ITER(hh, configured->groups, group, next) {
		if (!group->ended)
			continue;
		drop_group(configured, group);
		return true;
	}
	return false;
}

static struct configured_group *add_group(struct configured *configured, uint32_t number, int *err)
{
	struct configured_group *group;

	*err = 0;
	if (HASH_COUNT(configured->groups) >= CONFIGURED_GROUPS_MAX && !make_room(configured)) {
		configured->lost++;
		return NULL;
	}
	*err = -ENOMEM;
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	group->group = number;
	HASH_ADD(hh, configured->groups, group, sizeof(group->group), group);
	if (!group->hh.tbl) {
		free(group);
		return NULL;
	}
	*err = 0;
	return group;
}

/* A configuration begins; the one that ran becomes the one before. */
static struct configured_generation *begin_generation(struct configured *configured,
						      struct configured_group *group,
						      uint32_t number)
{
	struct configured_generation *generation = calloc(1, sizeof(*generation));

	if (!generation)
		return NULL;
	generation->group = group;
	generation->number = number;
	drop_generation(configured, group->before);
	group->before = group->now;
	group->now = generation;
	group->ended = false;
	return generation;
}

/* The generation of a record, begun where it is a new one. NULL and *err 0: it is too old, or there is
 * no room. */
static struct configured_generation *take_generation(struct configured *configured,
						     const struct event_owner *owner,
						     uint32_t number, uint64_t time_ns, int *err)
{
	struct configured_group *group = configured_group(configured, owner->group);
	struct configured_generation *generation;

	*err = 0;
	if (!group)
		group = add_group(configured, owner->group, err);
	if (!group)
		return NULL;
	if (group->now && number == group->now->number)
		return group->now;
	if (group->before && number == group->before->number)
		return group->before;
	if (group->now && number < group->now->number)
		return NULL;
	generation = begin_generation(configured, group, number);
	if (!generation) {
		*err = -ENOMEM;
		return NULL;
	}
	generation->owner = *owner;
	generation->time_ns = time_ns;
	return generation;
}

int configured_note_config(struct configured *configured, const struct event_config *note)
{
	struct configured_generation *generation;
	struct event_config *notes;
	int err;

	generation = take_generation(configured, &note->owner, note->generation,
				     note->header.time_ns, &err);
	if (!generation)
		return err;
	if (note->kind == CONFIG_READ) {
		memcpy(generation->file, note->file, sizeof(generation->file));
		generation->time_ns = note->header.time_ns;
		return 0;
	}
	if (note->kind == CONFIG_UNREADABLE || note->kind == CONFIG_BOUNDED)
		generation->is_partial = true;
	if (generation->note_count >= CONFIGURED_NOTES_MAX)
		return 0;
	notes = reallocarray(generation->notes, generation->note_count + 1, sizeof(*notes));
	if (!notes)
		return -ENOMEM;
	notes[generation->note_count++] = *note;
	generation->notes = notes;
	return 0;
}

struct configured_backend *configured_at(const struct configured *configured, uint32_t group,
					 uint32_t generation, uint32_t index)
{
	const struct configured_group *found = configured_group(configured, group);
	const struct configured_generation *of = NULL;

	if (found && found->now && found->now->number == generation)
		of = found->now;
	else if (found && found->before && found->before->number == generation)
		of = found->before;
	return of && index < of->room ? of->backends[index] : NULL;
}

/* Makes the array long enough for `index`. */
static int make_index(struct configured_generation *generation, uint32_t index)
{
	size_t room = generation->room ? generation->room : ROOM_FIRST;
	struct configured_backend **backends;

	while (room <= index)
		room *= 2;
	if (room == generation->room)
		return 0;
	backends = reallocarray(generation->backends, room, sizeof(struct configured_backend *));
	if (!backends)
		return -ENOMEM;
	for (size_t i = generation->room; i < room; i++)
		backends[i] = NULL;
	generation->backends = backends;
	generation->room = room;
	return 0;
}

/* What stands behind a text's end is zero, so that names compare. */
static void clean_text(char *text, size_t bytes)
{
	size_t length = strnlen(text, bytes - 1);

	memset(text + length, 0, bytes - length);
}

_Static_assert(offsetof(struct event_backend, name) ==
		       offsetof(struct event_backend, pool) + EVENT_POOL_BYTES,
	       "pool and name are one key");

static int add_name(struct configured_generation *generation, struct configured_backend *backend)
{
	struct configured_backend *found;

	HASH_FIND(hh, generation->by_name, backend->config.pool, 2 * EVENT_POOL_BYTES, found);
	if (found)
		return 0;
	HASH_ADD_KEYPTR(hh, generation->by_name, backend->config.pool, 2 * EVENT_POOL_BYTES,
			backend);
	return backend->hh.tbl ? 0 : -ENOMEM;
}

/* Finds the backend its places, but for those that names will resolve to. */
static int place_backend(struct configured *configured, struct configured_backend *backend)
{
	const struct event_backend *config = &backend->config;
	struct event_address checked = config->address;
	int err = 0;

	if (config->address.family)
		configured_place_add(configured, backend, &config->address, PLACE_WRITTEN, &err);
	checked.port = config->check_port;
	if (!err && config->address.family && config->check_port &&
	    config->check_port != config->address.port)
		configured_place_add(configured, backend, &checked, PLACE_CHECK, &err);
	return err ? err : configured_inherit(configured, backend);
}

static void note_flags(struct configured_generation *generation, const struct event_backend *config)
{
	bool is_named = config->header.flags & BACKEND_NAMED;

	if (is_named)
		generation->has_named = true;
	/* The slots of a server-template are named, and go where the name does. */
	if ((config->header.flags & BACKEND_DYNAMIC) && (!is_named || strpbrk(config->host, "$%{")))
		generation->has_dynamic = true;
}

static int add_backend(struct configured *configured, struct configured_generation *generation,
		       const struct event_backend *config)
{
	char name[MODEL_NAME_BYTES];
	struct configured_backend *backend;
	int err = make_index(generation, config->index);

	if (err)
		return err;
	backend = calloc(1, sizeof(*backend));
	if (!backend)
		return -ENOMEM;
	backend->config = *config;
	clean_text(backend->config.pool, sizeof(backend->config.pool));
	clean_text(backend->config.name, sizeof(backend->config.name));
	backend->generation = generation;
	generation->backends[config->index] = backend;
	generation->count++;
	configured->backend_count++;
	note_flags(generation, config);
	backend->name = strdup(configured_backend_name(&backend->config, name));
	err = backend->name ? add_name(generation, backend) : -ENOMEM;
	return err ? err : place_backend(configured, backend);
}

int configured_note_backend(struct configured *configured, const struct event_backend *backend,
			    uint64_t attempts)
{
	struct configured_generation *generation;
	int err;

	if (backend->index >= CONFIGURED_BACKENDS_MAX) {
		configured->lost++;
		return 0;
	}
	while (configured->backend_count >= CONFIGURED_TOTAL_MAX && make_room(configured))
		;
	if (configured->backend_count >= CONFIGURED_TOTAL_MAX) {
		configured->lost++;
		return 0;
	}
	generation = take_generation(configured, &backend->owner, backend->generation,
				     backend->header.time_ns, &err);
	/* One that is known is told again: a log that was cut has it at the head of each part. */
	if (!generation ||
	    (backend->index < generation->room && generation->backends[backend->index]))
		return err;
	if (backend->connections_max)
		generation->has_limit = true;
	err = add_backend(configured, generation, backend);
	if (!err && generation->group->before)
		generation->backends[backend->index]->attempts_before = attempts;
	return err;
}

void configured_note_process(struct configured *configured, const struct event_process *process)
{
	struct configured_group *group;

	if (process->header.flags & PROCESS_RETIRED)
		configured->retired[configured->retired_count++ % CONFIGURED_RETIRED_RING] =
			process->owner.tgid;
	if (!(process->header.flags & PROCESS_EXITED) ||
	    process->owner.tgid != process->owner.group)
		return;
	group = configured_group(configured, process->owner.group);
	if (group)
		group->ended = true;
}

int configured_note_status(struct configured *configured, const struct event_backend_status *status)
{
	const struct configured_group *group = configured_group(configured, status->owner.group);
	char key[2 * EVENT_POOL_BYTES] = "";
	struct configured_backend *backend;

	if (!group || !group->now)
		return 0;
	strcpy(key, status->pool);
	strcpy(key + EVENT_POOL_BYTES, status->name);
	HASH_FIND(hh, group->now->by_name, key, sizeof(key), backend);
	if (!backend)
		return 0;
	if (!backend->status)
		backend->status = calloc(1, sizeof(*backend->status));
	if (!backend->status)
		return -ENOMEM;
	*backend->status = *status;
	return 0;
}
