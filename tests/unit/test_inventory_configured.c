// SPDX-License-Identifier: GPL-2.0-only
/* Configurations of load balancers of a fabricated /proc: what is told of them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/balancer_host.h"
#include "tests/unit/cmocka_plus.h"
#include "user/lib/endpoint.h"

#define ONE_POOL "http { upstream pool { server 10.0.0.1:80; } }"
#define TWO_IN_POOL "http { upstream pool { server 10.0.0.1:80; server 10.0.0.2:80; } }"

static void a_configuration_is_told_once(void **state)
{
	int i;

	(void)state;
	host_write_file("/etc/n.conf", TWO_IN_POOL);
	host_add_nginx(host_ticks_now());
	host_add_worker(51, host_ticks_now());
	host_look();
	assert_int_equal(host_seen.config_count, 1);
	assert_int_equal(host_seen.configs[0].kind, CONFIG_READ);
	assert_int_equal(host_seen.configs[0].generation, 1);
	assert_int_equal(host_seen.configs[0].owner.group, HOST_MASTER);
	assert_string_equal(host_seen.configs[0].file, "/etc/n.conf");
	assert_int_equal(host_seen.backend_count, 2);
	assert_string_equal(host_seen.backends[1].pool, "pool");
	assert_string_equal(host_seen.backends[1].name, "10.0.0.2:80");
	assert_int_equal(host_seen.backends[1].index, 1);
	assert_int_equal(host_seen.backends[1].generation, 1);
	assert_int_equal(host_seen.backends[1].owner.tgid, HOST_MASTER);
	assert_true(host_seen.backends[1].netns > 0);
	for (i = 0; i < 15; i++) {
		host_make_check_due();
		host_look();
		assert_int_equal(host_seen.config_count + host_seen.backend_count, 0);
	}
	assert_true(inventory_settled(host_inventory));
}

static void nothing_is_read_when_not_wanted(void **state)
{
	int i;

	(void)state;
	host_options.no_config = true;
	host_write_file("/etc/n.conf", TWO_IN_POOL);
	host_add_nginx(host_ticks_now());
	for (i = 0; i < 4; i++) {
		host_look();
		assert_int_equal(host_seen.config_count + host_seen.backend_count, 0);
	}
	assert_true(inventory_settled(host_inventory));
}

static void what_cannot_be_read_is_told_once_and_tried_again(void **state)
{
	int i;

	(void)state;
	host_add_nginx(host_ticks_now());
	host_look();
	assert_int_equal(host_seen.config_count, 1);
	assert_int_equal(host_seen.configs[0].kind, CONFIG_UNREADABLE);
	assert_string_equal(host_seen.configs[0].file, "/etc/n.conf");
	for (i = 0; i < 3; i++) {
		host_make_check_due();
		host_look();
		assert_int_equal(host_seen.config_count, 0);
	}
	assert_true(inventory_settled(host_inventory));
	host_write_file("/etc/n.conf", ONE_POOL);
	host_make_check_due();
	host_look();
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 1);
	assert_int_equal(host_seen.backend_count, 1);
}

/* It does not pass for one that says nothing. */
static void a_command_line_that_cannot_be_read_is_told_with_the_reason(void **state)
{
	static const char cmdline[] = "nginx\0-c\0/etc/n.conf";
	char path[PROC_TREE_PATH_BYTES + 32];

	(void)state;
	host_write_file("/etc/n.conf", ONE_POOL);
	host_add_nginx(host_ticks_now());
	snprintf(path, sizeof(path), "%s/%u/cmdline", host_tree.path, HOST_MASTER);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	host_look();
	assert_int_equal(host_seen.config_count, 1);
	assert_int_equal(host_seen.configs[0].kind, CONFIG_UNREADABLE);
	assert_string_equal(host_seen.configs[0].text,
			    "its command line cannot be read: Is a directory");
	assert_int_equal(rmdir(path), 0);
	proc_tree_write(&host_tree, HOST_MASTER, "cmdline", cmdline, sizeof(cmdline));
	host_make_check_due();
	host_look();
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 1);
}

static void a_program_without_files_is_told_to_be(void **state)
{
	static const char cmdline[] = "haproxy";

	(void)state;
	host_add_haproxy(host_ticks_now());
	proc_tree_write(&host_tree, HOST_MASTER, "cmdline", cmdline, sizeof(cmdline));
	host_look();
	assert_int_equal(host_seen.config_count, 1);
	assert_int_equal(host_seen.configs[0].kind, CONFIG_UNREADABLE);
	assert_string_equal(host_seen.configs[0].file, "");
}

static void a_backend_of_the_command_line_is_given(void **state)
{
	static const char cmdline[] = "varnishd\0-a\0:80\0-b\0app.internal:8080";

	(void)state;
	host_add_process(HOST_MASTER, 1, host_ticks_now(), "varnishd", cmdline, sizeof(cmdline));
	host_write_file("/etc/hosts", "10.1.1.1 app.internal\n");
	host_look();
	host_look();
	host_look();
	assert_int_equal(host_seen.backend_count, 1);
	assert_string_equal(host_seen.backends[0].name, "app.internal:8080");
	assert_int_equal(host_seen.address_count, 1);
	assert_int_equal(host_seen.addresses[0].address.port, 8080);
}

static bool has_address(const char *text, uint32_t flags)
{
	struct event_address address;
	int i;

	assert_int_equal(endpoint_parse(text, &address), 0);
	for (i = 0; i < host_seen.address_count; i++)
		if (endpoint_equal(&host_seen.addresses[i].address, &address) &&
		    host_seen.addresses[i].header.flags == flags)
			return true;
	return false;
}

