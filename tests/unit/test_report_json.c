// SPDX-License-Identifier: GPL-2.0-only
/* What programs read: the report and the event lines. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/records.h"
#include "tests/unit/reports.h"
#include "user/lib/endpoint.h"
#include "user/render/event_lines.h"
#include "user/render/report_json.h"

#define OFFSET_NS 1769903000000000000ll

static const char *const reasons[] = { "", "NOT_SPECIFIED", "TCP_RESET" };

struct sheet {
	struct event_lines lines;
	char *text;
	size_t bytes;
};

static void sheet_open(struct sheet *sheet)
{
	*sheet = (struct sheet){ .lines = { .host = "web1",
					    .kernel = "6.18.5",
					    .lbtrace = "0.1.0",
					    .epoch_offset_ns = OFFSET_NS,
					    .started_ns = 1000,
					    .drop_reasons = reasons,
					    .drop_reason_count = ARRAY_LENGTH(reasons) } };
	sheet->lines.file = open_memstream(&sheet->text, &sheet->bytes);
	assert_non_null(sheet->lines.file);
}

/* The one object that was written, which must be one line. */
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

static json_t *write_report(const struct report *report)
{
	json_error_t error;
	json_t *object;
	size_t bytes;
	char *text;
	FILE *file = open_memstream(&text, &bytes);

	assert_non_null(file);
	assert_int_equal(report_json_write(report, file), 0);
	fclose(file);
	object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		fail_msg("%s in: %s", error.text, text);
	free(text);
	return object;
}

static json_t *at(json_t *object, const char *path)
{
	char copy[128];
	char *rest;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *key = strtok_r(copy, ".", &rest); key; key = strtok_r(NULL, ".", &rest)) {
		if (json_is_array(object))
			object = json_array_get(object, strtoul(key, NULL, 10));
		else
			object = json_object_get(object, key);
	}
	if (!object)
		fail_msg("there is no %s", path);
	return object;
}

static void assert_text(json_t *object, const char *path, const char *expected)
{
	assert_true(json_is_string(at(object, path)));
	assert_string_equal(json_string_value(at(object, path)), expected);
}

static void assert_number(json_t *object, const char *path, json_int_t expected)
{
	assert_true(json_is_integer(at(object, path)));
	assert_int_equal(json_integer_value(at(object, path)), expected);
}

static void assert_keys(json_t *object, const char *expected)
{
	char keys[512] = "";
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		strcat(keys, *keys ? " " : "");
		strcat(keys, key);
	}
	assert_string_equal(keys, expected);
}

static void the_report_has_its_schema(void **state)
{
	struct report_sample sample;
	json_t *object;

	(void)state;
	report_sample_failing(&sample);
	object = write_report(&sample.report);
	assert_keys(object, "schema host window loss load_balancers gateway_errors causes backends "
			    "resources findings health");
	assert_text(object, "schema", "lbtrace-report/1");
	assert_text(object, "health", "failing");
	assert_keys(at(object, "host"), "name kernel lbtrace");
	assert_text(object, "window.start", "2026-01-31T23:59:59.123Z");
	assert_true(json_real_value(at(object, "window.seconds")) == 3600);
	assert_keys(at(object, "load_balancers.0"), "pid comm kind config listeners tls container");
	assert_text(object, "load_balancers.0.kind", "nginx");
	assert_text(object, "load_balancers.0.listeners.1", "[fd00::1]:80");
	assert_true(json_is_null(at(object, "load_balancers.1.config")));
	assert_keys(at(object, "gateway_errors"), "total by_status explained unexplained");
	assert_number(object, "gateway_errors.by_status.502", 43);
	json_decref(object);
}

