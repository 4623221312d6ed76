/* SPDX-License-Identifier: GPL-2.0-only */
/* Which health check took a load balancer's servers out, for a 5xx that no server was eligible for. */
#ifndef LBTRACE_USER_DIAGNOSE_DOWN_H
#define LBTRACE_USER_DIAGNOSE_DOWN_H

#include "user/diagnose/model.h"

struct down;
struct verdict_sources;

/* NULL: out of memory. */
struct down *down_new(void);
void down_free(struct down *down);

/* Names the servers of those pools that have none left, and the check of each, in the evidence of
 * `error`, whose cause is no-eligible-backend; and makes it likely where there is such a pool. */
void down_explain(const struct verdict_sources *sources, struct gateway_error *error);

#endif
