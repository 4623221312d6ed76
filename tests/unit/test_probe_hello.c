// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/probe/hello.h"

#define SESSION_AT 43

static size_t read16(const uint8_t *bytes)
{
	return (size_t)bytes[0] << 8 | bytes[1];
}

/* Walks the ClientHello as a server would; returns the name it asks for, or "". */
static const char *walk(const struct hello *hello, char name[HELLO_NAME_MOST + 1])
{
	const uint8_t *bytes = hello->bytes;
	size_t at = SESSION_AT, end, count = 0;

	name[0] = '\0';
	assert_int_equal(bytes[0], 0x16);
	assert_int_equal(read16(bytes + 3), hello->length - 5);
	assert_int_equal(bytes[5], 1);
	assert_int_equal(bytes[6], 0);
	assert_int_equal(read16(bytes + 7), hello->length - 9);
	at += 1 + bytes[at];
	assert_int_equal(read16(bytes + at) % 2, 0);
	at += 2 + read16(bytes + at);
	at += 1 + bytes[at];
	end = at + 2 + read16(bytes + at);
	assert_int_equal(end, hello->length);
	for (at += 2; at < end; at += 4 + read16(bytes + at + 2)) {
		count++;
		if (read16(bytes + at))
			continue;
		assert_int_equal(read16(bytes + at + 4), read16(bytes + at + 2) - 2);
		assert_int_equal(read16(bytes + at + 7), read16(bytes + at + 2) - 5);
		memcpy(name, bytes + at + 9, read16(bytes + at + 7));
		name[read16(bytes + at + 7)] = '\0';
	}
	assert_int_equal(at, end);
	assert_int_equal(count, name[0] ? 7 : 6);
	return name;
}

static void test_tls(void **state)
{
	char name[HELLO_NAME_MOST + 1], most[HELLO_NAME_MOST + 2];
	struct hello hello = { 0 }, again = { 0 };

	(void)state;
	assert_int_equal(hello_add_tls(&hello, NULL), 0);
	assert_string_equal(walk(&hello, name), "");
	assert_int_equal(hello_add_tls(&again, ""), 0);
	assert_int_equal(again.length, hello.length);
	assert_memory_equal(again.bytes, hello.bytes, hello.length);
	again.length = 0;
	assert_int_equal(hello_add_tls(&again, "app.internal."), 0);
	assert_string_equal(walk(&again, name), "app.internal");
	memset(most, 'a', sizeof(most));
	most[HELLO_NAME_MOST] = '\0';
	again.length = 0;
	assert_int_equal(hello_add_tls(&again, most), 0);
	assert_string_equal(walk(&again, name), most);
	most[HELLO_NAME_MOST] = 'a';
	most[HELLO_NAME_MOST + 1] = '\0';
	again.length = 0;
	assert_int_equal(hello_add_tls(&again, most), 0);
	assert_int_equal(again.length, hello.length);
}

static void test_room(void **state)
{
	struct hello hello = { .length = HELLO_BYTES - 100 };

	(void)state;
	assert_int_equal(hello_add_tls(&hello, NULL), -ENOSPC);
	assert_int_equal(hello.length, HELLO_BYTES - 100);
	assert_int_equal(hello_add_http(&hello, "GET", "/a/path/of/some/length", "host"), -ENOSPC);
	assert_int_equal(hello.length, HELLO_BYTES - 100);
	hello.length = HELLO_BYTES - 15;
	assert_int_equal(hello_add_proxy(&hello, 2), -ENOSPC);
	assert_int_equal(hello_add_proxy(&hello, 1), 0);
	assert_int_equal(hello.length, HELLO_BYTES);
}

static void test_http(void **state)
{
	static const char wanted[] = "PROXY UNKNOWN\r\n"
				     "GET /health HTTP/1.1\r\nHost: app:80\r\n"
				     "User-Agent: lbtrace-probe\r\nAccept: */*\r\n"
				     "Connection: close\r\n\r\n";
	struct hello hello = { 0 };

	(void)state;
	assert_int_equal(hello_add_proxy(&hello, 1), 0);
	assert_int_equal(hello_add_http(&hello, "GET", "/health", "app:80"), 0);
	assert_int_equal(hello.length, sizeof(wanted) - 1);
	assert_memory_equal(hello.bytes, wanted, hello.length);
	assert_int_equal(hello_add_proxy(&hello, 3), -EINVAL);
	/* Nobody smuggles a second request into it. */
	assert_int_equal(hello_add_http(&hello, "GET", "/ HTTP/1.0\r\n\r\nGET /", "a"), -EINVAL);
	assert_int_equal(hello_add_http(&hello, "GET", "/", "a\r\nX: y"), -EINVAL);
	assert_int_equal(hello_add_http(&hello, "G T", "/", ""), -EINVAL);
	assert_int_equal(hello_add_http(&hello, "", "/", ""), -EINVAL);
	assert_int_equal(hello_add_http(&hello, "GET", "", ""), -EINVAL);
	assert_int_equal(hello.length, sizeof(wanted) - 1);
}

struct answer {
	const char *bytes;
	size_t length;
	enum payload_kind kind;
	uint16_t status;
};

#define ANSWER(text, kind, status)                   \
	{                                            \
		text, sizeof(text) - 1, kind, status \
	}

static void test_answers(void **state)
{
	static const struct answer answers[] = {
		ANSWER("", PAYLOAD_NONE, 0),
		ANSWER("HTTP/1.1 200 OK\r\nServer: x", PAYLOAD_HTTP1, 200),
		ANSWER("HTTP/1.0 503", PAYLOAD_HTTP1, 503),
		ANSWER("HTTP/1.1 50", PAYLOAD_HTTP1, 0),
		ANSWER("HTTP/1.1 5x3 no", PAYLOAD_HTTP1, 0),
		ANSWER("HTTP/1.1 999 no", PAYLOAD_HTTP1, 0),
		ANSWER("HTTP/1.1  200", PAYLOAD_HTTP1, 0),
		ANSWER("HTTP/2", PAYLOAD_OTHER, 0),
		ANSWER("\x16\x03\x03\x00\x7a\x02", PAYLOAD_TLS, 0),
		ANSWER("\x15\x03\x03\x00\x02\x02\x28", PAYLOAD_TLS_ALERT, 0),
		ANSWER("\x16\x02\x03\x00\x7a\x02", PAYLOAD_OTHER, 0),
		ANSWER("\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00", PAYLOAD_HTTP2, 0),
		ANSWER("220 smtp ready\r\n", PAYLOAD_OTHER, 0),
	};
	struct event_payload payload;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
		hello_read_answer((const uint8_t *)answers[i].bytes, answers[i].length, &payload);
		assert_int_equal(payload.kind, answers[i].kind);
		assert_int_equal(payload.status, answers[i].status);
		assert_int_equal(payload.length, answers[i].length < EVENT_HEAD_BYTES
							 ? answers[i].length
							 : EVENT_HEAD_BYTES);
		assert_memory_equal(payload.head, answers[i].bytes, payload.length);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
