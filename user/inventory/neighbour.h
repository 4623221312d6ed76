/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's neighbour table (ARP, NDP). */
#ifndef LBTRACE_USER_INVENTORY_NEIGHBOUR_H
#define LBTRACE_USER_INVENTORY_NEIGHBOUR_H

#include <stdint.h>

#include "user/lib/record.h"

/* Gives an EVENT_NEIGHBOUR record for each entry of `address` (one per interface) in namespace
 * `netns`, which process `tgid` is in (tgid 0: the caller's own). 0, the sink's error or -errno. */
int neighbour_look_up(int proc, uint32_t tgid, uint32_t netns, const struct event_address *address,
		      record_sink sink, void *context);

#endif
