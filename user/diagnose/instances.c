// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/instances.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Without memory an entry is not added, and the caller says -ENOMEM. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/lib/endpoint.h"

struct instance {
	uint32_t group;
	struct report_balancer balancer;
	UT_hash_handle hh;
};

struct instances {
	struct instance *table;
};

struct instances *instances_new(void)
{
	return calloc(1, sizeof(struct instances));
}

void instances_free(struct instances *instances)
{
	struct instance *instance, *next;

	if (!instances)
		return;
	HASH_ITER(hh, instances->table, instance, next) {
		HASH_DEL(instances->table, instance);
		free(instance->balancer.listeners);
		free(instance);
	}
	free(instances);
}

/* 0 and the instance of owner->group, NULL when there are too many; or -ENOMEM. */
static int find_or_add(struct instances *instances, const struct event_owner *owner,
		       struct instance **instance)
{
	struct instance *found;

	HASH_FIND(hh, instances->table, &owner->group, sizeof(owner->group), found);
	*instance = found;
	if (found || HASH_COUNT(instances->table) >= INSTANCES_MAX)
		return 0;
	found = calloc(1, sizeof(*found));
	if (!found)
		return -ENOMEM;
	found->group = owner->group;
	found->balancer.owner = *owner;
	found->balancer.owner.tgid = owner->group;
	found->balancer.owner.tid = owner->group;
	HASH_ADD(hh, instances->table, group, sizeof(found->group), found);
	if (!found->hh.tbl) {
		free(found);
		return -ENOMEM;
	}
	*instance = found;
	return 0;
}

int instances_note_owner(struct instances *instances, const struct event_owner *owner)
{
	struct instance *instance;

	/* The counters of all backends that found no room are nobody's. */
	return owner->group ? find_or_add(instances, owner, &instance) : 0;
}

int instances_note_balancer(struct instances *instances, const struct event_load_balancer *found)
{
	struct instance *instance;
	int err = find_or_add(instances, &found->owner, &instance);

	if (err || !instance)
		return err;
	instance->balancer.owner.kind = found->owner.kind;
	memcpy(instance->balancer.owner.comm, found->owner.comm, sizeof(found->owner.comm));
	memcpy(instance->balancer.config, found->config, sizeof(found->config));
	return 0;
}

int instances_note_tls(struct instances *instances, const struct event_tls *tls)
{
	struct instance *instance;
	int err = find_or_add(instances, &tls->owner, &instance);

	if (err || !instance || (tls->state == TLS_SEEN && instance->balancer.tls))
		return err;
	instance->balancer.tls = tls->state;
	return 0;
}

int instances_note_container(struct instances *instances, const struct event_container *container)
{
	struct instance *instance;
	int err = find_or_add(instances, &container->owner, &instance);

	if (err || !instance)
		return err;
	instance->balancer.container = *container;
	return 0;
}

int instances_note_listener(struct instances *instances, const struct event_listener *listener)
{
	struct report_balancer *balancer;
	struct event_address *listeners;
	struct instance *instance;
	int err = find_or_add(instances, &listener->owner, &instance);

	if (err || !instance)
		return err;
	balancer = &instance->balancer;
	for (size_t i = 0; i < balancer->listener_count; i++) {
		if (endpoint_equal(&balancer->listeners[i], &listener->address))
			return 0;
	}
	if (balancer->listener_count >= INSTANCES_LISTENERS_MAX)
		return 0;
	listeners =
		reallocarray(balancer->listeners, balancer->listener_count + 1, sizeof(*listeners));
	if (!listeners)
		return -ENOMEM;
	listeners[balancer->listener_count++] = listener->address;
	balancer->listeners = listeners;
	return 0;
}

static int compare_rows(const void *left, const void *right)
{
	const struct report_balancer *a = left, *b = right;

	return a->owner.group < b->owner.group ? -1 : a->owner.group > b->owner.group;
}

int instances_report(const struct instances *instances, struct report_balancer **rows,
		     size_t *count)
{
	struct instance *instance, *next;
	struct report_balancer *made;

	*count = 0;
	made = calloc(HASH_COUNT(instances->table) + 1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	HASH_ITER(hh, instances->table, instance, next)
		made[(*count)++] = instance->balancer;
	qsort(made, *count, sizeof(*made), compare_rows);
	*rows = made;
	return 0;
}
