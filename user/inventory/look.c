// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/group_config.h"
#include "user/inventory/resolver.h"
#include "user/lib/message.h"

static uint32_t own_tgid(int proc)
{
	char text[16];
	ssize_t length = readlinkat(proc, "self", text, sizeof(text) - 1);

	if (length < 0)
		return 0;
	text[length] = '\0';
	return process_parse_tgid(text);
}

int inventory_new_at(const char *proc, const struct inventory_options *options,
		     struct inventory **inventory)
{
	struct inventory *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	if (options)
		made->options = *options;
	made->proc = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (made->proc < 0) {
		err = -errno;
		message_error("cannot open %s: %s; lbtrace finds load balancers there, mount it",
			      proc, strerror(-err));
		free(made);
		return err;
	}
	made->self = own_tgid(made->proc);
	made->host_root = "/";
	*inventory = made;
	return 0;
}

int inventory_new(const struct inventory_options *options, struct inventory **inventory)
{
	return inventory_new_at("/proc", options, inventory);
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	limits_free(inventory);
	groups_free(inventory);
	networks_free(inventory);
	processes_free(inventory);
	resolver_free(inventory->resolver);
	close(inventory->proc);
	free(inventory);
}

static int follow(struct inventory *inventory, struct known_process *process,
		  const struct inventory_callbacks *callbacks)
{
	struct group *group = groups_join(inventory, process);
	struct event_owner owner;
	int err;

	if (!group)
		return -ENOMEM;
	memset(&owner, 0, sizeof(owner));
	owner.group = group->leader;
	owner.tgid = process->tgid;
	owner.tid = process->tgid;
	owner.kind = process->kind < 0 ? BALANCER_OTHER : (__u32)process->kind;
	memcpy(owner.comm, process->stat.comm, sizeof(owner.comm));
	if (process->followed && !memcmp(&owner, &process->owner, sizeof(owner)))
		return 0;
	err = callbacks->follow(callbacks->context, &owner);
	if (err)
		return err;
	process->owner = owner;
	process->followed = true;
	return 0;
}

static int follow_all(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	struct known_process *process;
	struct group *group;
	int count = 0, err;

	for (group = inventory->groups; group; group = group->hh.next) {
		group->processes = 0;
		group->members = 0;
	}
	for (process = inventory->processes; process; process = process->hh.next) {
		if (process->balancer) {
			err = follow(inventory, process, callbacks);
			if (err)
				return err;
			count++;
		} else if (process->followed) {
			callbacks->forget(callbacks->context, process->tgid);
			process->followed = false;
		}
	}
	return count;
}

/* Stats sockets may take so long in a look, all together. */
#define LOOK_PATIENCE_MS 50

static int take_answers(struct inventory *inventory, int patience_ms,
			const struct inventory_callbacks *callbacks)
{
	int err = naming_turn(inventory, callbacks);

	return err ? err : statuses_turn(inventory, patience_ms, callbacks);
}

int inventory_turn(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	int err = group_config_turn(inventory, callbacks);

	return err ? err : take_answers(inventory, 0, callbacks);
}

int inventory_look(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	int err, count = 0;

	inventory->look++;
	err = processes_refresh(inventory, callbacks);
	if (!err)
		err = selection_apply(inventory);
	if (!err)
		count = follow_all(inventory, callbacks);
	if (!err && count >= 0)
		err = groups_announce(inventory, callbacks);
	if (!err && count >= 0)
		err = retired_look(inventory, callbacks);
	if (!err && count >= 0)
		err = group_config_look(inventory, callbacks);
	if (!err && count >= 0)
		err = take_answers(inventory, LOOK_PATIENCE_MS, callbacks);
	if (!err && count >= 0)
		err = limits_look(inventory, callbacks);
	networks_settle(inventory);
	return err ? err : count;
}