static void names_are_those_of_its_own_hosts_file(void **state)
{
	(void)state;
	host_write_file("/etc/n.conf",
			"http { upstream p { server APP.internal:81; server 10.0.0.1; "
			"server app.internal:82; } }");
	host_write_file("/etc/hosts", "10.1.1.1 app.internal\n");
	host_add_nginx(host_seconds_ago(100));
	host_add_worker(51, host_seconds_ago(100));
	host_look();
	assert_int_equal(host_seen.address_count, 2);
	assert_true(has_address("10.1.1.1:81", BACKEND_ADDRESS_HOSTS));
	assert_true(has_address("10.1.1.1:82", BACKEND_ADDRESS_HOSTS));
	assert_int_equal(host_seen.addresses[1].generation, 1);
	/* what is known already is told of the next generation, too */
	host_leave(51);
	host_add_worker(61, host_ticks_now());
	host_write_file("/etc/n.conf", "http { upstream p { server app.internal:83; } }");
	host_look();
	assert_int_equal(host_find_note(CONFIG_READ)->generation, 2);
	assert_true(has_address("10.1.1.1:83", BACKEND_ADDRESS_HOSTS));
	assert_int_equal(host_seen.addresses[0].generation, 2);
	assert_int_equal(host_seen.addresses[0].index, 0);
}

static int collect(void *context, const struct inventory_backend *backend)
{
	char *text = context, address[ENDPOINT_TEXT_BYTES];
	size_t i;

	sprintf(text + strlen(text), "%s/%s", backend->backend->pool, backend->backend->name);
	for (i = 0; i < backend->address_count; i++)
		sprintf(text + strlen(text), " %s",
			endpoint_format(&backend->addresses[i], address));
	strcat(text, "\n");
	assert_int_equal(backend->tgid, HOST_MASTER);
	return strstr(text, "last") ? -ECANCELED : 0;
}

static void what_is_configured_can_be_asked_for(void **state)
{
	char text[1024] = "";

	(void)state;
	host_write_file("/etc/n.conf",
			"http { upstream p { server 10.0.0.1:81; server app:82; server no:83; "
			"server unix:/run/x; } }");
	host_write_file("/etc/hosts", "10.1.1.1 app\nfd00::1 app\n");
	host_add_nginx(host_ticks_now());
	assert_false(host_inventory && inventory_settled(host_inventory));
	host_look();
	assert_int_equal(inventory_configured(host_inventory, collect, text), 0);
	assert_string_equal(text, "p/10.0.0.1:81 10.0.0.1:81\np/app:82 10.1.1.1:82 [fd00::1]:82\n"
				  "p/no:83\np/unix:/run/x\n");
}

static void taking_can_be_ended(void **state)
{
	char text[1024] = "";

	(void)state;
	host_write_file("/etc/n.conf",
			"http { upstream last { server 10.0.0.1:81; server 10.0.0.2; } }");
	host_add_nginx(host_ticks_now());
	host_look();
	assert_int_equal(inventory_configured(host_inventory, collect, text), -ECANCELED);
	assert_string_equal(text, "last/10.0.0.1:81 10.0.0.1:81\n");
}

static void an_error_of_the_sink_ends_the_look(void **state)
{
	(void)state;
	host_write_file("/etc/n.conf", ONE_POOL);
	host_add_nginx(host_ticks_now());
	host_seen.sink_error = -EIO;
	assert_int_equal(host_look(), -EIO);
}

/* What does not fit into one look comes with the next ones. */
static void a_large_configuration_is_given_whole(void **state)
{
	static char text[64 * 400];
	size_t used = 0;
	int i, count = 0;

	(void)state;
	used += (size_t)sprintf(text, "backend b\n");
	for (i = 0; i < 400; i++)
		used += (size_t)sprintf(text + used, " server s%d 10.0.%d.%d:80\n", i, i / 200,
					i % 200 + 1);
	host_write_file("/etc/h.cfg", text);
	host_add_haproxy(host_ticks_now());
	host_look();
	for (i = 0; i < 20 && !inventory_settled(host_inventory); i++) {
		count += host_seen.backend_count;
		host_look();
	}
	assert_int_equal(count, 400);
	assert_true(inventory_settled(host_inventory));
}

static void what_is_gone_is_forgotten(void **state)
{
	char text[1024] = "";

	(void)state;
	host_write_file("/etc/n.conf", "http { upstream p { server app:82; } }");
	host_add_nginx(host_ticks_now());
	host_look();
	proc_tree_kill(&host_tree, HOST_MASTER);
	host_look();
	host_look();
	assert_int_equal(inventory_configured(host_inventory, collect, text), 0);
	assert_string_equal(text, "");
	assert_true(inventory_settled(host_inventory));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_set_up, host_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_configuration_is_told_once),
		TEST(nothing_is_read_when_not_wanted),
		TEST(what_cannot_be_read_is_told_once_and_tried_again),
		TEST(a_command_line_that_cannot_be_read_is_told_with_the_reason),
		TEST(a_program_without_files_is_told_to_be),
		TEST(a_backend_of_the_command_line_is_given),
		TEST(names_are_those_of_its_own_hosts_file),
		TEST(what_is_configured_can_be_asked_for),
		TEST(taking_can_be_ended),
		TEST(an_error_of_the_sink_ends_the_look),
		TEST(a_large_configuration_is_given_whole),
		TEST(what_is_gone_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
