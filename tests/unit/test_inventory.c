// SPDX-License-Identifier: GPL-2.0-only
/* Looks at a fabricated /proc. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/proc_tree.h"
#include "user/inventory/state.h"
#include "user/lib/endpoint.h"

#define SEEN_MAX 64
#define ANYWHERE "0.0.0.0:0"

/* What a look gave. */
struct seen {
	struct event_owner follows[SEEN_MAX];
	uint32_t forgets[SEEN_MAX];
	struct event_load_balancer balancers[SEEN_MAX];
	struct event_listener listeners[SEEN_MAX];
	int follow_count, forget_count, balancer_count, listener_count;
	int follow_error;
};

static struct proc_tree tree;
static struct seen seen;
static struct inventory *inventory;
static struct inventory_options options;

static int on_follow(void *context, const struct event_owner *owner)
{
	assert_ptr_equal(context, &seen);
	assert_true(seen.follow_count < SEEN_MAX);
	seen.follows[seen.follow_count++] = *owner;
	return seen.follow_error;
}

static void on_forget(void *context, uint32_t tgid)
{
	assert_ptr_equal(context, &seen);
	assert_true(seen.forget_count < SEEN_MAX);
	seen.forgets[seen.forget_count++] = tgid;
}

static int on_record(void *context, const struct event_header *record)
{
	const union event *event = (const void *)record;

	assert_ptr_equal(context, &seen);
	assert_int_equal(record_check(record, record->size_bytes), record->size_bytes);
	if (record->type == EVENT_LOAD_BALANCER)
		seen.balancers[seen.balancer_count++] = event->load_balancer;
	else if (record->type == EVENT_LISTENER)
		seen.listeners[seen.listener_count++] = event->listener;
	else
		fail();
	return 0;
}

static int look(void)
{
	const struct inventory_callbacks callbacks = {
		.follow = on_follow,
		.forget = on_forget,
		.sink = on_record,
		.context = &seen,
	};
	int follow_error = seen.follow_error;
	struct group *group;

	memset(&seen, 0, sizeof(seen));
	seen.follow_error = follow_error;
	if (!inventory)
		assert_int_equal(inventory_new_at(tree.path, &options, &inventory), 0);
	/* looks here come faster than once a second: no rest between them */
	for (group = inventory->groups; group; group = group->hh.next)
		group->scan_next_ns = 0;
	return inventory_look(inventory, &callbacks);
}

static int set_up(void **state)
{
	(void)state;
	proc_tree_make(&tree);
	proc_tree_add(&tree, 1, 0, 1, "systemd", "/usr/lib/systemd/systemd");
	memset(&seen, 0, sizeof(seen));
	memset(&options, 0, sizeof(options));
	options.no_config = true; /* test_inventory_configured.c */
	inventory = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	inventory_free(inventory);
	proc_tree_remove(&tree);
	return 0;
}

static void listen_on(uint32_t tgid, const char *netns, const char *local, uint64_t inode)
{
	proc_tree_tcp(&tree, netns, local, ANYWHERE, SOCKETS_LISTEN, inode);
	proc_tree_socket(&tree, tgid, (int)inode, inode);
}

static void add_nginx(uint32_t master)
{
	proc_tree_add(&tree, master, 1, 100, "nginx", "/usr/sbin/nginx");
	proc_tree_add(&tree, master + 1, master, 101, "nginx", "/usr/sbin/nginx");
	proc_tree_add(&tree, master + 2, master, 101, "nginx", "/usr/sbin/nginx");
}

static const struct event_owner *followed(uint32_t tgid)
{
	int i;

	for (i = 0; i < seen.follow_count; i++)
		if (seen.follows[i].tgid == tgid)
			return &seen.follows[i];
	return NULL;
}

static bool has_listener(const char *address)
{
	char text[ENDPOINT_TEXT_BYTES];
	int i;

	for (i = 0; i < seen.listener_count; i++)
		if (!strcmp(endpoint_format(&seen.listeners[i].address, text), address))
			return true;
	return false;
}

static void an_idle_host_has_none(void **state)
{
	(void)state;
	proc_tree_add(&tree, 20, 1, 5, "sshd", "/usr/sbin/sshd");
	listen_on(20, "host", "0.0.0.0:22", 200);
	assert_int_equal(look(), 0);
	assert_int_equal(seen.follow_count + seen.balancer_count + seen.listener_count, 0);
}

