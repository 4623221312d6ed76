/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc tells of the network namespace of a process: no need to enter it. */
#ifndef LBTRACE_USER_INVENTORY_ADDRESSES_H
#define LBTRACE_USER_INVENTORY_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"

/* Whether the namespace of `tgid` has this address as its own (/proc/PID/net/fib_trie, if_inet6). Also
 * false when that cannot be read. */
bool addresses_has(int proc, uint32_t tgid, const struct event_address *address);

/* A counter of the namespace of `tgid`, by its name in the TcpExt lines of /proc/PID/net/netstat; 0
 * when it is not there. */
uint64_t addresses_counter(int proc, uint32_t tgid, const char *name);

#endif
