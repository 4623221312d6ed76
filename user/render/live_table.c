// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/live_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/render/figure.h"
#include "user/render/report_parts.h"
#include "user/lib/table.h"

#define FAILING_SHOWN 20
#define ACTIVE_SHOWN 30
#define TIME_BEGIN 11 /* "hh:mm:ss" within RFC 3339 */
#define TIME_LENGTH 8
#define HEADING_BALANCER "LOAD BALANCER"

struct seen_key {
	struct event_address address;
	char load_balancer[EVENT_COMM_BYTES];
};

/* What the last table knew of a backend. */
struct seen {
	struct seen_key key;
	uint64_t attempts, failed, errors;
	uint64_t causes[CAUSE_COUNT];
	UT_hash_handle hh;
};

struct live_table {
	struct seen *backends;
	uint64_t without_backend[CAUSE_COUNT];
	uint64_t errors, unexplained;
	uint64_t new_errors;
};

/* Widths of what varies. */
struct widths {
	int backend, balancer;
};

/* A row before it is drawn. */
struct change {
	const struct report_backend *backend;
	uint64_t attempts, failed, errors;
	uint64_t causes[CAUSE_COUNT];
};

int live_table_new(struct live_table **table)
{
	*table = calloc(1, sizeof(**table));
	return *table ? 0 : -ENOMEM;
}

void live_table_free(struct live_table *table)
{
	struct seen *seen;
	struct seen *next;

	if (!table)
		return;
	HASH_ITER(hh, table->backends, seen, next) {
		HASH_DEL(table->backends, seen);
		free(seen);
	}
	free(table);
}

uint64_t live_table_errors(const struct live_table *table)
{
	return table->new_errors;
}

static struct seen *find_seen(struct live_table *table, const struct report_backend *backend)
{
	struct seen_key key = { 0 };
	struct seen *seen;

	memcpy(key.address.bytes, backend->address.bytes, sizeof(key.address.bytes));
	key.address.port = backend->address.port;
	key.address.family = backend->address.family;
	memcpy(key.load_balancer, backend->load_balancer, sizeof(key.load_balancer));
	HASH_FIND(hh, table->backends, &key, sizeof(key), seen);
	if (seen)
		return seen;
	seen = calloc(1, sizeof(*seen));
	if (!seen)
		return NULL;
	seen->key = key;
	HASH_ADD(hh, table->backends, key, sizeof(seen->key), seen);
	return seen;
}

/* How much a counter grew. Counters of merged groups may shrink when one of them is gone. */
static uint64_t growth(uint64_t *before, uint64_t now)
{
	uint64_t grown = now > *before ? now - *before : 0;

	*before = now;
	return grown;
}

static int find_change(struct live_table *table, const struct report_backend *backend,
		       struct change *change)
{
	struct seen *seen = find_seen(table, backend);

	if (!seen)
		return -ENOMEM;
	*change = (struct change){ .backend = backend };
	change->attempts = growth(&seen->attempts, backend->attempts);
	change->failed = growth(&seen->failed, backend->failed);
	change->errors = growth(&seen->errors, backend->gateway_errors);
	for (size_t i = 0; i < backend->cause_count; i++) {
		enum cause_id cause = backend->causes[i].cause;

		change->causes[cause] = growth(&seen->causes[cause], backend->causes[i].count);
	}
	return 0;
}

static int find_changes(struct live_table *table, const struct report *report,
			struct change **changes)
{
	*changes = calloc(report->backend_count + 1, sizeof(**changes));
	if (!*changes)
		return -ENOMEM;
	for (size_t i = 0; i < report->backend_count; i++) {
		int err = find_change(table, &report->backends[i], &(*changes)[i]);

		if (err) {
			free(*changes);
			return err;
		}
	}
	return 0;
}

