// SPDX-License-Identifier: GPL-2.0-only
/* The hook table and the choosing, on made-up kernels; and the table against the built programs. */
#include "tests/unit/cmocka_plus.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/capture/hooks.h"
#include "user/capture/symbols.h"

/* A kernel that has everything but these programs' hooks. */
struct made_up_kernel {
	const char *lacks[HOOK_ROLES * HOOK_CANDIDATES_MAX];
	int asked;
};

static bool made_up_offers(void *context, const struct hook_candidate *candidate, char *why)
{
	struct made_up_kernel *kernel = context;

	kernel->asked++;
	for (int i = 0; kernel->lacks[i]; i++) {
		if (!strcmp(kernel->lacks[i], candidate->program)) {
			snprintf(why, HOOK_WHY_BYTES, "made up without");
			return false;
		}
	}
	return true;
}

static const char *chosen(const struct hook_plan *plan, enum hook_role role)
{
	const struct hook_candidate *candidate = hook_plan_candidate(plan, role);

	return candidate ? candidate->program : "none";
}

static void choose_on(struct hook_plan *plan, struct made_up_kernel *kernel)
{
	hook_plan_init(plan);
	hook_plan_choose(plan, made_up_offers, kernel);
}

static int count_candidates(const struct hook_row *row)
{
	int count = 0;

	while (count < HOOK_CANDIDATES_MAX && row->candidates[count].program)
		count++;
	return count;
}

static bool is_role_name(const char *name)
{
	for (int role = 0; role < HOOK_ROLES; role++) {
		if (!strcmp(hook_row(role)->name, name))
			return true;
	}
	return false;
}

static void every_row_is_whole(void **state)
{
	(void)state;
	for (int role = 0; role < HOOK_ROLES; role++) {
		const struct hook_row *row = hook_row(role);
		int count = count_candidates(row);

		assert_non_null(row->name);
		assert_true(count > 0);
		assert_true(row->without || row->served_by);
		assert_true(!row->served_by || is_role_name(row->served_by));
		for (int i = 0; i < count; i++) {
			const struct hook_candidate *candidate = &row->candidates[i];

			assert_non_null(candidate->target);
			/* A program's name begins with its role's. */
			if (strncmp(candidate->program, row->name, strlen(row->name)))
				fail_msg("%s serves %s", candidate->program, row->name);
			assert_true(i > 0 || !candidate->degrades);
		}
		/* Whatever stands behind an unused place would never be looked at. */
		for (int i = count; i < HOOK_CANDIDATES_MAX; i++)
			assert_null(row->candidates[i].program);
	}
}

static void programs_are_unique(void **state)
{
	(void)state;
	for (int role = 0; role < HOOK_ROLES; role++) {
		for (int i = 0; i < count_candidates(hook_row(role)); i++) {
			struct hook_plan plan;

			hook_plan_init(&plan);
			assert_true(hook_plan_refuse(&plan, hook_row(role)->candidates[i].program,
						     "test"));
			assert_true(plan.refused[role][i]);
		}
	}
}

/* The kernel takes no bare address for socket storage. */
static void kprobes_keep_sockets_by_pointer(void **state)
{
	(void)state;
	for (int role = 0; role < HOOK_ROLES; role++) {
		for (int i = 0; i < count_candidates(hook_row(role)); i++) {
			const struct hook_candidate *candidate = &hook_row(role)->candidates[i];

			if (candidate->kind == HOOK_KPROBE || candidate->kind == HOOK_KRETPROBE)
				assert_int_equal(candidate->storage, HOOK_STORAGE_POINTER);
		}
	}
}

static void takes_the_first_where_all_is_offered(void **state)
{
	struct made_up_kernel kernel = { 0 };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	for (int role = 0; role < HOOK_ROLES; role++)
		assert_int_equal(plan.chosen[role], role == HOOK_ACCEPT ? -1 : 0);
	assert_true(plan.socket_storage);
	assert_int_equal(hook_plan_missing(&plan), -1);
}

