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
	bool no_config; /* configurations are not read: backends go by address alone */
	bool no_resolve; /* no name server is ever asked; /etc/hosts still counts */
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
 * after a reload (its error ends the look, too). For each load balancer it also gives EVENT_CONFIG and
 * EVENT_BACKEND records: its configuration as of when it began or reloaded last, EVENT_BACKEND_ADDRESS
 * for the names in it, EVENT_BACKEND_STATUS where it has a stats socket, and EVENT_CONTAINER. Found by name, and by behaviour: accepts on a listener
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

/* Between two looks: gives the sink what has been answered since by name servers and stats sockets.
 * May be left out, then it comes with the next look. Costs nothing when nothing is under way, and
 * waits for nothing. 0, the sink's error, or -ENOMEM. */
int inventory_turn(struct inventory *inventory, const struct inventory_callbacks *callbacks);

/* Whether everything is known of the load balancers of the last look that can be known without
 * watching: configurations, the first answers of name servers and stats sockets. False before the
 * third look, and as long as a question is under way; each is given up after some seconds. */
bool inventory_settled(const struct inventory *inventory);

/* A backend of a load balancer's configuration as of now. */
struct inventory_backend {
	const struct event_backend *backend; /* as it was given to the sink */
	/* With their ports: its own, or those that its name has by now, or that the load balancer says */
	const struct event_address *addresses;
	size_t address_count; /* 0: not known */
	uint32_t tgid; /* a process in backend->netns */
};
typedef int (*inventory_backend_take)(void *context, const struct inventory_backend *backend);

/* Calls `take` with each configured backend of every load balancer, in the order of its
 * configuration, until it returns not 0. What it points to is valid during the call only. 0, or what
 * `take` returned. */
int inventory_configured(struct inventory *inventory, inventory_backend_take take, void *context);

/* A socket (AF_..., SOCK_...; close-on-exec is added) made in namespace `netns`, which a process of
 * the last look is in. Another namespace than the own one needs CAP_SYS_ADMIN, permitted at least.
 * Its descriptor, -ESTALE when nobody is in `netns`, or -errno. */
int inventory_socket(struct inventory *inventory, uint32_t netns, int family, int type);

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