static void causes_and_backends_have_their_fields(void **state)
{
	struct report_sample sample;
	json_t *object;

	(void)state;
	report_sample_failing(&sample);
	object = write_report(&sample.report);
	assert_int_equal(json_array_size(at(object, "causes")), 2);
	assert_keys(at(object, "causes.0"),
		    "id class count share confidence backends summary evidence fix");
	assert_text(object, "causes.0.id", "conn-refused");
	assert_text(object, "causes.0.backends.0", "10.77.1.12:8080");
	assert_text(object, "causes.0.confidence", "certain");
	assert_int_equal(json_array_size(at(object, "causes.0.fix")), 2);
	assert_int_equal(json_array_size(at(object, "causes.1.backends")), 0);
	assert_keys(
		at(object, "backends.0"),
		"name address load_balancer attempts connected failed gateway_errors causes resets "
		"close_wait established established_detail latency_us verdict");
	assert_true(json_is_null(at(object, "backends.0.name")));
	assert_number(object, "backends.0.causes.0.count", 42);
	assert_number(object, "backends.0.resets.received", 42);
	/* The unexplained are no cause. */
	assert_int_equal(json_array_size(at(object, "backends.1.causes")), 0);
	assert_keys(at(object, "backends.3.latency_us.connect"), "count p50 p90 p99 max");
	assert_number(object, "backends.3.latency_us.first_byte.p99", 20400);
	assert_true(json_real_value(at(object, "backends.3.close_wait.max_age_seconds")) == 90.5);
	json_decref(object);
}

static void an_empty_report_is_whole(void **state)
{
	struct report_sample sample;
	json_t *object;

	(void)state;
	report_sample_empty(&sample);
	object = write_report(&sample.report);
	assert_number(object, "gateway_errors.total", 0);
	assert_int_equal(json_array_size(at(object, "backends")), 0);
	assert_text(object, "health", "healthy");
	json_decref(object);
}

static void hostile_names_are_escaped(void **state)
{
	struct report_sample sample;
	json_t *object;

	(void)state;
	report_sample_failing(&sample);
	strcpy(sample.balancers[0].owner.comm, "n\xff\033[2J\"x");
	object = write_report(&sample.report);
	assert_text(object, "load_balancers.0.comm", "n\\xff\\x1b[2J\"x");
	json_decref(object);
}

static void a_failed_write_is_told(void **state)
{
	struct report_sample sample;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	report_sample_failing(&sample);
	assert_int_equal(report_json_write(&sample.report, full), -ENOSPC);
	fclose(full);
}

static void the_header_line_comes_first(void **state)
{
	struct sheet sheet;
	json_t *object;

	(void)state;
	sheet_open(&sheet);
	assert_int_equal(event_lines_header(&sheet.lines), 0);
	object = sheet_close(&sheet);
	assert_keys(object, "type schema host kernel lbtrace epoch_offset_ns started_ts");
	assert_text(object, "schema", "lbtrace-events/1");
	assert_number(object, "started_ts", OFFSET_NS + 1000);
	json_decref(object);
}

static void fill_attempt(struct attempt_view *view)
{
	struct event_attempt *attempt = &view->event;

	memset(view, 0, sizeof(*view));
	attempt->header.type = EVENT_ATTEMPT;
	attempt->header.size_bytes = sizeof(*attempt);
	attempt->header.flags =
		ATTEMPT_ESTABLISHED | ATTEMPT_EXCHANGE_OPEN | ATTEMPT_RESET_RECEIVED;
	attempt->header.time_ns = 5000000;
	attempt->started_ns = 2000000;
	attempt->reset_received_ns = 4000000;
	attempt->error = ECONNRESET;
	attempt->exchanges = 1;
	attempt->bytes_sent = 80;
	attempt->drop_reason = 2;
	strcpy(attempt->owner.comm, "nginx");
	attempt->owner.tgid = 812;
	attempt->owner.tid = 813;
	endpoint_parse("10.77.1.12:8080", &attempt->remote);
	view->outcome = CAUSE_RESET_BEFORE_RESPONSE;
	view->confidence = CONFIDENCE_CERTAIN;
	view->evidence.count = 1;
	strcpy(view->evidence.lines[0], "RST with window 502");
}

