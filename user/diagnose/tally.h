/* SPDX-License-Identifier: GPL-2.0-only */
/* The 5xx in sum: by status, by cause. */
#ifndef LBTRACE_USER_DIAGNOSE_TALLY_H
#define LBTRACE_USER_DIAGNOSE_TALLY_H

#include "user/diagnose/model.h"

#define TALLY_STATUS_FIRST 500
#define TALLY_STATUSES 100

struct tally_cause {
	uint64_t count;
	enum confidence lowest;
	enum confidence shown; /* of the 5xx that `evidence` is of: the first of the surest */
	struct evidence evidence;
	struct event_owner owner; /* the load balancer of that 5xx */
	struct event_address backend; /* family 0: none */
};

struct tally {
	uint64_t errors;
	uint64_t statuses[TALLY_STATUSES]; /* from TALLY_STATUS_FIRST */
	struct tally_cause causes[CAUSE_COUNT]; /* CAUSE_NONE: the unexplained */
	uint64_t absorbed[CAUSE_COUNT]; /* failures that no 5xx came of */
	uint64_t checks; /* health checks that failed */
};

/* A 5xx has its verdict. */
void tally_add(struct tally *tally, const struct gateway_error *error);

/* Failures that matter though no 5xx came of them. Not so an idle connection that the backend
 * closed just when it was used again: the load balancer's retry is the cure for that. */
uint64_t tally_absorbed(const struct tally *tally);

#endif
