// SPDX-License-Identifier: GPL-2.0-only
/* Who listens at a backend's address, when that address is one of this host's. */
#include <errno.h>
#include <string.h>

#include "user/inventory/addresses.h"
#include "user/inventory/netlink.h"
#include "user/inventory/state.h"
#include "user/lib/clock.h"
#include "user/lib/endpoint.h"

/* Network namespaces looked through for an address. */
#define NAMESPACES_MAX 512
/* Where an address is, or that it is elsewhere, is believed this long. */
#define PLACE_NS (10 * CLOCK_NS_PER_SECOND)

static size_t address_bytes(const struct event_address *address)
{
	return address->family == 4 ? 4 : 16;
}

static bool is_loopback(const struct event_address *address)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	return address->family == 4 ? address->bytes[0] == 127
				    : !memcmp(address->bytes, loopback6, sizeof(loopback6));
}

static bool is_among(const uint32_t *seen, size_t count, uint32_t netns)
{
	for (size_t i = 0; i < count; i++)
		if (seen[i] == netns)
			return true;
	return false;
}

/* The one namespace, besides `own`, that has the address; none or several: place->netns is 0. */
static void search(struct inventory *inventory, uint32_t own, struct address_place *place)
{
	uint32_t seen[NAMESPACES_MAX] = { own };
	struct known_process *process;
	size_t count = 1;

	place->netns = 0;
	for (process = inventory->processes; process; process = process->hh.next) {
		if (count == NAMESPACES_MAX || !processes_read_netns(inventory, process) ||
		    is_among(seen, count, process->netns))
			continue;
		seen[count++] = process->netns;
		if (!addresses_has(inventory->proc, process->tgid, &place->address))
			continue;
		if (place->netns) {
			place->netns = 0;
			return;
		}
		place->netns = process->netns;
	}
}

/* Where the address is, as seen from namespace `own`; netns 0: not on this host, as far as known. */
static const struct address_place *find_place(struct inventory *inventory,
					      const struct event_address *address, uint32_t own)
{
	struct address_place *place = &inventory->places[0];
	uint64_t now_ns = clock_now_ns();
	uint32_t tgid;

	for (size_t i = 0; i < STATE_PLACES; i++) {
		struct address_place *known = &inventory->places[i];

		if (known->seen_from == own && known->until_ns > now_ns &&
		    endpoint_same_host(&known->address, address))
			return known;
		if (known->until_ns < place->until_ns)
			place = known;
	}
	place->address = *address;
	place->seen_from = own;
	place->netns = own;
	tgid = processes_in_netns(inventory, own);
	if (!is_loopback(address) && (!tgid || !addresses_has(inventory->proc, tgid, address)))
		search(inventory, own, place);
	place->until_ns = now_ns + PLACE_NS;
	return place;
}

/* sock_diag tells more, but has to enter the namespace. */
static int read_listeners(int proc, uint32_t tgid, uint32_t netns, struct sockets_table *table)
{
	int err = netlink_read_sockets(proc, tgid, netns, 1u << SOCKETS_LISTEN, table);

	return err ? sockets_read(proc, tgid, 1u << SOCKETS_LISTEN, table) : 0;
}

static bool is_wildcard(const struct event_address *address)
{
	static const uint8_t zero[16];

	return !memcmp(address->bytes, zero, address_bytes(address));
}

/* What a listener of the port means for the address. */
static uint32_t flags_of(const struct sockets_entry *listener, const struct event_address *address)
{
	const struct event_address *bound = &listener->local;

	if (is_loopback(bound) && !is_loopback(address))
		return HOST_PORT_LOOPBACK;
	if (bound->family != address->family) {
		if (bound->family == 6 && is_wildcard(bound) && !listener->ipv6_only)
			return HOST_PORT_LISTENS;
		/* One at a certain address of the other family may be quite another service. */
		return is_wildcard(bound) || is_loopback(bound) ? HOST_PORT_OTHER_FAMILY
								: HOST_PORT_OTHER_ADDRESS;
	}
	return is_wildcard(bound) || endpoint_same_host(bound, address) ? HOST_PORT_LISTENS
									: HOST_PORT_OTHER_ADDRESS;
}

static void fill_listener(const struct sockets_table *listeners, struct event_host_port *record)
{
	for (uint32_t i = 0; i < listeners->count; i++) {
		const struct sockets_entry *listener = &listeners->entries[i];
		uint32_t flags;

		if (listener->local.port != record->address.port)
			continue;
		flags = flags_of(listener, &record->address);
		record->header.flags |= flags;
		if (flags != HOST_PORT_LISTENS && record->inode)
			continue;
		record->inode = listener->inode;
		record->backlog = listener->backlog;
		record->backlog_max = listener->backlog_max;
	}
}

int inventory_host_port(struct inventory *inventory, const struct event_address *address,
			uint32_t netns, record_sink sink, void *context)
{
	struct event_host_port record = { .address = *address };
	struct sockets_table listeners = { 0 };
	const struct address_place *place;
	uint32_t tgid;
	int err;

	if (inventory->options.netns || !netns || (address->family != 4 && address->family != 6))
		return 0;
	place = find_place(inventory, address, netns);
	tgid = place->netns ? processes_in_netns(inventory, place->netns) : 0;
	if (!tgid)
		return 0;
	err = read_listeners(inventory->proc, tgid, place->netns, &listeners);
	if (!err) {
		record.header.type = EVENT_HOST_PORT;
		record.header.size_bytes = sizeof(record);
		record.header.time_ns = clock_now_ns();
		record.netns = place->netns;
		record.syn_queue_drops =
			addresses_counter(inventory->proc, tgid, "TCPReqQFullDrop");
		record.accept_queue_drops =
			addresses_counter(inventory->proc, tgid, "ListenOverflows");
		fill_listener(&listeners, &record);
		err = sink(context, &record.header);
	} else if (err == -ENOENT) {
		err = 0;
	}
	sockets_table_free(&listeners);
	return err;
}