static void fill_error(struct gateway_error *error)
{
	memset(error, 0, sizeof(*error));
	error->event.header.time_ns = 6000000;
	error->event.status = 502;
	error->event.owner.tgid = 812;
	strcpy(error->event.owner.comm, "nginx");
	endpoint_parse("10.9.0.7:40000", &error->event.client);
	endpoint_parse("10.9.0.1:80", &error->event.frontend);
}

static void an_explained_error_has_its_attempts(void **state)
{
	struct gateway_error error;
	struct sheet sheet;
	json_t *object;

	(void)state;
	fill_error(&error);
	error.cause = CAUSE_RESET_BEFORE_RESPONSE;
	error.confidence = CONFIDENCE_CERTAIN;
	error.has_backend = true;
	error.attempt_count = 1;
	fill_attempt(&error.attempts[0]);
	error.backend = error.attempts[0].event.remote;
	sheet_open(&sheet);
	assert_int_equal(event_lines_gateway_error(&sheet.lines, &error), 0);
	object = sheet_close(&sheet);
	assert_keys(object, "type ts status lb client frontend cause class confidence backend "
			    "attempts evidence");
	assert_text(object, "type", "gateway_error");
	assert_number(object, "ts", OFFSET_NS + 6000000);
	assert_keys(at(object, "lb"), "pid tid comm");
	assert_text(object, "client", "10.9.0.7:40000");
	assert_text(object, "cause", "reset-before-response");
	assert_text(object, "backend.address", "10.77.1.12:8080");
	assert_keys(
		at(object, "attempts.0"),
		"backend address outcome errno started_ts duration_us syn_retransmits bytes_sent "
		"bytes_acked bytes_received reused evidence");
	assert_number(object, "attempts.0.errno", ECONNRESET);
	assert_number(object, "attempts.0.duration_us", 3000);
	assert_true(json_is_false(at(object, "attempts.0.reused")));
	json_decref(object);
}

static void an_unexplained_error_has_nulls(void **state)
{
	struct gateway_error error;
	struct sheet sheet;
	json_t *object;

	(void)state;
	fill_error(&error);
	sheet_open(&sheet);
	assert_int_equal(event_lines_gateway_error(&sheet.lines, &error), 0);
	object = sheet_close(&sheet);
	assert_true(json_is_null(at(object, "cause")));
	assert_true(json_is_null(at(object, "class")));
	assert_true(json_is_null(at(object, "confidence")));
	assert_true(json_is_null(at(object, "backend")));
	assert_int_equal(json_array_size(at(object, "attempts")), 0);
	json_decref(object);
}

static void an_attempt_tells_whether_a_client_saw_it(void **state)
{
	struct attempt_view view;
	struct gateway_error error;
	struct sheet sheet;
	json_t *object;

	(void)state;
	fill_attempt(&view);
	sheet_open(&sheet);
	assert_int_equal(event_lines_attempt(&sheet.lines, &view, NULL), 0);
	object = sheet_close(&sheet);
	assert_true(json_is_false(at(object, "gateway_error")));
	assert_null(json_object_get(object, "client"));
	assert_text(object, "outcome", "reset-before-response");
	assert_text(object, "evidence.0", "RST with window 502");
	json_decref(object);

	fill_error(&error);
	sheet_open(&sheet);
	assert_int_equal(event_lines_attempt(&sheet.lines, &view, &error), 0);
	object = sheet_close(&sheet);
	assert_true(json_is_true(at(object, "gateway_error")));
	assert_text(object, "client", "10.9.0.7:40000");
	json_decref(object);
}

static void a_reused_connection_counts_from_its_request(void **state)
{
	struct attempt_view view;
	struct sheet sheet;
	json_t *object;

	(void)state;
	fill_attempt(&view);
	view.event.exchanges = 2;
	view.event.request_ns = 4500000;
	sheet_open(&sheet);
	assert_int_equal(event_lines_attempt(&sheet.lines, &view, NULL), 0);
	object = sheet_close(&sheet);
	assert_true(json_is_true(at(object, "reused")));
	assert_number(object, "duration_us", 500);
	assert_number(object, "started_ts", OFFSET_NS + 4500000);
	json_decref(object);
}

