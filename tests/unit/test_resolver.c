// SPDX-License-Identifier: GPL-2.0-only
/* Names are asked for at a name server of the test's own, in another network namespace. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/dns_server.h"
#include "user/inventory/resolver.h"
#include "user/lib/clock.h"
#include "user/lib/endpoint.h"

#define TOLD_MOST 64
#define TEXT_BYTES 512
#define WAIT_SECONDS 8
#define TURN_NS 2000000

static const struct dns_record records[] = {
	{ .name = "app.test", .addresses = "10.0.0.2,10.0.0.1,fd00::1", .ttl_seconds = 30 },
	{ .name = "alias.test", .addresses = "10.0.0.7", .alias = "real.test", .ttl_seconds = 9 },
	{ .name = "empty.test", .addresses = "" },
	{ .name = "broken.test", .rcode = 2 },
	{ .name = "refused.test", .rcode = 5 },
	{ .name = "silent.test", .silent = true },
	{ .name = "half.test", .addresses = "10.0.0.3", .silent_ipv6 = true },
	{ .name = "short.corp.test", .addresses = "10.0.0.4" },
	{ .name = "moves.test", .addresses = "10.0.1.1 10.0.1.2", .ttl_seconds = 20 },
	{ .name = "shrinks.test", .addresses = "10.0.2.1,10.0.2.2 10.0.2.1", .ttl_seconds = 20 },
	{ .name = "turns.test", .addresses = "10.0.3.1 10.0.3.2 10.0.3.1", .ttl_seconds = 1 },
	{ .name = "dies.test", .addresses = "10.0.4.1 ", .ttl_seconds = 1 },
	{ .name = "hosts.test", .addresses = "10.0.5.5", .ttl_seconds = 1 },
};

struct told {
	uint64_t id;
	char text[TEXT_BYTES];
	uint32_t ttl_seconds;
	bool from_hosts;
};

static struct dns_server server;
static bool can_serve;
static struct resolver *resolver;
static struct told told[TOLD_MOST];
static size_t told_count;
static uint64_t ahead_ns; /* of the clock */
static int sink_error;

static int on_answer(void *context, const struct resolver_answer *answer)
{
	struct told *entry = &told[told_count];
	char text[ENDPOINT_TEXT_BYTES];
	size_t length = 0;

	assert_ptr_equal(context, &server);
	if (sink_error)
		return sink_error;
	assert_true(told_count < TOLD_MOST);
	memset(entry, 0, sizeof(*entry));
	entry->id = answer->id;
	entry->ttl_seconds = answer->ttl_seconds;
	entry->from_hosts = answer->from_hosts;
	for (size_t i = 0; i < answer->count; i++)
		length += (size_t)snprintf(entry->text + length, TEXT_BYTES - length, "%s%s",
					   i ? " " : "",
					   endpoint_format_host(&answer->addresses[i], text));
	if (!answer->count)
		snprintf(entry->text, TEXT_BYTES, "error %u", answer->error);
	told_count++;
	return 0;
}

static int turn(void)
{
	return resolver_turn(resolver, clock_now_ns() + ahead_ns, on_answer, &server);
}

/* Until `count` answers were told, in all. */
static void wait_for(size_t count)
{
	const struct timespec pause = { .tv_nsec = TURN_NS };
	uint64_t until_ns = clock_now_ns() + WAIT_SECONDS * CLOCK_NS_PER_SECOND;

	while (told_count < count && clock_now_ns() < until_ns) {
		assert_int_equal(turn(), 0);
		nanosleep(&pause, NULL);
	}
	assert_int_equal(told_count, count);
}

/* Lets a while pass, as the resolver sees it, in which nothing is told. */
static void pass_quietly(unsigned int seconds)
{
	const struct timespec pause = { .tv_nsec = TURN_NS };
	size_t before = told_count;

	ahead_ns += seconds * CLOCK_NS_PER_SECOND;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(turn(), 0);
		nanosleep(&pause, NULL);
	}
	assert_int_equal(told_count, before);
}

static int ask(const char *name, uint64_t id)
{
	const struct resolver_place place = { .proc = server.proc,
					      .root = server.root,
					      .tgid = (uint32_t)server.pid,
					      .netns = server.netns };

	return resolver_ask(resolver, &place, name, id);
}

static void assert_told(uint64_t id, const char *text)
{
	for (size_t i = told_count; i-- > 0;) {
		if (told[i].id == id) {
			assert_string_equal(told[i].text, text);
			return;
		}
	}
	fail_msg("nothing was told to %d", (int)id);
}

static int begin(void **state)
{
	(void)state;
	told_count = 0;
	ahead_ns = 0;
	sink_error = 0;
	can_serve = dns_server_start(&server, records, ARRAY_LENGTH(records));
	return resolver_new(false, &resolver);
}

static int end(void **state)
{
	(void)state;
	resolver_free(resolver);
	dns_server_stop(&server);
	return 0;
}

static void needs_server(void)
{
	if (!can_serve)
		skip();
}