static void headline(struct live_table *table, const struct report *report, uint64_t now_epoch_ns,
		     double interval_seconds, struct page *page)
{
	uint64_t unexplained = growth(&table->unexplained, report->unexplained);
	char now[CLOCK_TEXT_BYTES];

	table->new_errors = growth(&table->errors, report->errors);
	clock_format(now_epoch_ns, now);
	page_span(page, PAGE_STRONG, "%.*sZ", TIME_LENGTH, now + TIME_BEGIN);
	page_span(page, table->new_errors ? PAGE_BAD : PAGE_GOOD, "  %s × 5xx in %s",
		  figure_count(table->new_errors, FIGURE_ROOM),
		  figure_age(interval_seconds, FIGURE_ROOM));
	if (unexplained)
		page_span(page, PAGE_WARN, ", %s unexplained",
			  figure_count(unexplained, FIGURE_ROOM));
	if (report->errors) {
		page_span(page, PAGE_PLAIN,
			  "; %s so far:", figure_count(report->errors, FIGURE_ROOM));
		report_parts_statuses(report, page);
	}
	page_end(page);
	report_parts_loss(report, page);
}

static const char *name_of(const struct report_backend *backend, char *text)
{
	return report_parts_backend(backend->name, &backend->address, REPORT_PARTS_BACKEND_MOST,
				    text);
}

static const char *cause_words(enum cause_id cause)
{
	return cause == CAUSE_NONE ? "unexplained" : catalogue_cause(cause)->id;
}

/* What a row begins with. */
static void who(const struct widths *widths, enum page_style style, const char *backend,
		const char *balancer, struct page *page)
{
	page_span(page, PAGE_PLAIN, "  ");
	page_cell(page, style, -widths->backend, backend);
	page_span(page, PAGE_PLAIN, " ");
	page_cell(page, PAGE_PLAIN, -widths->balancer, balancer);
}

static void cause_row(const struct widths *widths, const char *backend, const char *balancer,
		      const struct cause_count *cause, uint64_t count, struct page *page)
{
	const char *sureness = confidence_name(cause->confidence);

	who(widths, PAGE_STRONG, backend, balancer, page);
	page_span(page, PAGE_PLAIN, " ");
	page_cell(page, PAGE_BAD, -22, cause_words(cause->cause));
	page_cell(page, PAGE_PLAIN, 9, figure_count(count, FIGURE_ROOM));
	page_cell(page, PAGE_PLAIN, 9, figure_count(cause->count, FIGURE_ROOM));
	page_line(page, PAGE_PLAIN, "%s%s", sureness ? "  " : "", sureness ? sureness : "");
}

static void cause_heading(const struct widths *widths, struct page *page)
{
	page_line(page, PAGE_FAINT, "  %-*s %-*s %-22s%9s%9s  %s", widths->backend,
		  "FAILING BACKEND", widths->balancer, HEADING_BALANCER, "CAUSE", "5XX", "SO FAR",
		  "CERTAINTY");
}

/* Whether the table shows this backend among the failing ones. */
static bool is_failing(const struct change *change, const struct page *page)
{
	return change->errors || (page->terminal && change->backend->gateway_errors);
}

static void failing_backend(const struct widths *widths, const struct change *change,
			    struct page *page)
{
	const struct report_backend *backend = change->backend;
	char text[REPORT_PARTS_BYTES];

	name_of(backend, text);
	for (size_t i = 0; i < backend->cause_count; i++) {
		const struct cause_count *cause = &backend->causes[i];

		if (!change->causes[cause->cause] && !page->terminal)
			continue;
		cause_row(widths, text, backend->load_balancer, cause, change->causes[cause->cause],
			  page);
	}
	if (*backend->next_command)
		page_command(page, "    next: ", backend->next_command);
}

static void without_backend(struct live_table *table, const struct report *report,
			    const struct widths *widths, bool *titled, struct page *page)
{
	for (size_t i = 0; i < report->cause_count; i++) {
		const struct report_cause *cause = &report->causes[i];
		const struct cause_count sum = { cause->cause, cause->count, cause->confidence };
		uint64_t count;

		if (cause->backend_count)
			continue;
		count = growth(&table->without_backend[cause->cause], cause->count);
		if (!count && !page->terminal)
			continue;
		if (!*titled)
			cause_heading(widths, page);
		*titled = true;
		cause_row(widths, "(none)", "", &sum, count, page);
		if (*cause->confirm)
			page_command(page, "    next: ", cause->confirm);
	}
}