static void a_reset_has_its_direction_and_phase(void **state)
{
	struct attempt_view view;
	struct sheet sheet;
	json_t *object;

	(void)state;
	fill_attempt(&view);
	view.event.reset_flags = 0x14;
	sheet_open(&sheet);
	assert_int_equal(event_lines_record(&sheet.lines, &view.event.header), 0);
	object = sheet_close(&sheet);
	assert_text(object, "type", "reset");
	assert_text(object, "direction", "received");
	assert_text(object, "sender", "backend");
	assert_text(object, "phase", "request");
	assert_text(object, "reason", "PEER_ABORT");
	assert_text(object, "effect", "harmful");
	assert_number(object, "count", 1);
	assert_number(object, "ts", OFFSET_NS + 4000000);
	json_decref(object);
}

static void close_wait_has_its_age(void **state)
{
	union event event;
	struct sheet sheet;
	json_t *object;

	(void)state;
	memset(&event, 0, sizeof(event));
	event.header.type = EVENT_FIGURES;
	event.header.time_ns = 90500000000ull;
	event.figures.figures.close_wait = 4;
	event.figures.figures.close_wait_since_ns = 90000000000ull;
	sheet_open(&sheet);
	assert_int_equal(event_lines_record(&sheet.lines, &event.header), 0);
	object = sheet_close(&sheet);
	assert_keys(object, "type ts lb backend count max_age_seconds");
	assert_number(object, "count", 4);
	assert_true(json_real_value(at(object, "max_age_seconds")) == 0.5);
	json_decref(object);
}

static void a_killed_process_has_its_signal(void **state)
{
	union event event;
	struct sheet sheet;
	json_t *object;

	(void)state;
	memset(&event, 0, sizeof(event));
	event.header.type = EVENT_PROCESS;
	event.header.flags = PROCESS_EXITED;
	event.process.exit_code = 9;
	event.process.signal_sender = 77;
	sheet_open(&sheet);
	assert_int_equal(event_lines_record(&sheet.lines, &event.header), 0);
	object = sheet_close(&sheet);
	assert_text(object, "event", "exited");
	assert_number(object, "signal", 9);
	assert_true(json_is_null(at(object, "exit_code")));
	assert_number(object, "signal_sender", 77);
	json_decref(object);
}

/* Whatever a well-formed record holds, its lines are JSON. */
static void every_record_gives_lines_of_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < record_type_count; i++) {
		for (uint64_t seed = 0; seed < 64; seed++) {
			union event event;
			struct sheet sheet;
			char *rest;

			record_make(&event, record_types[i], seed);
			sheet_open(&sheet);
			assert_int_equal(event_lines_record(&sheet.lines, &event.header), 0);
			fclose(sheet.lines.file);
			for (char *line = strtok_r(sheet.text, "\n", &rest); line;
			     line = strtok_r(NULL, "\n", &rest)) {
				json_t *object = json_loads(line, 0, NULL);

				assert_non_null(object);
				assert_true(json_is_string(json_object_get(object, "type")));
				json_decref(object);
			}
			free(sheet.text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_report_has_its_schema),
		cmocka_unit_test(causes_and_backends_have_their_fields),
		cmocka_unit_test(an_empty_report_is_whole),
		cmocka_unit_test(hostile_names_are_escaped),
		cmocka_unit_test(a_failed_write_is_told),
		cmocka_unit_test(the_header_line_comes_first),
		cmocka_unit_test(an_explained_error_has_its_attempts),
		cmocka_unit_test(an_unexplained_error_has_nulls),
		cmocka_unit_test(an_attempt_tells_whether_a_client_saw_it),
		cmocka_unit_test(a_reused_connection_counts_from_its_request),
		cmocka_unit_test(a_reset_has_its_direction_and_phase),
		cmocka_unit_test(close_wait_has_its_age),
		cmocka_unit_test(a_killed_process_has_its_signal),
		cmocka_unit_test(every_record_gives_lines_of_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
