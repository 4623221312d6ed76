// SPDX-License-Identifier: GPL-2.0-only
/* The catalogue's rows are whole, and their sentences can be filled in. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/diagnose/sentences.h"
#include "user/lib/endpoint.h"

static const struct event_owner haproxy = { .group = 4194304,
					    .kind = BALANCER_HAPROXY,
					    .comm = "haproxy" };
static const struct event_owner nginx = { .group = 42, .kind = BALANCER_NGINX, .comm = "nginx" };

static void assert_is_text(const char *text)
{
	assert_non_null(text);
	assert_true(text[0]);
}

static void assert_is_slug(const char *word)
{
	assert_is_text(word);
	for (; *word; word++)
		assert_true(islower((unsigned char)*word) || isdigit((unsigned char)*word) ||
			    *word == '-');
}

static void every_cause_has_a_whole_row(void **state)
{
	(void)state;
	for (int id = CAUSE_NONE; id < CAUSE_COUNT; id++) {
		const struct cause *cause = catalogue_cause(id);

		if (!cause || !cause->id)
			fail_msg("cause %d has no row", id);
		assert_is_slug(cause->id);
		assert_is_slug(cause->class);
		assert_is_text(cause->summary);
		assert_is_text(cause->evidence);
		assert_is_text(cause->confirm[0]);
		assert_is_text(cause->fix[0]);
		assert_is_text(cause->nginx);
		assert_is_text(cause->haproxy);
		assert_is_text(cause->envoy);
		assert_is_text(cause->not_to_confuse);
	}
	assert_null(catalogue_cause(CAUSE_COUNT));
}

static void names_are_found_and_unique(void **state)
{
	(void)state;
	for (int id = CAUSE_NONE; id < CAUSE_COUNT; id++)
		assert_int_equal(catalogue_find(catalogue_cause(id)->id), id);
	assert_int_equal(catalogue_find("no-such-cause"), CAUSE_NONE);
	assert_int_equal(catalogue_find(""), CAUSE_NONE);
	assert_string_equal(catalogue_cause(CAUSE_CONN_REFUSED)->id, "conn-refused");
	assert_string_equal(catalogue_cause(CAUSE_NONE)->id, "unexplained");
}

static void assert_filled(const char *text)
{
	static const char *const left_over[] = { "{host}", "{port}", "{address}", "{lb}", "{pid}" };

	assert_in_range(strlen(text), 1, MODEL_TEXT_BYTES - 2);
	for (size_t i = 0; i < ARRAY_LENGTH(left_over); i++)
		assert_null(strstr(text, left_over[i]));
}

/* The longest values that there are must not cut a sentence. */
static void every_sentence_fits(void **state)
{
	static const struct event_owner *const owners[] = { &haproxy, &nginx, NULL };
	struct event_address longest;
	char lines[2 * CATALOGUE_LINES][MODEL_TEXT_BYTES], text[MODEL_TEXT_BYTES];

	(void)state;
	endpoint_parse("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535", &longest);
	for (int id = CAUSE_NONE; id < CAUSE_COUNT; id++) {
		for (size_t i = 0; i < ARRAY_LENGTH(owners); i++) {
			const struct sentence_subject subject = { .backend = &longest,
								  .owner = owners[i] };
			size_t count = sentence_fix(id, &subject, lines);

			assert_in_range(count, 1, 2 * CATALOGUE_LINES);
			for (size_t line = 0; line < count; line++)
				assert_filled(lines[line]);
			assert_filled(sentence_summary(id, &subject, text));
			for (size_t n = 0; sentence_confirm(id, n, &subject, text)[0]; n++)
				assert_filled(text);
		}
	}
}

/* A process names itself: its name in a command would run as one. */
static void commands_hold_no_names(void **state)
{
	(void)state;
	for (int id = CAUSE_NONE; id < CAUSE_COUNT; id++) {
		for (size_t n = 0; n < CATALOGUE_LINES && catalogue_cause(id)->confirm[n]; n++)
			assert_null(strstr(catalogue_cause(id)->confirm[n], "{lb}"));
	}
}

