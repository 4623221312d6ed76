// SPDX-License-Identifier: GPL-2.0-only
/* When configurations of load balancers of a fabricated /proc are read anew. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/balancer_host.h"
#include "tests/unit/cmocka_plus.h"

#define ONE_POOL "http { upstream pool { server 10.0.0.1:80; } }"
#define TWO_IN_POOL "http { upstream pool { server 10.0.0.1:80; server 10.0.0.2:80; } }"

static void new_workers_are_a_reload(void **state)
{
	(void)state;
	host_write_file("/etc/n.conf", ONE_POOL);
	host_add_nginx(host_seconds_ago(100));
	host_add_worker(51, host_seconds_ago(100));
	host_add_worker(52, host_seconds_ago(100));
	host_look();
	host_write_file("/etc/n.conf", TWO_IN_POOL);
	host_look();
	assert_int_equal(host_seen.config_count, 0);
	host_leave(51);
	proc_tree_kill(&host_tree, 52);
	host_add_worker(61, host_ticks_now());
	host_add_worker(62, host_ticks_now());
	host_look();
	assert_non_null(host_find_note(CONFIG_READ));
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 2);
	assert_int_equal(host_seen.backend_count, 2);
	assert_int_equal(host_seen.backends[1].generation, 2);
}

static void a_worker_in_place_of_one_that_died_is_no_reload(void **state)
{
	int i;

	(void)state;
	host_write_file("/etc/n.conf", ONE_POOL);
	host_add_nginx(host_seconds_ago(100));
	host_add_worker(51, host_seconds_ago(100));
	host_add_worker(52, host_seconds_ago(100));
	host_look();
	proc_tree_kill(&host_tree, 52);
	host_add_worker(61, host_ticks_now());
	for (i = 0; i < 8; i++) {
		host_look();
		assert_null(host_find_note(CONFIG_READ));
	}
	/* and the reload that comes later is one */
	host_leave(51);
	host_leave(61);
	host_add_worker(71, host_ticks_now() + 500);
	host_look();
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 2);
}

static void a_reload_in_doubt_is_settled_between_looks(void **state)
{
	(void)state;
	host_write_file("/etc/n.conf", ONE_POOL);
	host_add_nginx(host_seconds_ago(100));
	host_add_worker(51, host_seconds_ago(100));
	host_look();
	host_add_worker(61, host_ticks_now());
	host_look();
	assert_null(host_find_note(CONFIG_READ));
	host_leave(51);
	assert_int_equal(inventory_turn(host_inventory, &host_callbacks), 0);
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 2);
}

static void first_workers_are_no_reload(void **state)
{
	int i;

	(void)state;
	host_write_file("/etc/n.conf", ONE_POOL);
	host_add_nginx(host_ticks_now());
	host_look();
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 1);
	host_add_worker(51, host_ticks_now() + 1);
	for (i = 0; i < 4; i++) {
		host_look();
		assert_null(host_find_note(CONFIG_READ));
	}
}

static void haproxys_new_worker_is_a_reload(void **state)
{
	(void)state;
	host_write_file("/etc/h.cfg", "backend b\n server s 10.0.0.1:80\n");
	host_add_haproxy(host_seconds_ago(100));
	host_add_haproxy_worker(51, HOST_MASTER, host_seconds_ago(100));
	host_look();
	assert_int_equal(host_seen.backend_count, 1);
	/* an external check, before it has executed its program */
	host_add_haproxy_worker(55, 51, host_ticks_now());
	host_look();
	assert_null(host_find_note(CONFIG_READ));
	host_add_haproxy_worker(61, HOST_MASTER, host_ticks_now());
	host_look();
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 2);
}

static void add_apache(uint32_t tgid, uint32_t parent, uint64_t start)
{
	static const char cmdline[] = "apache2\0-f\0/etc/a.conf";

	host_add_process(tgid, parent, start, "apache2", cmdline, sizeof(cmdline));
}

/* Its children come and go with the load; all of them go with a reload. */
static void apaches_children_are_no_reload_unless_all_are_new(void **state)
{
	(void)state;
	host_write_file("/etc/a.conf", "ProxyPass / http://10.0.0.1:80/\n");
	host_set_age("/etc/a.conf", 500);
	add_apache(HOST_MASTER, 1, host_seconds_ago(100));
	add_apache(51, HOST_MASTER, host_seconds_ago(100));
	host_look();
	host_look();
	host_look();
	assert_int_equal(host_seen.backend_count, 1);
	add_apache(52, HOST_MASTER, host_seconds_ago(5));
	host_look();
	assert_int_equal(host_seen.config_count, 0);
	host_write_file("/etc/a.conf", "ProxyPass / http://10.0.0.2:80/\n");
	host_make_check_due();
	host_look();
	assert_non_null(host_find_note(CONFIG_CHANGED));
	proc_tree_kill(&host_tree, 51);
	proc_tree_kill(&host_tree, 52);
	add_apache(61, HOST_MASTER, host_ticks_now() + 10);
	host_look();
	assert_int_equal(host_seen.config_count, 1);
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 2);
	assert_string_equal(host_seen.backends[0].name, "10.0.0.2:80");
}