static void test_answers(void **state)
{
	(void)state;
	needs_server();
	assert_int_equal(ask("app.test", 1), 0);
	assert_int_equal(ask("alias.test", 2), 0);
	assert_int_equal(ask("empty.test", 3), 0);
	assert_int_equal(ask("nowhere.test", 4), 0);
	assert_int_equal(ask("broken.test", 5), 0);
	assert_int_equal(ask("refused.test", 6), 0);
	assert_false(resolver_idle(resolver));
	wait_for(6);
	assert_true(resolver_idle(resolver));
	assert_told(1, "10.0.0.1 10.0.0.2 fd00::1");
	assert_told(2, "10.0.0.7");
	assert_told(3, "error 0");
	assert_told(4, "error 3");
	assert_told(5, "error 2");
	assert_told(6, "error 5");
	for (size_t i = 0; i < told_count; i++) {
		assert_false(told[i].from_hosts);
		assert_int_equal(told[i].ttl_seconds, told[i].id == 1	? 30
						      : told[i].id == 2 ? 9
									: 0);
	}
	pass_quietly(0);
}

static void test_silence(void **state)
{
	(void)state;
	needs_server();
	assert_int_equal(ask("silent.test", 1), 0);
	assert_int_equal(ask("half.test", 2), 0);
	wait_for(2);
	assert_told(1, "error 65535");
	assert_told(2, "10.0.0.3");
	assert_true(resolver_idle(resolver));
}

static void test_no_server(void **state)
{
	(void)state;
	needs_server();
	dns_server_etc(&server, "resolv.conf", "nameserver 127.0.0.9\nnameserver 192.0.2.1\n");
	assert_int_equal(ask("app.test", 1), 0);
	wait_for(1);
	assert_told(1, "error 65535");
}

static void test_search(void **state)
{
	(void)state;
	needs_server();
	dns_server_etc(&server, "resolv.conf",
		       "# comment\nnameserver 127.0.0.1\nsearch nowhere.test corp.test\n"
		       "options ndots:1\n");
	assert_int_equal(ask("short", 1), 0);
	assert_int_equal(ask("short.", 2), 0);
	assert_int_equal(ask("App.Test", 3), 0);
	wait_for(3);
	assert_told(1, "10.0.0.4");
	assert_told(2, "error 3");
	assert_told(3, "10.0.0.1 10.0.0.2 fd00::1");
}

static void test_hosts(void **state)
{
	(void)state;
	needs_server();
	dns_server_etc(&server, "hosts",
		       "10.9.9.9 hosts.test other # 1.1.1.1 no\nfd00::9\tHOSTS.test\n");
	assert_int_equal(ask("hosts.test", 1), 0);
	assert_int_equal(ask("localhost", 2), 0);
	wait_for(2);
	assert_told(1, "10.9.9.9 fd00::9");
	assert_told(2, "127.0.0.1 ::1");
	assert_true(told[0].from_hosts && told[1].from_hosts);
	pass_quietly(100);

	dns_server_etc(&server, "hosts", "10.9.9.10 hosts.test\n");
	ahead_ns += 10 * CLOCK_NS_PER_SECOND;
	wait_for(3);
	assert_told(1, "10.9.9.10");

	dns_server_etc(&server, "hosts", "");
	ahead_ns += 10 * CLOCK_NS_PER_SECOND;
	wait_for(4);
	assert_told(1, "10.0.5.5");
	assert_false(told[3].from_hosts);
}

static void test_hosts_only(void **state)
{
	(void)state;
	resolver_free(resolver);
	assert_int_equal(resolver_new(true, &resolver), 0);
	dns_server_etc(&server, "hosts", "10.9.9.9 hosts.test\n");
	assert_int_equal(ask("hosts.test", 1), 0);
	assert_int_equal(ask("app.test", 2), 0);
	assert_false(resolver_idle(resolver));
	wait_for(1);
	assert_true(resolver_idle(resolver));
	assert_told(1, "10.9.9.9");
	pass_quietly(10);
}

static void test_moves(void **state)
{
	(void)state;
	needs_server();
	assert_int_equal(ask("moves.test", 1), 0);
	wait_for(1);
	assert_told(1, "10.0.1.1");
	pass_quietly(15);
	ahead_ns += 6 * CLOCK_NS_PER_SECOND;
	wait_for(2);
	assert_told(1, "10.0.1.2");
	pass_quietly(700);
}

static void test_shrinks(void **state)
{
	(void)state;
	needs_server();
	assert_int_equal(ask("shrinks.test", 1), 0);
	wait_for(1);
	assert_told(1, "10.0.2.1 10.0.2.2");
	pass_quietly(21);
	ahead_ns += 6 * CLOCK_NS_PER_SECOND;
	wait_for(2);
	assert_told(1, "10.0.2.1");
}

