// SPDX-License-Identifier: GPL-2.0-only
/* What makes an unnamed process a load balancer. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/inventory/behaviour.h"
#include "user/lib/endpoint.h"

#define LISTENER 10
#define FOREIGN_LISTENER 20

struct world {
	struct sockets_table listeners, connections;
	struct sockets_inodes own;
};

static void add(struct sockets_table *table, uint64_t inode, const char *local, const char *remote,
		uint8_t socket_state)
{
	struct sockets_entry entry = { .inode = inode, .state = socket_state };

	assert_int_equal(endpoint_parse(local, &entry.local), 0);
	assert_int_equal(endpoint_parse(remote, &entry.remote), 0);
	assert_int_equal(sockets_add(table, &entry), 0);
	sockets_sort(table);
}

static int set_up(void **state)
{
	static uint64_t inodes[] = { LISTENER, 11, 12, 13 };
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->own.inodes = inodes;
	world->own.count = ARRAY_LENGTH(inodes);
	add(&world->listeners, LISTENER, "10.0.0.1:8080", "0.0.0.0:0", SOCKETS_LISTEN);
	add(&world->listeners, FOREIGN_LISTENER, "0.0.0.0:9000", "0.0.0.0:0", SOCKETS_LISTEN);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	sockets_table_free(&world->listeners);
	sockets_table_free(&world->connections);
	free(world);
	return 0;
}

static void connect_sockets(struct world *world, uint64_t inode, const char *local,
			    const char *remote)
{
	add(&world->connections, inode, local, remote, SOCKETS_ESTABLISHED);
}

static bool judge(const struct world *world)
{
	return behaviour_is_balancer(&world->own, NULL, &world->listeners, &world->connections);
}

static void accepting_and_connecting_is_balancing(void **state)
{
	struct world *world = *state;

	assert_false(judge(world));
	connect_sockets(world, 11, "10.0.0.1:8080", "192.0.2.1:40000");
	assert_false(judge(world));
	connect_sockets(world, 12, "10.0.0.1:50000", "10.0.0.9:80");
	assert_true(judge(world));
}

static void connecting_alone_is_not(void **state)
{
	struct world *world = *state;

	connect_sockets(world, 11, "10.0.0.1:50000", "10.0.0.9:80");
	connect_sockets(world, 12, "10.0.0.1:50001", "10.0.0.9:80");
	assert_false(judge(world));
}

static void a_syn_on_its_way_counts(void **state)
{
	struct world *world = *state;

	connect_sockets(world, 11, "10.0.0.1:8080", "192.0.2.1:40000");
	add(&world->connections, 12, "10.0.0.1:50000", "10.0.0.9:80", SOCKETS_SYN_SENT);
	assert_true(judge(world));
}

static void sockets_of_others_do_not_count(void **state)
{
	struct world *world = *state;

	connect_sockets(world, 11, "10.0.0.1:8080", "192.0.2.1:40000");
	connect_sockets(world, 99, "10.0.0.1:50000", "10.0.0.9:80");
	assert_false(judge(world));
}

static void a_database_client_is_not(void **state)
{
	struct world *world = *state;

	connect_sockets(world, 11, "10.0.0.1:8080", "192.0.2.1:40000");
	connect_sockets(world, 12, "10.0.0.1:50000", "10.0.0.9:5432");
	assert_false(judge(world));
}

static void an_ssh_server_is_not(void **state)
{
	struct world *world = *state;

	add(&world->listeners, 12, "0.0.0.0:22", "0.0.0.0:0", SOCKETS_LISTEN);
	connect_sockets(world, 11, "10.0.0.1:22", "192.0.2.1:40000");
	connect_sockets(world, 13, "10.0.0.1:50000", "10.0.0.9:80");
	assert_false(judge(world));
}

static void helpers_on_loopback_do_not_count(void **state)
{
	struct world *world = *state;

	connect_sockets(world, 11, "10.0.0.1:8080", "192.0.2.1:40000");
	connect_sockets(world, 12, "127.0.0.1:50000", "127.0.0.1:4317");
	assert_false(judge(world));
	add(&world->connections, 13, "[::1]:50000", "[::1]:4317", SOCKETS_ESTABLISHED);
	assert_false(judge(world));
}

static void connections_to_itself_do_not_count(void **state)
{
	struct world *world = *state;

	connect_sockets(world, 11, "10.0.0.1:8080", "10.0.0.1:40000");
	connect_sockets(world, 12, "10.0.0.1:40000", "10.0.0.1:8080");
	assert_false(judge(world));
}

static void a_connection_handed_over_was_not_made(void **state)
{
	struct world *world = *state;

	connect_sockets(world, 11, "10.0.0.1:8080", "192.0.2.1:40000");
	connect_sockets(world, 12, "10.0.0.1:9000", "192.0.2.1:40001");
	assert_false(judge(world));
}

static void the_listeners_address_matters(void **state)
{
	struct world *world = *state;

	connect_sockets(world, 11, "10.0.0.2:8080", "192.0.2.1:40000");
	connect_sockets(world, 12, "10.0.0.1:50000", "10.0.0.9:80");
	assert_false(judge(world));
	add(&world->listeners, 13, "[::]:8080", "[::]:0", SOCKETS_LISTEN);
	assert_true(judge(world));
}

static void a_child_serves_its_parents_listener(void **state)
{
	static uint64_t parents[] = { LISTENER }, childs[] = { 11, 12 };
	const struct sockets_inodes parent = { parents, 1, 1 }, child = { childs, 2, 2 };
	struct world *world = *state;

	connect_sockets(world, 11, "10.0.0.1:8080", "192.0.2.1:40000");
	connect_sockets(world, 12, "10.0.0.1:50000", "10.0.0.9:80");
	assert_true(behaviour_is_balancer(&child, &parent, &world->listeners, &world->connections));
	assert_false(behaviour_is_balancer(&child, NULL, &world->listeners, &world->connections));
	assert_true(behaviour_shares_listener(&world->own, &parent, &world->listeners));
	assert_false(behaviour_shares_listener(&child, &parent, &world->listeners));
	assert_true(behaviour_listens(&parent, &world->listeners));
	assert_false(behaviour_listens(&child, &world->listeners));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accepting_and_connecting_is_balancing),
		TEST(connecting_alone_is_not),
		TEST(a_syn_on_its_way_counts),
		TEST(sockets_of_others_do_not_count),
		TEST(a_database_client_is_not),
		TEST(an_ssh_server_is_not),
		TEST(helpers_on_loopback_do_not_count),
		TEST(connections_to_itself_do_not_count),
		TEST(a_connection_handed_over_was_not_made),
		TEST(the_listeners_address_matters),
		TEST(a_child_serves_its_parents_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
