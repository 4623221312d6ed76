/* SPDX-License-Identifier: GPL-2.0-only */
/* The catalogue for people (`lbtrace explain`). */
#ifndef LBTRACE_USER_RENDER_RUNBOOK_H
#define LBTRACE_USER_RENDER_RUNBOOK_H

#include "user/diagnose/catalogue.h"
#include "user/render/page.h"

/* Fills the catalogue's templates ({host} and the like) into `text` of `text_bytes`. Returns `text`. */
typedef const char *(*runbook_fill)(const char *template, char *text, size_t text_bytes);

/* Every cause in a line or two: id, class, summary. */
void runbook_write_list(runbook_fill fill, struct page *page);

/* One cause: what it is, what the kernel shows of it, how to confirm and fix it, what the load
 * balancers log. */
void runbook_write_cause(enum cause_id id, runbook_fill fill, struct page *page);

#endif
