// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/report_text.h"

#include <stdio.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/render/figure.h"
#include "user/render/report_findings.h"
#include "user/render/report_parts.h"
#include "user/render/report_state.h"
#include "user/render/words.h"

#define SAW "    saw:  "
#define NEXT "    next: "
#define INDENT "    "
#define HEALTHY_SHOWN 200 /* rows; a healthy thousand tells nothing to tired eyes */

static double window_seconds(const struct report *report)
{
	if (report->end_epoch_ns <= report->start_epoch_ns)
		return 0;
	return (double)(report->end_epoch_ns - report->start_epoch_ns) / CLOCK_NS_PER_SECOND;
}

static void headline(const struct report *report, struct page *page)
{
	char start[CLOCK_TEXT_BYTES];
	char end[CLOCK_TEXT_BYTES];
	const char *length = figure_age(window_seconds(report), FIGURE_ROOM);

	page_span(page, report_parts_health_style(report->health), "%s",
		  report->health == HEALTH_FAILING    ? "FAILING"
		  : report->health == HEALTH_DEGRADED ? "DEGRADED"
						      : "HEALTHY");
	if (!report->errors) {
		page_span(page, PAGE_PLAIN, "  no 5xx for any client in %s", length);
	} else {
		page_span(page, PAGE_STRONG,
			  "  %s × 5xx in %s:", figure_count(report->errors, FIGURE_ROOM), length);
		report_parts_statuses(report, page);
		page_span(page, PAGE_PLAIN, "; %s explained, %s unexplained",
			  figure_count(report->explained, FIGURE_ROOM),
			  figure_count(report->unexplained, FIGURE_ROOM));
	}
	page_end(page);
	page_line(page, PAGE_PLAIN, "%s, Linux %s, lbtrace %s", report->host, report->kernel,
		  report->lbtrace);
	page_line(page, PAGE_PLAIN, "%s to %s", clock_format(report->start_epoch_ns, start),
		  clock_format(report->end_epoch_ns, end));
	report_parts_balancers(report, page);
	report_parts_loss(report, page);
}

static void backend_title(const struct report_backend *backend, struct page *page)
{
	char text[REPORT_PARTS_BYTES];

	page_span(page, PAGE_STRONG, "%s",
		  report_parts_backend(backend->name, &backend->address, REPORT_PARTS_BACKEND_TITLE,
				       text));
	page_span(page, PAGE_PLAIN, "  (%s)  ", backend->load_balancer);
}

static void cause_list(const struct report_backend *backend, struct page *page)
{
	for (size_t i = 0; i < backend->cause_count; i++) {
		const struct cause_count *count = &backend->causes[i];
		const char *confidence = confidence_name(count->confidence);

		page_span(page, PAGE_PLAIN, i ? ", " : "  ");
		page_span(page, PAGE_STRONG, "%s", catalogue_cause(count->cause)->id);
		if (backend->cause_count > 1)
			page_span(page, PAGE_PLAIN, " × %s",
				  figure_count(count->count, FIGURE_ROOM));
		if (confidence)
			page_span(page, PAGE_PLAIN, " (%s)", confidence);
	}
}

static void backend_reasons(const struct report_backend *backend, struct page *page)
{
	if (*backend->verdict)
		page_paragraph(page, INDENT, backend->verdict);
	if (*backend->evidence)
		page_paragraph(page, SAW, backend->evidence);
	if (*backend->next_command)
		page_command(page, NEXT, backend->next_command);
}

static void failing_backends(const struct report *report, struct page *page)
{
	for (size_t i = 0; i < report->backend_count; i++) {
		const struct report_backend *backend = &report->backends[i];
		char errors[REPORT_PARTS_BYTES];

		if (!backend->gateway_errors)
			continue;
		page_end(page);
		backend_title(backend, page);
		page_span(page, PAGE_BAD, "%s",
			  report_parts_errors(report, backend->gateway_errors, errors));
		cause_list(backend, page);
		page_end(page);
		backend_reasons(backend, page);
	}
}

/* What no backend is to blame for: a limit of the load balancer, no server left to try. */
static void causes_without_backend(const struct report *report, struct page *page)
{
	for (size_t i = 0; i < report->cause_count; i++) {
		const struct report_cause *cause = &report->causes[i];
		const char *confidence = confidence_name(cause->confidence);
		char errors[REPORT_PARTS_BYTES];

		if (cause->backend_count || cause->cause == CAUSE_NONE)
			continue;
		page_end(page);
		page_span(page, PAGE_STRONG, "no backend involved  ");
		page_span(page, PAGE_BAD, "%s", report_parts_errors(report, cause->count, errors));
		page_span(page, PAGE_STRONG, "  %s", catalogue_cause(cause->cause)->id);
		page_line(page, PAGE_PLAIN, " (%s)", confidence ? confidence : "possible");
		page_paragraph(page, INDENT, cause->summary);
		for (size_t line = 0; line < cause->evidence.count; line++)
			page_paragraph(page, SAW, cause->evidence.lines[line]);
		if (*cause->confirm)
			page_command(page, NEXT, cause->confirm);
	}
}

static uint64_t unexplained_at(const struct report_backend *backend)
{
	for (size_t i = 0; i < backend->cause_count; i++) {
		if (backend->causes[i].cause == CAUSE_NONE)
			return backend->causes[i].count;
	}
	return 0;
}

