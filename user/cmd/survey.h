/* SPDX-License-Identifier: GPL-2.0-only */
/* A look at the load balancers of this host and what they are configured to do, with nothing attached
 * to the kernel. Everything that fails is said on stderr. */
#ifndef LBTRACE_USER_CMD_SURVEY_H
#define LBTRACE_USER_CMD_SURVEY_H

#include "user/cmd/options.h"
#include "user/lib/record.h"

struct survey {
	struct inventory *inventory;
};

/* Resolves --netns. `options` must outlive the survey. 0 or -errno. */
int survey_open(struct attach_options *options, struct survey *survey);

/* Looks until everything is known that can be (inventory_settled()), at most 8 s. Every record goes to
 * `sink`; `turn`, which may be NULL, is called about every 0.1 s. An error of either ends it and is not
 * said. 0, that error, or -errno. */
int survey_run(struct survey *survey, record_sink sink, int (*turn)(void *context), void *context);

void survey_close(struct survey *survey);

#endif
