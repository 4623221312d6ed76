// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/config_memory.h"
#include "user/lib/endpoint.h"
#include "user/lib/record.h"

#define WEEK_MS (7 * 86400 * 1000u)

struct address_case {
	const char *text, *host;
	const char *address; /* "other": only the port is known */
	uint16_t default_port, port;
	uint32_t flags;
};

static const struct address_case address_cases[] = {
	{ "10.0.0.1:8080", "10.0.0.1", "10.0.0.1:8080", 80, 8080, 0 },
	{ "10.0.0.1", "10.0.0.1", "10.0.0.1:80", 80, 80, 0 },
	{ "10.0.0.1", "10.0.0.1", "10.0.0.1:0", 0, 0, 0 },
	{ "[fd00::1]:443", "[fd00::1]", "[fd00::1]:443", 80, 443, 0 },
	{ "[fd00::1]", "[fd00::1]", "[fd00::1]:80", 80, 80, 0 },
	{ "fd00::1", "fd00::1", "[fd00::1]:80", 80, 80, 0 },
	{ "[::ffff:10.0.0.1]:81", "[::ffff:10.0.0.1]", "10.0.0.1:81", 80, 81, 0 },
	{ "app2:8080", "app2", "other", 80, 8080, BACKEND_NAMED },
	{ "app.internal", "app.internal", "other", 80, 80, BACKEND_NAMED },
	{ "other", "other", "other", 80, 80, BACKEND_NAMED },
	{ "my_app-1.example.", "my_app-1.example.", "other", 0, 0, BACKEND_NAMED },
	{ "unix:/run/app.sock", "/run/app.sock", "other", 80, 0, BACKEND_UNIX },
	{ "/run/app.sock", "/run/app.sock", "other", 80, 0, BACKEND_UNIX },
	{ "$backend", "$backend", "other", 80, 0, BACKEND_DYNAMIC },
	{ "$backend:8080", "$backend", "other", 80, 8080, BACKEND_DYNAMIC },
	{ "$host:$port", "$host:$port", "other", 80, 0, BACKEND_DYNAMIC },
	{ "app%[env(N)]:80", "app%[env(N)]", "other", 0, 80, BACKEND_DYNAMIC },
};

static void addresses_are_told_from_names_and_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(address_cases); i++) {
		const struct address_case *expected = &address_cases[i];
		struct event_backend backend = { 0 };
		char text[ENDPOINT_TEXT_BYTES];

		if (config_set_address(&backend, expected->text, expected->default_port))
			fail_msg("%s is refused", expected->text);
		assert_string_equal(backend.host, expected->host);
		assert_string_equal(endpoint_format(&backend.address, text), expected->address);
		assert_int_equal(backend.address.port, expected->port);
		assert_int_equal(backend.header.flags, expected->flags);
	}
}

static void what_is_no_address_is_kept_as_text(void **state)
{
	static const char *const texts[] = {
		"",	    ":80",	"10.0.0.1:", "10.0.0.1:http",	   "10.0.0.1:65536",
		"[::1]:x",  "unix:",	"app:80:81", "app internal",	   "http://app",
		"app/path", "[fd00::1", ".hidden",   "app:99999999999999", "*:80",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct event_backend backend = { 0 };
		struct event_backend nothing = { 0 };

		if (config_set_address(&backend, texts[i], 80) != -EINVAL)
			fail_msg("\"%s\" is taken for an address", texts[i]);
		assert_string_equal(backend.host, texts[i]);
		memset(backend.host, 0, sizeof(backend.host));
		assert_memory_equal(&backend, &nothing, sizeof(backend));
	}
}

static void an_address_that_does_not_fit_is_none(void **state)
{
	char name[EVENT_HOST_BYTES * 2];
	struct event_backend backend = { 0 };

	(void)state;
	memset(name, 'a', sizeof(name));
	name[253] = '\0';
	assert_int_equal(config_set_address(&backend, name, 80), 0);
	name[253] = 'a';
	name[254] = '\0';
	assert_int_equal(config_set_address(&backend, name, 80), -EINVAL);
	name[254] = 'a';
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(config_set_address(&backend, name, 80), -EINVAL);
	assert_int_equal(strlen(backend.host), EVENT_HOST_BYTES - 1);
	name[0] = '/';
	assert_int_equal(config_set_address(&backend, name, 80), -EINVAL);
}

static void text_is_cut_at_a_whole_character(void **state)
{
	char field[6];

	(void)state;
	assert_true(config_set_text(field, sizeof(field), "abcde"));
	assert_string_equal(field, "abcde");
	assert_false(config_set_text(field, sizeof(field), "abcdef"));
	assert_string_equal(field, "abcde");
	assert_false(config_set_text(field, sizeof(field), "abcd\xc3\xa4"));
	assert_string_equal(field, "abcd");
	assert_true(config_set_text(field, sizeof(field), "a\xff\xfe"));
	assert_string_equal(field, "a\xff\xfe");
	assert_true(config_set_text(field, sizeof(field), ""));
	assert_string_equal(field, "");
}