static void test_turns(void **state)
{
	(void)state;
	needs_server();
	assert_int_equal(ask("turns.test", 1), 0);
	wait_for(1);
	ahead_ns += 6 * CLOCK_NS_PER_SECOND;
	wait_for(2);
	assert_told(1, "10.0.3.2");
	ahead_ns += 6 * CLOCK_NS_PER_SECOND;
	wait_for(3);
	assert_told(1, "10.0.3.1 10.0.3.2");
	pass_quietly(500);
	ahead_ns += 200 * CLOCK_NS_PER_SECOND;
	wait_for(4);
	assert_told(1, "10.0.3.1");
}

static void test_dies(void **state)
{
	(void)state;
	needs_server();
	assert_int_equal(ask("dies.test", 1), 0);
	assert_int_equal(ask("app.test", 2), 0);
	wait_for(2);
	assert_told(1, "10.0.4.1");
	ahead_ns += 6 * CLOCK_NS_PER_SECOND;
	wait_for(3);
	assert_told(1, "error 0");
}

static void test_shares(void **state)
{
	(void)state;
	needs_server();
	assert_int_equal(ask("app.test", 1), 0);
	assert_int_equal(ask("APP.test", 2), 0);
	wait_for(2);
	assert_told(1, told[0].text);
	assert_told(2, told[0].text);
	/* Known by now. */
	assert_int_equal(ask("app.test", 3), 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(told_count, 3);
	assert_told(3, told[0].text);
	/* Nothing new, then another name. */
	assert_int_equal(ask("app.test", 3), 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(told_count, 3);
	assert_int_equal(ask("alias.test", 3), 0);
	wait_for(4);
	assert_told(3, "10.0.0.7");
	resolver_forget(resolver, 1);
	resolver_forget(resolver, 2);
	resolver_forget(resolver, 2);
	pass_quietly(100);
}

static void test_sink_fails(void **state)
{
	(void)state;
	dns_server_etc(&server, "hosts", "10.9.9.9 hosts.test\n");
	assert_int_equal(ask("hosts.test", 1), 0);
	sink_error = -EPIPE;
	assert_int_equal(turn(), -EPIPE);
	sink_error = 0;
	assert_int_equal(turn(), 0);
	assert_told(1, "10.9.9.9");
}

static void test_process_gone(void **state)
{
	const struct resolver_place place = {
		.proc = server.proc, .root = server.root, .tgid = 1 << 22, .netns = 1
	};

	(void)state;
	assert_int_equal(resolver_ask(resolver, &place, "app.test", 1), 0);
	wait_for(1);
	assert_told(1, "error 65535");
}

static void test_names(void **state)
{
	static const char *const bad[] = { "",	   ".",	   "a..b",	  ".a",	 "a b",	   "a/b",
					   "a:80", "$app", "caf\xc3\xa9", "a\n", "*.test", "[::1]" };
	char name[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		assert_int_equal(ask(bad[i], 1), -EINVAL);
	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	assert_int_equal(ask(name, 1), -EINVAL);
	name[63] = '\0';
	assert_int_equal(ask(name, 1), 0);
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	name[255] = '\0';
	assert_int_equal(ask(name, 1), -EINVAL);
	name[254] = '\0';
	assert_int_equal(ask(name, 1), 0);
	name[253] = '\0';
	assert_int_equal(ask(name, 1), 0);
}

static void test_bounds(void **state)
{
	char name[32];

	(void)state;
	for (unsigned int i = 0; i < RESOLVER_NAMES_MOST; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		assert_int_equal(ask(name, i), 0);
	}
	assert_int_equal(ask("more.test", RESOLVER_NAMES_MOST), -ENOSPC);
	assert_int_equal(ask("n0.test", RESOLVER_NAMES_MOST), 0);
	resolver_forget(resolver, 1);
	assert_int_equal(ask("more.test", 1), 0);
}

static void test_hostile_root(void **state)
{
	char path[64];

	(void)state;
	/* A pipe must not block, a link must not lead out. */
	snprintf(path, sizeof(path), "%s/etc/hosts", server.directory);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(ask("localhost", 1), 0);
	assert_int_equal(turn(), 0);
	assert_told(1, "127.0.0.1 ::1");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, begin, end),
		cmocka_unit_test_setup_teardown(test_silence, begin, end),
		cmocka_unit_test_setup_teardown(test_no_server, begin, end),
		cmocka_unit_test_setup_teardown(test_search, begin, end),
		cmocka_unit_test_setup_teardown(test_hosts, begin, end),
		cmocka_unit_test_setup_teardown(test_hosts_only, begin, end),
		cmocka_unit_test_setup_teardown(test_moves, begin, end),
		cmocka_unit_test_setup_teardown(test_shrinks, begin, end),
		cmocka_unit_test_setup_teardown(test_turns, begin, end),
		cmocka_unit_test_setup_teardown(test_dies, begin, end),
		cmocka_unit_test_setup_teardown(test_shares, begin, end),
		cmocka_unit_test_setup_teardown(test_sink_fails, begin, end),
		cmocka_unit_test_setup_teardown(test_process_gone, begin, end),
		cmocka_unit_test_setup_teardown(test_names, begin, end),
		cmocka_unit_test_setup_teardown(test_bounds, begin, end),
		cmocka_unit_test_setup_teardown(test_hostile_root, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
