// SPDX-License-Identifier: GPL-2.0-only
/* `show servers state` and `show info`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/config/haproxy_stats.h"
#include "user/lib/endpoint.h"

#define STATES_MOST 16

/* Of HAProxy 2.6.12. */
static const char real_states[] =
	"1\n"
	"# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "
	"srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health "
	"srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord "
	"srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n"
	"3 web 1 app1 127.0.0.1 0 0 7 7 4 17 2 0 6 0 0 0 - 18081 - 0 0 - - 0\n"
	"3 web 5 app5 127.0.0.1 2 0 1 1 4 1 0 2 0 0 0 0 localhost 18085 - 0 0 - - 0\n"
	"3 web 6 app6 - 0 32 1 1 4 1 0 0 14 0 0 0 no.such.name.invalid 80 - 0 0 - - 0\n"
	"3 web 7 six ::1 0 0 1 1 4 8 2 0 6 0 0 0 - 18086 - 0 0 - - 0\n"
	"3 web 8 u - 0 0 1 1 4 5 2 0 6 0 0 0 - 0 - 0 0 - - 0\n"
	"\n";

static const char real_info[] = "Name: HAProxy\n"
				"Version: 2.6.12-1+deb12u4\n"
				"Release_date: 2026/10/17\n"
				"Nbthread: 2\n"
				"Nbproc: 1\n"
				"Process_num: 1\n"
				"Pid: 16253\n"
				"Uptime: 0d 0h00m03s\n"
				"Uptime_sec: 3\n"
				"Maxsock: 19999\n"
				"Maxconn: 9980\n"
				"Hard_maxconn: 9980\n"
				"CurrConns: 12\n"
				"MaxSslConns: 0\n"
				"CurrSslConns: 5\n"
				"ConnRate: 7\n"
				"ConnRateLimit: 0\n"
				"Idle_pct: 100\n"
				"node: vm\n"
				"Stopping: 1\n"
				"Unstoppable Jobs: 0\n"
				"FailedResolutions: 4\n"
				"Build info: 2.6.12-1+deb12u4\n"
				"\n";

struct states {
	struct haproxy_server_state state[STATES_MOST];
	size_t count;
	int result;
};

static struct states found;

static int keep_state(void *context, const struct haproxy_server_state *state)
{
	struct states *states = context;

	assert_true(states->count < STATES_MOST);
	states->state[states->count++] = *state;
	return states->result;
}

static int parse_bytes(const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, text, length);
	memset(&found, 0, sizeof(found));
	err = haproxy_servers_state_parse(copy, length, keep_state, &found);
	free(copy);
	return err;
}

static int parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void expect_state(const struct haproxy_server_state *state, const char *name,
			 const char *address, const char *host)
{
	char text[ENDPOINT_TEXT_BYTES];

	assert_string_equal(state->pool, "web");
	assert_string_equal(state->name, name);
	assert_string_equal(endpoint_format(&state->address, text), address);
	assert_string_equal(state->host, host);
}

static void test_states(void **state)
{
	(void)state;
	assert_int_equal(parse(real_states), 0);
	assert_int_equal(found.count, 5);
	expect_state(&found.state[0], "app1", "127.0.0.1:18081", "");
	assert_int_equal(found.state[0].operational_state, HAPROXY_STOPPED);
	assert_int_equal(found.state[0].admin_state, 0);
	expect_state(&found.state[1], "app5", "127.0.0.1:18085", "localhost");
	assert_int_equal(found.state[1].operational_state, HAPROXY_RUNNING);
	expect_state(&found.state[2], "app6", "other", "no.such.name.invalid");
	assert_int_equal(found.state[2].admin_state, HAPROXY_ADMIN_RESOLUTION);
	expect_state(&found.state[3], "six", "[::1]:18086", "");
	expect_state(&found.state[4], "u", "other", "");
}

static void test_states_answers(void **state)
{
	(void)state;
	assert_int_equal(parse(""), -EAGAIN);
	assert_int_equal(parse("Permission denied\n\n"), -EACCES);
	assert_int_equal(parse("Unknown command.\n\n"), -EBADMSG);
	assert_int_equal(parse("1\nnothing\n\n"), -EBADMSG);
	assert_int_equal(parse("1\n# be_id srv_id\n\n"), -EBADMSG);
	assert_int_equal(parse("1\n# be_name srv_name\n\n"), 0);
	assert_int_equal(parse("1\n# be_name srv_name srv_port\nb s 99999\nb\n\n"), 0);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.state[0].address.port, 0);
}

static void test_states_cut(void **state)
{
	size_t last = 0;

	(void)state;
	for (size_t length = 0; length < sizeof(real_states) - 1; length++) {
		int err = parse_bytes(real_states, length);

		assert_true(err == -EAGAIN || (length == 1 && err == -EBADMSG));
		assert_true(found.count >= last);
		last = found.count;
	}
	assert_int_equal(last, 5);
	memset(&found, 0, sizeof(found));
	found.result = 1;
	assert_int_equal(haproxy_servers_state_parse(real_states, sizeof(real_states) - 1,
						     keep_state, &found),
			 1);
	assert_int_equal(found.count, 1);
}

static void test_states_long(void **state)
{
	static char text[16384];
	size_t used = (size_t)sprintf(text, "1\n# be_name srv_name\n");

	(void)state;
	for (int i = 0; i < 100; i++)
		used += (size_t)sprintf(text + used, "word%d ", i);
	memset(text + used, 'x', 4000);
	used += 4000;
	sprintf(text + used, "\nb s\n\n");
	assert_int_equal(parse(text), 0);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.state[0].pool, "word0");
	assert_string_equal(found.state[1].name, "s");
}

static void test_info(void **state)
{
	struct haproxy_info info;

	(void)state;
	assert_int_equal(haproxy_info_parse(real_info, sizeof(real_info) - 1, &info), 0);
	assert_string_equal(info.version, "2.6.12-1+deb12u4");
	assert_string_equal(info.node, "vm");
	assert_int_equal(info.pid, 16253);
	assert_int_equal(info.uptime_seconds, 3);
	assert_int_equal(info.processes, 1);
	assert_int_equal(info.process_number, 1);
	assert_int_equal(info.connections_now, 12);
	assert_int_equal(info.connections_most, 9980);
	assert_int_equal(info.tls_connections_now, 5);
	assert_int_equal(info.connection_rate, 7);
	assert_int_equal(info.sockets_most, 19999);
	assert_int_equal(info.failed_resolutions, 4);
	assert_int_equal(info.idle_percent, 100);
	assert_int_equal(info.is_stopping, 1);
	assert_int_equal(haproxy_info_parse(real_info, 150, &info), -EAGAIN);
	assert_int_equal(info.pid, 16253);
	assert_int_equal(haproxy_info_parse("", 0, &info), -EAGAIN);
	assert_int_equal(haproxy_info_parse("Permission denied\n\n", 19, &info), -EACCES);
	assert_int_equal(haproxy_info_parse("hello\n\n", 7, &info), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),	   cmocka_unit_test(test_states_answers),
		cmocka_unit_test(test_states_cut), cmocka_unit_test(test_states_long),
		cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
