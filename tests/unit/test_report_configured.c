// SPDX-License-Identifier: GPL-2.0-only
/* What a configuration adds to text: names, findings, `lbtrace backends`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/reports.h"
#include "user/lib/endpoint.h"
#include "user/render/backends_text.h"
#include "user/render/live_table.h"
#include "user/render/report_parts.h"
#include "user/render/report_text.h"

#define NOW_EPOCH_NS 1769903999123000000ull

struct sheet {
	struct page page;
	FILE *file;
	char *text;
	size_t bytes;
};

static void sheet_open(struct sheet *sheet)
{
	sheet->file = open_memstream(&sheet->text, &sheet->bytes);
	assert_non_null(sheet->file);
	page_init(&sheet->page, sheet->file);
}

static const char *sheet_text(struct sheet *sheet)
{
	assert_int_equal(page_flush(&sheet->page), 0);
	return sheet->text;
}

static void sheet_close(struct sheet *sheet)
{
	fclose(sheet->file);
	free(sheet->text);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in:\n%s", part, text);
}

/* The line that holds `part`; fails the test when there is none. */
static const char *line_of(const char *text, const char *part)
{
	static char line[512];
	const char *found = strstr(text, part);

	if (!found)
		fail_msg("'%s' is not in:\n%s", part, text);
	while (found > text && found[-1] != '\n')
		found--;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(found, "\n"), found);
	return line;
}

static void assert_columns(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[1024];

		assert_in_range(length, 0, sizeof(line) - 1);
		memcpy(line, text, length);
		line[length] = '\0';
		if (page_width(line) > PAGE_COLUMNS)
			fail_msg("%zu columns: %s", page_width(line), line);
		text += length + (text[length] == '\n');
	}
}

static void assert_named(const char *name, const char *where, size_t columns, const char *expected)
{
	char text[REPORT_PARTS_BYTES];
	struct event_address address;

	assert_int_equal(endpoint_parse(where, &address), 0);
	assert_string_equal(report_parts_backend(name, &address, columns, text), expected);
}

static void a_backend_goes_by_name_and_address(void **state)
{
	(void)state;
	assert_named("api_pool/app2", "10.0.0.2:8080", 31, "api_pool/app2 10.0.0.2:8080");
	assert_named("", "10.0.0.2:8080", 31, "10.0.0.2:8080");
	assert_named("10.0.0.2:8080", "10.0.0.2:8080", 31, "10.0.0.2:8080");
	assert_named("api/10.0.0.2:8080", "10.0.0.2:8080", 31, "api/10.0.0.2:8080");
}

static void a_long_name_loses_its_beginning(void **state)
{
	(void)state;
	assert_named("a_very_long_pool_name/app2", "10.0.0.2:8080", 31,
		     "...pool_name/app2 10.0.0.2:8080");
	assert_named("pool\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6/\xc3\xa4pp",
		     "10.0.0.2:8080", 26,
		     "...\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6/\xc3\xa4pp 10.0.0.2:8080");
	/* An address is never cut. */
	assert_named("a_pool/app1", "[2001:db8:1:2:3:4:5:6]:8080", 31,
		     "a_pool/app1 [2001:db8:1:2:3:4:5:6]:8080");
	assert_named("a_long_pool_name/[2001:db8:1:2:3:4:5:6]:8080", "[2001:db8:1:2:3:4:5:6]:8080",
		     24, "...[2001:db8:1:2:3:4:5:6]:8080");
}

static void several_names_are_one_and_a_number(void **state)
{
	(void)state;
	assert_named("a/app1, b/app1", "10.0.0.2:80", 31, "a/app1, b/app1 10.0.0.2:80");
	assert_named("web_one/app1, web_two/app1", "10.0.0.2:80", 31,
		     "web_one/app1 +1 10.0.0.2:80");
	assert_named("pool/10.0.0.2:8080, api/10.0.0.2:8080, 10.0.0.2:8080", "10.0.0.2:8080", 31,
		     "pool/10.0.0.2:8080 +2");
	assert_named("a_very_long_pool_name/app1, b/app1", "10.0.0.2:80", 31,
		     "...ool_name/app1 +1 10.0.0.2:80");
}

static void the_report_speaks_of_names(void **state)
{
	struct report_sample sample;
	struct sheet sheet;
	const char *text;

	(void)state;
	report_sample_configured(&sample);
	sheet_open(&sheet);
	report_text_write(&sample.report, &sheet.page);
	text = sheet_text(&sheet);
	assert_columns(text);
	assert_has(text, "nginx, pid 812, in containerd pod prod/web-7c9f, listens on");
	assert_has(text, "api_pool/app2 10.77.1.12:8080  (nginx)  42 \xc3\x97 5xx  conn-refused");
	assert_has(text, "web/app1 [fd77::1]:80  (haproxy)  3 failed of 1,000\n");
	sheet_close(&sheet);
}

