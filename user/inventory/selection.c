// SPDX-License-Identifier: GPL-2.0-only
/* Which processes are load balancers: those the user named, those of a known name, and those that
 * behave so. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "user/inventory/behaviour.h"
#include "user/inventory/state.h"

static bool has_ancestor(struct inventory *inventory, const struct known_process *process,
			 uint32_t tgid)
{
	int depth;

	for (depth = 0; process && depth < STATE_GROUP_DEPTH_MAX; depth++) {
		if (process->tgid == tgid)
			return true;
		process = processes_find(inventory, process->stat.parent);
	}
	return false;
}

static bool is_explicit(const struct inventory *inventory)
{
	return inventory->options.pid_count || inventory->options.comm_count;
}

/* Passes --pid and --comm, or there are none. */
static bool is_selected(struct inventory *inventory, const struct known_process *process)
{
	const struct inventory_options *options = &inventory->options;
	bool found = !options->pid_count;
	uint32_t i;

	for (i = 0; i < options->pid_count && !found; i++)
		found = has_ancestor(inventory, process, options->pids[i]);
	if (!found || !options->comm_count)
		return found;
	for (i = 0; i < options->comm_count; i++)
		if (!strncmp(options->comms[i], process->stat.comm, EVENT_COMM_BYTES))
			return true;
	return false;
}

/* Passes --netns, or there is none. */
static bool is_inside(struct inventory *inventory, struct known_process *process)
{
	uint32_t netns = inventory->options.netns;

	if (!netns)
		return true;
	if (process->place == PLACE_UNKNOWN)
		process->place = process_is_in_netns(inventory->proc, process->tgid, netns)
					 ? PLACE_INSIDE
					 : PLACE_OUTSIDE;
	return process->place == PLACE_INSIDE;
}

static bool runs_same_program(const struct inventory *inventory, uint32_t left, uint32_t right)
{
	char first[PATH_MAX], second[PATH_MAX];

	return process_read_link(inventory->proc, left, "exe", first, sizeof(first)) > 0 &&
	       process_read_link(inventory->proc, right, "exe", second, sizeof(second)) > 0 &&
	       !strcmp(first, second);
}

static struct known_process *parent_of_same_program(struct inventory *inventory,
						    const struct known_process *process)
{
	struct known_process *parent = processes_find(inventory, process->stat.parent);

	if (!parent || parent->stat.kernel ||
	    !runs_same_program(inventory, parent->tgid, process->tgid))
		return NULL;
	return parent;
}

/* `own` and `inherited` are for the sockets; the caller frees them. 0, or -errno: not to be told. */
static int examine(struct inventory *inventory, struct known_process *process,
		   struct sockets_inodes *own, struct sockets_inodes *inherited)
{
	const struct sockets_table *connections;
	struct known_process *parent;
	struct network *network;
	bool listens, serves_parent;
	int err;

	if (!processes_read_netns(inventory, process))
		return -ESRCH;
	network = networks_get(inventory, process->netns, process->tgid);
	if (!network)
		return -ESRCH;
	if (!network->listeners.count || (process->waits && !networks_has_turn(inventory, network)))
		return 0;
	process->waits = false;
	err = sockets_of_process(inventory->proc, process->tgid, own);
	listens = !err && behaviour_listens(own, &network->listeners);
	/* both ways, and the listener unless it is the parent's */
	if (err || own->count < (listens ? 3u : 2u))
		return err;
	parent = parent_of_same_program(inventory, process);
	if (parent)
		err = sockets_of_process(inventory->proc, parent->tgid, inherited);
	serves_parent = parent && !err && behaviour_listens(inherited, &network->listeners);
	if (err == -ENOMEM || (!listens && !serves_parent))
		return err;

	connections = networks_connections(inventory, network);
	process->waits = !connections;
	if (!connections)
		return 0;
	process->behaves = behaviour_is_balancer(own, listens ? NULL : inherited,
						 &network->listeners, connections);
	if (process->behaves && serves_parent &&
	    (!listens || behaviour_shares_listener(own, inherited, &network->listeners)))
		parent->behaves = true;
	return 0;
}

/* 0 or -ENOMEM: that a process cannot be read, or is gone, is no error. */
static int watch(struct inventory *inventory, struct known_process *process)
{
	struct sockets_inodes own = { 0 }, inherited = { 0 };
	struct known_process *parent;
	int err = 0;

	if (process->behaves || (!process->waits && !processes_is_due(inventory, process)))
		return 0;
	parent = processes_find(inventory, process->stat.parent);
	if (parent && parent->behaves &&
	    runs_same_program(inventory, parent->tgid, process->tgid)) {
		process->behaves = true;
		return 0;
	}
	if (inventory->options.netns && (!processes_read_netns(inventory, process) ||
					 process->netns != inventory->options.netns))
		return 0;
	err = examine(inventory, process, &own, &inherited);
	sockets_inodes_free(&own);
	sockets_inodes_free(&inherited);
	return err == -ENOMEM ? err : 0;
}

/* Its parent went, and another took it on. */
static void refresh_parent(struct inventory *inventory, struct known_process *process)
{
	struct process_stat stat;

	if (process->stat.parent <= 1 || processes_find(inventory, process->stat.parent))
		return;
	if (!process_read_stat(inventory->proc, process->tgid, &stat) &&
	    stat.start_ticks == process->stat.start_ticks)
		process->stat.parent = stat.parent;
}

int selection_apply(struct inventory *inventory)
{
	bool explicit = is_explicit(inventory);
	struct known_process *process;
	int err;

	for (process = inventory->processes; process; process = process->hh.next) {
		bool named = process->kind >= 0;

		if (process->stat.kernel || process->stat.dead)
			continue;
		if (!explicit && !named) {
			err = watch(inventory, process);
			if (err)
				return err;
		}
	}
	for (process = inventory->processes; process; process = process->hh.next) {
		bool meant = explicit || process->kind >= 0 || process->behaves;

		process->balancer = meant && !process->stat.kernel && !process->stat.dead &&
				    is_selected(inventory, process) &&
				    is_inside(inventory, process);
		if (process->balancer)
			refresh_parent(inventory, process);
	}
	return 0;
}
