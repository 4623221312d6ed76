// SPDX-License-Identifier: GPL-2.0-only
/* What /proc says of processes and sockets, and what a name means. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/inventory/names.h"
#include "user/inventory/process.h"
#include "user/inventory/sockets.h"
#include "user/lib/endpoint.h"

#define STAT_TAIL " S 41 42 42 0 -1 4194560 1 0 0 0 3 4 0 0 20 0 1 0 8123456789 1000 2 3\n"

static int parse_stat(const char *text, struct process_stat *stat)
{
	return process_parse_stat(text, strlen(text), stat);
}

static void a_stat_line_is_read(void **state)
{
	struct process_stat stat;

	(void)state;
	assert_int_equal(parse_stat("42 (nginx)" STAT_TAIL, &stat), 0);
	assert_int_equal(stat.tgid, 42);
	assert_int_equal(stat.parent, 41);
	assert_int_equal(stat.start_ticks, 8123456789ull);
	assert_string_equal(stat.comm, "nginx");
	assert_false(stat.kernel);
	assert_false(stat.dead);
}

static void a_name_may_hold_anything(void **state)
{
	static const struct {
		const char *text, *comm;
	} cases[] = {
		{ "42 (a) S 1 (b)" STAT_TAIL, "a) S 1 (b" },
		{ "42 ()" STAT_TAIL, "" },
		{ "42 (\n\033[2J)" STAT_TAIL, "\n\033[2J" },
		{ "42 (((()))))" STAT_TAIL, "((())))" },
		{ "42 (a name longer than fifteen)" STAT_TAIL, "a name longer t" },
	};
	struct process_stat stat;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LENGTH(cases); i++) {
		assert_int_equal(parse_stat(cases[i].text, &stat), 0);
		assert_string_equal(stat.comm, cases[i].comm);
		assert_int_equal(stat.parent, 41);
	}
}

static void kernel_threads_and_zombies_are_told_apart(void **state)
{
	struct process_stat stat;

	(void)state;
	assert_int_equal(
		parse_stat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 9 0", &stat),
		0);
	assert_true(stat.kernel);
	assert_int_equal(parse_stat("7 (nginx) Z 1 7 7 0 -1 4228108 0 0 0 0 0 0 0 0 20 0 1 0 9 0",
				    &stat),
			 0);
	assert_true(stat.dead);
}

static void a_stat_line_cut_anywhere_is_refused(void **state)
{
	static const char text[] = "42 (nginx)" STAT_TAIL;
	size_t whole = (size_t)(strstr(text, "8123456789") - text);
	struct process_stat stat;
	size_t length;

	(void)state;
	for (length = 0; length < whole; length++)
		assert_int_equal(process_parse_stat(text, length, &stat), -EBADMSG);
	assert_int_equal(parse_stat("x (nginx)" STAT_TAIL, &stat), -EBADMSG);
	assert_int_equal(parse_stat("42 )nginx(" STAT_TAIL, &stat), -EBADMSG);
	assert_int_equal(parse_stat("99999999999 (nginx)" STAT_TAIL, &stat), -EBADMSG);
}

static void only_numbers_are_processes(void **state)
{
	(void)state;
	assert_int_equal(process_parse_tgid("1"), 1);
	assert_int_equal(process_parse_tgid("4194304"), 4194304);
	assert_int_equal(process_parse_tgid("0"), 0);
	assert_int_equal(process_parse_tgid("self"), 0);
	assert_int_equal(process_parse_tgid("12a"), 0);
	assert_int_equal(process_parse_tgid("-1"), 0);
	assert_int_equal(process_parse_tgid(""), 0);
	assert_int_equal(process_parse_tgid("18446744073709551617"), 0);
}

/* The kernel writes words of the host's order: build the text the same way. */
static void ipv4_word(const char *address, char *text)
{
	uint32_t word;

	assert_int_equal(inet_pton(AF_INET, address, &word), 1);
	sprintf(text, "%08X", word);
}

static void a_tcp_line_is_read(void **state)
{
	char local[9], remote[9], line[256], text[ENDPOINT_TEXT_BYTES];
	struct sockets_entry entry;

	(void)state;
	ipv4_word("10.9.0.1", local);
	ipv4_word("192.0.2.7", remote);
	sprintf(line,
		"  12: %s:1F90 %s:D431 01 00000000:00000000 00:00000000 00000000    33        0 "
		"987654 1 0000000000000000 20 4 30 10 -1\n",
		local, remote);
	assert_int_equal(sockets_parse_line(line, &entry), 0);
	assert_string_equal(endpoint_format(&entry.local, text), "10.9.0.1:8080");
	assert_string_equal(endpoint_format(&entry.remote, text), "192.0.2.7:54321");
	assert_int_equal(entry.state, SOCKETS_ESTABLISHED);
	assert_int_equal(entry.inode, 987654);
}

static void an_ipv6_line(const char *address, const char *expected)
{
	char line[256], text[ENDPOINT_TEXT_BYTES];
	struct sockets_entry entry;
	uint32_t words[4];

	assert_int_equal(inet_pton(AF_INET6, address, words), 1);
	sprintf(line,
		"   0: %08X%08X%08X%08X:0050 00000000000000000000000000000000:0000 0A "
		"00000000:00000000 00:00000000 00000000     0        0 5 1 0000 100 0 0 10 0\n",
		words[0], words[1], words[2], words[3]);
	assert_int_equal(sockets_parse_line(line, &entry), 0);
	assert_string_equal(endpoint_format(&entry.local, text), expected);
	assert_int_equal(entry.state, SOCKETS_LISTEN);
}

