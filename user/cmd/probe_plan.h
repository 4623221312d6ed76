/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom `lbtrace probe` asks what. */
#ifndef LBTRACE_USER_CMD_PROBE_PLAN_H
#define LBTRACE_USER_CMD_PROBE_PLAN_H

#include <stdbool.h>

#include "user/diagnose/model.h"
#include "user/inventory/inventory.h"
#include "user/lib/endpoint.h"
#include "user/probe/hello.h"
#include "user/probe/probe.h"

#define PROBE_ENTRIES_MOST 4096 /* targets and what is skipped */
#define PROBE_NAMES_MOST 1024 /* names that have no address */
#define PROBE_NO_ANSWER 0xffff /* event_backend_address */
#define PROBE_HOST_BYTES (EVENT_HOST_BYTES + 8)

/* What follows the connect. */
enum probe_step {
	PROBE_STEP_CONNECT, /* nothing */
	PROBE_STEP_TLS, /* a ClientHello */
	PROBE_STEP_CHECK, /* the configured health check's request */
	PROBE_STEP_REQUEST, /* a request of our own */
};

struct probe_verdict {
	bool ok;
	enum cause_id cause; /* CAUSE_NONE: ok, or not explained */
	enum confidence confidence;
	struct evidence evidence;
};

/* One address of one backend, or a backend without. */
struct probe_entry {
	struct event_backend backend;
	struct event_address address; /* family 0: a Unix socket, or none */
	const char *skipped; /* why it is not asked; NULL: it is */
	bool unresolved; /* its name has no address: a failure that needs no packet */
	uint16_t rcode; /* of that, as in event_backend_address; PROBE_NO_ANSWER without any */
	enum probe_step step;
	uint32_t tgid;
	char path[EVENT_HOST_BYTES]; /* of a Unix socket */
	struct hello hello;
	struct probe_result result;
	struct probe_verdict verdict;
};

struct probe_plan {
	struct probe_entry *entries;
	size_t count, room;
	uint32_t own_netns; /* lbtrace's own; 0: not known */
	size_t target_count; /* of these, to be asked */
	bool cut; /* there are more than PROBE_ENTRIES_MOST */
	struct event_backend_address *nameless; /* the last records of names without addresses */
	size_t nameless_count;
};

struct probe_selection {
	const struct endpoint_range *ranges; /* --backend; none: all */
	size_t range_count;
	bool http; /* ask every HTTP backend for something */
	bool no_resolve;
};

/* Takes the record of the inventory that tells of a name without addresses; ignores all others.
 * 0 or -ENOMEM. */
int probe_plan_note(struct probe_plan *plan, const struct event_header *record);

/* Plans for every configured backend that is selected. 0 or -ENOMEM. */
int probe_plan_fill(struct probe_plan *plan, struct inventory *inventory,
		    const struct probe_selection *selection);

/* Frees what it holds. */
void probe_plan_clear(struct probe_plan *plan);

/* The target that an entry stands for; it points into the entry. */
struct probe_target probe_plan_target(const struct probe_entry *entry);

#endif
