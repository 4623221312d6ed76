// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/report_findings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/lib/endpoint.h"
#include "user/render/figure.h"
#include "user/render/json_text.h"
#include "user/render/report_parts.h"

#define LEAD "    "
#define ALIKE_SHOWN 3 /* of one kind: what ails one server often ails all of them */
#define NOTES_SHOWN 5

static enum page_style style_of(enum finding_severity severity)
{
	switch (severity) {
	case FINDING_NOTE:
		return PAGE_PLAIN;
	case FINDING_WARNING:
		return PAGE_WARN;
	case FINDING_ERROR:
		break;
	}
	return PAGE_BAD;
}

static size_t finding_count(const struct report_configured *row)
{
	return row->finding_count < MODEL_FINDINGS_MAX ? row->finding_count : MODEL_FINDINGS_MAX;
}

/* The directive is quoted where the finding is about the line that it stands on. */
static const char *quoted(const struct report_configured *row, const struct finding *finding)
{
	if (finding->line != row->config.line || strcmp(finding->file, row->config.file) != 0)
		return "";
	return row->config.directive;
}

static void place(const struct report_configured *row, const struct finding *finding,
		  const char *lead, struct page *page)
{
	const char *directive = quoted(row, finding);

	if (!*finding->file)
		return;
	page_span(page, PAGE_PLAIN, "%sat:   ", lead);
	page_span(page, PAGE_STRONG, "%s", finding->file);
	if (finding->line)
		page_span(page, PAGE_STRONG, ":%u", finding->line);
	page_line(page, PAGE_STRONG, "%s%s", *directive ? ": " : "", directive);
}

void report_findings_one(const struct report_configured *row, const struct finding *finding,
			 const char *lead, struct page *page)
{
	const char *id = finding_name(finding->id);
	char inner[32];

	page_span(page, PAGE_PLAIN, "%s", lead);
	page_line(page, style_of(finding->severity), "%s: %s",
		  finding_severity_name(finding->severity), id ? id : "");
	snprintf(inner, sizeof(inner), "%s  ", lead);
	page_paragraph(page, inner, finding->text);
	place(row, finding, inner, page);
	if (*finding->fix) {
		snprintf(inner, sizeof(inner), "%s  fix:  ", lead);
		page_paragraph(page, inner, finding->fix);
	}
}

static void title(const struct report_configured *row, struct page *page)
{
	const struct event_address *address = &row->addresses[0];
	char text[REPORT_PARTS_BYTES];

	if (row->address_count)
		report_parts_backend(row->name, address, REPORT_PARTS_BACKEND_TITLE, text);
	else
		snprintf(text, sizeof(text), "%s", row->name);
	page_end(page);
	page_span(page, PAGE_STRONG, "%s", text);
	page_line(page, PAGE_PLAIN, "  (%s)", row->owner.comm);
}

/* Those of one backend; `shown` counts by kind, over all backends. */
static void findings_of(const struct report_configured *row, size_t shown[FINDING_COUNT],
			struct page *page)
{
	bool titled = false;

	for (size_t i = 0; i < finding_count(row); i++) {
		const struct finding *finding = &row->findings[i];

		if (finding->severity == FINDING_NOTE || shown[finding->id]++ >= ALIKE_SHOWN)
			continue;
		if (!titled)
			title(row, page);
		titled = true;
		report_findings_one(row, finding, LEAD, page);
	}
}

const char *report_findings_note(const struct event_config *note, char *text)
{
	static const char *const meanings[] = {
		[CONFIG_READ] = "was read",
		[CONFIG_UNREADABLE] = "cannot be read",
		[CONFIG_SKIPPED] = "not understood",
		[CONFIG_BOUNDED] = "not read to its end",
		[CONFIG_CHANGED] = "changed since it was loaded: what runs may differ",
	};
	const bool known =
		note->kind < sizeof(meanings) / sizeof(meanings[0]) && meanings[note->kind];
	char line[16] = "";

	if (note->line)
		snprintf(line, sizeof(line), ":%u", note->line);
	snprintf(text, REPORT_PARTS_BYTES, "%s%s%s%s%s%s", note->file, line,
		 *note->file ? ": " : "", known ? meanings[note->kind] : "",
		 known && *note->text ? ": " : "", note->text);
	return text;
}

static bool is_grave(const struct event_config *note)
{
	return note->kind == CONFIG_UNREADABLE || note->kind == CONFIG_BOUNDED ||
	       note->kind == CONFIG_CHANGED;
}

static void notes(const struct report *report, struct page *page)
{
	size_t count = 0;

	for (size_t i = 0; i < report->config_note_count; i++) {
		const struct event_config *note = &report->config_notes[i];
		char text[REPORT_PARTS_BYTES];

		if (!is_grave(note))
			continue;
		if (!count)
			page_end(page);
		if (count++ < NOTES_SHOWN)
			page_paragraph(page, "  - ", report_findings_note(note, text));
	}
	if (count > NOTES_SHOWN)
		page_line(page, PAGE_PLAIN, "  ... and %zu more", count - NOTES_SHOWN);
}

static bool has_any(const struct report *report)
{
	for (size_t i = 0; i < report->config_note_count; i++) {
		if (is_grave(&report->config_notes[i]))
			return true;
	}
	for (size_t i = 0; i < report->configured_count; i++) {
		const struct report_configured *row = &report->configured[i];

		for (size_t n = 0; n < finding_count(row); n++) {
			if (row->findings[n].severity != FINDING_NOTE)
				return true;
		}
	}
	return false;
}

void report_findings_text(const struct report *report, struct page *page)
{
	size_t shown[FINDING_COUNT] = { 0 };
	size_t left_out = 0;

	if (!has_any(report))
		return;
	page_end(page);
	page_span(page, PAGE_WARN, "configuration:");
	page_line(page, PAGE_FAINT, "  (every backend: lbtrace backends)");
	for (size_t i = 0; i < report->configured_count; i++)
		findings_of(&report->configured[i], shown, page);
	for (size_t id = 0; id < FINDING_COUNT; id++)
		left_out += shown[id] > ALIKE_SHOWN ? shown[id] - ALIKE_SHOWN : 0;
	if (left_out)
		page_line(page, PAGE_PLAIN, "... and %s more like these",
			  figure_count(left_out, FIGURE_ROOM));
	notes(report, page);
}

static json_t *finding_json(const struct report_configured *row, const struct finding *finding)
{
	json_t *address = row->address_count ? json_address(&row->addresses[0]) : json_null();

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
			 json_text_or_null(finding_name(finding->id)), "severity",
			 finding_severity_name(finding->severity), "load_balancer",
			 json_text(row->owner.comm), "backend", json_text_or_null(row->name),
			 "address", address, "text", json_text(finding->text), "fix",
			 json_text_or_null(finding->fix), "file", json_text_or_null(finding->file),
			 "line", finding->line ? json_count(finding->line) : json_null());
}

static int add_findings(json_t *array, const struct report_configured *row)
{
	int err = array ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < finding_count(row); i++)
		err = json_append(array, finding_json(row, &row->findings[i]));
	return err;
}

json_t *report_findings_of(const struct report_configured *row)
{
	json_t *array = json_array();

	if (add_findings(array, row)) {
		json_decref(array);
		return NULL;
	}
	return array;
}

json_t *report_findings_json(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < report->configured_count; i++) {
		if (add_findings(array, &report->configured[i])) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
