// SPDX-License-Identifier: GPL-2.0-only
/* The status of an HTTP/2 response as nginx, HAProxy, libnghttp2 and Go write it. */
#include "tests/unit/cmocka_plus.h"

#include <string.h>

#include "bpf/http2_frame.h"

/* The first bytes of a header block, as the kernel side reads them. */
static uint16_t status_of(struct http2_state *state, const char *bytes, size_t count)
{
	uint64_t field = 0;

	assert_true(count <= HTTP2_FIELD_BYTES);
	memcpy(&field, bytes, count);
	return http2_status(state, field);
}

#define STATUS(state, bytes) status_of(state, bytes, sizeof(bytes) - 1)

static void indexed_statuses_are_known(void **state)
{
	struct http2_state connection = { 0 };

	(void)state;
	assert_int_equal(STATUS(&connection, "\x88"), 200);
	assert_int_equal(STATUS(&connection, "\x8d"), 404);
	assert_int_equal(STATUS(&connection, "\x8e"), 500);
	/* ":path: /" is none, nor is an entry of the dynamic table that was never made */
	assert_int_equal(STATUS(&connection, "\x84"), 0);
	assert_int_equal(STATUS(&connection, "\xbe"), 0);
}

static void literal_statuses_are_read(void **state)
{
	struct http2_state connection = { 0 };

	(void)state;
	assert_int_equal(STATUS(&connection, "\x48\x03"
					     "502"),
			 502); /* nginx, HAProxy */
	assert_int_equal(STATUS(&connection, "\x08\x03"
					     "503"),
			 503);
	assert_int_equal(STATUS(&connection, "\x18\x03"
					     "504"),
			 504);
	assert_int_equal(STATUS(&connection, "\x48\x82\x6c\x02"), 502); /* libnghttp2, Go */
	assert_int_equal(STATUS(&connection, "\x48\x82\x6c\x21"), 511);
	assert_int_equal(STATUS(&connection, "\x48\x82\x10\x02"), 0); /* Huffman, and no 5xx */
}

static void a_new_table_size_comes_first(void **state)
{
	struct http2_state connection = { 0 };

	(void)state;
	assert_int_equal(STATUS(&connection, "\x20\x48\x03"
					     "502"),
			 502); /* nginx to a client that wants another size */
	assert_int_equal(STATUS(&connection, "\x3f\x10\x8e"), 500);
	assert_int_equal(STATUS(&connection, "\x3f\xe1\x1f\x8e"), 500);
}

/* A status that was put into the dynamic table comes again as a number, which tells it only as long as
 * there is but one. */
static void the_dynamic_table_is_trusted_while_it_is_plain(void **state)
{
	struct http2_state connection = { 0 };

	(void)state;
	assert_int_equal(STATUS(&connection, "\x48\x82\x6c\x02"), 502);
	assert_int_equal(STATUS(&connection, "\xbe"), 502);
	assert_int_equal(STATUS(&connection, "\xc3"), 502);
	assert_int_equal(STATUS(&connection, "\x48\x82\x6c\x02"), 502);
	assert_int_equal(STATUS(&connection, "\xbf"), 502);
	assert_int_equal(STATUS(&connection, "\x48\x03"
					     "504"),
			 504);
	assert_int_equal(STATUS(&connection, "\xbe"), 0);
	/* what was not to be remembered makes no doubt */
	connection = (struct http2_state){ 0 };
	assert_int_equal(STATUS(&connection, "\x08\x03"
					     "503"),
			 503);
	assert_int_equal(STATUS(&connection, "\xbe"), 0);
}

static void trailers_have_no_status(void **state)
{
	struct http2_state connection = { 0 };

	(void)state;
	assert_int_equal(STATUS(&connection, "\x40\x8b\x9a\xca\xc8\xb2\x12"), 0); /* grpc-status */
	assert_int_equal(STATUS(&connection, "\x00\x0bgrpc-"), 0);
	assert_int_equal(STATUS(&connection, "\x48\x03"
					     "5x2"),
			 0);
	assert_int_equal(STATUS(&connection, ""), 0);
}

static bool is_frame(const char *bytes)
{
	return http2_is_frame((const uint8_t *)bytes);
}

static void frames_are_told_from_other_bytes(void **state)
{
	(void)state;
	assert_true(is_frame("\x00\x00\x12\x04\x00\x00\x00\x00\x00"));
	assert_true(is_frame("\x00\x00\x1f\x01\x04\x00\x00\x00\x01"));
	assert_true(is_frame("\x00\x40\x00\x00\x00\x00\x00\x00\x03"));
	assert_false(is_frame("\x00\x40\x01\x00\x00\x00\x00\x00\x03")); /* too long */
	assert_false(is_frame("\x00\x00\x1f\x01\x04\x00\x00\x00\x02")); /* an even stream */
	assert_false(is_frame("\x00\x00\x13\x04\x00\x00\x00\x00\x00")); /* settings of odd length */
	assert_false(is_frame("\x00\x00\x12\x0a\x00\x00\x00\x00\x00")); /* no such type */
	assert_false(is_frame("HTTP/1.1 "));
	assert_false(is_frame("<html><he"));
}

static void a_connection_is_known_by_its_first_frame(void **state)
{
	const uint8_t settings[] = { 0, 0, 12, 4, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1, 0 };
	const uint8_t headers[] = { 0, 0, 31, 1, 4, 0, 0, 0, 1, 0x48, 3, '5', '0', '3', 0x5c, 3 };

	(void)state;
	assert_true(http2_begins(settings, sizeof(settings)));
	assert_false(http2_begins(settings, HTTP2_FRAME_BYTES - 1));
	assert_false(http2_begins(headers, sizeof(headers)));
	assert_true(http2_goes_on(headers, sizeof(headers)));
	assert_false(http2_goes_on(headers, sizeof(headers) - 1));
	assert_false(http2_goes_on(settings, sizeof(settings)));
	assert_false(http2_goes_on((const uint8_t *)"HTTP/1.1 502 Bad", 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indexed_statuses_are_known),
		cmocka_unit_test(literal_statuses_are_read),
		cmocka_unit_test(a_new_table_size_comes_first),
		cmocka_unit_test(the_dynamic_table_is_trusted_while_it_is_plain),
		cmocka_unit_test(trailers_have_no_status),
		cmocka_unit_test(frames_are_told_from_other_bytes),
		cmocka_unit_test(a_connection_is_known_by_its_first_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
