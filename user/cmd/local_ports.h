/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the inventory what listens on the ports of configured backends that are on this host. */
#ifndef LBTRACE_USER_CMD_LOCAL_PORTS_H
#define LBTRACE_USER_CMD_LOCAL_PORTS_H

#include <stddef.h>
#include <stdint.h>

#include "user/inventory/inventory.h"
#include "user/lib/record.h"

#define LOCAL_PORTS_MAX 4096 /* what is beyond is not asked for */

struct local_port;

/* Zeroed to begin. */
struct local_ports {
	struct local_port *known; /* by address and namespace */
	struct local_port *waiting, *last; /* of these, not asked for yet, oldest first */
	size_t count;
};

/* Remembers the address of an EVENT_BACKEND or EVENT_BACKEND_ADDRESS record; ignores others.
 * 0 or -ENOMEM. */
int local_ports_note(struct local_ports *ports, const struct event_header *record);

/* Asks for those that were not asked for yet, for about 20 ms: EVENT_HOST_PORT records go to `sink`.
 * 0 or the sink's error; what the kernel does not tell is no error. Not to be called from a sink of
 * the inventory. */
int local_ports_ask(struct local_ports *ports, struct inventory *inventory, record_sink sink,
		    void *context);

/* Frees what it holds. */
void local_ports_clear(struct local_ports *ports);

#endif
