// SPDX-License-Identifier: GPL-2.0-only
/* What listens at a backend's address that is one of this host's, from /proc alone. */
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/proc_tree.h"
#include "user/inventory/addresses.h"
#include "user/inventory/state.h"
#include "user/lib/endpoint.h"

#define BALANCER 50
#define BACKEND 60
#define OTHER 61
#define LISTEN 10

static const char trie[] = "Main:\n"
			   "  +-- 0.0.0.0/0 3 0 5\n"
			   "     |-- 10.0.0.2\n"
			   "        /32 host LOCAL\n"
			   "     |-- 10.0.0.22\n"
			   "        /32 link UNICAST\n"
			   "     |-- 10.0.0.0\n"
			   "        /24 link UNICAST\n";
static const char inet6[] = "fd000000000000000000000000000002 04 40 00 82     eth0\n";
static const char netstat[] = "TcpExt: SyncookiesSent ListenOverflows TCPReqQFullDrop\n"
			      "TcpExt: 0 17 4294967297\n"
			      "IpExt: InNoRoutes ListenOverflows\n"
			      "IpExt: 1 2\n";

struct world {
	struct proc_tree tree;
	struct inventory *inventory;
	uint32_t balancer_netns, backend_netns;
	struct event_host_port found;
	unsigned int records;
};

static int take(void *context, const struct event_header *record)
{
	struct world *world = context;

	if (record->type == EVENT_HOST_PORT) {
		world->found = *(const struct event_host_port *)record;
		world->records++;
	}
	return 0;
}

static int follow(void *context, const struct event_owner *owner)
{
	(void)context;
	(void)owner;
	return 0;
}

static void forget(void *context, uint32_t tgid)
{
	(void)context;
	(void)tgid;
}

static struct world world;

static int set_up(void **state)
{
	memset(&world, 0, sizeof(world));
	proc_tree_make(&world.tree);
	proc_tree_add(&world.tree, BALANCER, 1, 100, "nginx", "/usr/sbin/nginx");
	proc_tree_add(&world.tree, BACKEND, 1, 100, "app", "/usr/bin/app");
	world.balancer_netns = proc_tree_netns(&world.tree, BALANCER, "front");
	world.backend_netns = proc_tree_netns(&world.tree, BACKEND, "back");
	proc_tree_tcp(&world.tree, "back", "10.0.0.2:8001", "0.0.0.0:0", LISTEN, 1);
	proc_tree_tcp(&world.tree, "back", "127.0.0.1:8002", "0.0.0.0:0", LISTEN, 2);
	proc_tree_tcp(&world.tree, "back", "0.0.0.0:8003", "0.0.0.0:0", LISTEN, 3);
	proc_tree_tcp(&world.tree, "back", "10.0.0.3:8004", "0.0.0.0:0", LISTEN, 4);
	proc_tree_write_text(&world.tree, BACKEND, "net/fib_trie", trie);
	proc_tree_write_text(&world.tree, BACKEND, "net/if_inet6", inet6);
	proc_tree_write_text(&world.tree, BACKEND, "net/netstat", netstat);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	inventory_free(world.inventory);
	proc_tree_remove(&world.tree);
	return 0;
}

static void look(const struct inventory_options *options)
{
	const struct inventory_callbacks callbacks = { follow, forget, take, &world };

	assert_int_equal(inventory_new_at(world.tree.path, options, &world.inventory), 0);
	assert_true(inventory_look(world.inventory, &callbacks) >= 0);
}

static bool ask(const char *text)
{
	struct event_address address;

	assert_int_equal(endpoint_parse(text, &address), 0);
	world.records = 0;
	assert_int_equal(inventory_host_port(world.inventory, &address, world.balancer_netns, take,
					     &world),
			 0);
	return world.records;
}

static void addresses_and_counters_are_read(void **state)
{
	struct event_address address;

	(void)state;
	endpoint_parse("10.0.0.2:1", &address);
	assert_true(addresses_has(world.tree.fd, BACKEND, &address));
	endpoint_parse("10.0.0.22:1", &address); /* a route, not an address */
	assert_false(addresses_has(world.tree.fd, BACKEND, &address));
	endpoint_parse("[fd00::2]:1", &address);
	assert_true(addresses_has(world.tree.fd, BACKEND, &address));
	endpoint_parse("[fd00::3]:1", &address);
	assert_false(addresses_has(world.tree.fd, BACKEND, &address));
	assert_false(addresses_has(world.tree.fd, 999, &address));
	assert_int_equal(addresses_counter(world.tree.fd, BACKEND, "TCPReqQFullDrop"), 4294967297);
	assert_int_equal(addresses_counter(world.tree.fd, BACKEND, "ListenOverflows"), 17);
	assert_int_equal(addresses_counter(world.tree.fd, BACKEND, "NoSuchCounter"), 0);
}

static void listeners_are_told_apart(void **state)
{
	(void)state;
	look(NULL);
	assert_true(ask("10.0.0.2:8001"));
	assert_int_equal(world.found.header.flags, HOST_PORT_LISTENS);
	assert_int_equal(world.found.inode, 1);
	assert_int_equal(world.found.netns, world.backend_netns);
	assert_int_equal(world.found.accept_queue_drops, 17);
	assert_true(ask("10.0.0.2:8002"));
	assert_int_equal(world.found.header.flags, HOST_PORT_LOOPBACK);
	assert_true(ask("10.0.0.2:8003"));
	assert_int_equal(world.found.header.flags, HOST_PORT_LISTENS);
	assert_true(ask("10.0.0.2:8004"));
	assert_int_equal(world.found.header.flags, HOST_PORT_OTHER_ADDRESS);
	assert_true(ask("10.0.0.2:8005"));
	assert_int_equal(world.found.header.flags, 0);
	assert_true(ask("[fd00::2]:8003"));
	assert_int_equal(world.found.header.flags, HOST_PORT_OTHER_FAMILY);
	/* Perhaps another service: a host with many addresses may have many. */
	assert_true(ask("[fd00::2]:8001"));
	assert_int_equal(world.found.header.flags, HOST_PORT_OTHER_ADDRESS);
}

static void other_hosts_are_left_alone(void **state)
{
	(void)state;
	look(NULL);
	assert_false(ask("10.0.0.9:8001"));
	assert_false(ask("127.0.0.9:8001") && world.found.netns != world.balancer_netns);
}

/* Which of the two is meant nobody knows. */
static void an_address_in_two_namespaces_is_not_told(void **state)
{
	(void)state;
	proc_tree_add(&world.tree, OTHER, 1, 100, "app", "/usr/bin/app");
	proc_tree_netns(&world.tree, OTHER, "third");
	proc_tree_write_text(&world.tree, OTHER, "net/fib_trie", trie);
	look(NULL);
	assert_false(ask("10.0.0.2:8001"));
}

static void one_side_only_is_asked_for(void **state)
{
	const struct inventory_options options = { .netns = world.balancer_netns };

	(void)state;
	look(&options);
	assert_false(ask("10.0.0.2:8001"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(addresses_and_counters_are_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(listeners_are_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_hosts_are_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_address_in_two_namespaces_is_not_told, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_side_only_is_asked_for, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
