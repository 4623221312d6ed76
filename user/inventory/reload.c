// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a load balancer has read its configuration anew. nginx's and HAProxy's masters then start
 * new workers; an attempt with a configuration that is no good starts none. A worker that died and was
 * replaced is no reload: the other ones go on.
 */
#include <string.h>
#include <unistd.h>

#include "user/inventory/group_config.h"
#include "user/lib/clock.h"

#define TITLE_BYTES 128
/* nginx tells its old workers to go a tenth of a second after the new ones began. */
#define DOUBTFUL_LOOKS 3

/* What nginx's processes call themselves. */
enum title {
	TITLE_OTHER,
	TITLE_MASTER,
	TITLE_WORKER,
	TITLE_LEAVING, /* a worker that takes nothing new */
};

static enum title read_title(const struct inventory *inventory, uint32_t tgid)
{
	char text[TITLE_BYTES + 1];
	long got = process_read_file(inventory->proc, tgid, "cmdline", text, TITLE_BYTES);

	if (got <= 0)
		return TITLE_OTHER;
	text[got] = '\0';
	if (strstr(text, ": master process"))
		return TITLE_MASTER;
	if (!strstr(text, ": worker process"))
		return TITLE_OTHER;
	return strstr(text, "shutting down") ? TITLE_LEAVING : TITLE_WORKER;
}

/* The processes of a group that matter here. HAProxy's workers are its master's children; what they
 * start are checks, for a moment under the same name. */
static bool is_member(const struct known_process *process, const struct group *group,
		      const struct known_process *leader)
{
	return process->followed && process->owner.group == group->leader &&
	       process->tgid != group->leader && process->kind == leader->kind &&
	       (leader->kind != BALANCER_HAPROXY || process->stat.parent == group->leader);
}

struct workers {
	const struct known_process *newest;
	bool older_goes_on; /* one that is older than those accounted for takes connections still */
	bool new_master;
};

static struct workers read_workers(const struct inventory *inventory, const struct group *group,
				   const struct known_process *leader, const struct reload *reload)
{
	struct workers workers = { 0 };
	const struct known_process *process;

	for (process = inventory->processes; process; process = process->hh.next) {
		enum title title = TITLE_WORKER;
		bool is_new;

		if (!is_member(process, group, leader))
			continue;
		is_new = process->stat.start_ticks > reload->newest_start;
		if (leader->kind == BALANCER_NGINX)
			title = read_title(inventory, process->tgid);
		if (title == TITLE_MASTER && is_new)
			workers.new_master = true;
		if (title == TITLE_WORKER && !is_new)
			workers.older_goes_on = true;
		if (title == TITLE_WORKER &&
		    (!workers.newest ||
		     process->stat.start_ticks > workers.newest->stat.start_ticks))
			workers.newest = process;
	}
	return workers;
}

static uint64_t tick_ns(void)
{
	return CLOCK_NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
}

static void account_for(struct reload *reload, const struct known_process *newest)
{
	reload->doubtful_look = 0;
	reload->steady = newest && newest->stat.start_ticks * tick_ns() + CLOCK_NS_PER_SECOND <
					   clock_now_ns();
	reload->newest = newest ? newest->tgid : 0;
	if (newest && newest->stat.start_ticks > reload->newest_start)
		reload->newest_start = newest->stat.start_ticks;
}

static bool restart(struct reload *reload, const struct inventory *inventory,
		    const struct group *group, const struct known_process *leader)
{
	struct workers workers;

	memset(reload, 0, sizeof(*reload));
	reload->leader_start = leader->stat.start_ticks;
	reload->newest_start = leader->stat.start_ticks;
	reload->members = group->members;
	workers = read_workers(inventory, group, leader, reload);
	account_for(reload, workers.newest);
	return true;
}

bool reload_look(struct inventory *inventory, const struct group *group,
		 const struct known_process *leader, struct reload *reload)
{
	bool was_steady = reload->steady;
	struct workers workers;

	if (reload->leader_start != leader->stat.start_ticks)
		return restart(reload, inventory, group, leader);
	if (!reload->steady && reload->newest && processes_find(inventory, reload->newest))
		reload->steady = was_steady = true;
	if (reload->members == group->members && !reload->doubtful_look)
		return false;
	reload->members = group->members;
	if (leader->kind != BALANCER_NGINX && leader->kind != BALANCER_HAPROXY &&
	    leader->kind != BALANCER_APACHE)
		return false;
	workers = read_workers(inventory, group, leader, reload);
	if (!workers.newest || workers.newest->stat.start_ticks <= reload->newest_start) {
		reload->doubtful_look = 0;
		return false;
	}
	/* its children come and go with the load: only when all of them are new */
	if (leader->kind == BALANCER_APACHE && workers.older_goes_on)
		return false;
	if (leader->kind == BALANCER_NGINX && workers.older_goes_on && !workers.new_master) {
		if (!reload->doubtful_look)
			reload->doubtful_look = inventory->look;
		if (inventory->look - reload->doubtful_look < DOUBTFUL_LOOKS)
			return false;
		was_steady = false;
	}
	/* where there was none, that is how it started */
	account_for(reload, workers.newest);
	return was_steady;
}

static int64_t ticks_to_epoch_ns(uint64_t ticks)
{
	return clock_epoch_offset_ns() + (int64_t)(ticks * tick_ns());
}

int64_t reload_epoch_ns(const struct reload *reload)
{
	return ticks_to_epoch_ns(reload->newest_start);
}

bool reload_is_younger(const struct inventory *inventory, const struct group *group,
		       int64_t epoch_ns)
{
	const struct known_process *process;
	int younger = 0, older = 0;

	for (process = inventory->processes; process; process = process->hh.next) {
		if (!process->followed || process->owner.group != group->leader ||
		    process->tgid == group->leader)
			continue;
		if (ticks_to_epoch_ns(process->stat.start_ticks) >= epoch_ns)
			younger++;
		else
			older++;
	}
	return younger > older;
}
