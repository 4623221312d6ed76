// SPDX-License-Identifier: GPL-2.0-only
/* clock, text and message. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "user/lib/clock.h"
#include "user/lib/message.h"
#include "user/lib/text.h"

static void the_clock_runs_forward(void **state)
{
	uint64_t before = clock_now_ns();

	(void)state;
	usleep(2000);
	assert_in_range(clock_now_ns() - before, 2000000, 60 * CLOCK_NS_PER_SECOND);
}

static void the_offset_leads_to_the_epoch(void **state)
{
	int64_t epoch_ns = (int64_t)clock_now_ns() + clock_epoch_offset_ns();
	int64_t now_ns = (int64_t)time(NULL) * (int64_t)CLOCK_NS_PER_SECOND;

	(void)state;
	assert_true(epoch_ns - now_ns < 5 * (int64_t)CLOCK_NS_PER_SECOND);
	assert_true(now_ns - epoch_ns < 5 * (int64_t)CLOCK_NS_PER_SECOND);
}

static void times_are_written_as_rfc3339(void **state)
{
	char text[CLOCK_TEXT_BYTES];

	(void)state;
	assert_string_equal(clock_format(0, text), "1970-01-01T00:00:00.000Z");
	assert_string_equal(clock_format(1769903999123999999u, text), "2026-01-31T23:59:59.123Z");
	assert_string_equal(clock_format(UINT64_MAX, text), "2554-07-21T23:34:33.709Z");
}

static void hostile_text_is_escaped(void **state)
{
	static const struct {
		const char *text;
		const char *escaped;
	} rows[] = {
		{ "nginx: worker", "nginx: worker" },
		{ "a\x1b[2Jb", "a\\x1b[2Jb" },
		{ "line\nline\t\x7f", "line\\x0aline\\x09\\x7f" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7",
		  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7" },
		{ "\xc2\x9b", "\\xc2\\x9b" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xc0\x80", "\\xc0\\x80" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xe2\x82", "\\xe2\\x82" },
	};
	char escaped[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_string_equal(text_escape(rows[i].text, escaped, sizeof(escaped)),
				    rows[i].escaped);
}

static void escaped_text_is_cut_at_a_character(void **state)
{
	char escaped[8];

	(void)state;
	assert_string_equal(text_escape("abcdefghij", escaped, sizeof(escaped)), "abcdefg");
	assert_string_equal(text_escape("abcdef\xc3\xbc", escaped, sizeof(escaped)), "abcdef");
	assert_string_equal(text_escape("abcd\x01", escaped, sizeof(escaped)), "abcd");
	assert_string_equal(text_escape("abc", escaped, 1), "");
}

/* What `say` writes to stderr. */
static void stderr_of(void (*say)(void), char *text, size_t bytes)
{
	int saved = dup(STDERR_FILENO);
	int pipes[2];
	ssize_t got;

	assert_true(saved >= 0);
	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	close(pipes[1]);
	say();
	dup2(saved, STDERR_FILENO);
	close(saved);
	got = read(pipes[0], text, bytes - 1);
	close(pipes[0]);
	assert_true(got >= 0);
	text[got] = '\0';
}

static void say_error(void)
{
	errno = ENOSPC;
	message_error("cannot write %s: %s", "a\nb", "full");
	assert_int_equal(errno, ENOSPC);
}

static void say_detail(void)
{
	message_detail("hook %d", 7);
}

static void say_much(void)
{
	char much[10000];

	memset(much, '\x01', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	message_error("%s", much);
}

static void messages_are_one_line(void **state)
{
	char text[20000];

	(void)state;
	stderr_of(say_error, text, sizeof(text));
	assert_string_equal(text, "lbtrace: cannot write a\\x0ab: full\n");
	stderr_of(say_much, text, sizeof(text));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void details_only_when_verbose(void **state)
{
	char text[256];

	(void)state;
	assert_false(message_is_verbose());
	stderr_of(say_detail, text, sizeof(text));
	assert_string_equal(text, "");
	message_set_verbose(true);
	assert_true(message_is_verbose());
	stderr_of(say_detail, text, sizeof(text));
	assert_string_equal(text, "lbtrace: hook 7\n");
	message_set_verbose(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clock_runs_forward),
		cmocka_unit_test(the_offset_leads_to_the_epoch),
		cmocka_unit_test(times_are_written_as_rfc3339),
		cmocka_unit_test(hostile_text_is_escaped),
		cmocka_unit_test(escaped_text_is_cut_at_a_character),
		cmocka_unit_test(messages_are_one_line),
		cmocka_unit_test(details_only_when_verbose),
	};

	return cmocka_run_group_tests_name("lib", tests, NULL, NULL);
}
