// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/lib/endpoint.h"

static void assert_parses_as(const char *text, const char *expected)
{
	struct event_address address;
	char formatted[ENDPOINT_TEXT_BYTES];

	if (endpoint_parse(text, &address))
		fail_msg("%s is not parsed", text);
	assert_string_equal(endpoint_format(&address, formatted), expected);
}

static void what_is_formatted_parses_back(void **state)
{
	static const char *const texts[] = {
		"10.0.0.1:80",
		"0.0.0.0:0",
		"255.255.255.255:65535",
		"[::]:0",
		"[::1]:443",
		"[fd00::1]:8080",
		"[2001:db8:1:2:3:4:5:6]:65535",
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
		"other",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		assert_parses_as(texts[i], texts[i]);
}

static void other_spellings_are_understood(void **state)
{
	(void)state;
	assert_parses_as("10.0.0.1", "10.0.0.1:0");
	assert_parses_as("fd00::1", "[fd00::1]:0");
	assert_parses_as("[fd00::1]", "[fd00::1]:0");
	assert_parses_as("[FD00:0:0:0::1]:080", "[fd00::1]:80");
}

static void mapped_addresses_are_ipv4(void **state)
{
	struct event_address mapped = { .family = 6, .port = 80 };
	struct event_address parsed;
	char text[ENDPOINT_TEXT_BYTES];

	(void)state;
	mapped.bytes[10] = mapped.bytes[11] = 0xff;
	mapped.bytes[12] = 192;
	mapped.bytes[13] = 0;
	mapped.bytes[14] = 2;
	mapped.bytes[15] = 7;
	assert_string_equal(endpoint_format(&mapped, text), "192.0.2.7:80");
	assert_string_equal(endpoint_format_host(&mapped, text), "192.0.2.7");

	assert_int_equal(endpoint_parse("[::ffff:192.0.2.7]:80", &parsed), 0);
	assert_int_equal(parsed.family, 4);
	assert_string_equal(endpoint_format(&parsed, text), "192.0.2.7:80");
}

static void hosts_come_without_port(void **state)
{
	struct event_address address;
	char text[ENDPOINT_TEXT_BYTES];

	(void)state;
	assert_int_equal(endpoint_parse("[fd00::1]:80", &address), 0);
	assert_string_equal(endpoint_format_host(&address, text), "fd00::1");
	memset(&address, 0xff, sizeof(address));
	assert_string_equal(endpoint_format_host(&address, text), "other");
	assert_string_equal(endpoint_format(&address, text), "other");
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		":",
		":80",
		"10.0.0.1:",
		"10.0.0.1:65536",
		"10.0.0.1:99999999999999999999",
		"10.0.0.1:-1",
		"10.0.0.1:+1",
		"10.0.0.1: 80",
		"10.0.0.1:80 ",
		"10.0.0.1:0x50",
		"10.0.0:80",
		"10.0.0.256:80",
		"10.0.0.1/24",
		"[10.0.0.1]:80",
		"[fd00::1",
		"[fd00::1]80",
		"[fd00::1]:",
		"[]:80",
		"[fd00::1%eth0]:80",
		"fd00::1]:80",
		"fd00:::1",
		"localhost:80",
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:0000000000000000000000080",
	};
	struct event_address address;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		if (endpoint_parse(texts[i], &address) != -EINVAL)
			fail_msg("\"%s\" is accepted", texts[i]);
	}
}

static void equality_ignores_what_is_unused(void **state)
{
	struct event_address left, right;

	(void)state;
	assert_int_equal(endpoint_parse("10.0.0.1:80", &left), 0);
	right = left;
	right.bytes[4] = 1;
	right.reserved[0] = 1;
	assert_true(endpoint_equal(&left, &right));
	right.port = 81;
	assert_false(endpoint_equal(&left, &right));
	assert_true(endpoint_same_host(&left, &right));
	right.bytes[3] = 2;
	assert_false(endpoint_same_host(&left, &right));

	assert_int_equal(endpoint_parse("[fd00::1]:80", &left), 0);
	assert_int_equal(endpoint_parse("[fd00::2]:80", &right), 0);
	assert_false(endpoint_equal(&left, &right));
	assert_false(endpoint_same_host(&left, &right));
	right.family = 4;
	assert_false(endpoint_same_host(&left, &right));
}

