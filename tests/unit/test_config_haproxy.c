// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/config_memory.h"

static struct config config;

static int tear_down(void **state)
{
	(void)state;
	config_clear(&config);
	return 0;
}

static void read_text(const char *text)
{
	config_clear(&config);
	memory_config_text(BALANCER_HAPROXY, text, &config);
}

static void expect_lines(const char *expected)
{
	char *lines = memory_config_lines(&config);

	assert_string_equal(lines, expected);
	free(lines);
}

static const struct event_backend *find(const char *name)
{
	const struct event_backend *backend = memory_backend(&config, name);

	if (!backend)
		fail_msg("there is no %s", name);
	return backend;
}

static void test_sections(void **state)
{
	(void)state;
	read_text("global\n"
		  "  daemon\n"
		  "defaults\n"
		  "  mode http\n"
		  "  server none 1.1.1.1:1\n"
		  "frontend f\n"
		  "  bind :80\n"
		  "  server none 1.1.1.1:1\n"
		  "  default_backend web\n"
		  "backend web\n"
		  "\tserver app1 10.0.0.1:8080\r\n"
		  "  server app2 [fd00::2]:8080 backup # the other\n"
		  "peers p\n"
		  "  server none 1.1.1.1:1\n"
		  "ring r\n"
		  "  server none 1.1.1.1:1\n"
		  "listen db\n"
		  "  mode tcp\n"
		  "  server d 10.0.0.3:3306 disabled");
	expect_lines("web/app1 10.0.0.1 8080 /etc/lb/lb.conf:11\n"
		     "web/app2 [fd00::2] 8080 /etc/lb/lb.conf:12 +backup\n"
		     "db/d 10.0.0.3 3306 /etc/lb/lb.conf:19 +down =tcp\n");
	assert_string_equal(find("web/app2")->directive, "server app2 [fd00::2]:8080 backup");
	assert_int_equal(find("web/app2")->address.family, 6);
}

static void test_defaults(void **state)
{
	(void)state;
	read_text("backend before\n"
		  "  server a 10.0.0.1:80\n"
		  "defaults one\n"
		  "  mode http\n"
		  "  timeout connect 3s\n"
		  "  timeout server 1m\n"
		  "  default-server weight 5 check inter 1s\n"
		  "defaults two from one\n"
		  "  timeout connect 100\n"
		  "defaults\n"
		  "  timeout server 7s\n"
		  "backend last\n"
		  "  server a 10.0.0.1:80\n"
		  "backend first from one\n"
		  "  server a 10.0.0.1:80 weight 6\n"
		  "  default-server maxconn 9 no-check\n"
		  "  server b 10.0.0.2:80\n"
		  "backend second from two\n"
		  "  server a 10.0.0.1:80\n"
		  "defaults from two\n"
		  "backend third\n"
		  "  server a 10.0.0.1:80\n"
		  "  mode tcp\n"
		  "  timeout server 2h\n");
	assert_int_equal(find("before/a")->protocol, BACKEND_TCP);
	assert_int_equal(find("before/a")->connect_timeout_ms, 0);
	assert_int_equal(find("last/a")->response_timeout_ms, 7000);
	assert_int_equal(find("last/a")->connect_timeout_ms, 0);
	assert_int_equal(find("last/a")->weight, 1);
	assert_int_equal(find("last/a")->check, CHECK_NONE);
	assert_int_equal(find("first/a")->protocol, BACKEND_HTTP);
	assert_int_equal(find("first/a")->connect_timeout_ms, 3000);
	assert_int_equal(find("first/a")->response_timeout_ms, 60000);
	assert_int_equal(find("first/a")->weight, 6);
	assert_int_equal(find("first/a")->check_interval_ms, 1000);
	assert_int_equal(find("first/a")->connections_max, 0);
	/* default-server counts for the servers behind it. */
	assert_int_equal(find("first/b")->weight, 5);
	assert_int_equal(find("first/b")->connections_max, 9);
	assert_int_equal(find("first/b")->check, CHECK_NONE);
	assert_int_equal(find("second/a")->connect_timeout_ms, 100);
	assert_int_equal(find("second/a")->response_timeout_ms, 60000);
	/* A section's own statements count wherever they stand in it. */
	assert_int_equal(find("third/a")->protocol, BACKEND_TCP);
	assert_int_equal(find("third/a")->connect_timeout_ms, 100);
	assert_int_equal(find("third/a")->response_timeout_ms, 7200000);
}

