// SPDX-License-Identifier: GPL-2.0-only
/* The sockets of the network namespaces that matter, read at most once in a look. */
#include <stdlib.h>
#include <string.h>

#include "user/inventory/netlink.h"
#include "user/inventory/state.h"
#include "user/lib/clock.h"

/* Not ordered: the same listeners give the same number however the kernel lists them. */
static uint64_t sign(const struct sockets_table *table)
{
	uint64_t signature = table->count;
	uint32_t i;

	for (i = 0; i < table->count; i++)
		signature += (table->entries[i].inode + 1) * 0x9e3779b97f4a7c15ull;
	return signature;
}

static struct network *new_network(struct inventory *inventory, uint32_t inode)
{
	struct network *network = calloc(1, sizeof(*network));

	if (!network)
		return NULL;
	network->inode = inode;
	HASH_ADD(hh, inventory->networks, inode, sizeof(inode), network);
	return network;
}

/* Where sock_diag cannot be had (no tcp_diag, no right to enter the namespace) /proc does, slowly. */
static int read_sockets(const struct inventory *inventory, uint32_t inode, uint32_t tgid,
			uint32_t states, struct sockets_table *table)
{
	int err = netlink_read_sockets(inventory->proc, tgid, inode, states, table);

	return err ? sockets_read(inventory->proc, tgid, states, table) : 0;
}

struct network *networks_get(struct inventory *inventory, uint32_t inode, uint32_t tgid)
{
	struct network *network;

	HASH_FIND(hh, inventory->networks, &inode, sizeof(inode), network);
	if (!network)
		network = new_network(inventory, inode);
	if (!network)
		return NULL;
	if (network->look == inventory->look)
		return network;
	if (read_sockets(inventory, inode, tgid, 1u << SOCKETS_LISTEN, &network->listeners))
		return NULL;
	network->tgid = tgid;
	network->look = inventory->look;
	network->signature = sign(&network->listeners);
	return network;
}

bool networks_has_turn(const struct inventory *inventory, const struct network *network)
{
	return network->connections_look == inventory->look ||
	       clock_now_ns() >= network->connections_next_ns;
}

const struct sockets_table *networks_connections(struct inventory *inventory,
						 struct network *network)
{
	uint64_t start_ns, end_ns;
	int err;

	if (network->connections_look == inventory->look)
		return &network->connections;
	if (!networks_has_turn(inventory, network))
		return NULL;
	start_ns = clock_now_ns();
	err = read_sockets(inventory, network->inode, network->tgid, SOCKETS_OPEN,
			   &network->connections);
	end_ns = clock_now_ns();
	network->connections_next_ns = end_ns + (end_ns - start_ns) * STATE_REST_CONNECTIONS;
	if (err)
		return NULL;
	network->connections_look = inventory->look;
	return &network->connections;
}

static void free_network(struct inventory *inventory, struct network *network)
{
	HASH_DEL(inventory->networks, network);
	sockets_table_free(&network->listeners);
	sockets_table_free(&network->connections);
	free(network);
}

void networks_settle(struct inventory *inventory)
{
	struct network *network, *next;

	HASH_ITER(hh, inventory->networks, network, next) {
		sockets_table_free(&network->connections);
		if (inventory->look - network->look > STATE_SWEEP_LOOKS)
			free_network(inventory, network);
	}
}

void networks_free(struct inventory *inventory)
{
	struct network *network, *next;

	HASH_ITER(hh, inventory->networks, network, next)
		free_network(inventory, network);
}
