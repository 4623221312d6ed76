// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that run out while /proc is read. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/proc_tree.h"
#include "user/inventory/state.h"

#define NGINX 812u

struct seen {
	int followed, forgotten;
};

static int on_follow(void *context, const struct event_owner *owner)
{
	struct seen *seen = context;

	assert_int_equal(owner->tgid, NGINX);
	seen->followed++;
	return 0;
}

static void on_forget(void *context, uint32_t tgid)
{
	struct seen *seen = context;

	assert_int_equal(tgid, NGINX);
	seen->forgotten++;
}

static int on_record(void *context, const struct event_header *record)
{
	(void)context;
	(void)record;
	return 0;
}

/* How many more descriptors may be opened. */
static void allow_descriptors(rlim_t more)
{
	int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct rlimit limit;

	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = more == RLIM_INFINITY ? limit.rlim_max : (rlim_t)next + more;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* A process whose stat cannot be opened for lack of a descriptor is not gone. */
static void a_shortage_is_no_end_of_a_process(void **state)
{
	const struct inventory_options options = { 0 };
	struct seen seen = { 0 };
	const struct inventory_callbacks callbacks = {
		.follow = on_follow, .forget = on_forget, .sink = on_record, .context = &seen
	};
	struct inventory *inventory;
	struct proc_tree tree;

	(void)state;
	proc_tree_make(&tree);
	proc_tree_add(&tree, NGINX, 1, 77, "nginx", "/usr/sbin/nginx");
	assert_int_equal(inventory_new_at(tree.path, &options, &inventory), 0);
	/* one for the listing, none for what is listed */
	allow_descriptors(1);
	assert_int_equal(inventory_look(inventory, &callbacks), -EMFILE);
	assert_int_equal(seen.followed, 0);
	allow_descriptors(RLIM_INFINITY);
	assert_int_equal(inventory_look(inventory, &callbacks), 1);
	assert_int_equal(seen.followed, 1);

	proc_tree_add(&tree, NGINX, 1, 77, "nginx", "/usr/sbin/nginx");
	for (int look = 0; look < 2 * STATE_SWEEP_LOOKS; look++) {
		allow_descriptors(1);
		(void)inventory_look(inventory, &callbacks);
		allow_descriptors(RLIM_INFINITY);
	}
	assert_int_equal(seen.forgotten, 0);
	inventory_free(inventory);
	proc_tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shortage_is_no_end_of_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
