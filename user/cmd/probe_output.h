/* SPDX-License-Identifier: GPL-2.0-only */
/* What `lbtrace probe` prints. */
#ifndef LBTRACE_USER_CMD_PROBE_OUTPUT_H
#define LBTRACE_USER_CMD_PROBE_OUTPUT_H

#include <stdio.h>

#include "user/cmd/probe_plan.h"
#include "user/render/page.h"

/* Every entry, then the sums. */
void probe_output_text(const struct probe_plan *plan, struct page *page);

/* The same as one object, schema lbtrace-probe/1. 0, -ENOMEM or -errno. */
int probe_output_json(const struct probe_plan *plan, FILE *file);

/* How many of the entries that are no longer to be had by configuration (`disabled`, `down`) or
 * skipped answered, and how many failed. */
struct probe_sums {
	size_t answered, failed, skipped, disabled_failed;
};
struct probe_sums probe_output_sums(const struct probe_plan *plan);

#endif