static void test_addresses(void **state)
{
	(void)state;
	read_text("global\n"
		  "  setenv IP 10.0.0.7\n"
		  "  presetenv MAYBE 10.0.0.8\n"
		  "listen l\n"
		  "  bind :3306\n"
		  "  server a ::1:80\n"
		  "  server b ipv4@10.0.0.1:80\n"
		  "  server c unix@/run/c.sock\n"
		  "  server d /run/d.sock\n"
		  "  server e abns@e\n"
		  "  server f *:80\n"
		  "  server g 10.0.0.1\n"
		  "  server h 10.0.0.1:+10\n"
		  "  server i \"${IP}:80\"\n"
		  "  server j $IP:81\n"
		  "  server k \"${MAYBE}:82\"\n"
		  "  server l app.internal:80\n"
		  "  server m _http._tcp.internal resolvers dns\n"
		  "  server n [::1]\n"
		  "  server o fe80::1%eth0:80\n"
		  "  server p app.internal\n"
		  "  server q 10.0.0.1:\"${PORT}\"\n");
	expect_lines("l/a [::1] 80 /etc/lb/lb.conf:6 =tcp\n"
		     "l/b 10.0.0.1 80 /etc/lb/lb.conf:7 =tcp\n"
		     "l/c /run/c.sock 0 /etc/lb/lb.conf:8 +unix =tcp\n"
		     "l/d /run/d.sock 0 /etc/lb/lb.conf:9 +unix =tcp\n"
		     "l/e abns@e 0 /etc/lb/lb.conf:10 +dynamic =tcp\n"
		     "l/f * 80 /etc/lb/lb.conf:11 +dynamic =tcp\n"
		     "l/g 10.0.0.1 3306 /etc/lb/lb.conf:12 =tcp\n"
		     "l/h 10.0.0.1 3316 /etc/lb/lb.conf:13 =tcp\n"
		     "l/i 10.0.0.7 80 /etc/lb/lb.conf:14 =tcp\n"
		     "l/j 10.0.0.7 81 /etc/lb/lb.conf:15 =tcp\n"
		     "l/k ${MAYBE} 82 /etc/lb/lb.conf:16 +dynamic =tcp\n"
		     "l/l app.internal 80 /etc/lb/lb.conf:17 +named +once =tcp\n"
		     "l/m _http._tcp.internal 3306 /etc/lb/lb.conf:18 +dynamic =tcp\n"
		     "l/n [::1] 3306 /etc/lb/lb.conf:19 =tcp\n"
		     "l/o fe80::1%eth0 80 /etc/lb/lb.conf:20 +dynamic =tcp\n"
		     "l/p app.internal 3306 /etc/lb/lb.conf:21 +named +once =tcp\n"
		     "l/q 10.0.0.1:${PORT} 0 /etc/lb/lb.conf:22 +dynamic =tcp\n");
}

/* Which port a client came to is known only where there is one. */
static void test_mapped_ports(void **state)
{
	(void)state;
	read_text("listen one\n"
		  "  server a 10.0.0.1:-1000\n"
		  "  bind 10.0.0.9:3306,[::]:3306\n"
		  "listen two\n"
		  "  bind :80,:81\n"
		  "  server a 10.0.0.1\n"
		  "listen three\n"
		  "  bind :80-90\n"
		  "  server a 10.0.0.1:0\n"
		  "backend four\n"
		  "  server a 10.0.0.1\n"
		  "listen five\n"
		  "  bind :80\n"
		  "  server a 10.0.0.1:-81\n");
	expect_lines("one/a 10.0.0.1 2306 /etc/lb/lb.conf:2 =tcp\n"
		     "two/a 10.0.0.1 0 /etc/lb/lb.conf:6 +dynamic =tcp\n"
		     "three/a 10.0.0.1 0 /etc/lb/lb.conf:9 +dynamic =tcp\n"
		     "four/a 10.0.0.1 0 /etc/lb/lb.conf:11 +dynamic =tcp\n"
		     "five/a 10.0.0.1 0 /etc/lb/lb.conf:14 +dynamic =tcp\n");
}

static void test_names(void **state)
{
	(void)state;
	read_text("backend b\n"
		  "  server a app.internal:80 resolvers dns\n"
		  "  server b app.internal:80 init-addr none\n"
		  "  server c app.internal:80 init-addr none resolvers dns\n"
		  "  server d app.internal:80 init-addr last,libc,none\n"
		  "  server-template s 2 app.internal:80\n"
		  "  server-template t 5-6 app.internal:80 resolvers dns ssl\n"
		  "  server-template u 3-2 app.internal:80\n"
		  "  server-template v x app.internal:80\n");
	expect_lines("b/a app.internal 80 /etc/lb/lb.conf:2 +named =tcp\n"
		     "b/b app.internal 80 /etc/lb/lb.conf:3 +named +dynamic =tcp\n"
		     "b/c app.internal 80 /etc/lb/lb.conf:4 +named =tcp\n"
		     "b/d app.internal 80 /etc/lb/lb.conf:5 +named +once =tcp\n"
		     "b/s1 app.internal 80 /etc/lb/lb.conf:6 +named +once =tcp\n"
		     "b/s2 app.internal 80 /etc/lb/lb.conf:6 +named +once =tcp\n"
		     "b/t5 app.internal 80 /etc/lb/lb.conf:7 +named +dynamic +tls =tcp\n"
		     "b/t6 app.internal 80 /etc/lb/lb.conf:7 +named +dynamic +tls =tcp\n"
		     "! skipped /etc/lb/lb.conf:8 server-template u 3-2 app.internal:80\n"
		     "! skipped /etc/lb/lb.conf:9 server-template v x app.internal:80\n");
}

