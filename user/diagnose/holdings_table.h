/* SPDX-License-Identifier: GPL-2.0-only */
/* The table behind holdings.h, for the files that implement it. */
#ifndef LBTRACE_USER_DIAGNOSE_HOLDINGS_TABLE_H
#define LBTRACE_USER_DIAGNOSE_HOLDINGS_TABLE_H

#include <sys/queue.h>

/* Without memory an entry is not added. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/diagnose/holdings.h"

struct held_key {
	struct event_address address; /* what says nothing is zero */
	char load_balancer[EVENT_COMM_BYTES];
};

struct held_sample {
	uint64_t time_ns; /* 0: not taken */
	uint32_t established;
	uint32_t close_wait;
};

/* What one process holds of one backend. */
struct holding {
	struct event_buildup event; /* the latest */
	struct held_sample older, newer;
	LIST_ENTRY(holding) of_backend;
};

struct held_backend {
	struct held_key key;
	LIST_HEAD(, holding) holdings;
	size_t reset_count;
	struct report_reset resets[MODEL_RESETS_MAX];
	UT_hash_handle hh;
};

/* An old worker that still lives. */
struct retired {
	uint32_t tgid;
	UT_hash_handle hh;
};

struct holdings {
	struct held_backend *backends;
	struct retired *retired;
	size_t count;
};

struct held_backend *holdings_find(const struct holdings *holdings,
				   const struct event_address *address, const char *comm);
bool holdings_is_retired(const struct holdings *holdings, uint32_t tgid);

#endif