static void a_tcp6_line_is_read(void **state)
{
	(void)state;
	an_ipv6_line("fd00:1::2", "[fd00:1::2]:80");
	an_ipv6_line("::", "[::]:80");
	an_ipv6_line("::ffff:10.1.2.3", "10.1.2.3:80");
}

static void a_tcp_line_cut_anywhere_is_refused(void **state)
{
	static const char line[] = "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 "
				   "00:00000000 00000000 0 0 12345 1 0 100 0 0 10 0\n";
	size_t whole = (size_t)(strstr(line, "12345") - line);
	struct sockets_entry entry;
	char text[sizeof(line)];
	size_t length;

	(void)state;
	assert_int_equal(sockets_parse_line(line, &entry), 0);
	for (length = 0; length < whole; length++) {
		memcpy(text, line, length);
		text[length] = '\0';
		assert_int_equal(sockets_parse_line(text, &entry), -EBADMSG);
	}
}

static void other_lines_are_refused(void **state)
{
	static const char *const lines[] = {
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n",
		"0: 0100007:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1 1\n",
		"0: 0100007F0:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1 1\n",
		"0: 0100007F:11F90 00000000:0000 0A 0:0 0:0 0 0 0 1 1\n",
		"0: 0100007F:1F90 00000000:0000 0AA 0:0 0:0 0 0 0 1 1\n",
		"0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 x1 1\n",
		"0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1x 1\n",
		"",
		"\n",
		"0:",
	};
	struct sockets_entry entry;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LENGTH(lines); i++)
		assert_int_equal(sockets_parse_line(lines[i], &entry), -EBADMSG);
}

static void a_descriptor_names_its_socket(void **state)
{
	(void)state;
	assert_int_equal(sockets_parse_link("socket:[123]"), 123);
	assert_int_equal(sockets_parse_link("socket:[]"), 0);
	assert_int_equal(sockets_parse_link("socket:[12"), 0);
	assert_int_equal(sockets_parse_link("socket:[12]x"), 0);
	assert_int_equal(sockets_parse_link("socket:[-1]"), 0);
	assert_int_equal(sockets_parse_link("pipe:[123]"), 0);
	assert_int_equal(sockets_parse_link("/tmp/socket:[123]"), 0);
	assert_int_equal(sockets_parse_link(""), 0);
}

static void load_balancers_have_names(void **state)
{
	static const struct {
		const char *comm, *executable;
		int kind;
	} cases[] = {
		{ "nginx", "/usr/sbin/nginx", BALANCER_NGINX },
		{ "nginx", "", BALANCER_NGINX },
		{ "openresty", "", BALANCER_NGINX },
		{ "angie", "/usr/sbin/angie", BALANCER_NGINX },
		{ "haproxy", "/usr/sbin/haproxy", BALANCER_HAPROXY },
		{ "renamed", "/opt/bin/haproxy", BALANCER_HAPROXY },
		{ "envoy", "/usr/local/bin/envoy", BALANCER_ENVOY },
		{ "caddy", "/usr/bin/caddy", BALANCER_CADDY },
		{ "traefik", "/traefik", BALANCER_TRAEFIK },
		{ "cache-main", "/usr/sbin/varnishd", BALANCER_VARNISH },
		{ "cache-main", "", BALANCER_VARNISH },
		{ "apache2", "/usr/sbin/apache2", BALANCER_APACHE },
		{ "httpd", "/usr/sbin/httpd", BALANCER_APACHE },
		{ "lighttpd", "/usr/sbin/lighttpd", BALANCER_LIGHTTPD },
		{ "squid", "/usr/sbin/squid", BALANCER_SQUID },
		{ "haproxy", "/bin/dash", -ENOENT },
		{ "haproxy", "/usr/bin/python3.11", -ENOENT },
		{ "nginx-ingress-c", "/nginx-ingress-controller", -ENOENT },
		{ "sshd", "/usr/sbin/sshd", -ENOENT },
		{ "", "", -ENOENT },
		{ "ngin", "/usr/sbin/ngin", -ENOENT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_int_equal(names_kind(cases[i].comm, cases[i].executable), cases[i].kind);
}

static void services_have_ports(void **state)
{
	(void)state;
	assert_true(names_is_service_port(5432));
	assert_true(names_is_service_port(22));
	assert_false(names_is_service_port(80));
	assert_false(names_is_service_port(443));
	assert_false(names_is_service_port(8080));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stat_line_is_read),
		cmocka_unit_test(a_name_may_hold_anything),
		cmocka_unit_test(kernel_threads_and_zombies_are_told_apart),
		cmocka_unit_test(a_stat_line_cut_anywhere_is_refused),
		cmocka_unit_test(only_numbers_are_processes),
		cmocka_unit_test(a_tcp_line_is_read),
		cmocka_unit_test(a_tcp6_line_is_read),
		cmocka_unit_test(a_tcp_line_cut_anywhere_is_refused),
		cmocka_unit_test(other_lines_are_refused),
		cmocka_unit_test(a_descriptor_names_its_socket),
		cmocka_unit_test(load_balancers_have_names),
		cmocka_unit_test(services_have_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
