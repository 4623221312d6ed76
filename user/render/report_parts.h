/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the text that the report and the live table share. */
#ifndef LBTRACE_USER_RENDER_REPORT_PARTS_H
#define LBTRACE_USER_RENDER_REPORT_PARTS_H

#include "user/diagnose/model.h"
#include "user/render/page.h"

#define REPORT_PARTS_BYTES 512

/* Columns that tables have for a backend's name and address, as many as they need. */
#define REPORT_PARTS_BACKEND_LEAST 24
#define REPORT_PARTS_BACKEND_MOST 31
/* Where nothing stands beside it in columns. */
#define REPORT_PARTS_BACKEND_TITLE 48

/* " 502 x 42, 504 x 21" as pieces of a line. */
void report_parts_statuses(const struct report *report, struct page *page);

/* "502" when the whole report has one status only, else "5xx": backends have no count by status. */
const char *report_parts_status(const struct report *report, char text[8]);

/* The line that says what was lost; nothing when nothing was. */
void report_parts_loss(const struct report *report, struct page *page);

/* The load balancers and where they listen; says so when there are none. */
void report_parts_balancers(const struct report *report, struct page *page);

/* One of them. */
void report_parts_balancer(const struct report_balancer *balancer, struct page *page);

/* "p50 / p99" of a latency, "-" when there is none. `text` holds REPORT_PARTS_BYTES. */
const char *report_parts_latency(const struct latency *latency, char *text);

enum page_style report_parts_health_style(enum health health);

/* "1 x 502", "42 x 5xx" with the sign for times; `text` holds REPORT_PARTS_BYTES. */
const char *report_parts_errors(const struct report *report, uint64_t count, char *text);

/* "api_pool/app2 10.0.0.2:8080": a backend's name as configured (empty: not known) and its address,
 * which is left out where the name ends with it. Wider than `columns` it loses the name's beginning,
 * "...app2 10.0.0.2:8080", but never of the address. `text` holds REPORT_PARTS_BYTES. */
const char *report_parts_backend(const char *name, const struct event_address *address,
				 size_t columns, char *text);

#endif
