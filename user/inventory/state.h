/* SPDX-License-Identifier: GPL-2.0-only */
/* What the inventory remembers between looks. Only for this module and its tests. */
#ifndef LBTRACE_USER_INVENTORY_STATE_H
#define LBTRACE_USER_INVENTORY_STATE_H

#include "user/inventory/inventory.h"
#include "user/inventory/process.h"
#include "user/inventory/sockets.h"
#include "user/lib/table.h"

/* Anything found about an unnamed process is looked at again after this many looks, or more when
 * there are so many processes that a look would have to take more than STATE_SWEEP of them. */
#define STATE_SWEEP_LOOKS 10
#define STATE_SWEEP 32
/* A process that began lately may be between fork and exec: its first looks all look again. */
#define STATE_YOUNG_LOOKS 3
#define STATE_YOUNG_SECONDS 10
/* Work whose cost grows with the host rests this many times as long as it took. */
#define STATE_REST_CONNECTIONS 1000
#define STATE_REST_DESCRIPTORS 50
#define STATE_GROUP_DEPTH_MAX 64

/* Whether a process is in the namespace of --netns. */
enum known_place {
	PLACE_UNKNOWN,
	PLACE_INSIDE,
	PLACE_OUTSIDE,
};

/* A process of this host. */
struct known_process {
	uint32_t tgid;
	uint32_t netns; /* 0: not read */
	uint64_t generation; /* of its directory in /proc: the inode number, another for a reused pid */
	uint64_t first_look;
	uint64_t seen_look;
	struct process_stat stat;
	int kind; /* enum balancer_kind by name, or -ENOENT */
	enum known_place place;
	bool behaves; /* as a load balancer */
	bool waits; /* for the connections' turn to be read, to tell how it behaves */
	bool balancer;
	bool followed;
	bool retired; /* told to be */
	struct event_owner owner; /* as followed */
	UT_hash_handle hh;
};

/* A network namespace that a load balancer, or what may be one, is in. */
struct network {
	uint32_t inode;
	uint32_t tgid; /* in it */
	uint64_t look; /* when the listeners were read */
	uint64_t group_look; /* when a load balancer was in it */
	uint64_t signature; /* of the listeners: changes with them */
	struct sockets_table listeners;
	struct sockets_table connections;
	uint64_t connections_look;
	uint64_t connections_next_ns;
	UT_hash_handle hh;
};

/* A load balancer: a leader and those it started. */
struct group {
	uint32_t leader;
	uint32_t processes; /* as of this look */
	uint64_t members; /* as of this look: changes with them */
	uint64_t first_look;
	uint64_t scanned; /* signature of network and members when the descriptors were read */
	uint64_t scan_next_ns;
	struct event_load_balancer announced; /* header.type 0: not yet */
	struct event_address *listeners; /* announced */
	uint32_t listener_count;
	struct group_config *configured; /* NULL: not looked at yet */
	UT_hash_handle hh;
};

#define STATE_PLACES 64

/* Where on this host an address is. */
struct address_place {
	struct event_address address; /* its port means nothing */
	uint32_t seen_from; /* namespace of who connects to it */
	uint32_t netns; /* which has it, 0: none, or more than one */
	uint64_t until_ns; /* believed so long */
};

struct limits;
struct resolver;

struct inventory {
	struct inventory_options options;
	int proc; /* descriptor of /proc */
	uint32_t self; /* own tgid, 0: not in `proc` */
	uint64_t look; /* counts from 1 */
	bool told_denied; /* that descriptors cannot be read */
	struct known_process *processes;
	struct network *networks;
	struct group *groups;
	struct limits *limits; /* NULL: not looked at yet */
	struct resolver *resolver; /* NULL: no name was looked up yet */
	const char *
		host_root; /* "/", where the runtimes of containers keep their files; NULL: nowhere */
	struct address_place places[STATE_PLACES];
};

/* inventory_new() with another tree for /proc. 0, -ENOMEM or -errno. */
int inventory_new_at(const char *proc, const struct inventory_options *options,
		     struct inventory **inventory);

/* processes.c: brings the table of processes up to date; calls `forget` for followed ones that are
 * gone or became another. 0, -ENOMEM or -errno when /proc cannot be listed. */
int processes_refresh(struct inventory *inventory, const struct inventory_callbacks *callbacks);
struct known_process *processes_find(struct inventory *inventory, uint32_t tgid);
bool processes_is_due(struct inventory *inventory, const struct known_process *process);
/* Reads its namespace unless known. False when it cannot be read. */
bool processes_read_netns(struct inventory *inventory, struct known_process *process);
/* A process in this namespace, 0: none. */
uint32_t processes_in_netns(struct inventory *inventory, uint32_t netns);
void processes_free(struct inventory *inventory);

/* networks.c: the namespace with its listeners as of this look; `tgid` is in it. NULL when they
 * cannot be read. */
struct network *networks_get(struct inventory *inventory, uint32_t inode, uint32_t tgid);
/* Whether its connections were read in this look, or may be. */
bool networks_has_turn(const struct inventory *inventory, const struct network *network);
/* Its connections as of this look; NULL when it is not their turn, or they cannot be read. */
const struct sockets_table *networks_connections(struct inventory *inventory,
						 struct network *network);
/* Ends a look: forgets connections, and the namespaces that were not asked for. */
void networks_settle(struct inventory *inventory);
void networks_free(struct inventory *inventory);

/* selection.c: decides for each process whether it is a load balancer's. 0 or -ENOMEM. */
int selection_apply(struct inventory *inventory);

/* groups.c: whose group a balancer's process is in; counts it there. NULL: out of memory. */
struct group *groups_join(struct inventory *inventory, struct known_process *process);
/* Gives the records of what is new, and forgets groups without processes. 0, -ENOMEM or the sink's
 * error. */
int groups_announce(struct inventory *inventory, const struct inventory_callbacks *callbacks);
void groups_free(struct inventory *inventory);

/* limits.c: gives EVENT_RESOURCE records of what is near its limit, or no longer. 0, -ENOMEM or the
 * sink's error. */
int limits_look(struct inventory *inventory, const struct inventory_callbacks *callbacks);
void limits_free(struct inventory *inventory);

/* retired.c: gives an EVENT_PROCESS record (PROCESS_RETIRED) for each worker that a reload has
 * replaced. 0 or the sink's error. */
int retired_look(struct inventory *inventory, const struct inventory_callbacks *callbacks);

#endif
