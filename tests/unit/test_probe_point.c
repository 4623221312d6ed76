// SPDX-License-Identifier: GPL-2.0-only
/* Where a uprobe is put into functions of real shapes. */
#include "tests/unit/cmocka_plus.h"

#include <stdint.h>

#include "user/capture/probe_point.h"

/* SSL_write and SSL_write_ex of Debian's OpenSSL 3.0, cut after the call of their common worker. */
static const uint8_t write_bytes[] = { 0x48, 0x83, 0xec, 0x18, 0x64, 0x48, 0x8b, 0x04, 0x25,
				       0x28, 0x00, 0x00, 0x00, 0x48, 0x89, 0x44, 0x24, 0x08,
				       0x31, 0xc0, 0x85, 0xd2, 0x78, 0x2f, 0x48, 0x89, 0xe1,
				       0x48, 0x63, 0xd2, 0xe8, 0xfd, 0xfb, 0xff, 0xff };
static const uint8_t write_ex_bytes[] = { 0x48, 0x83, 0xec, 0x08, 0xe8, 0x87, 0xfb, 0xff, 0xff };

#define WRITE_ADDRESS 0x359c0
#define WRITE_EX_ADDRESS 0x35a50

static size_t find(const uint8_t *bytes, size_t count)
{
	return probe_point_find(bytes, count, 0x1000, NULL, 0, 0);
}

static void the_call_that_both_make_is_taken(void **state)
{
	(void)state;
	assert_int_equal(probe_point_find(write_bytes, sizeof(write_bytes), WRITE_ADDRESS,
					  write_ex_bytes, sizeof(write_ex_bytes), WRITE_EX_ADDRESS),
			 30);
	assert_int_equal(probe_point_find(write_ex_bytes, sizeof(write_ex_bytes), WRITE_EX_ADDRESS,
					  write_bytes, sizeof(write_bytes), WRITE_ADDRESS),
			 4);
}

/* Without a twin, or with one that goes elsewhere, any E8 may be part of something else. */
static void a_call_of_one_alone_is_not(void **state)
{
	(void)state;
	assert_int_equal(find(write_bytes, sizeof(write_bytes)), 0);
	assert_int_equal(probe_point_find(write_bytes, sizeof(write_bytes), WRITE_ADDRESS,
					  write_ex_bytes, sizeof(write_ex_bytes),
					  WRITE_EX_ADDRESS + 16),
			 0);
	assert_int_equal(probe_point_find(write_bytes, sizeof(write_bytes) - 1, WRITE_ADDRESS,
					  write_ex_bytes, sizeof(write_ex_bytes), WRITE_EX_ADDRESS),
			 0);
}

static void cheap_starts_are_taken(void **state)
{
	const uint8_t push[] = { 0x55, 0x48, 0x89, 0xe5 };
	const uint8_t push_r14[] = { 0x41, 0x56, 0x41, 0x55 };
	const uint8_t marked[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x53 };
	const uint8_t marked_other[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0x83 };

	(void)state;
	assert_int_equal(find(push, sizeof(push)), 0);
	assert_int_equal(find(push_r14, sizeof(push_r14)), 0);
	assert_int_equal(find(marked, sizeof(marked)), 4);
	assert_int_equal(find(marked, 4), 0);
	assert_int_equal(find(marked_other, sizeof(marked_other)), 0);
}

static void what_is_no_program_has_no_point(void **state)
{
	(void)state;
	assert_int_equal(probe_point("/dev/null", "SSL_write", "SSL_write_ex"), 0);
	assert_int_equal(probe_point("/nonexistent", "SSL_write", "SSL_write_ex"), 0);
	assert_int_equal(probe_point("/proc/self/exe", "no_such_function", "main"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_call_that_both_make_is_taken),
		cmocka_unit_test(a_call_of_one_alone_is_not),
		cmocka_unit_test(cheap_starts_are_taken),
		cmocka_unit_test(what_is_no_program_has_no_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
