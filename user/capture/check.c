// SPDX-License-Identifier: GPL-2.0-only
/* `lbtrace check`: the plan that capture_open() would run with, from the same code. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "user/capture/capture.h"
#include "user/capture/load.h"
#include "user/capture/privilege.h"
#include "user/lib/message.h"

#define CHECK_SCHEMA "lbtrace-check/1"

struct role_state {
	const char *word; /* ok, degraded, missing */
	const char *lost; /* what is lost, or NULL */
};

static struct role_state judge(const struct hook_plan *plan, enum hook_role role)
{
	const struct hook_candidate *candidate = hook_plan_candidate(plan, role);
	const struct hook_row *row = hook_row(role);

	if (role == HOOK_ACCEPT && hook_plan_lost_clients(plan))
		return (struct role_state){ "missing", hook_plan_lost_clients(plan) };
	if (candidate)
		return (struct role_state){ candidate->degrades ? "degraded" : "ok",
					    candidate->degrades };
	if (hook_plan_served_by(plan, role))
		return (struct role_state){ "ok", NULL };
	return (struct role_state){ "missing", row->without };
}

/* "tp_btf kfree_skb", "state" (the role that serves this one), or "-". */
static void name_hook(const struct hook_plan *plan, enum hook_role role, char *text, size_t bytes)
{
	const struct hook_candidate *candidate = hook_plan_candidate(plan, role);
	const char *server = hook_plan_served_by(plan, role);

	if (candidate)
		snprintf(text, bytes, "%s %s", hook_kind_name(candidate->kind), candidate->target);
	else if (server)
		snprintf(text, bytes, "(%s)", server);
	else
		snprintf(text, bytes, "-");
}

static void print_text(const struct hook_plan *plan, bool tried)
{
	printf("%-15s %-34s %-9s %s\n", "ROLE", "HOOK", "STATE", "WHAT IS LOST");
	for (int role = 0; role < HOOK_ROLES; role++) {
		struct role_state state = judge(plan, role);
		char hook[64];

		name_hook(plan, role, hook, sizeof(hook));
		printf("%-15s %-34s %-9s %s\n", hook_row(role)->name, hook, state.word,
		       state.lost ? state.lost : "");
		for (int i = 0; i < HOOK_CANDIDATES_MAX; i++) {
			const struct hook_candidate *candidate = &hook_row(role)->candidates[i];

			if (plan->refused[role][i])
				printf("%-15s   not %s %s: %s\n", "",
				       hook_kind_name(candidate->kind), candidate->target,
				       plan->why[role][i]);
		}
	}
	if (plan->socket_storage)
		printf("%-15s %-34s %s\n", "sockets", "socket storage", "ok");
	else
		printf("%-15s %-34s %-9s at most %u sockets are followed\n", "sockets",
		       "hash by address", "degraded", plan->sockets_most);
	if (!tried)
		printf("Not tried, only looked up: this takes root.\n");
}

static json_t *refused_json(const struct hook_plan *plan, enum hook_role role)
{
	json_t *refused = json_array();

	for (int i = 0; i < HOOK_CANDIDATES_MAX; i++) {
		const struct hook_candidate *candidate = &hook_row(role)->candidates[i];

		if (plan->refused[role][i] &&
		    json_array_append_new(refused, json_pack("{s:s, s:s, s:s, s:s}", "program",
							     candidate->program, "kind",
							     hook_kind_name(candidate->kind),
							     "target", candidate->target, "why",
							     plan->why[role][i]))) {
			json_decref(refused);
			return NULL;
		}
	}
	return refused;
}

static json_t *role_json(const struct hook_plan *plan, enum hook_role role)
{
	const struct hook_candidate *candidate = hook_plan_candidate(plan, role);
	const struct hook_row *row = hook_row(role);
	struct role_state state = judge(plan, role);

	return json_pack("{s:s, s:b, s:s?, s:s?, s:s?, s:s?, s:s, s:s?, s:o}", "role", row->name,
			 "required", row->required, "program",
			 candidate ? candidate->program : NULL, "kind",
			 candidate ? hook_kind_name(candidate->kind) : NULL, "target",
			 candidate ? candidate->target : NULL, "served_by",
			 hook_plan_served_by(plan, role), "state", state.word, "lost", state.lost,
			 "refused", refused_json(plan, role));
}

static int print_json(const struct hook_plan *plan, bool tried)
{
	struct utsname system = { 0 };
	json_t *roles = json_array();
	json_t *root;
	int err;

	uname(&system);
	for (int role = 0; role < HOOK_ROLES; role++) {
		/* Without memory for a row there is none for the whole. */
		if (json_array_append_new(roles, role_json(plan, role))) {
			json_decref(roles);
			return -ENOMEM;
		}
	}
	root = json_pack("{s:s, s:{s:s, s:s}, s:b, s:s, s:o}", "schema", CHECK_SCHEMA, "host",
			 "kernel", system.release, "machine", system.machine, "tried", tried,
			 "sockets", plan->socket_storage ? "storage" : "hash", "roles", roles);
	if (!root)
		return -ENOMEM;
	err = json_dumpf(root, stdout, JSON_INDENT(2)) ? -EIO : 0;
	json_decref(root);
	putchar('\n');
	return err;
}

int capture_print_check(bool json)
{
	const struct capture_options options = { 0 };
	bool privileged = !privilege_check();
	struct load load = { 0 };
	int err, print_err = 0;

	err = privileged ? load_open(&load, &options) : load_choose(&load);
	/* After any other error the plan is not what the kernel took. */
	if (!err || (load.has_plan && hook_plan_missing(&load.plan) >= 0)) {
		if (json)
			print_err = print_json(&load.plan, privileged);
		else
			print_text(&load.plan, privileged);
	}
	load_close(&load);
	if (print_err)
		message_error("cannot print what was found: %s", strerror(-print_err));
	if (err || print_err)
		return err ? err : print_err;
	if (!privileged)
		privilege_explain();
	return privileged ? 0 : -EPERM;
}