static void failing_checks_are_no_health(void **state)
{
	struct report_sample sample;
	struct report_backend *checked = &sample.backends[2];
	struct sheet sheet;

	(void)state;
	report_sample_configured(&sample);
	checked->absorbed = 0;
	strcpy(checked->verdict, "Health checks fail: backend-5xx.");
	strcpy(checked->next_command, "curl -v http://[fd77::1]:80/");
	sheet_open(&sheet);
	report_text_write(&sample.report, &sheet.page);
	assert_has(sheet_text(&sheet), "web/app1 [fd77::1]:80  (haproxy)  health checks fail\n"
				       "    Health checks fail: backend-5xx.\n");
	assert_has(sheet_text(&sheet), "backends without failures:");
	assert_lacks(strstr(sheet_text(&sheet), "backends without failures:"), "web/app1");
	sheet_close(&sheet);
}

static void the_report_has_the_grave_findings(void **state)
{
	struct report_sample sample;
	struct sheet sheet;
	const char *text;

	(void)state;
	report_sample_configured(&sample);
	sheet_open(&sheet);
	report_text_write(&sample.report, &sheet.page);
	text = sheet_text(&sheet);
	assert_has(text, "configuration:");
	assert_has(text, "    error: wrong-port\n      Refused on port 8080");
	assert_has(text,
		   "      at:   /etc/nginx/nginx.conf:14: server 10.77.1.12:8080 weight=2;\n");
	assert_has(text, "      fix:  Write port 80, which its siblings have.\n");
	assert_lacks(text, "connect-timeout-short");
	assert_has(text, "  - /etc/haproxy/haproxy.cfg: changed since it was loaded");
	assert_lacks(text, "frobnicate");
	sheet_close(&sheet);
}

static void what_ails_many_is_told_of_some(void **state)
{
	static struct report_configured rows[10];
	struct report_sample sample;
	struct sheet sheet;

	(void)state;
	report_sample_configured(&sample);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		rows[i] = sample.configured[0];
		rows[i].finding_count = 1;
	}
	sample.report.configured = rows;
	sample.report.configured_count = ARRAY_LENGTH(rows);
	sheet_open(&sheet);
	report_text_write(&sample.report, &sheet.page);
	assert_has(sheet_text(&sheet), "... and 7 more like these\n");
	sheet_close(&sheet);
}

static void without_findings_there_is_no_section(void **state)
{
	struct report_sample sample;
	struct sheet sheet;

	(void)state;
	report_sample_configured(&sample);
	sample.configured[0].finding_count = 0;
	sample.report.config_note_count = 1;
	sheet_open(&sheet);
	report_text_write(&sample.report, &sheet.page);
	assert_lacks(sheet_text(&sheet), "configuration:");
	sheet_close(&sheet);
}

static void the_live_table_speaks_of_names(void **state)
{
	struct report_sample sample;
	struct live_table *table;
	struct sheet sheet;

	(void)state;
	report_sample_configured(&sample);
	memset(sample.backends[3].name, 'x', 100);
	sheet_open(&sheet);
	assert_int_equal(live_table_new(&table), 0);
	assert_int_equal(live_table_draw(table, &sample.report, NOW_EPOCH_NS, 2, &sheet.page), 0);
	assert_columns(sheet_text(&sheet));
	assert_has(sheet_text(&sheet),
		   "  api_pool/app2 10.77.1.12:8080   nginx         conn-refused");
	assert_has(sheet_text(&sheet), "  ...xxxxxxxxxxxx 10.77.1.11:8080 nginx ");
	live_table_free(table);
	sheet_close(&sheet);
}

static void backends_are_a_line_each(void **state)
{
	struct report_sample sample;
	struct sheet sheet;
	const char *text;

	(void)state;
	report_sample_configured(&sample);
	sheet_open(&sheet);
	backends_text_write(&sample.report, true, &sheet.page);
	text = sheet_text(&sheet);
	assert_columns(text);
	assert_has(text, "web1: 1 error, 0 warnings; watched for 60 min\n");
	assert_has(text, "configuration: /etc/nginx/nginx.conf, 3 backends\n");
	assert_string_equal(line_of(text, "api_pool/app2"),
			    "  api_pool/app2           10.77.1.12:8080   "
			    "42 of 45 failed: conn-refused  -");
	assert_string_equal(line_of(text, "api_pool/app.internal"),
			    "  api_pool/app.internal   (not resolved)    "
			    "not tried                      -");
	assert_has(line_of(text, "local/unix:/run/x.sock"), "not followed (Unix socket)");
	assert_has(text, "      error: wrong-port\n        Refused on port 8080");
	assert_has(text,
		   "        at:   /etc/nginx/nginx.conf:14: server 10.77.1.12:8080 weight=2;\n");
	/* Not about the server's own line, which is not quoted then. */
	assert_has(text, "        at:   /etc/nginx/nginx.conf:9\n");
	assert_has(text, "      note: connect-timeout-short\n");
	sheet_close(&sheet);
}

