/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of an interval, from the difference of two reports. */
#ifndef LBTRACE_USER_RENDER_LIVE_TABLE_H
#define LBTRACE_USER_RENDER_LIVE_TABLE_H

#include "user/diagnose/model.h"
#include "user/render/page.h"

struct live_table;

/* 0 or -ENOMEM. */
int live_table_new(struct live_table **table);
void live_table_free(struct live_table *table);

/* Draws what is new in `report` since the last call, and remembers it. `now_epoch_ns` is the wall
 * clock, `interval_seconds` the time since the last call. On a terminal what failed earlier stays
 * in the table. 0 or -ENOMEM; page_flush() tells whether it arrived. */
int live_table_draw(struct live_table *table, const struct report *report, uint64_t now_epoch_ns,
		    double interval_seconds, struct page *page);

/* The 5xx that the last table showed as new. */
uint64_t live_table_errors(const struct live_table *table);

#endif
