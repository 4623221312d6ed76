/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names to addresses, as a load balancer's own libc would: its /etc/hosts first, then the name servers
 * of its /etc/resolv.conf (search domains and ndots as there), asked from its network namespace.
 * Nothing here blocks. Names are asked again when their time to live is over, for as long as somebody
 * wants them.
 */
#ifndef LBTRACE_USER_INVENTORY_RESOLVER_H
#define LBTRACE_USER_INVENTORY_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

#define RESOLVER_NAMES_MOST 256 /* different names, over all places */
#define RESOLVER_IDS_MOST 16384
#define RESOLVER_PLACES_MOST 64
#define RESOLVER_ADDRESSES_MOST 32 /* of one name */
#define RESOLVER_RUNNING_MOST 16 /* questions under way */
#define RESOLVER_PATIENCE_SECONDS 5 /* for one question */
#define RESOLVER_PERIOD_SECONDS 5 /* between two questions for one name, at least */
#define RESOLVER_PERIOD_MOST_SECONDS 3600
#define RESOLVER_NO_ANSWER 0xffff /* instead of an RCODE, as in event_backend_address */

/* From where a name is looked up. */
struct resolver_place {
	int proc; /* descriptor of /proc */
	int root; /* descriptor (O_PATH will do) of the root as the load balancer sees it */
	uint32_t tgid; /* a process in `netns` */
	uint32_t netns; /* inode number */
};

struct resolver_answer {
	uint64_t id;
	const char *name;
	size_t count; /* 0: there is none, `error` says why */
	/* IPv4 before IPv6, then in the order of their bytes, no two the same, port 0 */
	const struct event_address *addresses;
	uint32_t ttl_seconds; /* 0: not known */
	/* DNS RCODE (RFC 1035, 4.1.1): 0 with count 0: the name exists and has no address, 2 SERVFAIL,
	 * 3 NXDOMAIN, 5 REFUSED; RESOLVER_NO_ANSWER. With count 0 and an error other than 0 and 3 it is
	 * not known what the name has: the addresses told before are not gone. */
	uint16_t error;
	bool from_hosts; /* of /etc/hosts */
};

/* Its error ends the turn. Must not call the resolver. */
typedef int (*resolver_sink)(void *context, const struct resolver_answer *answer);

struct resolver;

/* `hosts_only`: no name server is ever asked; names that are not in /etc/hosts are then not answered
 * at all. 0 or -errno. */
int resolver_new(bool hosts_only, struct resolver **resolver);
/* NULL is allowed. Questions under way are dropped. */
void resolver_free(struct resolver *resolver);

/* Wants the addresses of `name`, under the caller's `id`, until resolver_forget(). Many ids may want
 * the same name of the same place (the same root and network namespace): it is asked once. An `id`
 * that is wanted already moves to the new name and place, and is answered anew only if they differ;
 * its place's `tgid` is taken over, so ask again when that process is gone. The descriptors of
 * `where` are duplicated. 0; -EINVAL: no name that may be asked for; -ENOSPC: too many; -ENOMEM or
 * -errno. */
int resolver_ask(struct resolver *resolver, const struct resolver_place *where, const char *name,
		 uint64_t id);

/* An unknown `id` is allowed. */
void resolver_forget(struct resolver *resolver, uint64_t id);

/* Begins questions that are due, takes answers that have come, and gives to `sink`, once for each id,
 * those that are the first or differ from the one before. An address is taken to be gone when it is
 * missing in a whole answer that has nothing in common with the one before, or in two answers in a
 * row; not for ten minutes when the name is seen to give its addresses in turns. Cheap when nothing
 * is due: call it as often as you like. 0, the sink's error, or -ENOMEM. */
int resolver_turn(struct resolver *resolver, uint64_t now_ns, resolver_sink sink, void *context);

/* Whether every name that is wanted has been answered, or given up, at least once. */
bool resolver_idle(const struct resolver *resolver);

#endif
