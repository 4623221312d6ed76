// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "user/inventory/behaviour.h"
#include "user/inventory/names.h"

static size_t address_bytes(const struct event_address *address)
{
	return address->family == 4 ? 4 : 16;
}

static bool is_loopback(const struct event_address *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	if (address->family == 4)
		return address->bytes[0] == 127;
	return !memcmp(address->bytes, loopback, sizeof(loopback));
}

static bool is_any(const struct event_address *address)
{
	static const uint8_t any[16];

	return !memcmp(address->bytes, any, address_bytes(address));
}

/* Whether a connection to `address` arrives at `listener`; [::] takes IPv4 too. */
static bool is_served_by(const struct event_address *address, const struct event_address *listener)
{
	if (address->port != listener->port)
		return false;
	if (is_any(listener))
		return address->family == listener->family || listener->family == 6;
	return address->family == listener->family &&
	       !memcmp(address->bytes, listener->bytes, address_bytes(address));
}

static const struct sockets_entry *listener_of(const struct event_address *address,
					       const struct sockets_inodes *owned,
					       const struct sockets_table *listeners)
{
	uint32_t i;

	for (i = 0; i < owned->count; i++) {
		const struct sockets_entry *listener = sockets_find(listeners, owned->inodes[i]);

		if (listener && is_served_by(address, &listener->local))
			return listener;
	}
	return NULL;
}

bool behaviour_listens(const struct sockets_inodes *inodes, const struct sockets_table *listeners)
{
	uint32_t i;

	for (i = 0; i < inodes->count; i++)
		if (sockets_find(listeners, inodes->inodes[i]))
			return true;
	return false;
}

bool behaviour_shares_listener(const struct sockets_inodes *left,
			       const struct sockets_inodes *right,
			       const struct sockets_table *listeners)
{
	uint32_t i = 0, j = 0;

	while (i < left->count && j < right->count) {
		if (left->inodes[i] < right->inodes[j])
			i++;
		else if (left->inodes[i] > right->inodes[j])
			j++;
		else if (sockets_find(listeners, left->inodes[i]))
			return true;
		else
			i++;
	}
	return false;
}

/* Accepted by somebody: at a listener of another process that handed the connection over. */
static bool is_accepted(const struct event_address *local, const struct sockets_table *listeners)
{
	uint32_t i;

	for (i = 0; i < listeners->count; i++)
		if (is_served_by(local, &listeners->entries[i].local))
			return true;
	return false;
}

bool behaviour_is_balancer(const struct sockets_inodes *own, const struct sockets_inodes *inherited,
			   const struct sockets_table *listeners,
			   const struct sockets_table *connections)
{
	const struct sockets_inodes *served = inherited ? inherited : own;
	bool accepted = false, connected = false;
	uint32_t i;

	for (i = 0; i < own->count && !(accepted && connected); i++) {
		const struct sockets_entry *entry = sockets_find(connections, own->inodes[i]);

		if (!entry)
			continue;
		if (listener_of(&entry->local, served, listeners)) {
			accepted |= !names_is_service_port(entry->local.port);
			continue;
		}
		if (is_accepted(&entry->local, listeners) || is_loopback(&entry->remote) ||
		    names_is_service_port(entry->remote.port) ||
		    listener_of(&entry->remote, served, listeners))
			continue;
		connected = true;
	}
	return accepted && connected;
}
