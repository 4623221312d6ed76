// SPDX-License-Identifier: GPL-2.0-only
/* Text for people: figures, page, report, live table, runbook. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/reports.h"
#include "user/diagnose/sentences.h"
#include "user/render/figure.h"
#include "user/render/live_table.h"
#include "user/render/report_text.h"
#include "user/render/runbook.h"

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

/* What was written since the last call; valid until the next write. */
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

static void counts_are_grouped(void **state)
{
	(void)state;
	assert_string_equal(figure_count(0, FIGURE_ROOM), "0");
	assert_string_equal(figure_count(999, FIGURE_ROOM), "999");
	assert_string_equal(figure_count(1000, FIGURE_ROOM), "1,000");
	assert_string_equal(figure_count(UINT64_MAX, FIGURE_ROOM), "18,446,744,073,709,551,615");
}

static void latencies_have_their_unit(void **state)
{
	(void)state;
	assert_string_equal(figure_latency(0, FIGURE_ROOM), "0 us");
	assert_string_equal(figure_latency(999, FIGURE_ROOM), "999 us");
	assert_string_equal(figure_latency(1200, FIGURE_ROOM), "1.2 ms");
	assert_string_equal(figure_latency(9999, FIGURE_ROOM), "10 ms");
	assert_string_equal(figure_latency(999499, FIGURE_ROOM), "999 ms");
	assert_string_equal(figure_latency(999500, FIGURE_ROOM), "1.0 s");
	assert_string_equal(figure_latency(61000000, FIGURE_ROOM), "61 s");
}

static void ages_have_their_unit(void **state)
{
	(void)state;
	assert_string_equal(figure_age(0.5, FIGURE_ROOM), "0.5 s");
	assert_string_equal(figure_age(119, FIGURE_ROOM), "119 s");
	assert_string_equal(figure_age(180, FIGURE_ROOM), "3.0 min");
	assert_string_equal(figure_age(36000, FIGURE_ROOM), "10 h");
	assert_string_equal(figure_age(-1, FIGURE_ROOM), "-");
	assert_string_equal(figure_age(NAN, FIGURE_ROOM), "-");
}

static void columns_are_characters(void **state)
{
	(void)state;
	assert_int_equal(page_width("42 \xc3\x97 502"), 8);
}

static void paragraphs_are_broken_at_spaces(void **state)
{
	struct sheet sheet;
	char text[300] = "";

	(void)state;
	for (int i = 0; i < 28; i++)
		strcat(text, "wordsized ");
	sheet_open(&sheet);
	page_paragraph(&sheet.page, "  lead: ", text);
	assert_columns(sheet_text(&sheet));
	assert_has(sheet_text(&sheet), "  lead: wordsized wordsized");
	assert_has(sheet_text(&sheet), "\n        wordsized");
	sheet_close(&sheet);
}

static void commands_stay_whole(void **state)
{
	struct sheet sheet;
	char command[160];

	(void)state;
	memset(command, 'x', sizeof(command));
	command[80] = ' ';
	command[sizeof(command) - 1] = '\0';
	sheet_open(&sheet);
	page_command(&sheet.page, "next: ", command);
	assert_has(sheet_text(&sheet), command);
	sheet_close(&sheet);
}

static void control_characters_do_not_reach_the_page(void **state)
{
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet);
	page_line(&sheet.page, PAGE_PLAIN, "%s", "a\033[2Jb\nc");
	page_cell(&sheet.page, PAGE_PLAIN, -12, "d\xff");
	page_end(&sheet.page);
	page_paragraph(&sheet.page, "", "e\rf");
	assert_string_equal(sheet_text(&sheet), "a\\x1b[2Jb\\x0ac\nd\\xff       \ne\\x0df\n");
	sheet_close(&sheet);
}

static void a_page_is_cut_at_its_rows(void **state)
{
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet);
	sheet.page.rows = 2;
	for (int i = 0; i < 4; i++)
		page_line(&sheet.page, PAGE_PLAIN, "%d", i);
	assert_string_equal(sheet_text(&sheet), "0\n1\n");
	sheet_close(&sheet);
}

