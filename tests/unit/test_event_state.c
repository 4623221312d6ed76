// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/render/event_lines.h"

/* The line of a record; NULL: it has none. */
static json_t *line_of(union event *event)
{
	struct event_lines lines = { .host = "web1", .kernel = "6.18", .lbtrace = "0.1.0" };
	json_t *object = NULL;
	size_t bytes;
	char *text;

	lines.file = open_memstream(&text, &bytes);
	assert_non_null(lines.file);
	assert_int_equal(event_lines_record(&lines, &event->header), 0);
	fclose(lines.file);
	if (bytes) {
		object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(object);
	}
	free(text);
	return object;
}

static void assert_text(json_t *object, const char *key, const char *expected)
{
	assert_string_equal(json_string_value(json_object_get(object, key)), expected);
}

static void assert_number(json_t *object, const char *key, json_int_t expected)
{
	assert_int_equal(json_integer_value(json_object_get(object, key)), expected);
}

static union event resets(enum reset_direction direction, enum reset_phase phase)
{
	union event event = { 0 };

	event.header.type = EVENT_RESETS;
	event.resets.count = 7;
	event.resets.direction = (__u8)direction;
	event.resets.phase = (__u8)phase;
	strcpy(event.resets.reason, "TCP_ABORT_ON_CLOSE");
	return event;
}

static void resets_are_told_in_sums(void **state)
{
	union event event = resets(RESET_SENT, RESET_IDLE);
	json_t *object = line_of(&event);

	(void)state;
	assert_text(object, "type", "reset");
	assert_text(object, "direction", "sent");
	assert_text(object, "sender", "load_balancer");
	assert_text(object, "phase", "idle");
	assert_text(object, "reason", "TCP_ABORT_ON_CLOSE");
	assert_text(object, "effect", "benign");
	assert_number(object, "count", 7);
	json_decref(object);
}

static void what_an_attempt_tells_is_not_told_twice(void **state)
{
	union event event = resets(RESET_RECEIVED, RESET_REQUEST);
	json_t *object;

	(void)state;
	assert_null(line_of(&event));
	event = resets(RESET_RECEIVED, RESET_IDLE);
	object = line_of(&event);
	assert_text(object, "effect", "benign");
	json_decref(object);
}

static void a_buildup_has_both_states(void **state)
{
	union event event = { 0 };
	json_t *object, *close_wait;

	(void)state;
	event.header.type = EVENT_BUILDUP;
	event.header.time_ns = 3000000000ull;
	event.buildup.close_wait.count = 4;
	event.buildup.close_wait.oldest_ns = 1000000000ull;
	event.buildup.close_wait.unread_bytes = 9;
	object = line_of(&event);
	close_wait = json_object_get(object, "close_wait");
	assert_text(object, "type", "buildup");
	assert_number(close_wait, "count", 4);
	assert_number(close_wait, "unread_bytes", 9);
	assert_true(json_real_value(json_object_get(close_wait, "max_age_seconds")) == 2);
	assert_number(json_object_get(object, "established"), "count", 0);
	json_decref(object);
}

static void a_resource_without_a_process_has_none(void **state)
{
	union event event = { 0 };
	json_t *object;

	(void)state;
	event.header.type = EVENT_RESOURCE;
	event.resource.kind = RESOURCE_CONNTRACK;
	event.resource.used = 99;
	event.resource.limit = 100;
	object = line_of(&event);
	assert_text(object, "type", "resource");
	assert_text(object, "resource", "conntrack");
	assert_true(json_is_null(json_object_get(object, "lb")));
	assert_true(json_is_null(json_object_get(object, "listener")));
	assert_number(object, "used", 99);
	assert_number(object, "limit", 100);
	json_decref(object);
}

static void a_retired_worker_is_a_process_event(void **state)
{
	union event event = { 0 };
	json_t *object;

	(void)state;
	event.header.type = EVENT_PROCESS;
	event.header.flags = PROCESS_RETIRED;
	object = line_of(&event);
	assert_text(object, "event", "retired");
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resets_are_told_in_sums),
		cmocka_unit_test(what_an_attempt_tells_is_not_told_twice),
		cmocka_unit_test(a_buildup_has_both_states),
		cmocka_unit_test(a_resource_without_a_process_has_none),
		cmocka_unit_test(a_retired_worker_is_a_process_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