static void backends_show_what_the_balancer_says(void **state)
{
	struct report_sample sample;
	struct sheet sheet;
	const char *text;

	(void)state;
	report_sample_configured(&sample);
	sheet_open(&sheet);
	backends_text_write(&sample.report, true, &sheet.page);
	text = sheet_text(&sheet);
	assert_has(line_of(text, "web/app1"), "[fd77::1]:80");
	assert_has(line_of(text, "web/app1"), "DOWN L7STS 500");
	assert_has(text, "      DOWN for 59 min: Internal Server Error\n");
	assert_has(text, "      checks: 30 failed, backend-5xx, answered 500, every 2.0 s, since "
			 "2026-01-31T23:59:59.123Z\n");
	assert_has(text, "  connected to, but not configured:\n  10.77.1.13:80");
	assert_has(text, "  - /etc/nginx/nginx.conf:7: not understood: frobnicate on\n");
	assert_has(text, "  - /etc/haproxy/haproxy.cfg: changed since it was loaded");
	sheet_close(&sheet);
}

static void unwatched_counts_are_not_shown(void **state)
{
	struct report_sample sample;
	struct sheet sheet;

	(void)state;
	report_sample_configured(&sample);
	sheet_open(&sheet);
	backends_text_write(&sample.report, false, &sheet.page);
	assert_has(sheet_text(&sheet), "the kernel was not watched\n");
	assert_lacks(sheet_text(&sheet), "not tried");
	sheet_close(&sheet);
}

static void no_balancer_is_said(void **state)
{
	struct report_sample sample;
	struct sheet sheet;

	(void)state;
	report_sample_empty(&sample);
	sheet_open(&sheet);
	backends_text_write(&sample.report, true, &sheet.page);
	assert_has(sheet_text(&sheet), "no load balancer was found\n");
	sheet_close(&sheet);
}

static void a_balancer_that_the_log_lost_is_shown_once(void **state)
{
	struct report_sample sample;
	struct sheet sheet;
	const char *first;

	(void)state;
	report_sample_configured(&sample);
	sample.report.balancer_count = 0;
	sheet_open(&sheet);
	backends_text_write(&sample.report, true, &sheet.page);
	first = strstr(sheet_text(&sheet), "load balancer: nginx, pid 812");
	assert_non_null(first);
	assert_null(strstr(first + 1, "load balancer: nginx"));
	assert_has(sheet_text(&sheet), "load balancer: haproxy, pid 900");
	assert_has(sheet_text(&sheet), "api_pool/app2");
	assert_has(sheet_text(&sheet), "not configured:\n  10.77.1.13:80");
	sheet_close(&sheet);
}

static void hostile_texts_are_escaped(void **state)
{
	struct report_sample sample;
	struct sheet sheet;

	(void)state;
	report_sample_configured(&sample);
	strcpy(sample.configured[0].name, "a\033[2J/\xff");
	strcpy(sample.configured[0].config.directive, "server \033[2J;");
	strcpy(sample.config_notes[0].text, "x\n\033y");
	sheet_open(&sheet);
	backends_text_write(&sample.report, true, &sheet.page);
	assert_lacks(sheet_text(&sheet), "\033");
	assert_has(sheet_text(&sheet), "not understood: x\\x0a\\x1by\n");
	sheet_close(&sheet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backend_goes_by_name_and_address),
		cmocka_unit_test(a_long_name_loses_its_beginning),
		cmocka_unit_test(several_names_are_one_and_a_number),
		cmocka_unit_test(the_report_speaks_of_names),
		cmocka_unit_test(failing_checks_are_no_health),
		cmocka_unit_test(the_report_has_the_grave_findings),
		cmocka_unit_test(what_ails_many_is_told_of_some),
		cmocka_unit_test(without_findings_there_is_no_section),
		cmocka_unit_test(the_live_table_speaks_of_names),
		cmocka_unit_test(backends_are_a_line_each),
		cmocka_unit_test(backends_show_what_the_balancer_says),
		cmocka_unit_test(unwatched_counts_are_not_shown),
		cmocka_unit_test(no_balancer_is_said),
		cmocka_unit_test(a_balancer_that_the_log_lost_is_shown_once),
		cmocka_unit_test(hostile_texts_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
