/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the inventory for the state of what an attempt shows may be at fault: the next hop, or a
 * listener of this host. */
#ifndef LBTRACE_USER_CMD_NEIGHBOURS_H
#define LBTRACE_USER_CMD_NEIGHBOURS_H

#include <stdint.h>

#include "user/inventory/inventory.h"
#include "user/lib/record.h"

#define NEIGHBOURS_SLOTS 64
#define NEIGHBOURS_PORT_SLOTS 1024

/* When an address was asked for last, by its hash: two that fall together share their second, so
 * that the answers stay bounded however many backends fail. Zeroed to begin. */
struct neighbours {
	uint64_t asked_ns[NEIGHBOURS_SLOTS];
	uint64_t listener_asked_ns[NEIGHBOURS_PORT_SLOTS]; /* the same for addresses with a port */
};

/* Gives an EVENT_NEIGHBOUR record to `sink` when the attempt is one of an unreachable host, at most
 * once a second for each address; an EVENT_HOST_PORT record when the backend is on this host, at most
 * four times a second for each port. 0 or the sink's error; what the kernel does not tell is no error. */
int neighbours_ask(struct neighbours *neighbours, struct inventory *inventory,
		   const struct event_attempt *attempt, record_sink sink, void *context);

#endif