static void takes_the_next_and_says_why(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "reset_sent_tp_btf_3", "exit_tp_btf_2",
						    "oom_tp_btf_2", "oom_tp_btf_1" } };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	assert_string_equal(chosen(&plan, HOOK_RESET_SENT), "reset_sent_tp_btf_2");
	assert_string_equal(chosen(&plan, HOOK_EXIT), "exit_tp_btf_1");
	assert_string_equal(plan.why[HOOK_EXIT][0], "made up without");
	assert_false(plan.refused[HOOK_EXIT][1]);
	assert_string_equal(chosen(&plan, HOOK_OOM), "none");
}

/* arm64 before 6.3. */
static void tracepoints_serve_where_functions_have_no_hooks(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "receive_tp_btf", "receive_fentry",
						    "read_tp_btf", "read_fexit_5",
						    "read_fexit_6" } };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	assert_string_equal(chosen(&plan, HOOK_RECEIVE), "receive_tp_btf_head");
	assert_string_equal(chosen(&plan, HOOK_READ), "read_tp_btf_adjust");
}

static void an_optional_role_may_be_empty(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "error_tp_btf", "error_fentry" } };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	assert_null(hook_plan_candidate(&plan, HOOK_ERROR));
	assert_int_equal(hook_plan_missing(&plan), -1);
}

/* Socket storage is worth more than a kprobe for an optional role. */
static void storage_comes_before_kprobes(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "connect_fentry" } };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	assert_true(plan.socket_storage);
	assert_string_equal(chosen(&plan, HOOK_CONNECT), "none");
	assert_string_equal(chosen(&plan, HOOK_SWEEP), "sweep_iter");
}

/* arm64 before 6.4: without a hook of what is sent there is no 5xx. */
static void a_kprobe_comes_before_blindness(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "send_tp_btf", "send_fentry" } };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	assert_false(plan.socket_storage);
	assert_string_equal(chosen(&plan, HOOK_SEND), "send_kprobe");
	assert_string_equal(chosen(&plan, HOOK_SWEEP), "sweep_hash_iter");
}

/* Where accepted sockets would not be known, the 5xx that are sent on them would not, either. */
static void storage_stays_where_a_kprobe_does_not_help(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "send_tp_btf", "send_fentry", "accept_fexit",
						    "accept_fexit_old", "accept_kprobe" } };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	assert_true(plan.socket_storage);
	assert_string_equal(chosen(&plan, HOOK_SEND), "none");
	assert_string_equal(chosen(&plan, HOOK_SWEEP), "sweep_iter");
}

static void without_storage_sockets_are_kept_by_pointer(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "connect_fentry" } };
	struct hook_plan plan;

	(void)state;
	hook_plan_init(&plan);
	plan.socket_storage = false;
	hook_plan_choose(&plan, made_up_offers, &kernel);
	assert_false(plan.socket_storage);
	assert_string_equal(chosen(&plan, HOOK_CONNECT), "connect_kprobe");
	assert_string_equal(chosen(&plan, HOOK_SWEEP), "sweep_hash_iter");
}

/* Only socket storage is cloned from a listener's to what it accepts. */
static void accept_is_served_with_storage_only(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "accept_fexit", "accept_fexit_old",
						    "accept_kprobe", "connect_fentry",
						    "connect_kprobe" } };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	assert_string_equal(hook_plan_served_by(&plan, HOOK_ACCEPT), "state");
	assert_string_equal(hook_plan_served_by(&plan, HOOK_CONNECT), "state");
	assert_null(hook_plan_served_by(&plan, HOOK_STATE));

	hook_plan_init(&plan);
	plan.socket_storage = false;
	hook_plan_choose(&plan, made_up_offers, &kernel);
	assert_null(hook_plan_candidate(&plan, HOOK_ACCEPT));
	assert_null(hook_plan_served_by(&plan, HOOK_ACCEPT));
	assert_string_equal(hook_plan_served_by(&plan, HOOK_CONNECT), "state");
}

static void a_required_role_can_be_missing(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "state_tp_btf" } };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	assert_int_equal(hook_plan_missing(&plan), HOOK_STATE);
}

