/* SPDX-License-Identifier: GPL-2.0-only */
/* A host with one load balancer, in a fabricated /proc, and what looks at it give. */
#ifndef LBTRACE_TESTS_UNIT_BALANCER_HOST_H
#define LBTRACE_TESTS_UNIT_BALANCER_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "tests/unit/proc_tree.h"
#include "user/inventory/group_config.h"

#define HOST_SEEN_MAX 512
#define HOST_MASTER 50u

/* What the last look gave. */
struct host_seen {
	struct event_config configs[HOST_SEEN_MAX];
	struct event_backend backends[HOST_SEEN_MAX];
	struct event_backend_address addresses[HOST_SEEN_MAX];
	int config_count, backend_count, address_count;
	int sink_error;
};

extern struct proc_tree host_tree;
extern struct host_seen host_seen;
extern struct inventory *host_inventory; /* made by the first look */
extern struct inventory_options host_options;
extern const struct inventory_callbacks host_callbacks;

/* Of a test: an empty host; names are only looked up in files. */
int host_set_up(void **state);
int host_tear_down(void **state);

/* Callbacks for who does not care. */
int host_follow(void *context, const struct event_owner *owner);
void host_forget(void *context, uint32_t tgid);

/* inventory_look(). */
int host_look(void);
/* Files are looked at again with the next look. */
void host_make_check_due(void);
/* The note of this kind that the last look gave, or NULL. */
const struct event_config *host_find_note(uint16_t kind);

/* When a process begins. */
uint64_t host_ticks_now(void);
uint64_t host_seconds_ago(uint64_t seconds);

/* A file of the load balancer's root. */
void host_write_file(const char *path, const char *text);
/* Gives a file a time of change that lies `seconds` back. */
void host_set_age(const char *path, long seconds);

/* Processes that share the root. The masters listen, so that they are given with the first look. */
void host_add_process(uint32_t tgid, uint32_t parent, uint64_t start, const char *comm,
		      const char *cmdline, size_t length);
void host_add_nginx(uint64_t start); /* of /etc/n.conf */
void host_add_worker(uint32_t tgid, uint64_t start);
void host_leave(uint32_t tgid); /* a worker that shuts down */
void host_add_haproxy(uint64_t start); /* of /etc/h.cfg */
void host_add_haproxy_worker(uint32_t tgid, uint32_t parent, uint64_t start);

#endif