static void failing_backends(struct live_table *table, const struct report *report,
			     const struct change *changes, const struct widths *widths,
			     struct page *page)
{
	bool titled = false;
	size_t count = 0;

	for (size_t i = 0; i < report->backend_count; i++) {
		if (!is_failing(&changes[i], page))
			continue;
		if (!titled)
			cause_heading(widths, page);
		titled = true;
		if (count++ < FAILING_SHOWN)
			failing_backend(widths, &changes[i], page);
	}
	if (count > FAILING_SHOWN)
		page_line(page, PAGE_PLAIN, "  ... and %zu more failing backends",
			  count - FAILING_SHOWN);
	without_backend(table, report, widths, &titled, page);
}

static bool is_active(const struct change *change)
{
	return change->attempts || change->failed || change->errors || change->backend->established;
}

static void active_row(const struct widths *widths, const struct change *change, struct page *page)
{
	const struct report_backend *backend = change->backend;
	const struct latency *connect = &backend->connect;
	const struct latency *answer = &backend->first_byte;
	char text[REPORT_PARTS_BYTES];

	who(widths, PAGE_PLAIN, name_of(backend, text), backend->load_balancer, page);
	page_cell(page, PAGE_PLAIN, 9, figure_count(change->attempts, FIGURE_ROOM));
	page_cell(page, change->failed ? PAGE_WARN : PAGE_PLAIN, 8,
		  figure_count(change->failed, FIGURE_ROOM));
	page_cell(page, PAGE_PLAIN, 7, figure_count(backend->established, FIGURE_ROOM));
	page_cell(page, PAGE_PLAIN, 13,
		  connect->count ? figure_latency(connect->p99_us, FIGURE_ROOM) : "-");
	page_cell(page, PAGE_PLAIN, 16,
		  answer->count ? figure_latency(answer->p99_us, FIGURE_ROOM) : "-");
	page_end(page);
}

static void active_backends(const struct report *report, const struct change *changes,
			    const struct widths *widths, struct page *page)
{
	size_t count = 0;

	for (size_t i = 0; i < report->backend_count; i++) {
		if (!is_active(&changes[i]))
			continue;
		if (!count)
			page_line(page, PAGE_FAINT, "  %-*s %-*s%9s%8s%7s%13s%16s", widths->backend,
				  "BACKEND", widths->balancer, HEADING_BALANCER, "ATTEMPTS",
				  "FAILED", "OPEN", "CONNECT P99", "FIRST BYTE P99");
		if (count++ < ACTIVE_SHOWN)
			active_row(widths, &changes[i], page);
	}
	if (count > ACTIVE_SHOWN)
		page_line(page, PAGE_PLAIN, "  ... and %zu more", count - ACTIVE_SHOWN);
}

static size_t widest(size_t known, const char *text)
{
	size_t width = page_width(text);

	return width > known ? width : known;
}

/* Of what is going to be shown: a row stays within the page, unless an address is long. */
static struct widths find_widths(const struct report *report, const struct change *changes,
				 const struct page *page)
{
	size_t backend = REPORT_PARTS_BACKEND_LEAST;
	size_t balancer = strlen(HEADING_BALANCER);

	for (size_t i = 0; i < report->backend_count; i++) {
		char text[REPORT_PARTS_BYTES];

		if (!is_failing(&changes[i], page) && !is_active(&changes[i]))
			continue;
		backend = widest(backend, name_of(&report->backends[i], text));
		balancer = widest(balancer, report->backends[i].load_balancer);
	}
	if (backend > REPORT_PARTS_BACKEND_MOST)
		backend = REPORT_PARTS_BACKEND_MOST;
	return (struct widths){ (int)backend, (int)balancer };
}

int live_table_draw(struct live_table *table, const struct report *report, uint64_t now_epoch_ns,
		    double interval_seconds, struct page *page)
{
	struct change *changes;
	struct widths widths;
	int err = find_changes(table, report, &changes);

	if (err)
		return err;
	widths = find_widths(report, changes, page);
	headline(table, report, now_epoch_ns, interval_seconds, page);
	if (page->terminal)
		report_parts_balancers(report, page);
	failing_backends(table, report, changes, &widths, page);
	active_backends(report, changes, &widths, page);
	free(changes);
	return 0;
}
