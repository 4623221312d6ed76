// SPDX-License-Identifier: GPL-2.0-only
/* Old workers after a reload: they serve what they have, take nothing new, and may live for long. */
#include <string.h>

#include "user/inventory/behaviour.h"
#include "user/inventory/state.h"
#include "user/lib/clock.h"

/* Workers of one generation are born within this time. */
#define RETIRED_APART_TICKS 10
#define RETIRED_EVERY_LOOKS 3

static bool is_worker_of(const struct known_process *process, const struct group *group)
{
	return process->followed && process->owner.group == group->leader &&
	       process->tgid != group->leader;
}

static const struct known_process *newest_of(const struct inventory *inventory,
					     const struct group *group)
{
	const struct known_process *process, *newest = NULL;

	for (process = inventory->processes; process; process = process->hh.next) {
		if (is_worker_of(process, group) &&
		    (!newest || process->stat.start_ticks > newest->stat.start_ticks))
			newest = process;
	}
	return newest;
}

/* 1: it listens, 0: it does not, negative: not to be told. */
static int listens(const struct inventory *inventory, const struct known_process *process,
		   const struct network *network)
{
	struct sockets_inodes inodes = { 0 };
	int err = sockets_of_process(inventory->proc, process->tgid, &inodes);
	int result = err ? err : behaviour_listens(&inodes, &network->listeners);

	sockets_inodes_free(&inodes);
	return result;
}

static int give(struct known_process *process, const struct inventory_callbacks *callbacks)
{
	struct event_process record;

	memset(&record, 0, sizeof(record));
	record.header.type = EVENT_PROCESS;
	record.header.size_bytes = sizeof(record);
	record.header.flags = PROCESS_RETIRED;
	record.header.time_ns = clock_now_ns();
	record.owner = process->owner;
	record.parent = process->stat.parent;
	process->retired = true;
	return callbacks->sink(callbacks->context, &record.header);
}

/* Of the workers that are older than the newest, those that do not listen although it does. */
static int look_at_group(struct inventory *inventory, const struct group *group,
			 const struct network *network, const struct inventory_callbacks *callbacks)
{
	const struct known_process *newest = newest_of(inventory, group);
	struct known_process *process;
	int newest_listens = -1, err = 0;

	for (process = inventory->processes; newest && process && !err;
	     process = process->hh.next) {
		if (!is_worker_of(process, group) || process->retired ||
		    process->stat.start_ticks + RETIRED_APART_TICKS >= newest->stat.start_ticks)
			continue;
		if (newest_listens < 0)
			newest_listens = listens(inventory, newest, network);
		if (newest_listens == 1 && listens(inventory, process, network) == 0)
			err = give(process, callbacks);
	}
	return err;
}

int retired_look(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	const struct group *group;
	int err = 0;

	if (inventory->look % RETIRED_EVERY_LOOKS)
		return 0;
	for (group = inventory->groups; group && !err; group = group->hh.next) {
		struct known_process *leader = processes_find(inventory, group->leader);
		const struct network *network = NULL;

		if (leader && group->processes > 2 && processes_read_netns(inventory, leader))
			network = networks_get(inventory, leader->netns, leader->tgid);
		if (network && network->look == inventory->look)
			err = look_at_group(inventory, group, network, callbacks);
	}
	return err;
}
