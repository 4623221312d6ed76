// SPDX-License-Identifier: GPL-2.0-only
/* The names of a configuration's backends, and the addresses that they have. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/inventory/group_config.h"
#include "user/inventory/resolver.h"
#include "user/lib/clock.h"
#include "user/lib/endpoint.h"

#define NAMING_MOST RESOLVER_NAMES_MOST
#define NAMING_NONE UINT16_MAX

struct name {
	char *host; /* NULL: the slot is free */
	bool wanted; /* by the configuration of now */
	bool has_answer;
	bool from_hosts;
	uint16_t error;
	uint32_t ttl_seconds;
	uint64_t resolved_ns;
	size_t count;
	struct event_address addresses[RESOLVER_ADDRESSES_MOST];
};

struct naming {
	uint32_t leader;
	struct name names[NAMING_MOST]; /* a name keeps its slot as long as it is wanted */
	size_t backend_count;
	uint16_t *slots; /* of each backend, NAMING_NONE: no name */
};

/* What a name is known by to the resolver. */
static uint64_t make_id(const struct naming *naming, size_t slot)
{
	return (uint64_t)naming->leader << 32 | (uint32_t)slot;
}

static size_t find_slot(const struct naming *naming, const char *host)
{
	size_t i, free_slot = NAMING_MOST;

	for (i = 0; i < NAMING_MOST; i++) {
		const struct name *name = &naming->names[i];

		if (name->host && !strcasecmp(name->host, host))
			return i;
		if (!name->host && free_slot == NAMING_MOST)
			free_slot = i;
	}
	return free_slot;
}

/* 0, -ENOMEM; -ENOSPC: there are too many names. */
static int take_name(struct naming *naming, const struct event_backend *backend)
{
	size_t slot = find_slot(naming, backend->host);
	struct name *name = &naming->names[slot];

	if (slot == NAMING_MOST)
		return -ENOSPC;
	if (!name->host)
		name->host = strdup(backend->host);
	if (!name->host)
		return -ENOMEM;
	name->wanted = true;
	naming->slots[backend->index] = (uint16_t)slot;
	return 0;
}

static bool is_resolvable(const struct event_backend *backend)
{
	return backend->header.flags & BACKEND_NAMED && !(backend->header.flags & BACKEND_UNIX) &&
	       backend->host[0];
}

static void drop_name(struct inventory *inventory, const struct group *group, size_t slot)
{
	struct name *name = &group->configured->naming->names[slot];

	resolver_forget(inventory->resolver, make_id(group->configured->naming, slot));
	free(name->host);
	memset(name, 0, sizeof(*name));
}

static int give_address(const struct group *group, uint32_t index, uint32_t flags,
			const struct event_address *address, const struct name *name,
			const struct inventory_callbacks *callbacks)
{
	const struct group_config *configured = group->configured;
	const struct event_backend *backend = &configured->config.backends[index];
	struct event_backend_address record;

	memset(&record, 0, sizeof(record));
	record.header.type = EVENT_BACKEND_ADDRESS;
	record.header.size_bytes = sizeof(record);
	record.header.flags = flags | (name->from_hosts ? BACKEND_ADDRESS_HOSTS : 0);
	record.header.time_ns = name->resolved_ns;
	record.owner = group->announced.owner;
	record.generation = configured->generation;
	record.index = index;
	record.ttl_seconds = name->ttl_seconds;
	if (address) {
		record.address = *address;
		record.address.port = backend->address.port;
	} else {
		record.error = name->error;
	}
	return callbacks->sink(callbacks->context, &record.header);
}

static bool is_among(const struct event_address *addresses, size_t count,
		     const struct event_address *address)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (endpoint_same_host(&addresses[i], address))
			return true;
	return false;
}

/* The difference between `before` and what the name has now, for one backend. */
static int give_changes(const struct group *group, uint32_t index, const struct name *before,
			const struct name *now, const struct inventory_callbacks *callbacks)
{
	int err = 0;
	size_t i;

	for (i = 0; i < now->count && !err; i++)
		if (!is_among(before->addresses, before->count, &now->addresses[i]))
			err = give_address(group, index, 0, &now->addresses[i], now, callbacks);
	for (i = 0; i < before->count && !err; i++)
		if (!is_among(now->addresses, now->count, &before->addresses[i]))
			err = give_address(group, index, BACKEND_ADDRESS_GONE,
					   &before->addresses[i], now, callbacks);
	if (!err && now->has_answer && !now->count &&
	    (!before->has_answer || before->count || before->error != now->error))
		err = give_address(group, index, BACKEND_ADDRESS_FAILED, NULL, now, callbacks);
	return err;
}

static int give_to_all(const struct group *group, size_t slot, const struct name *before,
		       const struct name *now, const struct inventory_callbacks *callbacks)
{
	const struct naming *naming = group->configured->naming;
	int err = 0;
	uint32_t i;

	for (i = 0; i < naming->backend_count && !err; i++)
		if (naming->slots[i] == slot)
			err = give_changes(group, i, before, now, callbacks);
	return err;
}

/* What prevents a name from being looked up is noted; the others go on. */
static int ask(struct inventory *inventory, const struct group *group, size_t slot,
	       const struct inventory_callbacks *callbacks)
{
	const struct name *name = &group->configured->naming->names[slot];
	const struct resolver_place place = {
		.proc = inventory->proc,
		.root = group->configured->place.root,
		.tgid = group->leader,
		.netns = group->announced.netns,
	};
	char text[EVENT_TEXT_BYTES + EVENT_HOST_BYTES];
	int err = resolver_ask(inventory->resolver, &place, name->host,
			       make_id(group->configured->naming, slot));

	if (!err || err == -ENOMEM)
		return err;
	snprintf(text, sizeof(text), "%s is not looked up: %s", name->host,
		 err == -ENOSPC	  ? "there are too many names"
		 : err == -EINVAL ? "no name that DNS can have"
				  : strerror(-err));
	return group_config_note(group, err == -ENOSPC ? CONFIG_BOUNDED : CONFIG_SKIPPED,
				 group->configured->place.files[0], text, callbacks);
}