static void workers_are_in_their_masters_group(void **state)
{
	(void)state;
	add_nginx(50);
	listen_on(50, "host", "10.0.0.1:80", 7);
	proc_tree_socket(&tree, 51, 3, 7);
	assert_int_equal(look(), 3);
	assert_int_equal(seen.follow_count, 3);
	assert_int_equal(followed(50)->group, 50);
	assert_int_equal(followed(51)->group, 50);
	assert_int_equal(followed(52)->group, 50);
	assert_int_equal(followed(52)->kind, BALANCER_NGINX);
	assert_string_equal(followed(52)->comm, "nginx");

	assert_int_equal(seen.balancer_count, 1);
	assert_int_equal(seen.balancers[0].owner.tgid, 50);
	assert_int_equal(seen.balancers[0].processes, 3);
	assert_string_equal(seen.balancers[0].executable, "/usr/sbin/nginx");
	assert_int_equal(seen.listener_count, 1);
	assert_true(has_listener("10.0.0.1:80"));
	assert_int_equal(seen.listeners[0].owner.group, 50);
}

static void nothing_new_is_nothing_said(void **state)
{
	int i;

	(void)state;
	add_nginx(50);
	listen_on(50, "host", "10.0.0.1:80", 7);
	look();
	for (i = 0; i < 30; i++) {
		assert_int_equal(look(), 3);
		assert_int_equal(seen.follow_count + seen.forget_count, 0);
		assert_int_equal(seen.balancer_count + seen.listener_count, 0);
	}
}

static void a_reload_stays_in_the_group(void **state)
{
	(void)state;
	add_nginx(50);
	listen_on(50, "host", "10.0.0.1:80", 7);
	look();
	proc_tree_kill(&tree, 51);
	proc_tree_add(&tree, 61, 50, 900, "nginx", "/usr/sbin/nginx");
	proc_tree_add(&tree, 62, 50, 900, "nginx", "/usr/sbin/nginx");
	assert_int_equal(look(), 4);
	assert_int_equal(seen.follow_count, 2);
	assert_int_equal(followed(61)->group, 50);
	assert_int_equal(seen.forget_count, 1);
	assert_int_equal(seen.forgets[0], 51);
	assert_int_equal(seen.balancers[0].processes, 4);
}

static void haproxys_listeners_are_its_workers(void **state)
{
	(void)state;
	proc_tree_add(&tree, 50, 1, 100, "haproxy", "/usr/sbin/haproxy");
	proc_tree_add(&tree, 51, 50, 101, "haproxy", "/usr/sbin/haproxy");
	listen_on(51, "host", "10.0.0.1:80", 7);
	listen_on(51, "host", "10.0.0.1:443", 8);
	proc_tree_tcp(&tree, "host", "10.0.0.1:80", ANYWHERE, SOCKETS_LISTEN, 9);
	proc_tree_socket(&tree, 51, 9, 9); /* SO_REUSEPORT: a second one */
	assert_int_equal(look(), 2);
	assert_int_equal(seen.listener_count, 2);
	assert_true(has_listener("10.0.0.1:80"));
	assert_true(has_listener("10.0.0.1:443"));
	assert_int_equal(seen.listeners[0].owner.group, 50);
}

static void unrelated_balancers_are_groups_of_their_own(void **state)
{
	(void)state;
	proc_tree_add(&tree, 50, 1, 100, "haproxy", "/usr/sbin/haproxy");
	proc_tree_add(&tree, 60, 1, 100, "haproxy", "/usr/sbin/haproxy");
	proc_tree_add(&tree, 70, 60, 100, "nginx", "/usr/sbin/nginx");
	assert_int_equal(look(), 3);
	assert_int_equal(followed(50)->group, 50);
	assert_int_equal(followed(60)->group, 60);
	assert_int_equal(followed(70)->group, 70);
}

static void the_group_follows_an_upgrade(void **state)
{
	(void)state;
	add_nginx(50);
	proc_tree_add(&tree, 60, 50, 900, "nginx", "/usr/sbin/nginx");
	look();
	assert_int_equal(followed(60)->group, 50);
	proc_tree_kill(&tree, 50);
	proc_tree_kill(&tree, 51);
	proc_tree_kill(&tree, 52);
	proc_tree_add(&tree, 60, 1, 900, "nginx", "/usr/sbin/nginx");
	assert_int_equal(look(), 1);
	assert_int_equal(followed(60)->group, 60);
}

static void a_reused_pid_is_another_process(void **state)
{
	(void)state;
	proc_tree_add(&tree, 50, 1, 100, "haproxy", "/usr/sbin/haproxy");
	look();
	proc_tree_kill(&tree, 50);
	proc_tree_add(&tree, 50, 1, 700, "cat", "/usr/bin/cat");
	assert_int_equal(look(), 0);
	assert_int_equal(seen.forget_count, 1);
	proc_tree_kill(&tree, 50);
	proc_tree_add(&tree, 50, 1, 800, "haproxy", "/usr/sbin/haproxy");
	assert_int_equal(look(), 1);
	assert_non_null(followed(50));
}