static void refused_later_takes_the_next(void **state)
{
	struct made_up_kernel kernel = { 0 };
	struct hook_plan plan;

	(void)state;
	choose_on(&plan, &kernel);
	assert_string_equal(chosen(&plan, HOOK_EXIT), "exit_tp_btf_2");
	assert_true(hook_plan_refuse(&plan, "exit_tp_btf_2", "does not load"));
	assert_null(hook_plan_candidate(&plan, HOOK_EXIT));
	hook_plan_choose(&plan, made_up_offers, &kernel);
	assert_string_equal(chosen(&plan, HOOK_EXIT), "exit_tp_btf_1");
	assert_string_equal(plan.why[HOOK_EXIT][0], "does not load");

	/* A second refusal changes nothing: the rounds of loading end by that. */
	assert_false(hook_plan_refuse(&plan, "exit_tp_btf_2", "again"));
	assert_false(hook_plan_refuse(&plan, "no_such_program", "again"));
	assert_string_equal(plan.why[HOOK_EXIT][0], "does not load");
}

static void a_refused_candidate_is_not_asked_for_again(void **state)
{
	struct made_up_kernel kernel = { .lacks = { "receive_tp_btf", "receive_fentry",
						    "receive_tp_btf_head" } };
	struct hook_plan plan;
	int asked;

	(void)state;
	choose_on(&plan, &kernel);
	asked = kernel.asked;
	hook_plan_choose(&plan, made_up_offers, &kernel);
	/* Every role but the empty one, and accept, which socket storage does the work of. */
	assert_int_equal(kernel.asked - asked, HOOK_ROLES - 2);
}

static void the_list_refuses(void **state)
{
	struct made_up_kernel kernel = { 0 };
	struct hook_plan plan;

	(void)state;
	hook_plan_init(&plan);
	assert_int_equal(hook_plan_refuse_list(&plan, "drop:drop_tp_btf_4,connect:connect_fentry"),
			 0);
	hook_plan_choose(&plan, made_up_offers, &kernel);
	assert_string_equal(chosen(&plan, HOOK_DROP), "drop_tp_btf_3");
	assert_string_equal(chosen(&plan, HOOK_CONNECT), "none");
	assert_true(plan.socket_storage);

	assert_int_equal(hook_plan_refuse_list(&plan, "storage:socket"), 0);
	hook_plan_choose(&plan, made_up_offers, &kernel);
	assert_false(plan.socket_storage);
	assert_string_equal(chosen(&plan, HOOK_CONNECT), "connect_kprobe");
}

static void a_wrong_list_is_refused(void **state)
{
	static const char *const lists[] = { "drop",
					     ":",
					     "drop:",
					     ":drop_tp_btf_4",
					     "state:drop_tp_btf_4",
					     "dro:drop_tp_btf_4",
					     "drop:drop_tp_btf_4,x",
					     "storage:hash" };
	struct hook_plan plan;
	char longest[512];

	(void)state;
	hook_plan_init(&plan);
	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
		if (hook_plan_refuse_list(&plan, lists[i]) != -EINVAL)
			fail_msg("accepted: %s", lists[i]);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(hook_plan_refuse_list(&plan, longest), -EINVAL);
	assert_int_equal(hook_plan_refuse_list(&plan, ""), 0);
}

/* On kernels without drop reasons a program is told by address where packets are dropped. */
static void symbols_reach_to_the_next(void **state)
{
	static char text[] = "ffffffff81000300 T third\n"
			     "ffffffff81000100 T first\n"
			     "ffffffff81000100 T alias_of_first\n"
			     "ffffffff81000200 t second\n"
			     "no line of this file\n"
			     "ffffffffc0000000 t of_a_module\t[module]\n";
	struct symbol_range ranges[] = { { .name = "first" },
					 { .name = "second" },
					 { .name = "of_a_module" },
					 { .name = "nowhere" } };
	FILE *file = fmemopen(text, sizeof(text) - 1, "r");

	(void)state;
	assert_non_null(file);
	assert_int_equal(symbols_find_in(file, ranges, ARRAY_LENGTH(ranges)), 0);
	fclose(file);
	assert_true(ranges[0].from == 0xffffffff81000100 && ranges[0].to == 0xffffffff81000200);
	assert_true(ranges[1].from == 0xffffffff81000200 && ranges[1].to == 0xffffffff81000300);
	assert_true(ranges[2].from == 0xffffffffc0000000);
	assert_true(ranges[3].from == 0);
}

/* kernel.kptr_restrict: every address is 0. */
static void hidden_symbols_are_not_known(void **state)
{
	static char text[] = "0000000000000000 T first\n0000000000000000 T second\n";
	struct symbol_range range = { .name = "second" };
	FILE *file = fmemopen(text, sizeof(text) - 1, "r");

	(void)state;
	assert_non_null(file);
	assert_int_equal(symbols_find_in(file, &range, 1), 0);
	fclose(file);
	assert_true(range.from == 0);
}

