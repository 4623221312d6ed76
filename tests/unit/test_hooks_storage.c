// SPDX-License-Identifier: GPL-2.0-only
/* What the lack of storage with sockets costs. */
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/capture/hooks.h"

/* *context: whether functions can be hooked. */
static bool offers(void *context, const struct hook_candidate *candidate, char *why)
{
	const bool *functions = context;

	(void)why;
	return *functions || candidate->kind == HOOK_TP_BTF || candidate->kind == HOOK_ITER;
}

/* Accepted sockets get their state from the listener's storage, or from a hook of the accept. */
static void clients_are_lost_without_storage_and_hook(void **state)
{
	struct hook_plan plan;
	bool functions = false;

	(void)state;
	hook_plan_init(&plan);
	hook_plan_choose(&plan, offers, &functions);
	assert_null(hook_plan_lost_clients(&plan));
	plan.socket_storage = false;
	hook_plan_choose(&plan, offers, &functions);
	assert_non_null(hook_plan_lost_clients(&plan));
	hook_plan_init(&plan);
	plan.socket_storage = false;
	functions = true;
	hook_plan_choose(&plan, offers, &functions);
	assert_null(hook_plan_lost_clients(&plan));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_are_lost_without_storage_and_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
