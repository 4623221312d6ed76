/* SPDX-License-Identifier: GPL-2.0-only */
/* What the load balancers run out of, and which 5xx come of it. */
#ifndef LBTRACE_USER_DIAGNOSE_EXHAUSTION_H
#define LBTRACE_USER_DIAGNOSE_EXHAUSTION_H

#include "user/diagnose/outcome.h"

/* What finds no room is not learnt. */
#define EXHAUSTION_MAX 1024

struct exhaustion;

/* NULL: out of memory. */
struct exhaustion *exhaustion_new(void);
void exhaustion_free(struct exhaustion *exhaustion);

/* Learns from a record. What there is no memory for is not learnt. */
void exhaustion_note(struct exhaustion *exhaustion, const struct event_resource *event);
void exhaustion_note_accept_drop(struct exhaustion *exhaustion,
				 const struct event_accept_drop *event);
void exhaustion_note_response(struct exhaustion *exhaustion, const struct event_response *event);

/* Fills the context's conntrack_used, conntrack_limit and cpu_pressure, as last told. */
void exhaustion_fill_context(const struct exhaustion *exhaustion,
			     const struct event_attempt *attempt, struct outcome_context *context);

/* The verdict on a 5xx without a failing attempt, when the load balancer had run out of connection
 * slots; else false, and nothing is changed. */
bool exhaustion_judge(const struct exhaustion *exhaustion, struct gateway_error *error);

/* Fills a new array, which the caller frees, with what is or was near its limit: *count may be 0.
 * 0 or -ENOMEM. */
int exhaustion_report(const struct exhaustion *exhaustion, struct report_resource **rows,
		      size_t *count);

#endif
