// SPDX-License-Identifier: GPL-2.0-only
/* What HAProxy's checks are; each expectation is what HAProxy 2.6 did with the same statements. */
#include <stdio.h>
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

/* Of the server of a backend with these statements, below these defaults. */
static const struct event_backend *read_backend(const char *defaults, const char *statements,
						const char *keywords)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "defaults\n mode http\n%s\nbackend b\n%s\n server a 10.0.0.1:80 %s\n", defaults,
		 statements, keywords);
	config_clear(&config);
	memory_config_text(BALANCER_HAPROXY, text, &config);
	assert_int_equal(config.backend_count, 1);
	assert_int_equal(config.note_count, 0);
	return &config.backends[0];
}

struct check_case {
	const char *defaults, *statements, *keywords;
	enum backend_check check;
	const char *target;
};

#define DEFAULT_CHECK " option httpchk GET /d\n http-check send hdr X y"

static const struct check_case cases[] = {
	{ "", "", "", CHECK_NONE, "" },
	{ "", " option httpchk GET /d", "", CHECK_NONE, "" },
	{ "", "", "check", CHECK_TCP, "" },
	{ "", "", "check ssl", CHECK_TLS, "" },
	{ "", "", "check ssl port 81", CHECK_TCP, "" },
	{ "", "", "check ssl addr 10.0.0.2", CHECK_TCP, "" },
	{ "", "", "check ssl no-check-ssl", CHECK_TCP, "" },
	{ "", "", "check check-ssl port 81", CHECK_TLS, "" },
	{ "", " option httpchk", "check", CHECK_HTTP, "OPTIONS /" },
	{ "", " option httpchk /u", "check", CHECK_HTTP, "OPTIONS /u" },
	{ "", " option httpchk HEAD /u", "check ssl", CHECK_HTTP, "HEAD /u" },
	{ "", " option httpchk GET /u HTTP/1.1\\r\\nHost:\\ x.y", "check", CHECK_HTTP, "GET /u" },
	{ "", " option httpchk\n http-check send meth GET uri /u ver HTTP/1.1 hdr uri /no", "check",
	  CHECK_HTTP, "GET /u" },
	{ "", " http-check send uri /u\n option httpchk HEAD /o", "check", CHECK_HTTP, "HEAD /u" },
	{ "", " option httpchk HEAD /o\n http-check send hdr uri /no", "check", CHECK_HTTP,
	  "HEAD /o" },
	{ "",
	  " option httpchk\n http-check connect\n http-check send meth GET uri /1\n"
	  " http-check connect\n http-check send meth GET uri /2",
	  "check", CHECK_HTTP, "GET /1" },
	/* Defaults' rules count until the proxy has one of its own, */
	{ DEFAULT_CHECK, "", "check", CHECK_HTTP, "GET /d" },
	{ DEFAULT_CHECK, " http-check disable-on-404", "check", CHECK_HTTP, "GET /d" },
	{ DEFAULT_CHECK, " option httpchk", "check", CHECK_HTTP, "OPTIONS /" },
	{ DEFAULT_CHECK, " http-check send hdr A b", "check", CHECK_HTTP, "OPTIONS /" },
	/* and then, without one that sends, nothing is sent. */
	{ DEFAULT_CHECK, " http-check expect status 200", "check", CHECK_HTTP, "" },
	{ DEFAULT_CHECK, " tcp-check connect\n tcp-check send PING", "check", CHECK_HTTP,
	  "GET /d" },
	{ DEFAULT_CHECK, " option tcp-check", "check", CHECK_TCP, "" },
	{ DEFAULT_CHECK, " option tcp-check\n http-check send uri /u", "check", CHECK_TCP, "" },
	{ "", " http-check send uri /u", "check", CHECK_TCP, "" },
	{ "", " option tcp-check\n tcp-check connect ssl", "check", CHECK_TLS, "" },
	{ "", " option tcp-check\n tcp-check send PING\n tcp-check expect string +PONG", "check",
	  CHECK_OTHER, "tcp-check" },
	{ "", " option ssl-hello-chk", "check", CHECK_TLS, "" },
	{ "", " option mysql-check user x", "check", CHECK_OTHER, "mysql-check" },
	{ "", " option external-check\n external-check command /bin/true", "check", CHECK_OTHER,
	  "external-check" },
	{ "", "", "agent-check agent-port 99", CHECK_OTHER, "agent-check" },
	{ "", " option httpchk GET /u", "check agent-check agent-port 99", CHECK_HTTP, "GET /u" },
	{ "", " option httpchk GET /u", "check track b/c", CHECK_NONE, "" },
	{ "", "", "check healthcheck some", CHECK_OTHER, "" },
};

static void test_checks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct check_case *expected = &cases[i];
		const struct event_backend *backend;

		backend =
			read_backend(expected->defaults, expected->statements, expected->keywords);
		if (backend->check != expected->check ||
		    strcmp(backend->check_target, expected->target) != 0)
			fail_msg("%s\n%s: %s: check %u \"%s\"", expected->defaults,
				 expected->statements, expected->keywords, backend->check,
				 backend->check_target);
		assert_int_equal(!!(backend->header.flags & BACKEND_CHECKED),
				 expected->check != CHECK_NONE);
	}
}

static void test_where_and_when(void **state)
{
	const struct event_backend *backend;

	(void)state;
	backend = read_backend("", "", "check");
	assert_int_equal(backend->check_interval_ms, 2000);
	assert_int_equal(backend->check_port, 0);
	assert_false(backend->header.flags & BACKEND_CHECK_ELSEWHERE);
	backend = read_backend("", "", "check inter 500 port 81");
	assert_int_equal(backend->check_interval_ms, 500);
	assert_int_equal(backend->check_port, 81);
	assert_true(backend->header.flags & BACKEND_CHECK_ELSEWHERE);
	backend = read_backend("", "", "check port 80");
	assert_false(backend->header.flags & BACKEND_CHECK_ELSEWHERE);
	backend = read_backend("", "", "check addr 10.0.0.2:82");
	assert_int_equal(backend->check_port, 82);
	assert_true(backend->header.flags & BACKEND_CHECK_ELSEWHERE);
	backend = read_backend("", " option httpchk\n http-check connect port 83 ssl", "check");
	assert_int_equal(backend->check_port, 83);
	assert_true(backend->header.flags & BACKEND_CHECK_ELSEWHERE);
	backend = read_backend("", "", "agent-check agent-port 99 agent-inter 3s");
	assert_int_equal(backend->check_port, 99);
	assert_int_equal(backend->check_interval_ms, 3000);
	assert_true(backend->header.flags & BACKEND_CHECK_ELSEWHERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_where_and_when),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
