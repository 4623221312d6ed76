/* SPDX-License-Identifier: GPL-2.0-only */
/* What each process holds open to each backend, as the sweeps count it. */
#ifndef LBTRACE_USER_CAPTURE_BUILDUP_H
#define LBTRACE_USER_CAPTURE_BUILDUP_H

#include "bpf/shared.h"
#include "user/capture/followed.h"
#include "user/lib/record.h"

/* Closed by the backend for longer than this and still open: seen by two sweeps, so that what a busy
 * proxy is about to close does not count. */
#define BUILDUP_CLOSED_NS (2 * 1000000000ull)
/* Of connections that are merely unused a record comes no more often than this. */
#define BUILDUP_UNUSED_EVERY_NS (5 * 1000000000ull)

struct buildup;

/* `followed` stays the caller's. 0 or -ENOMEM. */
int buildup_new(const struct followed *followed, struct buildup **buildup);
void buildup_free(struct buildup *buildup);

/* One sweep: begins, takes each entry of the map `sweeps` (-ENOMEM), and gives the EVENT_BUILDUP
 * records (the sink's error). What a later sweep no longer counts is given once more, as 0. */
void buildup_begin(struct buildup *buildup);
int buildup_take(struct buildup *buildup, const struct sweep_key *key,
		 const struct sweep_count *count);
int buildup_give(struct buildup *buildup, record_sink sink, void *context);

#endif