static void test_keywords(void **state)
{
	(void)state;
	read_text(
		"backend b\n"
		"  mode http\n"
		"  server a 10.0.0.1:80 ssl verify none sni str(x) alpn h2 send-proxy-v2 weight 0\n"
		"  server b 10.0.0.1:80 source 10.0.0.9:0 usesrc hdr_ip(x-forwarded-for,-1) "
		"interface eth0 backup set-proxy-v2-tlv-fmt(0x20) %[x] maxconn 30\n"
		"  server c 10.0.0.1:80 ssl no-ssl proto h2 pool-purge-delay 3s socks4 10.0.0.8:1080\n"
		"  server d 10.0.0.1:80 proto fcgi shiny 5 backup\n"
		"  server e 10.0.0.1:80 ssl alpn h2,http/1.1 cookie ssl disabled enabled\n"
		"  default-server nonsense\n"
		"backend f\n"
		"  mode http\n"
		"  use-fcgi-app php\n"
		"  disabled\n"
		"  http-reuse never\n"
		"  server a 10.0.0.1:9000 pool-purge-delay 3s\n");
	expect_lines("b/a 10.0.0.1 80 /etc/lb/lb.conf:3 +tls +h2 +send-proxy\n"
		     "b/b 10.0.0.1 80 /etc/lb/lb.conf:4 +backup\n"
		     "b/c 10.0.0.1 80 /etc/lb/lb.conf:5 +dynamic +h2\n"
		     "b/d 10.0.0.1 80 /etc/lb/lb.conf:6 +backup =fcgi\n"
		     "b/e 10.0.0.1 80 /etc/lb/lb.conf:7 +tls\n"
		     "f/a 10.0.0.1 9000 /etc/lb/lb.conf:14 +down =fcgi\n"
		     "! skipped /etc/lb/lb.conf:6 shiny, of server d\n"
		     "! skipped /etc/lb/lb.conf:8 nonsense, of default-server\n");
	assert_int_equal(find("b/a")->weight, 0);
	assert_int_equal(find("b/b")->connections_max, 30);
	assert_int_equal(find("b/c")->keepalive_idle_ms, 3000);
	assert_int_equal(find("f/a")->keepalive_idle_ms, 0);
}

static void test_statements_not_understood(void **state)
{
	(void)state;
	read_text("backend b\n"
		  "  server\n"
		  "  server a\n"
		  "  server b 10.0.0.1:99999\n"
		  "  server c \"10.0.0.1:80\n"
		  "  server d bad_\xff:80\n"
		  "  dispatch 10.0.0.1:http\n"
		  "  dispatch 10.0.0.5:81\n"
		  "  acl x \"unended\n"
		  "  server e 10.0.0.1:80\n");
	expect_lines("b/10.0.0.5:81 10.0.0.5 81 /etc/lb/lb.conf:8 =tcp\n"
		     "b/e 10.0.0.1 80 /etc/lb/lb.conf:10 =tcp\n"
		     "! skipped /etc/lb/lb.conf:2 server\n"
		     "! skipped /etc/lb/lb.conf:3 server a\n"
		     "! skipped /etc/lb/lb.conf:4 server b 10.0.0.1:99999\n"
		     "! skipped /etc/lb/lb.conf:5 server c \"10.0.0.1:80\n"
		     "! skipped /etc/lb/lb.conf:6 server d bad_\\xff:80\n"
		     "! skipped /etc/lb/lb.conf:7 dispatch 10.0.0.1:http\n");
}

static void test_conditional(void **state)
{
	(void)state;
	read_text("backend b\n"
		  ".if false\n"
		  "  server a 10.0.0.1:80\n"
		  "  server a \"10.0.0.1:80\n"
		  ".else\n"
		  "  server b 10.0.0.1:80\n"
		  ".endif\n"
		  ".if feature(QUIC) && 1 # who knows\n"
		  "  server c 10.0.0.1:80\n"
		  ".else\n"
		  "  server d 10.0.0.1:80\n"
		  ".endif\n");
	expect_lines("b/b 10.0.0.1 80 /etc/lb/lb.conf:6 =tcp\n"
		     "b/c 10.0.0.1 80 /etc/lb/lb.conf:9 =tcp\n"
		     "b/d 10.0.0.1 80 /etc/lb/lb.conf:11 =tcp\n"
		     "! skipped /etc/lb/lb.conf:8 .if feature(QUIC) && 1 # who knows\n");
}

