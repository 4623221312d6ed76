// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/report_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/lib/endpoint.h"
#include "user/render/figure.h"
#include "user/render/words.h"

#define LISTENERS_SHOWN 8

void report_parts_statuses(const struct report *report, struct page *page)
{
	for (size_t i = 0; i < report->status_count; i++) {
		const struct status_count *status = &report->statuses[i];

		page_span(page, PAGE_PLAIN, "%s %u × %s", i ? "," : "", status->status,
			  figure_count(status->count, FIGURE_ROOM));
	}
}

const char *report_parts_status(const struct report *report, char text[8])
{
	if (report->status_count == 1)
		snprintf(text, 8, "%u", report->statuses[0].status);
	else
		strcpy(text, "5xx");
	return text;
}

const char *report_parts_errors(const struct report *report, uint64_t count, char *text)
{
	char status[8];

	snprintf(text, REPORT_PARTS_BYTES, "%s × %s", figure_count(count, FIGURE_ROOM),
		 report_parts_status(report, status));
	return text;
}

void report_parts_loss(const struct report *report, struct page *page)
{
	if (!report->lost_records && !report->lost_state)
		return;
	page_span(page, PAGE_WARN, "LOST: %s records",
		  figure_count(report->lost_records, FIGURE_ROOM));
	if (report->lost_state)
		page_span(page, PAGE_WARN, ", the state of %s sockets, backends or threads",
			  figure_count(report->lost_state, FIGURE_ROOM));
	page_line(page, PAGE_WARN, "; counts are too low");
}

static void append(char *text, size_t bytes, const char *piece)
{
	size_t used = strlen(text);

	snprintf(text + used, bytes - used, "%s", piece);
}

static void balancer(const struct report_balancer *balancer, struct page *page)
{
	char text[512];
	size_t shown = balancer->listener_count;

	if (shown > LISTENERS_SHOWN)
		shown = LISTENERS_SHOWN;
	snprintf(text, sizeof(text), "%s, pid %" PRIu32, balancer->owner.comm,
		 balancer->owner.tgid);
	if (balancer->owner.kind == BALANCER_OTHER)
		append(text, sizeof(text), " (kind not known)");
	for (size_t i = 0; i < shown; i++) {
		char address[ENDPOINT_TEXT_BYTES];

		append(text, sizeof(text), i ? ", " : ", listens on ");
		append(text, sizeof(text), endpoint_format(&balancer->listeners[i], address));
	}
	if (shown < balancer->listener_count)
		append(text, sizeof(text), ", ...");
	page_paragraph(page, "load balancer: ", text);
	if (balancer->tls == TLS_UNREADABLE || balancer->tls == TLS_SEEN)
		page_paragraph(page, "    ",
			       "It speaks TLS to clients, and its TLS library could not be hooked: "
			       "5xx inside TLS are not seen, only failed attempts are listed.");
}

void report_parts_balancers(const struct report *report, struct page *page)
{
	for (size_t i = 0; i < report->balancer_count; i++)
		balancer(&report->balancers[i], page);
	if (!report->balancer_count)
		page_line(page, PAGE_PLAIN, "load balancer: none was seen");
}

const char *report_parts_latency(const struct latency *latency, char *text)
{
	if (!latency->count)
		return strcpy(text, "-");
	snprintf(text, REPORT_PARTS_BYTES, "%s / %s", figure_latency(latency->p50_us, FIGURE_ROOM),
		 figure_latency(latency->p99_us, FIGURE_ROOM));
	return text;
}

enum page_style report_parts_health_style(enum health health)
{
	switch (health) {
	case HEALTH_HEALTHY:
		return PAGE_GOOD;
	case HEALTH_DEGRADED:
		return PAGE_WARN;
	case HEALTH_FAILING:
		break;
	}
	return PAGE_BAD;
}