static void ranges_hold_what_they_should(void **state)
{
	static const struct {
		const char *range;
		const char *address;
		bool held;
	} rows[] = {
		{ "10.0.0.0/24", "10.0.0.255:80", true },
		{ "10.0.0.0/24", "10.0.1.0:80", false },
		{ "10.0.0.7/24", "10.0.0.9:80", true },
		{ "10.0.0.0/25", "10.0.0.127:1", true },
		{ "10.0.0.0/25", "10.0.0.128:1", false },
		{ "10.0.0.0/31", "10.0.0.1:1", true },
		{ "10.0.0.0/31", "10.0.0.2:1", false },
		{ "0.0.0.0/0", "203.0.113.9:9", true },
		{ "0.0.0.0/0", "[fd00::1]:9", false },
		{ "10.0.0.1", "10.0.0.1:65535", true },
		{ "10.0.0.1", "10.0.0.2:65535", false },
		{ "10.0.0.1:8080", "10.0.0.1:8080", true },
		{ "10.0.0.1:8080", "10.0.0.1:8081", false },
		{ "10.0.0.0/8:80", "10.255.0.1:80", true },
		{ "10.0.0.0/8:80", "10.255.0.1:81", false },
		{ "[fd00::/64]:80", "[fd00::ffff:0:0:1]:80", true },
		{ "[fd00::/64]:80", "[fd00:0:0:1::1]:80", false },
		{ "[fd00::/64]:80", "[fd00::1]:81", false },
		{ "fd00::/9", "[fd7f::1]:1", true },
		{ "fd00::/9", "[fd80::1]:1", false },
		{ "[fd00::1]", "[fd00::1]:5", true },
		{ "fd00::1/128", "[fd00::2]:5", false },
		{ "::/0", "[2001:db8::1]:5", true },
		{ "::ffff:10.0.0.0/104", "10.1.2.3:5", true },
		{ "::ffff:10.0.0.0/104", "11.1.2.3:5", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct endpoint_range range;
		struct event_address address;

		assert_int_equal(endpoint_range_parse(rows[i].range, &range), 0);
		assert_int_equal(endpoint_parse(rows[i].address, &address), 0);
		if (endpoint_range_holds(&range, &address) != rows[i].held)
			fail_msg("%s and %s", rows[i].range, rows[i].address);
	}
}

static void an_ipv4_range_holds_mapped_addresses(void **state)
{
	struct event_address mapped = { .family = 6, .port = 80 };
	struct endpoint_range range;

	(void)state;
	mapped.bytes[10] = mapped.bytes[11] = 0xff;
	mapped.bytes[12] = 10;
	assert_int_equal(endpoint_range_parse("10.0.0.0/8", &range), 0);
	assert_true(endpoint_range_holds(&range, &mapped));
	mapped.bytes[12] = 11;
	assert_false(endpoint_range_holds(&range, &mapped));
}

static void bad_ranges_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"/24",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/",
		"10.0.0.0/8/8",
		"10.0.0.0/8:65536",
		"fd00::/129",
		"[fd00::]/64:80",
		"other",
		"all",
	};
	struct endpoint_range range;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		if (endpoint_range_parse(texts[i], &range) != -EINVAL)
			fail_msg("\"%s\" is accepted", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_formatted_parses_back),
		cmocka_unit_test(other_spellings_are_understood),
		cmocka_unit_test(mapped_addresses_are_ipv4),
		cmocka_unit_test(hosts_come_without_port),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(equality_ignores_what_is_unused),
		cmocka_unit_test(ranges_hold_what_they_should),
		cmocka_unit_test(an_ipv4_range_holds_mapped_addresses),
		cmocka_unit_test(bad_ranges_are_refused),
	};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
