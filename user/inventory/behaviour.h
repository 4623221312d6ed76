/* SPDX-License-Identifier: GPL-2.0-only */
/* Load balancers known by what they do. */
#ifndef LBTRACE_USER_INVENTORY_BEHAVIOUR_H
#define LBTRACE_USER_INVENTORY_BEHAVIOUR_H

#include <stdbool.h>

#include "user/inventory/sockets.h"

/* Whether a process of no known name behaves as a load balancer: it has, at this moment, a
 * connection accepted at a listener and one that it made. `own` are its sockets; `inherited` those
 * of the parent whose listener it serves when it has none itself (a process per connection), or
 * NULL; `listeners` and `connections` are its namespace's.
 *
 * An application that calls a database has the same shape. So what is accepted at, or leads to, a
 * port of another service (names_is_service_port()) does not count, nor does what leads to
 * loopback (helpers: agents, caches, sidecars) or to a listener of its own. */
bool behaviour_is_balancer(const struct sockets_inodes *own, const struct sockets_inodes *inherited,
			   const struct sockets_table *listeners,
			   const struct sockets_table *connections);

/* Whether both have a listener in common: parent and child of one program. */
bool behaviour_shares_listener(const struct sockets_inodes *left,
			       const struct sockets_inodes *right,
			       const struct sockets_table *listeners);

/* Whether one of `inodes` is a listener. */
bool behaviour_listens(const struct sockets_inodes *inodes, const struct sockets_table *listeners);

#endif