static void test_sockets(void **state)
{
	(void)state;
	read_text("global\n"
		  "  setenv DIR /run/lb\n"
		  "  stats socket /run/a.sock mode 600 level admin\n"
		  "  stats socket unix@/run/b.sock\n"
		  "  stats socket ipv4@127.0.0.1:9999\n"
		  "  stats socket 127.0.0.1:9998\n"
		  "  stats socket abns@c\n"
		  "  stats socket fd@3\n"
		  "  stats socket /run/a.sock\n"
		  "  stats socket \"${DIR}/d.sock\"\n"
		  "  stats socket \"${NO}/e.sock\"\n"
		  "  stats timeout 30s\n"
		  "backend b\n"
		  "  stats socket /run/no.sock\n");
	assert_int_equal(config.socket_count, 3);
	assert_string_equal(config.sockets[0], "/run/a.sock");
	assert_string_equal(config.sockets[1], "/run/b.sock");
	assert_string_equal(config.sockets[2], "/run/lb/d.sock");
	assert_int_equal(config.note_count, 0);
}

/* Reads the files of `place` from `memory`. */
static void read_place(struct memory *memory, const struct config_place *place)
{
	struct config_source source = memory_source(memory);

	config_clear(&config);
	assert_int_equal(config_read(BALANCER_HAPROXY, &source, place, &config), 0);
}

static void test_files(void **state)
{
	static const struct memory_file files[] = {
		{ .path = "/etc/h/a.cfg",
		  .text = "defaults\n mode http\nbackend a\n server x 10.0.0.1:1\n" },
		{ .path = "/etc/h/conf.d/20.cfg",
		  .text = " server lost 1.1.1.1:1\nbackend c\n server z 10.0.0.3:3" },
		{ .path = "/etc/h/conf.d/10.cfg",
		  .text = ".if 0\nbackend b\n server y 10.0.0.2:2\n" },
		{ .path = "/etc/h/conf.d/.hidden.cfg",
		  .text = "backend h\n server h 10.0.0.9:9\n" },
		{ .path = "/etc/h/conf.d/note.txt", .text = "backend h\n server h 10.0.0.9:9\n" },
		{ .path = "/etc/h/conf.d/sub.cfg/x.cfg",
		  .text = "backend h\n server h 10.0.0.9:9\n" },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	const struct config_place place = {
		.files = { "/etc/h/a.cfg", "/etc/h/conf.d", "/etc/h/none.cfg",
			   "/etc/h/conf.d/10.cfg" },
		.file_count = 4,
	};

	(void)state;
	read_place(&memory, &place);
	expect_lines("a/x 10.0.0.1 1 /etc/h/a.cfg:4\n"
		     "c/z 10.0.0.3 3 /etc/h/conf.d/20.cfg:3\n"
		     "! unreadable /etc/h/none.cfg:0 No such file or directory\n");
}

static void test_bounds(void **state)
{
	static char text[64 * 1024];
	size_t used = 0;

	(void)state;
	read_text("backend b\n  server-template s 1-4000000000 app.internal:80\n"
		  "  server-template s 1-100000 app.internal:80\n  server t 10.0.0.1:80\n");
	assert_int_equal(config.backend_count, CONFIG_BACKENDS_MOST);
	assert_int_equal(config.note_count, 2);
	assert_int_equal(config.notes[0].kind, CONFIG_SKIPPED);
	assert_int_equal(config.notes[1].kind, CONFIG_BOUNDED);
	assert_string_equal(config.backends[CONFIG_BACKENDS_MOST - 1].name, "s8192");

	used += (size_t)sprintf(text + used, "backend ");
	memset(text + used, 'n', 500);
	used += 500;
	used += (size_t)sprintf(text + used, "\n server ");
	memset(text + used, 's', 500);
	used += 500;
	used += (size_t)sprintf(text + used, " 10.0.0.1:80\n server t 10.0.0.2:80");
	for (int i = 0; i < 200; i++)
		used += (size_t)sprintf(text + used, " check");
	read_text(text);
	assert_int_equal(config.backend_count, 2);
	assert_int_equal(strlen(config.backends[0].pool), EVENT_POOL_BYTES - 1);
	assert_int_equal(strlen(config.backends[0].name), EVENT_POOL_BYTES - 1);
	assert_int_equal(config.note_count, 1);
	assert_string_equal(config.notes[0].text, "a line too long, of server t");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_mapped_ports),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_statements_not_understood),
		cmocka_unit_test(test_conditional),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
