/* SPDX-License-Identifier: GPL-2.0-only */
/* What the resolver remembers. Private to resolver*.c. */
#ifndef LBTRACE_USER_INVENTORY_RESOLVER_STATE_H
#define LBTRACE_USER_INVENTORY_RESOLVER_STATE_H

#include <sys/stat.h>

#include "user/inventory/hosts_file.h"
#include "user/inventory/name_memory.h"
#include "user/inventory/name_query.h"
#include "user/inventory/resolver.h"
#include "user/lib/table.h"

#define RESOLVER_NAME_BYTES 256 /* RFC 1035: 253, and a dot */

/* A root directory of one mount, and a network namespace. */
struct place_key {
	uint64_t device, inode, mount;
	uint64_t netns;
};

struct place {
	struct place_key key;
	struct resolver_place where; /* root duplicated */
	size_t questions;
	uint64_t look_ns; /* when /etc/hosts is to be looked at again */
	struct stat hosts_status; /* zeroed: there is no such file */
	char *hosts_text;
	struct hosts_file *hosts; /* NULL: none */
	uint32_t hosts_version; /* counts from 1 */
	UT_hash_handle hh;
};

struct question_key {
	uint64_t place; /* its address: the place lives as long */
	char name[RESOLVER_NAME_BYTES]; /* lower case, zeroed behind its end */
};

struct question {
	struct question_key key;
	struct place *place;
	size_t askers;
	uint32_t hosts_version; /* of the /etc/hosts that was looked into last, 0: none yet */
	bool in_hosts;
	bool settled; /* answered or given up once */
	uint64_t due_ns; /* for a name server */
	unsigned int failures; /* in a row */
	struct name_query *query; /* under way, or NULL */
	uint64_t patience_ns; /* when it is given up */
	struct name_memory memory;
	uint32_t version; /* of the answer, 0: none yet */
	size_t count;
	struct event_address addresses[RESOLVER_ADDRESSES_MOST];
	uint32_t ttl_seconds;
	uint16_t error;
	UT_hash_handle hh;
};

struct asker {
	uint64_t id;
	struct question *question;
	uint32_t told; /* version */
	UT_hash_handle hh;
};

struct resolver {
	bool hosts_only;
	bool news; /* some asker was not told yet */
	size_t running;
	struct place *places;
	struct question *questions;
	struct asker *askers;
};

/* resolver_place.c: the place, made if need be; NULL and *err -ENOSPC, -ENOMEM or -errno. */
struct place *place_get(struct resolver *resolver, const struct resolver_place *where, int *err);
/* Forgets it when no question is asked from there. */
void place_release(struct resolver *resolver, struct place *place);
/* Reads /etc/hosts again if it is time to, and another file than before. */
void place_look(struct place *place, uint64_t now_ns);

#endif