static void unexplained(const struct report *report, struct page *page)
{
	uint64_t elsewhere = report->unexplained;
	char errors[REPORT_PARTS_BYTES];

	if (!report->unexplained)
		return;
	page_end(page);
	page_line(page, PAGE_WARN, "unexplained: %s",
		  report_parts_errors(report, report->unexplained, errors));
	for (size_t i = 0; i < report->backend_count; i++) {
		const struct report_backend *backend = &report->backends[i];
		uint64_t count = unexplained_at(backend);
		char text[REPORT_PARTS_BYTES];

		if (!count)
			continue;
		elsewhere -= count < elsewhere ? count : elsewhere;
		page_line(page, PAGE_PLAIN,
			  INDENT "%s at %s (%s): tried, but what was seen there "
				 "fits no cause",
			  figure_count(count, FIGURE_ROOM),
			  report_parts_backend(backend->name, &backend->address,
					       REPORT_PARTS_BACKEND_MOST, text),
			  backend->load_balancer);
	}
	if (elsewhere)
		page_paragraph(
			page, INDENT,
			"For the others no failing attempt at a backend was "
			"seen: a limit, a rule or a page of the load balancer itself, or a backend "
			"that is no TCP socket. Its error log names the reason.");
	page_paragraph(page, INDENT,
		       "`lbtrace export FILE` on a recording lists each of them "
		       "with what was seen (\"cause\":null).");
}

static bool is_healthy(const struct report_backend *backend)
{
	return !backend->gateway_errors && !backend->absorbed && !*backend->next_command;
}

/* Retries; health checks alone are no traffic that failed. */
static void unseen_failure(const struct report_backend *backend, struct page *page)
{
	backend_title(backend, page);
	if (backend->absorbed)
		page_span(page, PAGE_WARN, "%s failed of %s",
			  figure_count(backend->absorbed, FIGURE_ROOM),
			  figure_count(backend->attempts, FIGURE_ROOM));
	else
		page_span(page, PAGE_WARN, "health checks fail");
	page_end(page);
	backend_reasons(backend, page);
}

static void unseen_failures(const struct report *report, struct page *page)
{
	bool titled = false;

	for (size_t i = 0; i < report->backend_count; i++) {
		const struct report_backend *backend = &report->backends[i];

		if (backend->gateway_errors || is_healthy(backend))
			continue;
		if (!titled) {
			page_end(page);
			page_line(page, PAGE_WARN,
				  "failures that no client saw (retries, health checks):");
		}
		titled = true;
		unseen_failure(backend, page);
	}
}

static void fixes(const struct report *report, struct page *page)
{
	for (size_t i = 0; i < report->cause_count; i++) {
		const struct report_cause *cause = &report->causes[i];

		if (cause->cause == CAUSE_NONE || !cause->fix_count)
			continue;
		page_end(page);
		page_span(page, PAGE_STRONG, "to fix %s", catalogue_cause(cause->cause)->id);
		page_line(page, PAGE_FAINT, "  (more: lbtrace explain %s)",
			  catalogue_cause(cause->cause)->id);
		for (size_t line = 0; line < cause->fix_count; line++)
			page_paragraph(page, "  - ", cause->fix[line]);
	}
}

static int backend_columns(const struct report *report)
{
	size_t columns = strlen("backend");

	for (size_t i = 0; i < report->backend_count; i++) {
		const struct report_backend *backend = &report->backends[i];
		char text[REPORT_PARTS_BYTES];
		size_t width;

		if (!is_healthy(backend))
			continue;
		width = page_width(report_parts_backend(backend->name, &backend->address,
							REPORT_PARTS_BACKEND_MOST, text));
		if (width > columns)
			columns = width;
	}
	return (int)columns;
}

static void healthy_row(const struct report_backend *backend, int columns, struct page *page)
{
	char text[REPORT_PARTS_BYTES];

	report_parts_backend(backend->name, &backend->address, REPORT_PARTS_BACKEND_MOST, text);
	page_cell(page, PAGE_PLAIN, -columns, text);
	page_span(page, PAGE_PLAIN, "  ");
	page_cell(page, PAGE_PLAIN, -(EVENT_COMM_BYTES - 1), backend->load_balancer);
	page_cell(page, PAGE_PLAIN, 10, figure_count(backend->attempts, FIGURE_ROOM));
	page_cell(page, PAGE_PLAIN, 6, figure_count(backend->established, FIGURE_ROOM));
	page_cell(page, PAGE_PLAIN, 17, report_parts_latency(&backend->connect, text));
	page_cell(page, PAGE_PLAIN, 19, report_parts_latency(&backend->first_byte, text));
	page_end(page);
}

static void healthy_backends(const struct report *report, struct page *page)
{
	int columns = backend_columns(report);
	size_t count = 0;

	for (size_t i = 0; i < report->backend_count; i++) {
		if (!is_healthy(&report->backends[i]))
			continue;
		if (!count) {
			page_end(page);
			page_line(page, PAGE_GOOD, "backends without failures:");
			page_cell(page, PAGE_FAINT, -columns, "backend");
			page_line(page, PAGE_FAINT, "  %-15s%10s%6s%17s%19s", "load balancer",
				  "attempts", "open", "connect p50/p99", "first byte p50/p99");
		}
		if (count++ < HEALTHY_SHOWN)
			healthy_row(&report->backends[i], columns, page);
	}
	if (count > HEALTHY_SHOWN)
		page_line(page, PAGE_PLAIN, "... and %s more",
			  figure_count(count - HEALTHY_SHOWN, FIGURE_ROOM));
}

void report_text_write(const struct report *report, struct page *page)
{
	headline(report, page);
	failing_backends(report, page);
	causes_without_backend(report, page);
	unexplained(report, page);
	unseen_failures(report, page);
	report_findings_text(report, page);
	report_state_text(report, page);
	fixes(report, page);
	healthy_backends(report, page);
}
