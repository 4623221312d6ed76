/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong with the configurations: in the report, and in `lbtrace backends`. */
#ifndef LBTRACE_USER_RENDER_REPORT_FINDINGS_H
#define LBTRACE_USER_RENDER_REPORT_FINDINGS_H

#include <jansson.h>

#include "user/diagnose/model.h"
#include "user/render/page.h"

/* The report's section "configuration": errors, warnings, and files that could not be read or are newer
 * than what runs. Nothing when there are none. */
void report_findings_text(const struct report *report, struct page *page);

/* One finding in lines of its own: what it is behind `lead`, then where and how to fix it, indented as
 * far. */
void report_findings_one(const struct report_configured *row, const struct finding *finding,
			 const char *lead, struct page *page);

/* "/etc/nginx/nginx.conf:20: what it says"; "" where nothing is known. `text` holds
 * REPORT_PARTS_BYTES. */
const char *report_findings_note(const struct event_config *note, char *text);

/* The value of "findings": those of all backends, each {"id", "severity", "load_balancer", "backend",
 * "address", "text", "fix", "file", "line"}. NULL: out of memory. */
json_t *report_findings_json(const struct report *report);

/* The same of one backend. */
json_t *report_findings_of(const struct report_configured *row);

#endif
