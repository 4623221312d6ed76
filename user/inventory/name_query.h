/* SPDX-License-Identifier: GPL-2.0-only */
/* One question to name servers: the addresses of a name, of both families. Never blocks. */
#ifndef LBTRACE_USER_INVENTORY_NAME_QUERY_H
#define LBTRACE_USER_INVENTORY_NAME_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/inventory/resolver.h"

/* Bit of a family in `silent`. */
#define NAME_QUERY_IPV4 (1u << 0)
#define NAME_QUERY_IPV6 (1u << 1)

struct name_answer {
	size_t count;
	struct event_address addresses[RESOLVER_ADDRESSES_MOST]; /* in no order, port 0 */
	uint32_t ttl_seconds; /* the shortest; 0: not known */
	uint16_t error; /* with count 0, as in resolver_answer */
	unsigned int silent; /* families that it is not known of what the name has */
};

struct name_query;

/* Asks, with the resolv.conf and in the network namespace of `place`, which must outlive the query.
 * 0, -ENOMEM or -errno. */
int name_query_begin(const struct resolver_place *place, const char *name,
		     struct name_query **query);

/* Takes what has come. Whether it has ended; *answer is filled then. */
bool name_query_turn(struct name_query *query, struct name_answer *answer);

/* Gives up: *answer is what has come until now. */
void name_query_expire(struct name_query *query, struct name_answer *answer);

/* NULL is allowed. */
void name_query_free(struct name_query *query);

#endif