/* Asks for the names that are new, gives what is known of the others, drops the rest. */
static int settle_names(struct inventory *inventory, const struct group *group,
			const struct inventory_callbacks *callbacks)
{
	static const struct name nothing;
	struct naming *naming = group->configured->naming;
	int err = 0;
	size_t i;

	for (i = 0; i < NAMING_MOST && !err; i++) {
		struct name *name = &naming->names[i];

		if (!name->host)
			continue;
		if (!name->wanted) {
			drop_name(inventory, group, i);
			continue;
		}
		err = ask(inventory, group, i, callbacks);
		if (!err && name->has_answer)
			err = give_to_all(group, i, &nothing, name, callbacks);
	}
	return err;
}

static int take_names(const struct group *group, const struct inventory_callbacks *callbacks)
{
	const struct config *config = &group->configured->config;
	struct naming *naming = group->configured->naming;
	bool too_many = false;
	int err = 0;
	size_t i;

	for (i = 0; i < NAMING_MOST; i++)
		naming->names[i].wanted = false;
	for (i = 0; i < config->backend_count; i++)
		naming->slots[i] = NAMING_NONE;
	for (i = 0; i < config->backend_count && !err; i++) {
		if (is_resolvable(&config->backends[i]))
			err = take_name(naming, &config->backends[i]);
		if (err == -ENOSPC) {
			too_many = true;
			err = 0;
		}
	}
	if (!err && too_many)
		err = group_config_note(group, CONFIG_BOUNDED, group->configured->place.files[0],
					"more names than are looked up", callbacks);
	return err;
}

static bool has_names(const struct config *config)
{
	size_t i;

	for (i = 0; i < config->backend_count; i++)
		if (is_resolvable(&config->backends[i]))
			return true;
	return false;
}

static int make_room(struct group_config *configured)
{
	const size_t count = configured->config.backend_count;
	uint16_t *slots;

	if (!configured->naming)
		configured->naming = calloc(1, sizeof(*configured->naming));
	if (!configured->naming)
		return -ENOMEM;
	slots = reallocarray(configured->naming->slots, count + 1, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	configured->naming->slots = slots;
	configured->naming->backend_count = count;
	return 0;
}

int naming_begin(struct inventory *inventory, struct group *group,
		 const struct inventory_callbacks *callbacks)
{
	struct group_config *configured = group->configured;
	int err = 0;

	if (configured->place.root < 0 || !has_names(&configured->config)) {
		naming_free(inventory, configured);
		return 0;
	}
	if (!inventory->resolver)
		err = resolver_new(inventory->options.no_resolve, &inventory->resolver);
	if (err && err != -ENOMEM)
		return group_config_note(group, CONFIG_UNREADABLE, configured->place.files[0],
					 "names cannot be looked up on this host", callbacks);
	if (!err)
		err = make_room(configured);
	if (!err) {
		configured->naming->leader = group->leader;
		err = take_names(group, callbacks);
	}
	return err ? err : settle_names(inventory, group, callbacks);
}

struct turn {
	struct inventory *inventory;
	const struct inventory_callbacks *callbacks;
};

static int on_answer(void *context, const struct resolver_answer *answer)
{
	const struct turn *turn = context;
	uint32_t leader = (uint32_t)(answer->id >> 32);
	size_t slot = (uint32_t)answer->id;
	const struct naming *naming;
	struct name before, *name;
	struct group *group;

	HASH_FIND(hh, turn->inventory->groups, &leader, sizeof(leader), group);
	naming = group && group->configured ? group->configured->naming : NULL;
	if (!naming || slot >= NAMING_MOST || !naming->names[slot].host)
		return 0;
	name = &group->configured->naming->names[slot];
	before = *name;
	name->has_answer = true;
	name->error = answer->error;
	name->resolved_ns = clock_now_ns();
	name->from_hosts = answer->from_hosts;
	name->ttl_seconds = answer->ttl_seconds;
	/* a name server that fails says nothing of what the name has */
	if (answer->count || answer->error == 0 || answer->error == 3) {
		name->count = answer->count < RESOLVER_ADDRESSES_MOST ? answer->count
								      : RESOLVER_ADDRESSES_MOST;
		memcpy(name->addresses, answer->addresses,
		       name->count * sizeof(name->addresses[0]));
	}
	return give_to_all(group, slot, &before, name, turn->callbacks);
}

int naming_turn(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	struct turn turn = { inventory, callbacks };

	if (!inventory->resolver)
		return 0;
	return resolver_turn(inventory->resolver, clock_now_ns(), on_answer, &turn);
}

size_t naming_addresses(const struct group_config *configured, uint32_t index,
			const struct event_address **addresses)
{
	const struct naming *naming = configured->naming;
	const struct name *name;

	if (!naming || index >= naming->backend_count || naming->slots[index] == NAMING_NONE)
		return 0;
	name = &naming->names[naming->slots[index]];
	*addresses = name->addresses;
	return name->count;
}

void naming_free(struct inventory *inventory, struct group_config *configured)
{
	struct naming *naming = configured->naming;
	size_t i;

	if (!naming)
		return;
	for (i = 0; i < NAMING_MOST; i++) {
		if (!naming->names[i].host)
			continue;
		resolver_forget(inventory->resolver, make_id(naming, i));
		free(naming->names[i].host);
	}
	free(naming->slots);
	free(naming);
	configured->naming = NULL;
}
