// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/backends_text.h"

#include <stdio.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/lib/endpoint.h"
#include "user/render/figure.h"
#include "user/render/report_findings.h"
#include "user/render/report_parts.h"
#include "user/render/words.h"

#define LEAD "      "
#define GAP "  "
#define COLUMN_BYTES 512
#define NAME_MOST 44 /* columns; what is longer pushes its own row only */
#define ADDRESS_MOST 26
#define SEEN_MOST 44
#define NOTES_SHOWN 50

/* The cells of one row. */
struct row {
	char name[COLUMN_BYTES];
	char address[COLUMN_BYTES];
	char seen[COLUMN_BYTES];
	char said[COLUMN_BYTES];
};

struct widths {
	size_t name;
	size_t address; /* 0: the names tell them all */
	size_t seen;
};

struct table {
	const struct report *report;
	struct page *page;
	bool watched;
};

static bool is_configured(const struct report_configured *row)
{
	return row->config.header.type != 0;
}

static const char *format_address(const struct event_address *address, char *text)
{
	return address->port ? endpoint_format(address, text) : endpoint_format_host(address, text);
}

static void fill_address(const struct report_configured *row, char *text)
{
	uint32_t flags = row->config.header.flags;
	char address[ENDPOINT_TEXT_BYTES];

	if (row->address_count > 1)
		snprintf(text, COLUMN_BYTES, "%s +%zu", format_address(&row->addresses[0], address),
			 row->address_count - 1);
	else if (row->address_count)
		snprintf(text, COLUMN_BYTES, "%s", format_address(&row->addresses[0], address));
	else if (flags & BACKEND_UNIX)
		snprintf(text, COLUMN_BYTES, "%s%s",
			 strncmp(row->config.host, "unix:", 5) != 0 ? "unix:" : "",
			 row->config.host);
	else if (flags & BACKEND_DYNAMIC)
		strcpy(text, "(dynamic)");
	else
		strcpy(text, flags & BACKEND_NAMED ? "(not resolved)" : "-");
}

/* What the kernel saw: tries of traffic and checks alike, the worst first. */
static void fill_seen(const struct report_configured *row, bool watched, char *text)
{
	const char *cause = "";

	if (!watched || row->config.header.flags & BACKEND_UNIX) {
		strcpy(text, watched ? "not followed (Unix socket)" : "-");
		return;
	}
	if (row->last_cause != CAUSE_NONE)
		cause = catalogue_cause(row->last_cause)->id;
	if (row->failed)
		snprintf(text, COLUMN_BYTES, "%s of %s failed%s%s",
			 figure_count(row->failed, FIGURE_ROOM),
			 figure_count(row->attempts, FIGURE_ROOM), *cause ? ": " : "", cause);
	else if (row->attempts)
		snprintf(text, COLUMN_BYTES, "%s tried, none failed",
			 figure_count(row->attempts, FIGURE_ROOM));
	else
		strcpy(text, "not tried");
}

static const char *state_words(uint32_t state)
{
	static const char *const names[BACKEND_STATES] = {
		[BACKEND_UP] = "UP",
		[BACKEND_DOWN] = "DOWN",
		[BACKEND_MAINTENANCE] = "MAINT",
		[BACKEND_DRAIN] = "DRAIN",
		[BACKEND_UNCHECKED] = "no check",
	};

	return state < BACKEND_STATES && names[state] ? names[state] : "?";
}

/* What the load balancer says or, where it says nothing, what its configuration does. */
static void fill_said(const struct report_configured *row, char *text)
{
	const struct event_backend_status *status = &row->status;
	uint32_t flags = row->config.header.flags;
	char code[16] = "";

	if (!status->header.type) {
		strcpy(text, flags & BACKEND_DISABLED ? "disabled"
			     : flags & BACKEND_BACKUP ? "backup"
						      : "-");
		return;
	}
	if (status->check_code)
		snprintf(code, sizeof(code), " %u", status->check_code);
	snprintf(text, COLUMN_BYTES, "%s%s%s%s%s", state_words(status->state),
		 *status->check_status ? " " : "", status->check_status, code,
		 flags & BACKEND_BACKUP ? " (backup)" : "");
}

static void fill_row(const struct table *table, const struct report_configured *configured,
		     struct row *row)
{
	snprintf(row->name, sizeof(row->name), "%s", *configured->name ? configured->name : "-");
	fill_address(configured, row->address);
	fill_seen(configured, table->watched, row->seen);
	fill_said(configured, row->said);
}

/* A server without a name of its own goes by its address, which need not be said twice. */
static bool names_itself(const struct row *row)
{
	size_t length = strlen(row->name);
	size_t end_length = strlen(row->address);

	return length >= end_length && !strcmp(row->name + length - end_length, row->address);
}

static void widen(size_t *columns, const char *text, size_t most)
{
	size_t width = page_width(text);

	if (width > *columns && width <= most)
		*columns = width;
}

