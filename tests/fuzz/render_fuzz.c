// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shows what comes of any well-formed records (records.h) in every way there is. Whatever a process or
 * a configuration is called, what is printed is valid UTF-8 without control characters, and JSON is
 * JSON. The first byte is the width of the terminal.
 */
#include <jansson.h>

#include "tests/fuzz/records.h"
#include "user/diagnose/diagnose.h"
#include "user/lib/text.h"
#include "user/render/backends_json.h"
#include "user/render/backends_text.h"
#include "user/render/event_lines.h"
#include "user/render/live_table.h"
#include "user/render/report_json.h"
#include "user/render/report_text.h"

#define COLUMNS_LEAST 20

struct memory {
	FILE *file;
	char *text;
	size_t bytes;
};

static struct diagnosis *diagnosis;
static struct event_lines lines;

static void memory_open(struct memory *memory)
{
	memory->file = open_memstream(&memory->text, &memory->bytes);
	CHECK(memory->file);
}

static char *memory_close(struct memory *memory)
{
	CHECK(!fclose(memory->file));
	CHECK(strlen(memory->text) == memory->bytes);
	return memory->text;
}

/* Each line as it is when it is made harmless. */
static void check_text(struct memory *memory)
{
	char *rest = memory_close(memory), *line, *escaped;
	size_t room;

	while ((line = strsep(&rest, "\n"))) {
		room = TEXT_ESCAPE_FACTOR * strlen(line) + 1;
		escaped = malloc(room);
		CHECK(escaped);
		CHECK(!strcmp(text_escape(line, escaped, room), line));
		free(escaped);
	}
	free(memory->text);
}

/* Values, one a line. */
static void check_json(struct memory *memory, bool whole)
{
	char *rest = memory_close(memory), *line;
	json_t *value;

	while ((line = whole ? rest : strsep(&rest, "\n")) && *line) {
		value = json_loads(line, 0, NULL);
		CHECK(json_is_object(value));
		json_decref(value);
		if (whole)
			break;
	}
	free(memory->text);
}

static void take_name(void *context, const struct event_owner *owner,
		      const struct event_address *address, char *name)
{
	(void)context;
	diagnosis_backend_name(diagnosis, owner, address, name);
}

static void take_error(void *context, const struct gateway_error *error)
{
	(void)context;
	CHECK(!event_lines_gateway_error(&lines, error));
}

static void take_attempt(void *context, const struct attempt_view *attempt,
			 const struct gateway_error *error)
{
	(void)context;
	CHECK(!event_lines_attempt(&lines, attempt, error));
}

static struct page page_of(struct memory *memory, unsigned int columns)
{
	struct page page;

	memory_open(memory);
	page_init(&page, memory->file);
	page.columns = columns;
	return page;
}

static void show_text(const struct report *report, unsigned int columns)
{
	struct live_table *table;
	struct memory memory;
	struct page page;

	page = page_of(&memory, columns);
	report_text_write(report, &page);
	check_text(&memory);
	page = page_of(&memory, columns);
	backends_text_write(report, true, &page);
	check_text(&memory);
	page = page_of(&memory, columns);
	CHECK(!live_table_new(&table));
	CHECK(!live_table_draw(table, report, 1000000000ull, 1.0, &page));
	live_table_free(table);
	check_text(&memory);
}

static void show_json(const struct report *report)
{
	struct memory memory;

	memory_open(&memory);
	CHECK(!report_json_write(report, memory.file));
	check_json(&memory, true);
	memory_open(&memory);
	CHECK(!backends_json_write(report, true, memory.file));
	check_json(&memory, true);
}

/* The records, and what is made of them; `memory` takes the lines. */
static void feed(const uint8_t *data, size_t size)
{
	uint64_t now_ns = 1000000000ull;
	union event event;
	size_t used;

	CHECK(!event_lines_header(&lines));
	while ((used = make_record(data, size, &now_ns, &event))) {
		data += used;
		size -= used;
		if (record_check(&event, sizeof(event)) <= 0)
			continue;
		CHECK(!event_lines_record(&lines, &event.header));
		CHECK(!diagnosis_feed(diagnosis, &event.header));
	}
	CHECK(!diagnosis_finish(diagnosis));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const reasons[] = { "", "NOT_SPECIFIED", NULL };
	const struct diagnosis_options options = {
		.host = "h",
		.kernel = "k",
		.lbtrace = "l",
		.drop_reasons = reasons,
		.drop_reason_count = sizeof(reasons) / sizeof(reasons[0]),
		.on_gateway_error = take_error,
		.on_attempt = take_attempt,
	};
	struct memory memory;

	if (!size)
		return 0;
	memory_open(&memory);
	lines = (struct event_lines){
		.file = memory.file,
		.host = "h",
		.kernel = "k",
		.lbtrace = "l",
		.drop_reasons = reasons,
		.drop_reason_count = options.drop_reason_count,
		.name_backend = take_name,
	};
	CHECK(!diagnosis_new(&options, &diagnosis));
	feed(data + 1, size - 1);
	check_json(&memory, false);
	show_text(diagnosis_report(diagnosis), COLUMNS_LEAST + data[0]);
	show_json(diagnosis_report(diagnosis));
	diagnosis_free(diagnosis);
	return 0;
}
