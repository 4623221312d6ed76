// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/shared.h"
#include "user/capture/followed.h"
#include "user/lib/table.h"

struct process {
	uint32_t tgid;
	bool retired;
	struct event_owner owner;
	UT_hash_handle hh;
};

/* Kept after its last process is gone: late figures still want the name. */
struct group {
	uint32_t group;
	struct event_owner owner;
	UT_hash_handle hh;
};

struct followed {
	int map_fd;
	struct process *processes;
	struct group *groups;
};

int followed_new(int map_fd, struct followed **followed)
{
	struct followed *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->map_fd = map_fd;
	*followed = made;
	return 0;
}

/* uthash's macros count as statements of the function that uses them, and hide from the analyzer
 * that what was deleted is in no chain any more. */
// NOLINTBEGIN(readability-function-size,clang-analyzer-unix.Malloc)
void followed_free(struct followed *followed)
{
	struct process *process, *next_process;
	struct group *group, *next_group;

	if (!followed)
		return;
	HASH_ITER(hh, followed->processes, process, next_process) {
		HASH_DEL(followed->processes, process);
		free(process);
	}
	HASH_ITER(hh, followed->groups, group, next_group) {
		HASH_DEL(followed->groups, group);
		free(group);
	}
	free(followed);
}

static int remember_process(struct followed *followed, const struct event_owner *owner)
{
	struct process *process;

	HASH_FIND(hh, followed->processes, &owner->tgid, sizeof(owner->tgid), process);
	if (!process) {
		process = calloc(1, sizeof(*process));
		if (!process)
			return -ENOMEM;
		process->tgid = owner->tgid;
		HASH_ADD(hh, followed->processes, tgid, sizeof(process->tgid), process);
	}
	process->owner = *owner;
	return 0;
}

/* The leader names its group; before it is known, whoever comes first. */
static int remember_group(struct followed *followed, const struct event_owner *owner)
{
	struct group *group;

	HASH_FIND(hh, followed->groups, &owner->group, sizeof(owner->group), group);
	if (group && owner->tgid != owner->group)
		return 0;
	if (!group) {
		group = calloc(1, sizeof(*group));
		if (!group)
			return -ENOMEM;
		group->group = owner->group;
		HASH_ADD(hh, followed->groups, group, sizeof(group->group), group);
	}
	group->owner = *owner;
	group->owner.tgid = 0;
	group->owner.tid = 0;
	return 0;
}

int followed_add(struct followed *followed, const struct event_owner *owner, bool *is_new)
{
	struct followed_process value = { .group = owner->group, .kind = owner->kind };
	struct followed_process before;
	int err;

	memcpy(value.comm, owner->comm, sizeof(value.comm));
	value.comm[sizeof(value.comm) - 1] = '\0';
	err = remember_process(followed, owner);
	if (!err)
		err = remember_group(followed, owner);
	if (err)
		return err;
	*is_new = bpf_map_lookup_elem(followed->map_fd, &owner->tgid, &before) != 0;
	return bpf_map_update_elem(followed->map_fd, &owner->tgid, &value, BPF_ANY);
}

static struct process *find_process(const struct followed *followed, uint32_t tgid)
{
	struct process *process;

	HASH_FIND(hh, followed->processes, &tgid, sizeof(tgid), process);
	return process;
}

void followed_retire(struct followed *followed, uint32_t tgid)
{
	struct process *process = find_process(followed, tgid);

	if (process)
		process->retired = true;
}

bool followed_is_retired(const struct followed *followed, uint32_t tgid)
{
	const struct process *process = find_process(followed, tgid);

	return process && process->retired;
}

/* Workers born by fork are in the map before anybody adds them, so only the map can tell. */
static bool group_lives(const struct followed *followed, uint32_t group)
{
	uint32_t tgid, *previous = NULL;
	struct followed_process value;

	while (!bpf_map_get_next_key(followed->map_fd, previous, &tgid)) {
		if (!bpf_map_lookup_elem(followed->map_fd, &tgid, &value) && value.group == group)
			return true;
		previous = &tgid;
	}
	return false;
}

int followed_remove(struct followed *followed, uint32_t tgid, uint32_t *group_gone)
{
	struct followed_process value = { 0 };
	struct process *process;
	int err;

	*group_gone = 0;
	if (!bpf_map_lookup_elem(followed->map_fd, &tgid, &value))
		*group_gone = value.group;
	err = bpf_map_delete_elem(followed->map_fd, &tgid);

	HASH_FIND(hh, followed->processes, &tgid, sizeof(tgid), process);
	if (process) {
		/* Its exit has taken it out of the map already. */
		if (err == -ENOENT)
			err = 0;
		*group_gone = process->owner.group;
		HASH_DEL(followed->processes, process);
		free(process);
	}
	if (err || group_lives(followed, *group_gone))
		*group_gone = 0;
	return err;
}

void followed_owner(const struct followed *followed, uint32_t group, struct event_owner *owner)
{
	struct group *known;

	HASH_FIND(hh, followed->groups, &group, sizeof(group), known);
	memset(owner, 0, sizeof(*owner));
	if (known)
		*owner = known->owner;
	owner->group = group;
}

void followed_process(const struct followed *followed, uint32_t group, uint32_t tgid,
		      struct event_owner *owner)
{
	const struct process *known = find_process(followed, tgid);

	if (known && known->owner.group == group)
		*owner = known->owner;
	else
		followed_owner(followed, group, owner);
	owner->tgid = tgid;
	owner->tid = 0;
}
// NOLINTEND(readability-function-size,clang-analyzer-unix.Malloc)