static void fixes_are_in_the_load_balancers_words(void **state)
{
	const struct sentence_subject at_nginx = { .owner = &nginx },
				      at_haproxy = { .owner = &haproxy };
	const struct sentence_subject anywhere = { 0 };
	char lines[2 * CATALOGUE_LINES][MODEL_TEXT_BYTES];
	size_t count, general;

	(void)state;
	general = sentence_fix(CAUSE_KEEPALIVE_RACE, &anywhere, lines);
	count = sentence_fix(CAUSE_KEEPALIVE_RACE, &at_nginx, lines);
	assert_true(count > general);
	assert_non_null(strstr(lines[general], "keepalive_timeout"));
	count = sentence_fix(CAUSE_KEEPALIVE_RACE, &at_haproxy, lines);
	assert_true(count > general);
	assert_non_null(strstr(lines[general], "pool-purge-delay"));
}

static void words_are_filled_in(void **state)
{
	struct event_address ipv6 = { 0 }, ipv4 = { 0 };
	const struct sentence_subject at_ipv6 = { .backend = &ipv6, .owner = &nginx },
				      at_ipv4 = { .backend = &ipv4, .owner = &haproxy };
	const struct sentence_subject unknown = { 0 };
	static const char template[] = "{host} {port} {address} {lb} {pid} {print $1} {}";
	char text[MODEL_TEXT_BYTES];

	(void)state;
	endpoint_parse("[fd00::1]:80", &ipv6);
	endpoint_parse("10.0.0.1:8080", &ipv4);
	assert_string_equal(sentence_fill(template, &at_ipv6, text, sizeof(text)),
			    "fd00::1 80 [fd00::1]:80 nginx 42 {print $1} {}");
	assert_string_equal(sentence_fill(template, &at_ipv4, text, sizeof(text)),
			    "10.0.0.1 8080 10.0.0.1:8080 haproxy 4194304 {print $1} {}");
	assert_string_equal(sentence_fill(template, &unknown, text, sizeof(text)),
			    "HOST PORT HOST:PORT the load balancer PID {print $1} {}");
	ipv4.family = 0;
	assert_string_equal(sentence_fill("{address}", &at_ipv4, text, sizeof(text)), "HOST:PORT");
}

static void hostile_names_are_escaped_and_cut_whole(void **state)
{
	const struct event_owner hostile = { .comm = "a\x1b[2J\xff" };
	const struct event_owner unended = { .comm = "0123456789abcdef" };
	const struct sentence_subject at_hostile = { .owner = &hostile },
				      at_unended = { .owner = &unended };
	char text[MODEL_TEXT_BYTES], small[8];

	(void)state;
	sentence_fill("{lb}", &at_hostile, text, sizeof(text));
	assert_null(strstr(text, "\x1b"));
	assert_null(strstr(text, "\xff"));
	assert_int_equal(text[0], 'a');
	assert_int_equal(strlen(sentence_fill("{lb}", &at_unended, text, sizeof(text))),
			 EVENT_COMM_BYTES);
	assert_string_equal(sentence_fill("12345{host}", &at_hostile, small, sizeof(small)),
			    "12345");
	assert_string_equal(sentence_fill("12345\xc3\xa4\xc3\xa4", &at_hostile, small,
					  sizeof(small)),
			    "12345\xc3\xa4");
	assert_string_equal(sentence_fill("x", &at_hostile, small, 1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_has_a_whole_row),
		cmocka_unit_test(names_are_found_and_unique),
		cmocka_unit_test(every_sentence_fits),
		cmocka_unit_test(commands_hold_no_names),
		cmocka_unit_test(fixes_are_in_the_load_balancers_words),
		cmocka_unit_test(words_are_filled_in),
		cmocka_unit_test(hostile_names_are_escaped_and_cut_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
