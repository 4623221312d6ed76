/* SPDX-License-Identifier: GPL-2.0-only */
/* What was told of each server of one load balancer. Only for statuses.c. */
#ifndef LBTRACE_USER_INVENTORY_STATUS_TABLE_H
#define LBTRACE_USER_INVENTORY_STATUS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/config/config.h"
#include "user/lib/table.h"

#define STATUS_TABLE_MOST CONFIG_BACKENDS_MOST

struct status_key {
	char pool[EVENT_POOL_BYTES];
	char name[EVENT_POOL_BYTES];
};

struct status {
	struct status_key key;
	struct event_backend_status given; /* header.type 0: not yet */
	bool is_named; /* its address is not in the configuration */
	uint32_t index; /* then: of its backend */
	struct event_address told; /* then: family 0: not known */
	UT_hash_handle hh;
};

struct status_table {
	struct status *servers;
};

void status_make_key(struct status_key *key, const char *pool, const char *name);

/* NULL: not there. */
struct status *status_find(const struct status_table *table, const struct status_key *key);

/* NULL and *err -ENOMEM; NULL and *err 0: there are STATUS_TABLE_MOST. */
struct status *status_find_or_add(struct status_table *table, const struct status_key *key,
				  int *err);
void status_forget_all(struct status_table *table);

#endif
