// SPDX-License-Identifier: GPL-2.0-only
/* What a configuration adds to JSON: names, findings, `lbtrace backends`. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/reports.h"
#include "user/render/backends_json.h"
#include "user/render/report_json.h"

static json_t *read_back(int (*write)(const struct report *report, FILE *file),
			 const struct report *report)
{
	json_error_t error;
	json_t *object;
	size_t bytes;
	char *text;
	FILE *file = open_memstream(&text, &bytes);

	assert_non_null(file);
	assert_int_equal(write(report, file), 0);
	fclose(file);
	object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		fail_msg("%s in: %s", error.text, text);
	free(text);
	return object;
}

static int write_watched(const struct report *report, FILE *file)
{
	return backends_json_write(report, true, file);
}

static int write_unwatched(const struct report *report, FILE *file)
{
	return backends_json_write(report, false, file);
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

static void assert_null_at(json_t *object, const char *path)
{
	if (!json_is_null(at(object, path)))
		fail_msg("%s is not null", path);
}

static void the_json_report_speaks_of_names(void **state)
{
	struct report_sample sample;
	json_t *object;

	(void)state;
	report_sample_configured(&sample);
	object = read_back(report_json_write, &sample.report);
	assert_text(object, "backends.0.name", "api_pool/app2");
	assert_null_at(object, "backends.1.name");
	assert_text(object, "causes.0.backends.0", "api_pool/app2");
	assert_text(object, "load_balancers.0.container.runtime", "containerd");
	assert_text(object, "load_balancers.0.container.pod", "web-7c9f");
	assert_text(object, "load_balancers.0.container.namespace", "prod");
	assert_null_at(object, "load_balancers.0.container.name");
	assert_null_at(object, "load_balancers.1.container");
	assert_int_equal(json_array_size(at(object, "findings")), 2);
	assert_text(object, "findings.0.id", "wrong-port");
	assert_text(object, "findings.0.severity", "error");
	assert_text(object, "findings.0.load_balancer", "nginx");
	assert_text(object, "findings.0.backend", "api_pool/app2");
	assert_text(object, "findings.0.address", "10.77.1.12:8080");
	assert_text(object, "findings.0.file", "/etc/nginx/nginx.conf");
	assert_number(object, "findings.0.line", 14);
	assert_text(object, "findings.0.fix", "Write port 80, which its siblings have.");
	assert_null_at(object, "findings.1.fix");
	json_decref(object);
}

static void backends_as_json_have_all(void **state)
{
	struct report_sample sample;
	json_t *object;

	(void)state;
	report_sample_configured(&sample);
	object = read_back(write_watched, &sample.report);
	assert_text(object, "schema", "lbtrace-backends/1");
	assert_int_equal(json_array_size(at(object, "backends")), 5);
	assert_text(object, "backends.0.name", "api_pool/app2");
	assert_text(object, "backends.0.pool", "api_pool");
	assert_text(object, "backends.0.server", "app2");
	assert_text(object, "backends.0.addresses.0", "10.77.1.12:8080");
	assert_number(object, "backends.0.failed", 42);
	assert_text(object, "backends.0.last_cause", "conn-refused");
	assert_text(object, "backends.0.last_failure", "2026-01-31T23:59:59.123Z");
	assert_number(object, "backends.0.line", 14);
	assert_number(object, "backends.0.connect_timeout_ms", 500);
	assert_null_at(object, "backends.0.state");
	assert_text(object, "backends.0.findings.0.id", "wrong-port");
	assert_null_at(object, "backends.1.address");
	assert_true(json_is_true(at(object, "backends.2.unix")));
	assert_text(object, "backends.3.state", "down");
	assert_text(object, "backends.3.status.check.status", "L7STS");
	assert_number(object, "backends.3.status.check.code", 500);
	assert_text(object, "backends.3.status.since", "2026-02-01T00:00:59.123Z");
	assert_number(object, "backends.3.status.connect_errors", 3);
	assert_text(object, "backends.3.check.target", "GET /health");
	assert_text(object, "backends.3.checks.last_cause", "backend-5xx");
	assert_number(object, "backends.3.checks.period_ms", 2000);
	assert_true(json_is_false(at(object, "backends.4.configured")));
	assert_null(json_object_get(at(object, "backends.4"), "file"));
	assert_text(object, "notes.0.note", "skipped");
	assert_number(object, "notes.0.line", 7);
	assert_text(object, "notes.1.note", "changed");
	json_decref(object);
}

static void unwatched_counts_are_null(void **state)
{
	struct report_sample sample;
	json_t *object;

	(void)state;
	report_sample_configured(&sample);
	object = read_back(write_unwatched, &sample.report);
	assert_true(json_is_false(at(object, "watched")));
	assert_null_at(object, "backends.0.attempts");
	assert_null_at(object, "backends.0.last_cause");
	json_decref(object);
}

static void hostile_names_are_escaped(void **state)
{
	struct report_sample sample;
	json_t *object;

	(void)state;
	report_sample_configured(&sample);
	strcpy(sample.configured[0].name, "a\033[2J/\xff");
	object = read_back(write_watched, &sample.report);
	assert_text(object, "backends.0.name", "a\\x1b[2J/\\xff");
	json_decref(object);
}

static void a_failed_write_is_told(void **state)
{
	struct report_sample sample;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	report_sample_configured(&sample);
	assert_int_equal(backends_json_write(&sample.report, true, full), -ENOSPC);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_json_report_speaks_of_names),
		cmocka_unit_test(backends_as_json_have_all),
		cmocka_unit_test(unwatched_counts_are_null),
		cmocka_unit_test(hostile_names_are_escaped),
		cmocka_unit_test(a_failed_write_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