static void times_have_units(void **state)
{
	static const struct {
		const char *text;
		uint32_t unit_ms, ms;
	} cases[] = {
		{ "60", 1000, 60000 },
		{ "60", 1, 60 },
		{ "0", 1000, 0 },
		{ "0s", 1, 0 },
		{ "5s", 1, 5000 },
		{ "1500ms", 1000, 1500 },
		{ "1m30s", 1000, 90000 },
		{ "1m 30s", 1000, 90000 },
		{ "1h", 1000, 3600000 },
		{ "1w", 1, WEEK_MS },
		{ "1M", 1, 30 * 86400000u },
		{ "500us", 1, 1 },
		{ "1500us", 1, 2 },
		{ "1d12h", 1, 129600000 },
		{ "1m30", 1000, 90000 },
		{ "1000y", 1, UINT32_MAX },
		{ "99999999999999999999999", 1, UINT32_MAX },
		{ "9y9y9y9y9y9y9y9y9y", 1, UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint32_t ms = 77;

		if (config_parse_time(cases[i].text, cases[i].unit_ms, &ms))
			fail_msg("%s is refused", cases[i].text);
		if (ms != cases[i].ms)
			fail_msg("%s is %u ms", cases[i].text, ms);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = { "",    "s",   "-1s",    "1x",    "1.5s",
					     "1s,", " 1s", "1 ms2x", "30 1m", "$timeout" };
	uint32_t ms = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		if (config_parse_time(texts[i], 1000, &ms) != -EINVAL)
			fail_msg("\"%s\" is taken for %u ms", texts[i], ms);
	}
	assert_int_equal(ms, 77);
}

static void backends_are_records_with_their_index(void **state)
{
	struct config config = { 0 };
	int err = 77;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		struct event_backend *backend = config_add_backend(&config, &err);

		assert_non_null(backend);
		assert_int_equal(err, 0);
		assert_int_equal(backend->index, i);
		backend->weight = i;
	}
	assert_int_equal(config.backend_count, 100);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(config.backends[i].weight, i);
		assert_int_equal(record_check(&config.backends[i], sizeof(*config.backends)),
				 sizeof(*config.backends));
	}
	config_clear(&config);
	assert_int_equal(config.backend_count, 0);
}

static void more_backends_than_are_followed_are_noted_once(void **state)
{
	struct config config = { 0 };
	int err;

	(void)state;
	for (size_t i = 0; i < CONFIG_BACKENDS_MOST; i++)
		assert_non_null(config_add_backend(&config, &err));
	for (size_t i = 0; i < 3; i++) {
		assert_null(config_add_backend(&config, &err));
		assert_int_equal(err, 0);
	}
	assert_int_equal(config.note_count, 1);
	assert_int_equal(config.notes[0].kind, CONFIG_BOUNDED);
	config_clear(&config);
}

static void notes_are_printable_and_said_once(void **state)
{
	struct config config = { 0 };
	char text[4096];

	(void)state;
	assert_int_equal(config_add_note(&config, CONFIG_SKIPPED, "/a\n", 3, "b\x1b[2J"), 0);
	assert_int_equal(config_add_note(&config, CONFIG_SKIPPED, "/a\n", 3, "b\x1b[2J"), 0);
	assert_int_equal(config_add_note(&config, CONFIG_SKIPPED, "/a\n", 4, "b\x1b[2J"), 0);
	assert_int_equal(config.note_count, 2);
	assert_string_equal(config.notes[0].file, "/a\\x0a");
	assert_string_equal(config.notes[0].text, "b\\x1b[2J");
	assert_int_equal(config.notes[1].line, 4);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(config_add_note(&config, CONFIG_UNREADABLE, text, 0, text), 0);
	assert_int_equal(strlen(config.notes[2].file), sizeof(config.notes[2].file) - 1);
	for (size_t i = 0; i < config.note_count; i++)
		assert_int_equal(record_check(&config.notes[i], sizeof(*config.notes)),
				 sizeof(*config.notes));
	config_clear(&config);
}

static void notes_are_bounded_but_for_what_is_left_out(void **state)
{
	struct config config = { 0 };

	(void)state;
	for (uint32_t i = 0; i < CONFIG_NOTES_MOST * 2; i++)
		assert_int_equal(config_add_note(&config, CONFIG_SKIPPED, "/a", i, "b"), 0);
	assert_int_equal(config.note_count, CONFIG_NOTES_MOST);
	assert_int_equal(config_add_note(&config, CONFIG_BOUNDED, "/a", 0, "c"), 0);
	assert_int_equal(config.note_count, CONFIG_NOTES_MOST);
	assert_int_equal(config.notes[CONFIG_NOTES_MOST - 1].kind, CONFIG_BOUNDED);
	config_clear(&config);
}

static void kinds_without_a_parser_are_not_read(void **state)
{
	struct memory memory = { 0 };
	struct config_source source = memory_source(&memory);
	struct config_place place = { .files = { "/etc/x" }, .file_count = 1 };
	struct config config;

	(void)state;
	assert_int_equal(config_read(BALANCER_OTHER, &source, &place, &config), -ENOENT);
	config_clear(&config);
	assert_int_equal(config_read(BALANCER_NGINX, &source, &place, &config), 0);
	assert_int_equal(config.backend_count, 0);
	assert_int_equal(config.notes[0].kind, CONFIG_UNREADABLE);
	config_clear(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_told_from_names_and_paths),
		cmocka_unit_test(what_is_no_address_is_kept_as_text),
		cmocka_unit_test(an_address_that_does_not_fit_is_none),
		cmocka_unit_test(text_is_cut_at_a_whole_character),
		cmocka_unit_test(times_have_units),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(backends_are_records_with_their_index),
		cmocka_unit_test(more_backends_than_are_followed_are_noted_once),
		cmocka_unit_test(notes_are_printable_and_said_once),
		cmocka_unit_test(notes_are_bounded_but_for_what_is_left_out),
		cmocka_unit_test(kinds_without_a_parser_are_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