static const struct hook_candidate *find_candidate(const char *program)
{
	for (int role = 0; role < HOOK_ROLES; role++) {
		for (int i = 0; i < count_candidates(hook_row(role)); i++) {
			if (!strcmp(hook_row(role)->candidates[i].program, program))
				return &hook_row(role)->candidates[i];
		}
	}
	return NULL;
}

/* The object of this build: two directories above this program. */
static struct bpf_object *open_object(void)
{
	char path[PATH_MAX] = "", object[PATH_MAX + 32];
	struct bpf_object *opened;

	assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	snprintf(object, sizeof(object), "%s/lbtrace.bpf.o", dirname(dirname(dirname(path))));
	opened = bpf_object__open_file(object, NULL);
	assert_int_equal(libbpf_get_error(opened), 0);
	return opened;
}

/* A program that no row names would never run; one that a row names otherwise would run elsewhere. */
static void every_built_program_has_its_row(void **state)
{
	struct bpf_object *object = open_object();
	struct bpf_program *program;
	int count = 0;

	(void)state;
	bpf_object__for_each_program(program, object) {
		const char *name = bpf_program__name(program);
		const struct hook_candidate *candidate = find_candidate(name);
		char section[96];

		if (!candidate) {
			fail_msg("%s is in no row of the hook table", name);
			break;
		}
		/* libbpf keeps the question mark of SEC("?...") to itself. */
		snprintf(section, sizeof(section), "%s/%s", hook_kind_name(candidate->kind),
			 candidate->target);
		/* Where it goes is known once a library was found. */
		if (candidate->kind == HOOK_UPROBE)
			section[strcspn(section, "/")] = '\0';
		/* libbpf 1.1 has no name for connect_unix; the loader makes it one. */
		if (candidate->kind == HOOK_CGROUP)
			snprintf(section, sizeof(section), "cgroup/connect4");
		if (strcmp(section, bpf_program__section_name(program)) &&
		    strcmp(section, bpf_program__section_name(program) + 1))
			fail_msg("%s: SEC(\"%s\"), the table has %s", name,
				 bpf_program__section_name(program), section);
		assert_false(bpf_program__autoload(program));
		count++;
	}
	assert_true(count > 0);
	bpf_object__close(object);
}

/* Users would be told of hooks that they can never have. */
static void every_candidate_is_built(void **state)
{
	struct bpf_object *object = open_object();

	(void)state;
	for (int role = 0; role < HOOK_ROLES; role++) {
		for (int i = 0; i < count_candidates(hook_row(role)); i++) {
			const char *program = hook_row(role)->candidates[i].program;

			if (!bpf_object__find_program_by_name(object, program))
				fail_msg("%s is not built", program);
		}
	}
	bpf_object__close(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole),
		cmocka_unit_test(programs_are_unique),
		cmocka_unit_test(kprobes_keep_sockets_by_pointer),
		cmocka_unit_test(takes_the_first_where_all_is_offered),
		cmocka_unit_test(takes_the_next_and_says_why),
		cmocka_unit_test(tracepoints_serve_where_functions_have_no_hooks),
		cmocka_unit_test(an_optional_role_may_be_empty),
		cmocka_unit_test(storage_comes_before_kprobes),
		cmocka_unit_test(a_kprobe_comes_before_blindness),
		cmocka_unit_test(storage_stays_where_a_kprobe_does_not_help),
		cmocka_unit_test(without_storage_sockets_are_kept_by_pointer),
		cmocka_unit_test(accept_is_served_with_storage_only),
		cmocka_unit_test(a_required_role_can_be_missing),
		cmocka_unit_test(refused_later_takes_the_next),
		cmocka_unit_test(a_refused_candidate_is_not_asked_for_again),
		cmocka_unit_test(the_list_refuses),
		cmocka_unit_test(a_wrong_list_is_refused),
		cmocka_unit_test(symbols_reach_to_the_next),
		cmocka_unit_test(hidden_symbols_are_not_known),
		cmocka_unit_test(every_built_program_has_its_row),
		cmocka_unit_test(every_candidate_is_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