static void a_process_is_seen_after_exec(void **state)
{
	int i, found = 0;

	(void)state;
	proc_tree_add(&tree, 50, 1, 100, "runit", "/usr/bin/runit");
	assert_int_equal(look(), 0);
	proc_tree_add(&tree, 50, 1, 100, "haproxy", "/usr/sbin/haproxy");
	for (i = 0; i < STATE_SWEEP_LOOKS && !found; i++)
		found = look();
	assert_int_equal(found, 1);
}

static void what_is_gone_at_once_is_not_announced(void **state)
{
	(void)state;
	proc_tree_add(&tree, 50, 1, 100, "nginx", "/usr/sbin/nginx");
	look();
	assert_int_equal(seen.follow_count, 1);
	assert_int_equal(seen.balancer_count, 0);
	look();
	assert_int_equal(seen.balancer_count, 0);
	look();
	assert_int_equal(seen.balancer_count, 1);
}

static void a_new_listener_is_told_once(void **state)
{
	(void)state;
	add_nginx(50);
	listen_on(50, "host", "10.0.0.1:80", 7);
	look();
	listen_on(50, "host", "10.0.0.1:81", 8);
	look();
	assert_int_equal(seen.listener_count, 1);
	assert_true(has_listener("10.0.0.1:81"));
	assert_int_equal(seen.balancer_count, 0);
	look();
	assert_int_equal(seen.listener_count, 0);
}

static void descriptors_rest_after_they_were_read(void **state)
{
	const struct inventory_callbacks callbacks = { on_follow, on_forget, on_record, &seen };

	(void)state;
	add_nginx(50);
	listen_on(50, "host", "10.0.0.1:80", 7);
	look();
	listen_on(50, "host", "10.0.0.1:81", 8);
	inventory->groups->scan_next_ns = UINT64_MAX;
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(inventory_look(inventory, &callbacks), 3);
	assert_int_equal(seen.listener_count, 0);
	look();
	assert_int_equal(seen.listener_count, 1);
}

static void an_error_of_follow_ends_the_look(void **state)
{
	(void)state;
	add_nginx(50);
	seen.follow_error = -E2BIG;
	assert_int_equal(look(), -E2BIG);
	assert_int_equal(seen.follow_count, 1);
	seen.follow_error = 0;
	assert_int_equal(look(), 3);
	assert_int_equal(seen.follow_count, 3);
}

static void pids_select_with_their_children(void **state)
{
	(void)state;
	add_nginx(50);
	proc_tree_add(&tree, 60, 1, 100, "haproxy", "/usr/sbin/haproxy");
	proc_tree_add(&tree, 70, 1, 100, "proxy", "/opt/proxy");
	proc_tree_add(&tree, 71, 70, 100, "proxy", "/opt/proxy");
	options.pids[options.pid_count++] = 50;
	options.pids[options.pid_count++] = 70;
	assert_int_equal(look(), 5);
	assert_null(followed(60));
	assert_int_equal(followed(71)->group, 70);
	assert_int_equal(followed(71)->kind, BALANCER_OTHER);
}

static void names_select_exactly(void **state)
{
	(void)state;
	add_nginx(50);
	proc_tree_add(&tree, 60, 1, 100, "proxy", "/opt/proxy");
	proc_tree_add(&tree, 70, 1, 100, "proxy2", "/opt/proxy2");
	strcpy(options.comms[options.comm_count++], "proxy");
	assert_int_equal(look(), 1);
	assert_non_null(followed(60));
}

static void a_namespace_selects(void **state)
{
	(void)state;
	add_nginx(50);
	proc_tree_add(&tree, 60, 1, 100, "haproxy", "/usr/sbin/haproxy");
	options.netns = proc_tree_netns(&tree, 60, "blue");
	listen_on(60, "blue", "10.1.0.1:80", 9);
	assert_int_equal(look(), 1);
	assert_non_null(followed(60));
	assert_int_equal(seen.balancers[0].netns, options.netns);
	assert_true(has_listener("10.1.0.1:80"));
}

static void a_thread_in_the_namespace_selects(void **state)
{
	(void)state;
	proc_tree_add(&tree, 60, 1, 100, "haproxy", "/usr/sbin/haproxy");
	proc_tree_add(&tree, 61, 1, 100, "cat", "/usr/bin/cat");
	options.netns = proc_tree_netns(&tree, 61, "blue");
	assert_int_equal(look(), 0);
	inventory_free(inventory);
	inventory = NULL;
	proc_tree_link(&tree, 60, "task/65/ns/net", "../../../../61/ns/net");
	assert_int_equal(look(), 1);
}