/* Rows that belong together: of one load balancer, configured or not. */
static bool belongs(const struct report_configured *row, const struct event_owner *owner,
		    bool configured)
{
	return row->owner.group == owner->group && is_configured(row) == configured;
}

static struct widths find_widths(const struct table *table, const struct event_owner *owner,
				 bool configured)
{
	struct widths widths = { strlen("BACKEND"), strlen("ADDRESS"), strlen("KERNEL SAW") };
	bool has_addresses = false;

	for (size_t i = 0; i < table->report->configured_count; i++) {
		const struct report_configured *configured_row = &table->report->configured[i];
		struct row row = { 0 };

		if (!belongs(configured_row, owner, configured))
			continue;
		fill_row(table, configured_row, &row);
		widen(&widths.name, row.name, NAME_MOST);
		widen(&widths.address, row.address, ADDRESS_MOST);
		widen(&widths.seen, row.seen, SEEN_MOST);
		has_addresses |= !names_itself(&row);
	}
	if (!has_addresses)
		widths.address = 0;
	return widths;
}

static enum page_style style_of(const struct report_configured *row)
{
	if (row->finding_count && row->findings[0].severity == FINDING_ERROR)
		return PAGE_BAD;
	return row->finding_count || row->failed ? PAGE_WARN : PAGE_STRONG;
}

static void put_row(const struct widths *widths, enum page_style style, const struct row *row,
		    struct page *page)
{
	page_span(page, PAGE_PLAIN, GAP);
	page_cell(page, style, -(int)widths->name, row->name);
	page_span(page, PAGE_PLAIN, GAP);
	if (widths->address) {
		page_cell(page, PAGE_PLAIN, -(int)widths->address, row->address);
		page_span(page, PAGE_PLAIN, GAP);
	}
	page_cell(page, PAGE_PLAIN, -(int)widths->seen, row->seen);
	page_line(page, PAGE_PLAIN, GAP "%s", row->said);
}

static bool has_finding(const struct report_configured *row, enum finding_id id)
{
	for (size_t i = 0; i < row->finding_count && i < MODEL_FINDINGS_MAX; i++) {
		if (row->findings[i].id == id)
			return true;
	}
	return false;
}

/* What the load balancer says of a server that is not up: why, and since when; unless a finding says
 * the same. */
static void status_detail(const struct table *table, const struct report_configured *row)
{
	const struct event_backend_status *status = &row->status;
	uint64_t end_ns = table->report->end_epoch_ns;
	uint64_t since_ns = status->changed_ns + (uint64_t)table->report->epoch_offset_ns;
	char age[FIGURE_BYTES + 16] = "";

	if (!status->header.type || status->state == BACKEND_UP ||
	    status->state == BACKEND_UNCHECKED || has_finding(row, FINDING_CHECK_FAILING))
		return;
	if (status->changed_ns && since_ns < end_ns)
		snprintf(age, sizeof(age), " for %s",
			 figure_age((double)(end_ns - since_ns) / CLOCK_NS_PER_SECOND,
				    FIGURE_ROOM));
	if (!*age && !*status->check_text)
		return;
	page_line(table->page, PAGE_WARN, LEAD "%s%s%s%s", state_words(status->state), age,
		  *status->check_text ? ": " : "", status->check_text);
}

/* Checks that fail, as the kernel saw them. */
static void check_detail(const struct table *table, const struct report_configured *row)
{
	const struct report_checks *checks = &row->checks;
	char since[CLOCK_TEXT_BYTES];

	if (!checks->failed)
		return;
	page_span(table->page, PAGE_WARN, LEAD "checks: %s failed",
		  figure_count(checks->failed, FIGURE_ROOM));
	if (checks->last_cause != CAUSE_NONE)
		page_span(table->page, PAGE_WARN, ", %s", catalogue_cause(checks->last_cause)->id);
	if (checks->last_status)
		page_span(table->page, PAGE_WARN, ", answered %u", checks->last_status);
	if (checks->period_ms)
		page_span(table->page, PAGE_PLAIN, ", every %s",
			  figure_latency(checks->period_ms * 1000ull, FIGURE_ROOM));
	if (checks->since_epoch_ns)
		page_span(table->page, PAGE_PLAIN, ", since %s",
			  clock_format(checks->since_epoch_ns, since));
	page_end(table->page);
}

static void rows(const struct table *table, const struct event_owner *owner, bool configured)
{
	struct widths widths = find_widths(table, owner, configured);

	for (size_t i = 0; i < table->report->configured_count; i++) {
		const struct report_configured *backend = &table->report->configured[i];
		struct row row = { 0 };

		if (!belongs(backend, owner, configured))
			continue;
		fill_row(table, backend, &row);
		put_row(&widths, style_of(backend), &row, table->page);
		status_detail(table, backend);
		check_detail(table, backend);
		for (size_t n = 0; n < backend->finding_count && n < MODEL_FINDINGS_MAX; n++)
			report_findings_one(backend, &backend->findings[n], LEAD, table->page);
	}
}

