// SPDX-License-Identifier: GPL-2.0-only
/* What is configured as of now, for those who ask once instead of watching. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "user/inventory/group_config.h"
#include "user/inventory/namespace.h"
#include "user/inventory/resolver.h"
#include "user/lib/endpoint.h"

/* A load balancer without a listener is given with its third look. */
#define SETTLED_LOOKS 3

static bool is_settled(const struct inventory *inventory, const struct group *group)
{
	const struct group_config *configured = group->configured;

	if (!group->announced.header.type || !configured)
		return false;
	if (inventory->options.no_config)
		return true;
	if (configured->unread || !configured->reload.leader_start)
		return false;
	return !configured->generation ||
	       (group_config_is_given(configured) && statuses_settled(configured));
}

bool inventory_settled(const struct inventory *inventory)
{
	const struct group *group;

	if (inventory->look < SETTLED_LOOKS)
		return false;
	for (group = inventory->groups; group; group = group->hh.next)
		if (group->processes && !is_settled(inventory, group))
			return false;
	return !inventory->resolver || resolver_idle(inventory->resolver);
}

#define ADDRESSES_MOST (RESOLVER_ADDRESSES_MOST + 1)

static size_t collect(const struct group_config *configured, const struct event_backend *backend,
		      struct event_address addresses[ADDRESSES_MOST])
{
	const struct event_address *told = statuses_address(configured, backend);
	const struct event_address *found = NULL;
	size_t i, count;

	/* what the load balancer itself says is all that it uses */
	if (told) {
		addresses[0] = *told;
		return 1;
	}
	if (backend->address.family) {
		addresses[0] = backend->address;
		return 1;
	}
	count = naming_addresses(configured, backend->index, &found);
	for (i = 0; i < count; i++) {
		addresses[i] = found[i];
		addresses[i].port = backend->address.port;
	}
	return count;
}

static int take_group(const struct group *group, inventory_backend_take take, void *context)
{
	const struct group_config *configured = group->configured;
	struct event_address addresses[ADDRESSES_MOST];
	int result = 0;
	size_t i;

	for (i = 0; i < configured->config.backend_count && !result; i++) {
		const struct event_backend *backend = &configured->config.backends[i];
		const struct inventory_backend taken = {
			.backend = backend,
			.addresses = addresses,
			.address_count = collect(configured, backend, addresses),
			.tgid = group->leader,
		};

		result = take(context, &taken);
	}
	return result;
}

int inventory_configured(struct inventory *inventory, inventory_backend_take take, void *context)
{
	const struct group *group;
	int result = 0;

	for (group = inventory->groups; group && !result; group = group->hh.next)
		if (group->configured && group_config_is_given(group->configured))
			result = take_group(group, take, context);
	return result;
}

struct socket_kind {
	int family, type;
};

static int make_socket(const void *context)
{
	const struct socket_kind *kind = context;
	int fd = socket(kind->family, kind->type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	return fd;
}

int inventory_socket(struct inventory *inventory, uint32_t netns, int family, int type)
{
	const struct socket_kind kind = { family, type };
	uint32_t tgid = processes_in_netns(inventory, netns);

	if (!tgid)
		return -ESTALE;
	return namespace_call(inventory->proc, tgid, netns, make_socket, &kind);
}
