/* SPDX-License-Identifier: GPL-2.0-only */
/* What builds up, what resets, what runs out: the parts of a report that are no 5xx. */
#ifndef LBTRACE_USER_RENDER_REPORT_STATE_H
#define LBTRACE_USER_RENDER_REPORT_STATE_H

#include <jansson.h>

#include "user/diagnose/model.h"
#include "user/render/page.h"

/* The sections of the text; nothing when there is nothing to say. */
void report_state_text(const struct report *report, struct page *page);

/* Values of a backend's keys "close_wait", "established_detail" and "resets", and of the report's
 * "resources"; NULL: out of memory. */
json_t *report_state_close_wait(const struct report_backend *backend);
json_t *report_state_established(const struct report_backend *backend);
json_t *report_state_resets(const struct report_backend *backend);
json_t *report_state_resources(const struct report *report);

#endif
