// SPDX-License-Identifier: GPL-2.0-only
/* Event lines of what the inventory knows of configurations, and the names in the others. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/records.h"
#include "user/lib/endpoint.h"
#include "user/render/event_lines.h"

#define OFFSET_NS 1769903000000000000ll

struct sheet {
	struct event_lines lines;
	char *text;
	size_t bytes;
};

static void sheet_open(struct sheet *sheet)
{
	*sheet = (struct sheet){ .lines = { .host = "web1", .epoch_offset_ns = OFFSET_NS } };
	sheet->lines.file = open_memstream(&sheet->text, &sheet->bytes);
	assert_non_null(sheet->lines.file);
}

static json_t *sheet_close(struct sheet *sheet)
{
	json_error_t error;
	json_t *object;

	fclose(sheet->lines.file);
	object = json_loads(sheet->text, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		fail_msg("%s in: %s", error.text, sheet->text);
	assert_ptr_equal(strchr(sheet->text, '\n'), sheet->text + sheet->bytes - 1);
	free(sheet->text);
	return object;
}

static json_t *line_of(union event *event)
{
	struct sheet sheet;

	sheet_open(&sheet);
	assert_int_equal(event_lines_record(&sheet.lines, &event->header), 0);
	return sheet_close(&sheet);
}

static void assert_text(json_t *object, const char *key, const char *expected)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_string(value))
		fail_msg("%s is no text", key);
	assert_string_equal(json_string_value(value), expected);
}

static void assert_number(json_t *object, const char *key, json_int_t expected)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("%s is no number", key);
	assert_int_equal(json_integer_value(value), expected);
}

static void assert_null_at(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!value || !json_is_null(value))
		fail_msg("%s is not null", key);
}

static void assert_inventory(json_t *object, const char *what)
{
	assert_text(object, "type", "inventory");
	assert_text(object, "what", what);
	assert_non_null(json_object_get(object, "ts"));
	assert_non_null(json_object_get(json_object_get(object, "lb"), "pid"));
}

static void a_configuration_that_was_read(void **state)
{
	union event event;
	json_t *object;

	(void)state;
	record_make(&event, EVENT_CONFIG, 0);
	object = line_of(&event);
	assert_inventory(object, "config");
	assert_text(object, "note", "read");
	assert_number(object, "generation", 1);
	assert_text(object, "file", "/etc/lb/0.conf");
	assert_null_at(object, "line");
	json_decref(object);
}

static void a_statement_that_is_not_understood(void **state)
{
	union event event;
	json_t *object;

	(void)state;
	record_make(&event, EVENT_CONFIG, 2);
	object = line_of(&event);
	assert_text(object, "note", "skipped");
	assert_number(object, "line", 2);
	assert_text(object, "text", "statement 2");
	json_decref(object);
}

static void a_backend_has_all_of_its_line(void **state)
{
	union event event;
	json_t *object;

	(void)state;
	record_make(&event, EVENT_BACKEND, 1);
	event.backend.check = CHECK_HTTP;
	strcpy(event.backend.check_target, "GET /health");
	object = line_of(&event);
	assert_inventory(object, "backend");
	assert_text(object, "name", "pool1/app1");
	assert_text(object, "pool", "pool1");
	assert_text(object, "server", "app1");
	assert_number(object, "index", 1);
	assert_text(object, "protocol", "tcp");
	assert_text(object, "file", "/etc/lb/lb.conf");
	assert_number(object, "line", 11);
	assert_number(object, "connect_timeout_ms", 1000);
	assert_text(json_object_get(object, "check"), "target", "GET /health");
	assert_text(json_object_get(object, "check"), "kind", "http");
	assert_null_at(object, "response_timeout_ms");
	assert_true(json_is_false(json_object_get(object, "tls")));
	json_decref(object);
}

static void a_named_backend_has_no_address(void **state)
{
	union event event;
	json_t *object;

	(void)state;
	record_make(&event, EVENT_BACKEND, 2);
	object = line_of(&event);
	assert_null_at(object, "address");
	assert_null_at(object, "check");
	assert_text(object, "host", "app2.internal");
	assert_true(json_is_true(json_object_get(object, "named")));
	json_decref(object);
}

static void an_address_comes_and_goes(void **state)
{
	union event event;
	json_t *object;

	(void)state;
	record_make(&event, EVENT_BACKEND_ADDRESS, 1);
	event.header.flags = BACKEND_ADDRESS_HOSTS;
	object = line_of(&event);
	assert_inventory(object, "backend_address");
	assert_text(object, "from", "hosts");
	assert_true(json_is_false(json_object_get(object, "gone")));
	assert_null_at(object, "error");
	json_decref(object);
	event.header.flags = BACKEND_ADDRESS_GONE;
	object = line_of(&event);
	assert_text(object, "from", "dns");
	assert_true(json_is_true(json_object_get(object, "gone")));
	json_decref(object);
}

static void assert_resolver_error(uint16_t code, const char *expected)
{
	union event event;
	json_t *object;

	record_make(&event, EVENT_BACKEND_ADDRESS, 1);
	event.header.flags = BACKEND_ADDRESS_FAILED;
	event.backend_address.error = code;
	memset(&event.backend_address.address, 0, sizeof(event.backend_address.address));
	object = line_of(&event);
	assert_null_at(object, "address");
	assert_text(object, "error", expected);
	json_decref(object);
}

static void a_name_without_address_says_why(void **state)
{
	(void)state;
	assert_resolver_error(3, "NXDOMAIN");
	assert_resolver_error(2, "SERVFAIL");
	assert_resolver_error(0xffff, "TIMEOUT");
	assert_resolver_error(0, "NODATA");
	assert_resolver_error(17, "RCODE17");
}

static void a_status_is_the_balancers_word(void **state)
{
	union event event;
	json_t *object;

	(void)state;
	record_make(&event, EVENT_BACKEND_STATUS, 1);
	event.backend_status.changed_ns = 5;
	event.backend_status.check_code = 503;
	object = line_of(&event);
	assert_inventory(object, "backend_status");
	assert_text(object, "name", "pool1/app1");
	assert_text(object, "state", "down");
	assert_number(object, "since_ts", OFFSET_NS + 5);
	assert_text(json_object_get(object, "check"), "status", "L4CON");
	assert_number(json_object_get(object, "check"), "code", 503);
	assert_number(object, "connect_errors", 1);
	json_decref(object);
}

static void a_container_has_its_names(void **state)
{
	union event event;
	json_t *object;

	(void)state;
	record_make(&event, EVENT_CONTAINER, 7);
	object = line_of(&event);
	assert_inventory(object, "container");
	assert_text(object, "runtime", "docker");
	assert_text(object, "name", "web-7");
	assert_null_at(object, "pod");
	json_decref(object);
}

static void name_them(void *context, const struct event_owner *owner,
		      const struct event_address *address, char *name)
{
	if (!strcmp(owner->comm, context) && address->port == 8080)
		strcpy(name, "api/app2");
}

static void facts_have_the_names_that_are_known(void **state)
{
	static char comm[] = "nginx";
	union event event = { 0 };
	struct sheet sheet;
	json_t *object;

	(void)state;
	event.header.type = EVENT_RESETS;
	event.resets.direction = RESET_SENT;
	strcpy(event.resets.owner.comm, comm);
	assert_int_equal(endpoint_parse("10.0.0.2:8080", &event.resets.backend), 0);
	sheet_open(&sheet);
	sheet.lines.name_backend = name_them;
	sheet.lines.name_context = comm;
	assert_int_equal(event_lines_record(&sheet.lines, &event.header), 0);
	object = sheet_close(&sheet);
	assert_text(json_object_get(object, "backend"), "name", "api/app2");
	json_decref(object);
	object = line_of(&event);
	assert_null_at(json_object_get(object, "backend"), "name");
	json_decref(object);
}

static void verdicts_have_names(void **state)
{
	static struct gateway_error error;
	struct sheet sheet;
	json_t *object;

	(void)state;
	error.has_backend = true;
	error.attempt_count = 2;
	strcpy(error.backend_name, "api/app2");
	strcpy(error.attempts[0].name, "api/app1");
	sheet_open(&sheet);
	assert_int_equal(event_lines_gateway_error(&sheet.lines, &error), 0);
	object = sheet_close(&sheet);
	assert_text(json_object_get(object, "backend"), "name", "api/app2");
	assert_text(json_array_get(json_object_get(object, "attempts"), 0), "backend", "api/app1");
	assert_null_at(json_array_get(json_object_get(object, "attempts"), 1), "backend");
	json_decref(object);
	sheet_open(&sheet);
	assert_int_equal(event_lines_attempt(&sheet.lines, &error.attempts[0], NULL), 0);
	object = sheet_close(&sheet);
	assert_text(json_object_get(object, "backend"), "name", "api/app1");
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_that_was_read),
		cmocka_unit_test(a_statement_that_is_not_understood),
		cmocka_unit_test(a_backend_has_all_of_its_line),
		cmocka_unit_test(a_named_backend_has_no_address),
		cmocka_unit_test(an_address_comes_and_goes),
		cmocka_unit_test(a_name_without_address_says_why),
		cmocka_unit_test(a_status_is_the_balancers_word),
		cmocka_unit_test(a_container_has_its_names),
		cmocka_unit_test(facts_have_the_names_that_are_known),
		cmocka_unit_test(verdicts_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