static void a_leader_that_began_anew_is_read_anew(void **state)
{
	static const char master[] = "nginx: master process nginx -c /etc/n.conf";
	char root[128];

	(void)state;
	snprintf(root, sizeof(root), "%s/%u/rootfs", host_tree.path, HOST_MASTER + 1);
	proc_tree_write_text(&host_tree, HOST_MASTER + 1, "rootfs/etc/n.conf", TWO_IN_POOL);
	host_write_file("/etc/n.conf", ONE_POOL);
	host_add_nginx(host_seconds_ago(100));
	host_look();
	assert_int_equal(host_seen.backend_count, 1);
	/* the same number, another process, another root */
	proc_tree_kill(&host_tree, HOST_MASTER);
	host_add_process(HOST_MASTER, 1, host_ticks_now(), "nginx", master, sizeof(master));
	proc_tree_socket(&host_tree, HOST_MASTER, 7, 7);
	proc_tree_link(&host_tree, HOST_MASTER, "root", root);
	host_look();
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 2);
	assert_int_equal(host_seen.backend_count, 2);
}

static void a_file_newer_than_what_runs_is_told_once(void **state)
{
	int i;

	(void)state;
	host_write_file("/etc/n.conf", "include d/*.conf;" ONE_POOL);
	host_write_file("/etc/d/a.conf", "");
	host_set_age("/etc/n.conf", 500);
	host_add_nginx(host_seconds_ago(100));
	host_look();
	assert_string_equal(host_find_note(CONFIG_CHANGED)->file, "/etc/d/a.conf");
	for (i = 0; i < 3; i++) {
		host_make_check_due();
		host_look();
		assert_int_equal(host_seen.config_count, 0);
	}
}

static void a_changed_file_is_told_once(void **state)
{
	(void)state;
	host_write_file("/etc/n.conf", ONE_POOL);
	host_set_age("/etc/n.conf", 500);
	host_add_nginx(host_seconds_ago(100));
	host_look();
	assert_null(host_find_note(CONFIG_CHANGED));
	/* touched only */
	host_set_age("/etc/n.conf", 0);
	host_make_check_due();
	host_look();
	assert_int_equal(host_seen.config_count, 0);
	host_write_file("/etc/n.conf", TWO_IN_POOL);
	host_look();
	assert_int_equal(host_seen.config_count, 0);
	host_make_check_due();
	host_look();
	assert_int_equal(host_seen.config_count, 1);
	assert_string_equal(host_find_note(CONFIG_CHANGED)->file, "/etc/n.conf");
	host_make_check_due();
	host_look();
	assert_int_equal(host_seen.config_count, 0);
}

static void a_file_more_is_a_change(void **state)
{
	(void)state;
	host_write_file("/etc/n.conf", "include d/*.conf;" ONE_POOL);
	host_write_file("/etc/d/a.conf", "");
	host_set_age("/etc/n.conf", 500);
	host_set_age("/etc/d/a.conf", 500);
	host_add_nginx(host_seconds_ago(100));
	host_look();
	/* an editor's own */
	host_write_file("/etc/d/.b.conf.swp", "");
	host_make_check_due();
	host_look();
	assert_int_equal(host_seen.config_count, 0);
	host_write_file("/etc/d/b.conf", "");
	host_make_check_due();
	host_look();
	assert_string_equal(host_find_note(CONFIG_CHANGED)->file, "/etc/d");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_set_up, host_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_workers_are_a_reload),
		TEST(a_worker_in_place_of_one_that_died_is_no_reload),
		TEST(a_reload_in_doubt_is_settled_between_looks),
		TEST(first_workers_are_no_reload),
		TEST(haproxys_new_worker_is_a_reload),
		TEST(apaches_children_are_no_reload_unless_all_are_new),
		TEST(a_leader_that_began_anew_is_read_anew),
		TEST(a_file_newer_than_what_runs_is_told_once),
		TEST(a_changed_file_is_told_once),
		TEST(a_file_more_is_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
