/* SPDX-License-Identifier: GPL-2.0-only */
/* The load balancers of this host. Facts leave as records; nothing else of the program reads /proc. */
#ifndef LBTRACE_USER_INVENTORY_INVENTORY_H
#define LBTRACE_USER_INVENTORY_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/lib/record.h"

#define INVENTORY_PIDS_MAX 64
#define INVENTORY_COMMS_MAX 16

struct inventory_options {
	uint32_t pids[INVENTORY_PIDS_MAX]; /* --pid: only these, and their children */
	uint32_t pid_count;
	char comms[INVENTORY_COMMS_MAX][EVENT_COMM_BYTES]; /* --comm: only processes of this name */
	uint32_t comm_count;
	uint32_t netns; /* --netns: only processes with this namespace; 0: all */
};

struct inventory;

/* `options` is copied; NULL: none. 0, or -ENOMEM or -errno when there is no /proc (message said). */
int inventory_new(const struct inventory_options *options, struct inventory **inventory);
/* NULL is allowed. */
void inventory_free(struct inventory *inventory);

/* Looks at the host. For each process of a load balancer that is new since the last look, or whose
 * group or name is another, calls `follow` (its error ends the look), for each that is gone
 * `forget`; gives EVENT_LOAD_BALANCER and EVENT_LISTENER records to `sink` for what is new or
 * changed, EVENT_RESOURCE records for what is near a limit, and EVENT_PROCESS records for old workers
 * after a reload (its error ends the look, too). Found by name, and by behaviour: accepts on a listener
 * and connects out; with --pid or --comm by these alone. New names are seen by the next look,
 * behaviour within about ten. A process that vanishes while looked at is skipped; lbtrace itself is
 * never one. To be called about every second: costs about 1.5 ms with 300 processes.
 * A load balancer without a TCP listener is given with its third look (`nginx -t` is gone by then).
 * Needs CAP_SYS_PTRACE for the descriptors and namespaces of others; CAP_SYS_ADMIN (setns) for
 * sock_diag in other network namespaces, without which it falls back to /proc/PID/net/tcp, slower
 * and with backlog_max 0. The thread is back in its own namespace on return.
 * Returns how many load balancer processes there are, or -errno. */
struct inventory_callbacks {
	int (*follow)(void *context, const struct event_owner *owner);
	void (*forget)(void *context, uint32_t tgid);
	record_sink sink;
	void *context;
};
int inventory_look(struct inventory *inventory, const struct inventory_callbacks *callbacks);

/* The inode number of a network namespace named as --netns takes it: a path (it holds a '/'), a name
 * of `ip netns`, or a pid; a name comes before a pid.
 * 0 and *inode; -EINVAL: something else than a network namespace; or -errno (message said). */
int inventory_netns(const char *text, uint32_t *inode);

/* Gives an EVENT_NEIGHBOUR record for each entry that the kernel has for `address` (RTM_GETNEIGH) in
 * this namespace, unless --netns is another, and in those of the load balancers of the last look;
 * `netns` in the record says where. Entering another namespace needs CAP_SYS_ADMIN.
 * 0 (also when there is none), the sink's error, or -errno. */
int inventory_neighbour(struct inventory *inventory, const struct event_address *address,
			record_sink sink, void *context);

/* The TLS library that the process has loaded: its path as the process sees it, below
 * /proc/TGID/root for others. 0; -ENOENT: it has loaded none; -ESTALE: its file was replaced since;
 * -ENAMETOOLONG; or -errno of reading /proc/TGID/maps. */
int inventory_tls_library(struct inventory *inventory, uint32_t tgid, char *path, size_t bytes);

/* Gives an EVENT_HOST_PORT record when `address` (with its port) is one of this host's: in namespace
 * `netns`, which the load balancer is in, or in just one other that a process is in. A loopback
 * address is always that of `netns`. Nothing with --netns. Entering another namespace needs
 * CAP_SYS_ADMIN. 0 (also when it is not of this host), the sink's error, or -errno. */
int inventory_host_port(struct inventory *inventory, const struct event_address *address,
			uint32_t netns, record_sink sink, void *context);

#endif
