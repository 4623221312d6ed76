/* SPDX-License-Identifier: GPL-2.0-only */
/* What stays open to each backend, in whose hands, and how it ends: build-up and RSTs. */
#ifndef LBTRACE_USER_DIAGNOSE_HOLDINGS_H
#define LBTRACE_USER_DIAGNOSE_HOLDINGS_H

#include "user/diagnose/model.h"

/* Backends, and processes that hold connections to them, together. What finds no room is not
 * learnt. */
#define HOLDINGS_MAX 16384

struct holdings;

/* NULL: out of memory. */
struct holdings *holdings_new(void);
void holdings_free(struct holdings *holdings);

/* Learns from a record. What there is no memory for is not learnt. */
void holdings_note_buildup(struct holdings *holdings, const struct event_buildup *event);
void holdings_note_resets(struct holdings *holdings, const struct event_resets *event);
/* That a worker is retired, or gone with all that it held. */
void holdings_note_process(struct holdings *holdings, const struct event_process *event);

/* Fills what the row of a backend says of build-up and RSTs; its address and load_balancer are
 * filled. `now_ns` is the stream's time. */
void holdings_fill(const struct holdings *holdings, uint64_t now_ns, struct report_backend *row);

#endif
