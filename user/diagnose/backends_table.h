/* SPDX-License-Identifier: GPL-2.0-only */
/* The table behind backends.h, for the files that implement it. */
#ifndef LBTRACE_USER_DIAGNOSE_BACKENDS_TABLE_H
#define LBTRACE_USER_DIAGNOSE_BACKENDS_TABLE_H

#include <sys/queue.h>

/* Without memory an entry is not added, and the caller says -ENOMEM. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Short chains: each entry on the way to the one that is meant is another miss of the cache. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 5U

#include "user/diagnose/backends.h"

struct backend_name {
	struct event_address address; /* what says nothing is zero; family 0: all others */
	char load_balancer[EVENT_COMM_BYTES];
};

/* The latest counters of a key. */
struct figures_entry {
	struct backend_key key;
	uint64_t time_ns;
	struct backend_figures figures;
	LIST_ENTRY(figures_entry) of_backend;
	UT_hash_handle hh;
};

/* A backend as one load balancer sees it. */
struct backend {
	UT_hash_handle hh; /* beside its key: both are read when another one is looked for */
	struct backend_name name;
	struct event_owner owner; /* who tried it last */
	LIST_HEAD(, figures_entry) figures; /* one for each group and namespace */
	/* out of records, where there are no figures: */
	uint64_t attempts, connected, resets_received, resets_sent;
	/* decided: */
	uint64_t failed; /* attempts, but for those that the backend answered with its own 5xx */
	uint64_t benign; /* attempts whose client left */
	uint64_t absorbed; /* failures that no 5xx came of */
	uint64_t absorbed_causes[CAUSE_COUNT];
	uint64_t checks; /* of the failed, those that were health checks */
	uint64_t failures[CAUSE_COUNT]; /* of all decided failures, whatever came of them */
	uint64_t gateway_errors;
	uint64_t causes[CAUSE_COUNT]; /* of those; CAUSE_NONE: unexplained */
	enum confidence confidence[CAUSE_COUNT]; /* the lowest */
	enum cause_id evidence_of; /* what `evidence` is of */
	char evidence[MODEL_TEXT_BYTES];
	uint64_t begun_ns; /* connections were tried after this; of the latest that is known of; 0: none */
	uint64_t idle_count; /* connections that the backend closed when they had been idle */
	uint64_t idle_ns, idle_most_ns; /* the shortest and the longest such pause */
	uint64_t last_failure_ns;
	enum cause_id last_failure;
	TAILQ_ENTRY(backend) by_failure;
};

struct backends {
	const struct configured *configured;
	struct backend *table;
	struct figures_entry *figures;
	struct backend other;
	TAILQ_HEAD(, backend) failing; /* latest failure first */
	uint64_t lost;
};

/* What is known of the address as the load balancer `comm` sees it; NULL: nothing is. */
const struct backend *backends_find(const struct backends *backends,
				    const struct event_address *address, const char *comm);

/* The cause that most of `counts` are of, CAUSE_NONE only when no other is; *count of it. */
enum cause_id backends_main_cause(const uint64_t *counts, uint64_t *count);

#endif