static size_t count_rows(const struct table *table, const struct event_owner *owner,
			 bool configured)
{
	size_t count = 0;

	for (size_t i = 0; i < table->report->configured_count; i++)
		count += belongs(&table->report->configured[i], owner, configured);
	return count;
}

static void headings(const struct table *table, const struct event_owner *owner)
{
	struct widths widths = find_widths(table, owner, true);

	page_span(table->page, PAGE_FAINT, GAP "%-*s" GAP, (int)widths.name, "BACKEND");
	if (widths.address)
		page_span(table->page, PAGE_FAINT, "%-*s" GAP, (int)widths.address, "ADDRESS");
	page_line(table->page, PAGE_FAINT, "%-*s" GAP "LOAD BALANCER SAYS", (int)widths.seen,
		  "KERNEL SAW");
}

static void balancer(const struct table *table, const struct report_balancer *balancer)
{
	const struct event_owner *owner = &balancer->owner;
	size_t count = count_rows(table, owner, true);

	page_end(table->page);
	report_parts_balancer(balancer, table->page);
	if (*balancer->config)
		page_line(table->page, PAGE_PLAIN, "configuration: %s, %s backend%s",
			  balancer->config, figure_count(count, FIGURE_ROOM),
			  count == 1 ? "" : "s");
	if (count)
		headings(table, owner);
	else
		page_line(table->page, PAGE_PLAIN, GAP "no backend is known from a configuration");
	rows(table, owner, true);
	if (!count_rows(table, owner, false))
		return;
	page_line(table->page, PAGE_WARN, GAP "connected to, but not configured:");
	rows(table, owner, false);
}

/* Whether the report knows the load balancer of a row: a log may have lost its record. */
static bool has_balancer(const struct report *report, uint32_t group)
{
	for (size_t i = 0; i < report->balancer_count; i++) {
		if (report->balancers[i].owner.group == group)
			return true;
	}
	return false;
}

static bool is_first_of_group(const struct report *report, size_t row)
{
	for (size_t i = 0; i < row; i++) {
		if (report->configured[i].owner.group == report->configured[row].owner.group)
			return false;
	}
	return true;
}

static void balancers(const struct table *table)
{
	const struct report *report = table->report;

	for (size_t i = 0; i < report->balancer_count; i++)
		balancer(table, &report->balancers[i]);
	for (size_t i = 0; i < report->configured_count; i++) {
		const struct report_balancer unlisted = { .owner = report->configured[i].owner };

		if (!has_balancer(report, unlisted.owner.group) && is_first_of_group(report, i))
			balancer(table, &unlisted);
	}
	if (!report->balancer_count && !report->configured_count)
		page_line(table->page, PAGE_PLAIN, "no load balancer was found");
}

static void notes(const struct table *table)
{
	const struct report *report = table->report;
	size_t count = report->config_note_count;

	if (!count)
		return;
	page_end(table->page);
	page_line(table->page, PAGE_WARN, "of the configurations:");
	for (size_t i = 0; i < count && i < NOTES_SHOWN; i++) {
		char text[REPORT_PARTS_BYTES];

		page_paragraph(table->page, "  - ",
			       report_findings_note(&report->config_notes[i], text));
	}
	if (count > NOTES_SHOWN)
		page_line(table->page, PAGE_PLAIN, "  ... and %s more",
			  figure_count(count - NOTES_SHOWN, FIGURE_ROOM));
}

static void headline(const struct table *table)
{
	const struct report *report = table->report;
	size_t counts[FINDING_ERROR + 1] = { 0 };

	for (size_t i = 0; i < report->configured_count; i++) {
		const struct report_configured *row = &report->configured[i];

		for (size_t n = 0; n < row->finding_count && n < MODEL_FINDINGS_MAX; n++)
			counts[row->findings[n].severity]++;
	}
	page_span(table->page, PAGE_STRONG, "%s", report->host);
	page_span(table->page, PAGE_PLAIN, ": ");
	page_span(table->page, counts[FINDING_ERROR] ? PAGE_BAD : PAGE_PLAIN, "%zu error%s, ",
		  counts[FINDING_ERROR], counts[FINDING_ERROR] == 1 ? "" : "s");
	page_span(table->page, counts[FINDING_WARNING] ? PAGE_WARN : PAGE_PLAIN, "%zu warning%s",
		  counts[FINDING_WARNING], counts[FINDING_WARNING] == 1 ? "" : "s");
	if (table->watched && report->end_epoch_ns > report->start_epoch_ns)
		page_span(table->page, PAGE_PLAIN, "; watched for %s",
			  figure_age((double)(report->end_epoch_ns - report->start_epoch_ns) /
					     CLOCK_NS_PER_SECOND,
				     FIGURE_ROOM));
	if (!table->watched)
		page_span(table->page, PAGE_PLAIN, "; the kernel was not watched");
	page_end(table->page);
	report_parts_loss(report, table->page);
}

void backends_text_write(const struct report *report, bool watched, struct page *page)
{
	const struct table table = { report, page, watched };

	headline(&table);
	balancers(&table);
	notes(&table);
}
