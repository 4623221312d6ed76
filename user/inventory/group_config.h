/* SPDX-License-Identifier: GPL-2.0-only */
/* What the configuration of a load balancer says, kept as long as the load balancer is there. Only for
 * this module and its tests. */
#ifndef LBTRACE_USER_INVENTORY_GROUP_CONFIG_H
#define LBTRACE_USER_INVENTORY_GROUP_CONFIG_H

#include "user/config/config.h"
#include "user/inventory/config_place.h"
#include "user/inventory/config_watch.h"
#include "user/inventory/state.h"

/* Files are looked at again this often, to tell whether they changed. */
#define GROUP_CONFIG_CHECK_NS (10 * CLOCK_NS_PER_SECOND)
/* A look spends no more than this on reading and giving configurations; the rest waits. */
#define GROUP_CONFIG_LOOK_NS (CLOCK_NS_PER_SECOND / 25)

/* What tells a reload from other comings and goings; see reload.c. */
struct reload {
	uint64_t leader_start; /* 0: not looked yet */
	uint64_t members; /* of the group, as of the last look */
	uint64_t newest_start; /* ticks: of the youngest worker that is accounted for */
	uint32_t newest; /* tgid, 0: none */
	bool steady; /* it was there in two looks */
	uint64_t doubtful_look; /* since when new workers may be a reload's, or not; 0: no doubt */
};

struct naming;
struct statuses;

struct group_config {
	struct place place;
	uint32_t placed_kind; /* enum balancer_kind + 1; 0: the place was not looked for yet */
	struct config config; /* its records are complete */
	struct config_watch watch;
	struct reload reload;
	uint32_t generation; /* 0: nothing was read yet */
	bool unread; /* to be read in this look, or one of the next */
	bool failed; /* it could not be read */
	bool newer_due; /* whether its files are newer than its processes is still to be told */
	bool apache_waits; /* its files changed, but not its processes yet */
	int64_t changed_epoch_ns; /* when */
	size_t given; /* records given: CONFIG_READ, notes, backends */
	uint64_t check_next_ns;
	struct naming *naming; /* NULL: no names */
	struct statuses *statuses; /* NULL: no stats socket */
};

/* The group's, made when there is none yet, with its place found. NULL: out of memory. */
struct group_config *group_config_get(struct inventory *inventory, struct group *group,
				      const struct known_process *leader);
void group_config_free(struct inventory *inventory, struct group *group);

/* Reads what is to be read, and gives the records. 0, -ENOMEM or the sink's error. */
int group_config_look(struct inventory *inventory, const struct inventory_callbacks *callbacks);

/* The same between two looks, for what could not wait for its end or is in doubt. */
int group_config_turn(struct inventory *inventory, const struct inventory_callbacks *callbacks);

/* Whether all that was read has been given. */
bool group_config_is_given(const struct group_config *configured);

/* Gives a note about a group's configuration. `file` and `text` may hold any byte. 0, -ENOMEM or the
 * sink's error. */
int group_config_note(const struct group *group, enum config_note kind, const char *file,
		      const char *text, const struct inventory_callbacks *callbacks);

/* reload.c: whether what the load balancer runs has been read anew by it since the last call that
 * said so (the first one always does). */
bool reload_look(struct inventory *inventory, const struct group *group,
		 const struct known_process *leader, struct reload *reload);
/* When the youngest process that has read the configuration began, in ns since the epoch. */
int64_t reload_epoch_ns(const struct reload *reload);
/* Whether most of the leader's children began after this time. */
bool reload_is_younger(const struct inventory *inventory, const struct group *group,
		       int64_t epoch_ns);

/* naming.c: takes the names of a configuration that was given just now; addresses that are known from
 * the one before are given at once. 0, -ENOMEM or the sink's error. */
int naming_begin(struct inventory *inventory, struct group *group,
		 const struct inventory_callbacks *callbacks);
/* Gives what the resolver has found out. 0, -ENOMEM or the sink's error. */
int naming_turn(struct inventory *inventory, const struct inventory_callbacks *callbacks);
/* The addresses that the name of a backend (by its index) has, without a port. How many; 0: it has no
 * name, or none is known. */
size_t naming_addresses(const struct group_config *configured, uint32_t index,
			const struct event_address **addresses);
void naming_free(struct inventory *inventory, struct group_config *configured);

/* statuses.c: asks the stats sockets that are due, and gives what they say. Waits no longer than
 * `patience_ms` for each. 0, -ENOMEM or the sink's error. */
int statuses_turn(struct inventory *inventory, int patience_ms,
		  const struct inventory_callbacks *callbacks);
/* Takes the sockets of a configuration that was given just now. 0 or -ENOMEM. */
int statuses_begin(struct group_config *configured);
/* Asks again with the next turn, however short a time ago it was. */
void statuses_hurry(struct statuses *statuses);
/* Whether every socket was asked, or given up. */
bool statuses_settled(const struct group_config *configured);
/* Where the load balancer says that this backend is; NULL: it does not. */
const struct event_address *statuses_address(const struct group_config *configured,
					     const struct event_backend *backend);
void statuses_free(struct group_config *configured);

#endif
