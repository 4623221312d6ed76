// SPDX-License-Identifier: GPL-2.0-only
/* Load balancers as their users know them: a leader, its processes, its listeners; and the records
 * that say so. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "user/inventory/group_config.h"
#include "user/inventory/container.h"
#include "user/lib/clock.h"
#include "user/lib/endpoint.h"
#include "user/lib/message.h"

/* nginx's listeners are all its master's. HAProxy's master has none of them, its newest worker all. */
#define NEWEST_MAX 4
/* What lives for one look only and does not listen is `nginx -t` or `haproxy -c`. */
#define ANNOUNCE_LOOKS 2

static struct known_process *leader_of(struct inventory *inventory, struct known_process *process)
{
	struct known_process *leader = process;
	int depth;

	for (depth = 0; depth < STATE_GROUP_DEPTH_MAX; depth++) {
		struct known_process *parent = processes_find(inventory, leader->stat.parent);

		if (!parent || !parent->balancer || parent->kind != process->kind ||
		    parent->stat.start_ticks > leader->stat.start_ticks)
			break;
		leader = parent;
	}
	return leader;
}

struct group *groups_join(struct inventory *inventory, struct known_process *process)
{
	struct known_process *leader = leader_of(inventory, process);
	uint32_t tgid = leader->tgid;
	struct group *group;

	HASH_FIND(hh, inventory->groups, &tgid, sizeof(tgid), group);
	if (!group) {
		group = calloc(1, sizeof(*group));
		if (!group)
			return NULL;
		group->leader = tgid;
		group->first_look = inventory->look;
		HASH_ADD(hh, inventory->groups, leader, sizeof(tgid), group);
	}
	group->processes++;
	group->members += (process->tgid + process->stat.start_ticks) * 0x9e3779b97f4a7c15ull;
	return group;
}

static void fill_header(struct event_header *header, uint16_t type, size_t bytes)
{
	header->type = type;
	header->size_bytes = (__u16)bytes;
	header->time_ns = clock_now_ns();
}

/* The newest processes of a group but its leader. Returns how many. */
static int find_newest(struct inventory *inventory, const struct group *group,
		       const struct known_process *newest[NEWEST_MAX])
{
	const struct known_process *process;
	int count = 0, at;

	for (process = inventory->processes; process; process = process->hh.next) {
		if (!process->followed || process->owner.group != group->leader ||
		    process->tgid == group->leader)
			continue;
		for (at = count; at > 0; at--) {
			if (newest[at - 1]->stat.start_ticks >= process->stat.start_ticks)
				break;
			if (at < NEWEST_MAX)
				newest[at] = newest[at - 1];
		}
		if (at < NEWEST_MAX)
			newest[at] = process;
		if (count < NEWEST_MAX)
			count++;
	}
	return count;
}

static bool is_known(const struct event_address *listeners, uint32_t count,
		     const struct event_address *address)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (endpoint_equal(&listeners[i], address))
			return true;
	return false;
}

static void tell_denied(struct inventory *inventory, uint32_t tgid, int err)
{
	if (inventory->told_denied || (err != -EACCES && err != -EPERM))
		return;
	inventory->told_denied = true;
	message_error("cannot read the descriptors of process %u: %s; "
		      "its listeners are not known, run lbtrace as root",
		      tgid, strerror(-err));
}

/* Marks in `owned` the entries of `listeners` that a process has open. 0 or -ENOMEM: a process that
 * is gone, or not ours to see, has none. */
static int mark_owned(struct inventory *inventory, uint32_t tgid,
		      const struct sockets_table *listeners, bool *owned)
{
	struct sockets_inodes inodes = { 0 };
	int err = sockets_of_process(inventory->proc, tgid, &inodes);
	uint32_t i;

	for (i = 0; !err && i < inodes.count; i++) {
		const struct sockets_entry *found = sockets_find(listeners, inodes.inodes[i]);

		if (found)
			owned[found - listeners->entries] = true;
	}
	sockets_inodes_free(&inodes);
	if (err)
		tell_denied(inventory, tgid, err);
	return err == -ENOMEM ? err : 0;
}

static int find_owned(struct inventory *inventory, const struct group *group,
		      const struct sockets_table *listeners, bool *owned)
{
	const struct known_process *newest[NEWEST_MAX];
	int i, count = find_newest(inventory, group, newest);
	int err = mark_owned(inventory, group->leader, listeners, owned);

	for (i = 0; i < count && !err; i++)
		err = mark_owned(inventory, newest[i]->tgid, listeners, owned);
	return err;
}

static int give_listener(const struct group *group, const struct network *network,
			 const struct sockets_entry *listener,
			 const struct inventory_callbacks *callbacks)
{
	struct event_listener record;

	memset(&record, 0, sizeof(record));
	fill_header(&record.header, EVENT_LISTENER, sizeof(record));
	record.owner = group->announced.owner;
	record.address = listener->local;
	record.netns = network->inode;
	record.backlog_max = listener->backlog_max;
	return callbacks->sink(callbacks->context, &record.header);
}

