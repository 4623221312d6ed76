// SPDX-License-Identifier: GPL-2.0-only
/* The table of this host's processes. A look costs one listing of /proc; a process is read when it
 * is new and then in turn. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/names.h"
#include "user/inventory/state.h"
#include "user/lib/clock.h"
#include "user/lib/message.h"

struct known_process *processes_find(struct inventory *inventory, uint32_t tgid)
{
	struct known_process *process;

	HASH_FIND(hh, inventory->processes, &tgid, sizeof(tgid), process);
	return process;
}

/* It may be between fork and exec: what it is called says nothing yet. */
static bool is_young(const struct inventory *inventory, const struct known_process *process)
{
	uint64_t ticks = clock_now_ns() / (CLOCK_NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));

	return inventory->look - process->first_look < STATE_YOUNG_LOOKS &&
	       process->stat.start_ticks + STATE_YOUNG_SECONDS * (uint64_t)sysconf(_SC_CLK_TCK) >
		       ticks;
}

bool processes_is_due(struct inventory *inventory, const struct known_process *process)
{
	uint64_t interval = HASH_COUNT(inventory->processes) / STATE_SWEEP;

	if (process->stat.kernel)
		return false;
	if (inventory->look == process->first_look || is_young(inventory, process))
		return true;
	if (interval < STATE_SWEEP_LOOKS)
		interval = STATE_SWEEP_LOOKS;
	return process->tgid % interval == inventory->look % interval;
}

bool processes_read_netns(struct inventory *inventory, struct known_process *process)
{
	return process->netns || !process_netns(inventory->proc, process->tgid, &process->netns);
}

uint32_t processes_in_netns(struct inventory *inventory, uint32_t netns)
{
	struct known_process *process;

	for (process = inventory->processes; process; process = process->hh.next)
		if (processes_read_netns(inventory, process) && process->netns == netns)
			return process->tgid;
	return 0;
}

static void forget(struct known_process *process, const struct inventory_callbacks *callbacks)
{
	if (process->followed)
		callbacks->forget(callbacks->context, process->tgid);
	process->followed = false;
	process->balancer = false;
	process->behaves = false;
	process->waits = false;
}

static void read_name(struct inventory *inventory, struct known_process *process)
{
	char executable[PATH_MAX];

	if (process_read_link(inventory->proc, process->tgid, "exe", executable,
			      sizeof(executable)) < 0)
		executable[0] = '\0';
	process->kind = names_kind(process->stat.comm, executable);
	process->netns = 0;
	process->place = PLACE_UNKNOWN;
}

/* 0, or -errno: it is gone. */
static int read_process(struct inventory *inventory, struct known_process *process,
			const struct inventory_callbacks *callbacks)
{
	struct process_stat stat;
	int err = process_read_stat(inventory->proc, process->tgid, &stat);

	if (err)
		return err;
	if (stat.start_ticks != process->stat.start_ticks) {
		forget(process, callbacks);
		process->first_look = inventory->look;
	} else if (strcmp(stat.comm, process->stat.comm)) {
		process->behaves = false;
	}
	process->stat = stat;
	if (!stat.kernel && !stat.dead)
		read_name(inventory, process);
	return 0;
}

/* Of lbtrace's own: it says nothing about the process. */
static bool is_shortage(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

static int note_process(struct inventory *inventory, uint32_t tgid, uint64_t generation,
			const struct inventory_callbacks *callbacks)
{
	struct known_process *process = processes_find(inventory, tgid);
	bool is_new = !process;
	int err;

	if (is_new) {
		process = calloc(1, sizeof(*process));
		if (!process)
			return -ENOMEM;
		process->tgid = tgid;
		process->first_look = inventory->look;
		process->kind = -ENOENT;
		HASH_ADD(hh, inventory->processes, tgid, sizeof(tgid), process);
	}
	if (is_new || process->generation != generation || processes_is_due(inventory, process)) {
		err = read_process(inventory, process, callbacks);
		if (err)
			return is_shortage(err) ? err : 0;
	}
	process->generation = generation;
	process->seen_look = inventory->look;
	return 0;
}

static void drop_gone(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	struct known_process *process, *next;

	HASH_ITER(hh, inventory->processes, process, next) {
		if (process->seen_look == inventory->look)
			continue;
		forget(process, callbacks);
		HASH_DEL(inventory->processes, process);
		free(process);
	}
}

static int note_all(struct inventory *inventory, DIR *directory,
		    const struct inventory_callbacks *callbacks)
{
	struct dirent *entry;
	uint32_t tgid;
	int err = 0;

	while ((entry = process_next_number(directory, &tgid))) {
		if (tgid != inventory->self)
			err = note_process(inventory, tgid, entry->d_ino, callbacks);
		if (err)
			return err;
	}
	return -errno;
}

int processes_refresh(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	DIR *directory = process_open_directory(inventory->proc, ".");
	int err = -errno;

	if (directory) {
		err = note_all(inventory, directory, callbacks);
		closedir(directory);
	}
	if (err) {
		message_error("cannot list /proc: %s; load balancers are not found without it",
			      strerror(-err));
		return err;
	}
	drop_gone(inventory, callbacks);
	return 0;
}

void processes_free(struct inventory *inventory)
{
	struct known_process *process, *next;

	HASH_ITER(hh, inventory->processes, process, next) {
		HASH_DEL(inventory->processes, process);
		free(process);
	}
}