static void a_wide_line_takes_several_rows_of_a_narrow_terminal(void **state)
{
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet);
	sheet.page.terminal = true;
	sheet.page.columns = 40;
	sheet.page.rows = 3;
	page_line(&sheet.page, PAGE_PLAIN, "%041d", 1);
	page_line(&sheet.page, PAGE_PLAIN, "%040d", 2);
	page_line(&sheet.page, PAGE_PLAIN, "not any more");
	assert_has(sheet_text(&sheet), "1\n");
	assert_has(sheet_text(&sheet), "2\n");
	assert_lacks(sheet_text(&sheet), "not any more");
	sheet_close(&sheet);
}

static void an_empty_report_is_whole(void **state)
{
	struct report_sample sample;
	struct sheet sheet;

	(void)state;
	report_sample_empty(&sample);
	sheet_open(&sheet);
	report_text_write(&sample.report, &sheet.page);
	assert_has(sheet_text(&sheet), "HEALTHY  no 5xx");
	assert_has(sheet_text(&sheet), "load balancer: none was seen");
	assert_lacks(sheet_text(&sheet), "LOST");
	assert_lacks(sheet_text(&sheet), "unexplained");
	sheet_close(&sheet);
}

static void the_report_puts_failures_first(void **state)
{
	struct report_sample sample;
	struct sheet sheet;
	const char *text;

	(void)state;
	report_sample_failing(&sample);
	sheet_open(&sheet);
	report_text_write(&sample.report, &sheet.page);
	text = sheet_text(&sheet);
	assert_columns(text);
	assert_int_equal(strncmp(text, "FAILING  45 \xc3\x97 5xx", 15), 0);
	assert_has(text, "502 \xc3\x97 43, 503 \xc3\x97 2; 44 explained, 1 unexplained");
	assert_has(text, "nginx, pid 812, listens on 10.9.0.1:80, [fd00::1]:80");
	assert_has(text, "10.77.1.12:8080  (nginx)  42 \xc3\x97 5xx  conn-refused (certain)\n");
	assert_has(text, "    Refuses every connection since the start.\n");
	assert_has(text, "    saw:  42 of 45 SYNs answered by a RST\n");
	assert_has(text, "    next: nc -vz 10.77.1.12 8080\n");
	assert_has(text, "no backend involved  2 \xc3\x97 5xx  no-eligible-backend (likely)");
	assert_has(text, "10.77.1.13:80  (nginx)  1 \xc3\x97 5xx  unexplained\n");
	assert_has(text, "1 at 10.77.1.13:80 (nginx)");
	assert_has(text, "[fd77::1]:80  (haproxy)  3 failed of 1,000\n");
	assert_has(text, "  - start the application on port 8080\n");
	assert_has(text, "1,234,567");
	assert_has(text, "210 us / 1.2 ms");
	assert_true(strstr(text, "42 \xc3\x97 5xx") < strstr(text, "to fix conn-refused"));
	assert_true(strstr(text, "to fix") < strstr(text, "backends without failures"));
	assert_lacks(text, "\033");
	sheet_close(&sheet);
}

static void one_status_is_named_at_each_backend(void **state)
{
	struct report_sample sample;
	struct sheet sheet;

	(void)state;
	report_sample_failing(&sample);
	sample.report.status_count = 1;
	sheet_open(&sheet);
	report_text_write(&sample.report, &sheet.page);
	assert_has(sheet_text(&sheet), "10.77.1.12:8080  (nginx)  42 \xc3\x97 502  conn-refused");
	sheet_close(&sheet);
}

static void loss_is_told(void **state)
{
	struct report_sample sample;
	struct sheet sheet;

	(void)state;
	report_sample_empty(&sample);
	sample.report.lost_records = 1200;
	sample.report.lost_state = 7;
	sheet_open(&sheet);
	report_text_write(&sample.report, &sheet.page);
	assert_has(sheet_text(&sheet), "LOST: 1,200 records, the state of 7 sockets");
	sheet_close(&sheet);
}