/* Of several sockets on one address (SO_REUSEPORT) one is given. */
static int give_listeners(struct group *group, struct network *network, const bool *owned,
			  const struct inventory_callbacks *callbacks)
{
	const struct sockets_table *table = &network->listeners;
	struct event_address *addresses = calloc(table->count + 1, sizeof(*addresses));
	uint32_t i, count = 0;
	int err = 0;

	if (!addresses)
		return -ENOMEM;
	for (i = 0; i < table->count && !err; i++) {
		const struct event_address *address = &table->entries[i].local;

		if (!owned[i] || is_known(addresses, count, address))
			continue;
		addresses[count++] = *address;
		if (is_known(group->listeners, group->listener_count, address))
			continue;
		err = give_listener(group, network, &table->entries[i], callbacks);
	}
	free(group->listeners);
	group->listeners = addresses;
	group->listener_count = count;
	return err;
}

/* 0 or -ENOMEM. */
static int describe(struct inventory *inventory, struct group *group,
		    const struct known_process *leader, struct event_load_balancer *record)
{
	const struct group_config *configured = group_config_get(inventory, group, leader);

	if (!configured)
		return -ENOMEM;
	memset(record, 0, sizeof(*record));
	record->owner = leader->owner;
	record->owner.tid = leader->tgid;
	record->netns = leader->netns;
	record->processes = group->processes;
	if (configured->place.file_count)
		memcpy(record->config, configured->place.files[0], sizeof(record->config));
	/* a process that is about to end has none any more */
	if (process_read_link(inventory->proc, leader->tgid, "exe", record->executable,
			      sizeof(record->executable)) < 0)
		memcpy(record->executable, group->announced.executable, sizeof(record->executable));
	return 0;
}

/* In no container, or none that is known: nothing is said. */
static int give_container(const struct inventory *inventory, const struct group *group,
			  const struct inventory_callbacks *callbacks)
{
	struct event_container record;

	memset(&record, 0, sizeof(record));
	if (container_find(inventory->proc, group->leader, inventory->host_root, &record))
		return 0;
	fill_header(&record.header, EVENT_CONTAINER, sizeof(record));
	record.owner = group->announced.owner;
	return callbacks->sink(callbacks->context, &record.header);
}

static int give_load_balancer(struct inventory *inventory, struct group *group,
			      const struct known_process *leader,
			      const struct inventory_callbacks *callbacks)
{
	struct event_load_balancer record;
	bool is_new = !group->announced.header.type;
	int err = describe(inventory, group, leader, &record);

	if (err)
		return err;
	/* all but the header */
	if (group->announced.header.type &&
	    !memcmp((char *)&record + sizeof(record.header),
		    (char *)&group->announced + sizeof(record.header),
		    sizeof(record) - sizeof(record.header)))
		return 0;
	fill_header(&record.header, EVENT_LOAD_BALANCER, sizeof(record));
	group->announced = record;
	err = callbacks->sink(callbacks->context, &record.header);
	return err || !is_new ? err : give_container(inventory, group, callbacks);
}

static bool owns_any(const bool *owned, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (owned[i])
			return true;
	return false;
}

/* Reads who owns which listener, unless nothing changed. */
static int look_at_group(struct inventory *inventory, struct group *group,
			 const struct known_process *leader, struct network *network,
			 const struct inventory_callbacks *callbacks)
{
	uint64_t signature = network->signature ^ group->members, start_ns = clock_now_ns();
	uint64_t age = inventory->look - group->first_look;
	bool *owned;
	int err;

	if (start_ns < group->scan_next_ns ||
	    (group->announced.header.type && group->scanned == signature &&
	     !processes_is_due(inventory, leader)))
		return 0;
	owned = calloc(network->listeners.count + 1, sizeof(*owned));
	if (!owned)
		return -ENOMEM;
	err = find_owned(inventory, group, &network->listeners, owned);
	group->scan_next_ns = start_ns + (clock_now_ns() - start_ns) * STATE_REST_DESCRIPTORS;
	group->scanned = signature;
	if (!err && (age >= ANNOUNCE_LOOKS || owns_any(owned, network->listeners.count)))
		err = give_load_balancer(inventory, group, leader, callbacks);
	if (!err && group->announced.header.type)
		err = give_listeners(group, network, owned, callbacks);
	free(owned);
	return err;
}

static void free_group(struct inventory *inventory, struct group *group)
{
	HASH_DEL(inventory->groups, group);
	group_config_free(inventory, group);
	free(group->listeners);
	free(group);
}

int groups_announce(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	struct group *group, *next;
	int err = 0;

	HASH_ITER(hh, inventory->groups, group, next) {
		struct known_process *leader = processes_find(inventory, group->leader);
		struct network *network = NULL;

		if (!group->processes || !leader) {
			free_group(inventory, group);
			continue;
		}
		if (processes_read_netns(inventory, leader))
			network = networks_get(inventory, leader->netns, leader->tgid);
		if (!network || err)
			continue;
		network->group_look = inventory->look;
		err = look_at_group(inventory, group, leader, network, callbacks);
	}
	return err;
}

void groups_free(struct inventory *inventory)
{
	struct group *group, *next;

	HASH_ITER(hh, inventory->groups, group, next)
		free_group(inventory, group);
}