static void make_proxy(uint32_t tgid)
{
	proc_tree_add(&tree, tgid, 1, 100, "proxy", "/opt/proxy");
	proc_tree_tcp(&tree, "host", "10.0.0.1:8080", ANYWHERE, SOCKETS_LISTEN, 7);
	proc_tree_tcp(&tree, "host", "10.0.0.1:8080", "192.0.2.1:4000", SOCKETS_ESTABLISHED, 8);
	proc_tree_tcp(&tree, "host", "10.0.0.1:4001", "10.0.0.9:80", SOCKETS_ESTABLISHED, 9);
}

static void behaviour_is_recognised(void **state)
{
	(void)state;
	make_proxy(50);
	proc_tree_socket(&tree, 50, 3, 7);
	proc_tree_socket(&tree, 50, 4, 8);
	assert_int_equal(look(), 0);
	inventory_free(inventory);
	inventory = NULL;
	proc_tree_socket(&tree, 50, 5, 9);
	assert_int_equal(look(), 1);
	assert_int_equal(followed(50)->kind, BALANCER_OTHER);
	assert_int_equal(seen.balancer_count, 1);
	assert_true(has_listener("10.0.0.1:8080"));
	/* idle now, but still one */
	proc_tree_tcp_clear(&tree, "host");
	assert_int_equal(look(), 1);
}

static void behaviour_waits_for_the_connections_turn(void **state)
{
	int i;

	(void)state;
	make_proxy(50);
	for (i = 7; i < 9; i++)
		proc_tree_socket(&tree, 50, i, (uint64_t)i);
	proc_tree_socket(&tree, 50, 5, 1000);
	assert_int_equal(look(), 0);
	assert_non_null(inventory->networks);
	inventory->networks->connections_next_ns = UINT64_MAX;
	proc_tree_socket(&tree, 50, 9, 9);
	for (i = 0; i < 2 * STATE_SWEEP_LOOKS; i++)
		assert_int_equal(look(), 0);
	inventory->networks->connections_next_ns = 0;
	assert_int_equal(look(), 1);
}

static void a_process_per_connection_is_recognised(void **state)
{
	(void)state;
	make_proxy(50);
	proc_tree_socket(&tree, 50, 3, 7);
	proc_tree_add(&tree, 51, 50, 200, "proxy", "/opt/proxy");
	proc_tree_socket(&tree, 51, 4, 8);
	proc_tree_socket(&tree, 51, 5, 9);
	proc_tree_add(&tree, 52, 50, 200, "sh", "/bin/sh");
	assert_int_equal(look(), 2);
	assert_int_equal(followed(51)->group, 50);
	assert_non_null(followed(50));
	assert_null(followed(52));
}

static void hostile_processes_are_skipped(void **state)
{
	char noise[2000];

	(void)state;
	memset(noise, '(', sizeof(noise));
	proc_tree_add(&tree, 50, 1, 100, "a) R 1 (\033[2J", "/opt/x");
	proc_tree_write_text(&tree, 51, "stat", "51 (nginx");
	proc_tree_write(&tree, 52, "stat", noise, sizeof(noise));
	proc_tree_write_text(&tree, 53, "comm", "no stat");
	proc_tree_write_text(&tree, 54, "stat", "");
	add_nginx(60);
	assert_int_equal(look(), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_idle_host_has_none),
		TEST(workers_are_in_their_masters_group),
		TEST(nothing_new_is_nothing_said),
		TEST(a_reload_stays_in_the_group),
		TEST(haproxys_listeners_are_its_workers),
		TEST(unrelated_balancers_are_groups_of_their_own),
		TEST(the_group_follows_an_upgrade),
		TEST(a_reused_pid_is_another_process),
		TEST(a_process_is_seen_after_exec),
		TEST(what_is_gone_at_once_is_not_announced),
		TEST(a_new_listener_is_told_once),
		TEST(descriptors_rest_after_they_were_read),
		TEST(an_error_of_follow_ends_the_look),
		TEST(pids_select_with_their_children),
		TEST(names_select_exactly),
		TEST(a_namespace_selects),
		TEST(a_thread_in_the_namespace_selects),
		TEST(behaviour_is_recognised),
		TEST(behaviour_waits_for_the_connections_turn),
		TEST(a_process_per_connection_is_recognised),
		TEST(hostile_processes_are_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