static void the_live_table_shows_what_is_new(void **state)
{
	struct report_sample sample;
	struct live_table *table;
	struct sheet sheet;

	(void)state;
	report_sample_failing(&sample);
	sheet_open(&sheet);
	assert_int_equal(live_table_new(&table), 0);
	assert_int_equal(live_table_draw(table, &sample.report, NOW_EPOCH_NS, 2, &sheet.page), 0);
	assert_int_equal(live_table_errors(table), 45);
	assert_columns(sheet_text(&sheet));
	assert_has(sheet_text(&sheet), "23:59:59Z  45 \xc3\x97 5xx in 2.0 s, 1 unexplained");
	assert_has(sheet_text(&sheet), "conn-refused");
	assert_has(sheet_text(&sheet), "no-eligible-backend");
	assert_has(sheet_text(&sheet), "next: nc -vz 10.77.1.12 8080");
	sheet_close(&sheet);

	sheet_open(&sheet);
	assert_int_equal(live_table_draw(table, &sample.report, NOW_EPOCH_NS, 2, &sheet.page), 0);
	assert_int_equal(live_table_errors(table), 0);
	assert_has(sheet_text(&sheet), "0 \xc3\x97 5xx in 2.0 s; 45 so far");
	assert_lacks(sheet_text(&sheet), "conn-refused");
	assert_has(sheet_text(&sheet), "10.77.1.11:8080"); /* open connections */
	assert_lacks(sheet_text(&sheet), "10.77.1.12:8080");
	sheet_close(&sheet);

	sample.backends[0].causes[0].count += 3;
	sample.backends[0].gateway_errors += 3;
	sample.report.errors += 3;
	sheet_open(&sheet);
	assert_int_equal(live_table_draw(table, &sample.report, NOW_EPOCH_NS, 1, &sheet.page), 0);
	assert_int_equal(live_table_errors(table), 3);
	assert_has(sheet_text(&sheet), "3       45  certain\n");
	assert_lacks(sheet_text(&sheet), " \n");
	sheet_close(&sheet);
	live_table_free(table);
}

static const char *fill(const char *template, char *text, size_t text_bytes)
{
	const struct sentence_subject nobody = { 0 };

	return sentence_fill(template, &nobody, text, text_bytes);
}

static void every_cause_has_a_runbook(void **state)
{
	(void)state;
	for (int id = CAUSE_NONE + 1; id < CAUSE_COUNT; id++) {
		const struct cause *cause = catalogue_cause((enum cause_id)id);
		struct sheet sheet;

		sheet_open(&sheet);
		runbook_write_cause((enum cause_id)id, fill, &sheet.page);
		assert_has(sheet_text(&sheet), cause->id);
		assert_has(sheet_text(&sheet), "To confirm");
		assert_has(sheet_text(&sheet), "To fix");
		assert_lacks(sheet_text(&sheet), "{host}");
		assert_lacks(sheet_text(&sheet), "{port}");
		sheet_close(&sheet);
	}
}

static void the_list_has_every_cause(void **state)
{
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet);
	runbook_write_list(fill, &sheet.page);
	assert_columns(sheet_text(&sheet));
	for (int id = CAUSE_NONE + 1; id < CAUSE_COUNT; id++)
		assert_has(sheet_text(&sheet), catalogue_cause((enum cause_id)id)->id);
	sheet_close(&sheet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_grouped),
		cmocka_unit_test(latencies_have_their_unit),
		cmocka_unit_test(ages_have_their_unit),
		cmocka_unit_test(columns_are_characters),
		cmocka_unit_test(paragraphs_are_broken_at_spaces),
		cmocka_unit_test(commands_stay_whole),
		cmocka_unit_test(control_characters_do_not_reach_the_page),
		cmocka_unit_test(a_page_is_cut_at_its_rows),
		cmocka_unit_test(a_wide_line_takes_several_rows_of_a_narrow_terminal),
		cmocka_unit_test(an_empty_report_is_whole),
		cmocka_unit_test(the_report_puts_failures_first),
		cmocka_unit_test(one_status_is_named_at_each_backend),
		cmocka_unit_test(loss_is_told),
		cmocka_unit_test(the_live_table_shows_what_is_new),
		cmocka_unit_test(every_cause_has_a_runbook),
		cmocka_unit_test(the_list_has_every_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
