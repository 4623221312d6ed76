// SPDX-License-Identifier: GPL-2.0-only
/* The choosing of hooks. The table itself is in hook_table.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/capture/hook_table.h"
#include "user/capture/hooks.h"

static const char *const kind_names[HOOK_KINDS] = {
	[HOOK_TP_BTF] = "tp_btf", [HOOK_FENTRY] = "fentry",	  [HOOK_FEXIT] = "fexit",
	[HOOK_KPROBE] = "kprobe", [HOOK_KRETPROBE] = "kretprobe", [HOOK_ITER] = "iter",
	[HOOK_UPROBE] = "uprobe", [HOOK_CGROUP] = "cgroup",
};

const struct hook_row *hook_row(enum hook_role role)
{
	return &hook_table[role];
}

const char *hook_kind_name(enum hook_kind kind)
{
	return kind_names[kind];
}

void hook_plan_init(struct hook_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	for (int role = 0; role < HOOK_ROLES; role++)
		plan->chosen[role] = -1;
	plan->socket_storage = true;
	plan->sockets_most = HOOK_SOCKETS_MOST;
}

static void refuse(struct hook_plan *plan, int role, int index, const char *why)
{
	plan->refused[role][index] = true;
	snprintf(plan->why[role][index], HOOK_WHY_BYTES, "%s", why);
}

static bool storage_fits(const struct hook_plan *plan, enum hook_storage wanted)
{
	enum hook_storage have = plan->socket_storage ? HOOK_STORAGE_SOCKET : HOOK_STORAGE_POINTER;

	return wanted == HOOK_STORAGE_ANY || wanted == have;
}

static void choose_role(struct hook_plan *plan, int role, hook_offers offers, void *context)
{
	plan->chosen[role] = -1;
	for (int i = 0; i < HOOK_CANDIDATES_MAX; i++) {
		const struct hook_candidate *candidate = &hook_table[role].candidates[i];
		char why[HOOK_WHY_BYTES] = "";

		if (!candidate->program)
			return;
		if (plan->refused[role][i] || !storage_fits(plan, candidate->storage))
			continue;
		if (offers(context, candidate, why)) {
			plan->chosen[role] = i;
			return;
		}
		refuse(plan, role, i, why);
	}
}

static void choose_all(struct hook_plan *plan, hook_offers offers, void *context)
{
	for (int role = 0; role < HOOK_ROLES; role++)
		choose_role(plan, role, offers, context);
}

/* Whether a role is empty that lbtrace is blind without. */
static bool is_blind(const struct hook_plan *plan)
{
	if (hook_plan_lost_clients(plan))
		return true;
	for (int role = 0; role < HOOK_ROLES; role++) {
		if (hook_table[role].outweighs_storage && plan->chosen[role] < 0)
			return true;
	}
	return false;
}

void hook_plan_choose(struct hook_plan *plan, hook_offers offers, void *context)
{
	choose_all(plan, offers, context);
	if (!plan->socket_storage || !is_blind(plan))
		return;
	plan->socket_storage = false;
	choose_all(plan, offers, context);
	if (!is_blind(plan))
		return;
	plan->socket_storage = true;
	choose_all(plan, offers, context);
}

const struct hook_candidate *hook_plan_candidate(const struct hook_plan *plan, enum hook_role role)
{
	return plan->chosen[role] < 0 ? NULL : &hook_table[role].candidates[plan->chosen[role]];
}

const char *hook_plan_served_by(const struct hook_plan *plan, enum hook_role role)
{
	const struct hook_row *row = &hook_table[role];

	return plan->chosen[role] < 0 && storage_fits(plan, row->served_with) ? row->served_by
									      : NULL;
}

static bool find(const char *program, int *role, int *index)
{
	for (*role = 0; *role < HOOK_ROLES; ++*role) {
		for (*index = 0; *index < HOOK_CANDIDATES_MAX; ++*index) {
			const char *name = hook_table[*role].candidates[*index].program;

			if (name && !strcmp(name, program))
				return true;
		}
	}
	return false;
}

bool hook_plan_refuse(struct hook_plan *plan, const char *program, const char *why)
{
	int role, index;

	if (!find(program, &role, &index) || plan->refused[role][index])
		return false;
	refuse(plan, role, index, why);
	if (plan->chosen[role] == index)
		plan->chosen[role] = -1;
	return true;
}

static int refuse_entry(struct hook_plan *plan, const char *entry)
{
	const char *colon = strchr(entry, ':');
	int role, index;

	if (!strcmp(entry, "storage:socket")) {
		plan->socket_storage = false;
		return 0;
	}
	if (!colon || !find(colon + 1, &role, &index))
		return -EINVAL;
	if (strlen(hook_table[role].name) != (size_t)(colon - entry) ||
	    strncmp(hook_table[role].name, entry, colon - entry))
		return -EINVAL;
	refuse(plan, role, index, "refused by LBTRACE_REFUSE");
	return 0;
}

int hook_plan_refuse_list(struct hook_plan *plan, const char *list)
{
	char entry[64];

	while (*list) {
		size_t length = strcspn(list, ",");
		int err;

		if (length >= sizeof(entry))
			return -EINVAL;
		memcpy(entry, list, length);
		entry[length] = '\0';
		err = refuse_entry(plan, entry);
		if (err)
			return err;
		list += length;
		list += *list == ',';
	}
	return 0;
}

const char *hook_plan_lost_clients(const struct hook_plan *plan)
{
	return plan->socket_storage || plan->chosen[HOOK_ACCEPT] >= 0
		       ? NULL
		       : "clients, and so their 5xx, are not seen";
}

int hook_plan_missing(const struct hook_plan *plan)
{
	for (int role = 0; role < HOOK_ROLES; role++) {
		if (hook_table[role].required && plan->chosen[role] < 0)
			return role;
	}
	return -1;
}
