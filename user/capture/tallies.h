/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs only count: RSTs by kind, and clients closed unread. */
#ifndef LBTRACE_USER_CAPTURE_TALLIES_H
#define LBTRACE_USER_CAPTURE_TALLIES_H

#include "user/capture/followed.h"
#include "user/lib/record.h"

struct tallies;

/* `resets_fd` and `refusals_fd` are of the maps of these names (negative: there is none). They and
 * `followed` stay the caller's. 0 or -ENOMEM. */
int tallies_new(int resets_fd, int refusals_fd, const struct followed *followed,
		struct tallies **tallies);
void tallies_free(struct tallies *tallies);

/* Gives EVENT_RESETS and EVENT_RESOURCE records for what grew since the last call. 0, the sink's
 * error or -errno. */
int tallies_give(struct tallies *tallies, record_sink sink, void *context);

#endif
