// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/exhaustion.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/lib/endpoint.h"

/* Parts of a hundred of the limit from which on the report shows it. */
#define NEAR_PERCENT 80
#define NEAR_CPU_PERCENT 60
#define NEAR_QUEUE_PERCENT 50
/* A queue that is never empty for so many seconds is not emptied as fast as it fills. */
#define WAITING_SWEEPS 3

struct resource_key {
	struct event_address listener;
	uint32_t kind;
	uint32_t tgid;
	uint32_t netns;
	uint32_t reserved;
};

struct resource {
	struct resource_key key;
	struct event_resource latest;
	uint64_t peak;
	uint32_t waiting; /* records in a row with a queue that is not empty */
	uint32_t waiting_most;
	UT_hash_handle hh;
};

struct exhaustion {
	struct resource *resources;
};

struct exhaustion *exhaustion_new(void)
{
	return calloc(1, sizeof(struct exhaustion));
}

static void make_key(const struct event_resource *event, struct resource_key *key)
{
	memset(key, 0, sizeof(*key));
	key->listener.family = event->listener.family;
	key->listener.port = event->listener.port;
	memcpy(key->listener.bytes, event->listener.bytes, event->listener.family == 4 ? 4 : 16);
	key->kind = event->kind;
	key->tgid = event->owner.tgid;
	key->netns = event->netns;
}

/* uthash's macros count as statements of the function that uses them. */
// NOLINTBEGIN(readability-function-size)
void exhaustion_free(struct exhaustion *exhaustion)
{
	struct resource *resource, *next;

	if (!exhaustion)
		return;
	HASH_ITER(hh, exhaustion->resources, resource, next) {
		HASH_DEL(exhaustion->resources, resource);
		free(resource);
	}
	free(exhaustion);
}

static struct resource *find(const struct exhaustion *exhaustion, const struct event_resource *like)
{
	struct resource *resource;
	struct resource_key key;

	make_key(like, &key);
	HASH_FIND(hh, exhaustion->resources, &key, sizeof(key), resource);
	return resource;
}

static struct resource *find_or_add(struct exhaustion *exhaustion,
				    const struct event_resource *like)
{
	struct resource *resource = find(exhaustion, like);

	if (resource || HASH_COUNT(exhaustion->resources) >= EXHAUSTION_MAX)
		return resource;
	resource = calloc(1, sizeof(*resource));
	if (!resource)
		return NULL;
	make_key(like, &resource->key);
	HASH_ADD(hh, exhaustion->resources, key, sizeof(resource->key), resource);
	if (!resource->hh.tbl) {
		free(resource);
		return NULL;
	}
	return resource;
}
// NOLINTEND(readability-function-size)

void exhaustion_note(struct exhaustion *exhaustion, const struct event_resource *event)
{
	struct resource *resource;
	uint64_t count;

	if (!event->kind || event->kind >= RESOURCE_KINDS)
		return;
	resource = find_or_add(exhaustion, event);
	if (!resource)
		return;
	count = resource->latest.count;
	resource->latest = *event;
	/* Not every source of a kind counts. */
	if (event->count < count)
		resource->latest.count = count;
	if (event->used > resource->peak)
		resource->peak = event->used;
	resource->waiting = event->used ? resource->waiting + 1 : 0;
	if (resource->waiting > resource->waiting_most)
		resource->waiting_most = resource->waiting;
}

void exhaustion_note_accept_drop(struct exhaustion *exhaustion,
				 const struct event_accept_drop *event)
{
	struct event_resource resource = {
		.header = event->header,
		.owner = event->owner,
		.listener = event->listener,
		.used = event->backlog,
		.limit = event->backlog_max,
		.netns = event->netns,
		.kind = RESOURCE_ACCEPT_QUEUE,
	};
	const struct resource *known = find(exhaustion, &resource);

	/* The kernel's own count comes with the next sweep. */
	resource.count = known && known->latest.count ? known->latest.count : 1;
	exhaustion_note(exhaustion, &resource);
}

void exhaustion_note_response(struct exhaustion *exhaustion, const struct event_response *event)
{
	const struct event_resource resource = {
		.header = event->header,
		.owner = event->owner,
		.used = event->fd_used,
		.limit = event->fd_limit,
		.kind = RESOURCE_DESCRIPTORS,
	};

	if (event->header.flags & RESPONSE_FD_EXHAUSTED)
		exhaustion_note(exhaustion, &resource);
}

/* The latest of a kind of a namespace (0: the host), however old: a record comes when it changes. */
static const struct resource *find_shared(const struct exhaustion *exhaustion, uint32_t kind,
					  uint32_t netns)
{
	const struct event_resource like = { .kind = (__u16)kind, .netns = netns };

	return find(exhaustion, &like);
}

void exhaustion_fill_context(const struct exhaustion *exhaustion,
			     const struct event_attempt *attempt, struct outcome_context *context)
{
	const struct resource *conntrack =
		find_shared(exhaustion, RESOURCE_CONNTRACK, attempt->netns);
	const struct resource *cpu = find_shared(exhaustion, RESOURCE_CPU, 0);

	if (conntrack) {
		context->conntrack_used = conntrack->latest.used;
		context->conntrack_limit = conntrack->latest.limit;
	}
	if (cpu)
		context->cpu_pressure = (uint32_t)cpu->latest.used;
}

/* A socket for which no descriptor is left is made and closed by the kernel itself. */
static bool lacks_descriptors(const struct exhaustion *exhaustion,
			      const struct event_response *response)
{
	const struct event_resource like = { .owner = response->owner,
					     .kind = RESOURCE_DESCRIPTORS };
	const struct resource *known = find(exhaustion, &like);

	return response->header.flags & RESPONSE_FD_EXHAUSTED ||
	       (known && known->peak * 100 >= known->latest.limit * NEAR_PERCENT);
}

bool exhaustion_judge(const struct exhaustion *exhaustion, struct gateway_error *error)
{
	const struct event_response *response = &error->event;
	const struct event_resource like = {
		.owner = response->owner,
		.listener = response->frontend,
		.netns = response->netns,
		.kind = RESOURCE_CONNECTION_SLOTS,
	};
	const struct resource *refused = find(exhaustion, &like);

	if (response->owner.kind != BALANCER_NGINX || response->status != 500 ||
	    !(response->header.flags & RESPONSE_SOCKET_UNUSED) ||
	    lacks_descriptors(exhaustion, response))
		return false;
	error->cause = CAUSE_LB_CONN_SLOTS;
	error->confidence = CONFIDENCE_LIKELY;
	evidence_add(
		&error->evidence,
		"it made a socket for the backend and closed it again without connect(): all its connection slots (worker_connections) were taken");
	if (refused)
		evidence_add(&error->evidence,
			     "the same process closed %llu accepted clients unread, at once",
			     (unsigned long long)refused->latest.count);
	return true;
}

static bool is_shown(const struct resource *resource)
{
	const struct event_resource *latest = &resource->latest;
	uint64_t percent = latest->limit ? resource->peak * 100 / latest->limit : 0;

	switch (latest->kind) {
	case RESOURCE_CPU:
		return percent >= NEAR_CPU_PERCENT;
	case RESOURCE_ACCEPT_QUEUE:
		return latest->count || percent >= NEAR_QUEUE_PERCENT ||
		       resource->waiting_most >= WAITING_SWEEPS;
	case RESOURCE_CONNECTION_SLOTS:
		return latest->count;
	default:
		return percent >= NEAR_PERCENT;
	}
}

static void say_of_process(const struct resource *resource, char *text)
{
	const struct event_resource *latest = &resource->latest;
	char address[ENDPOINT_TEXT_BYTES];

	if (latest->kind == RESOURCE_DESCRIPTORS)
		snprintf(text, MODEL_TEXT_BYTES,
			 "%.*s (pid %u) has %" PRIu64 " of %" PRIu64
			 " file descriptors open (most: %" PRIu64
			 "). Raise worker_rlimit_nofile, maxconn's ulimit-n or LimitNOFILE=.",
			 EVENT_COMM_BYTES, latest->owner.comm, latest->owner.tgid,
			 (uint64_t)latest->used, (uint64_t)latest->limit, resource->peak);
	else if (latest->kind == RESOURCE_ACCEPT_QUEUE)
		snprintf(text, MODEL_TEXT_BYTES,
			 "%.*s's own listener %s: %" PRIu64
			 " connections wait to be accepted (most: %" PRIu64 ", room for %" PRIu64
			 "), %" PRIu64
			 " were dropped. It is at maxconn, stalled, or its backlog is too short.",
			 EVENT_COMM_BYTES, latest->owner.comm,
			 endpoint_format(&latest->listener, address), (uint64_t)latest->used,
			 resource->peak, (uint64_t)latest->limit, (uint64_t)latest->count);
	else
		snprintf(text, MODEL_TEXT_BYTES,
			 "%.*s (pid %u) closed %" PRIu64
			 " clients of %s unread right after accept: no connection slot was left "
			 "(worker_connections), or a rule rejects them.",
			 EVENT_COMM_BYTES, latest->owner.comm, latest->owner.tgid,
			 (uint64_t)latest->count, endpoint_format(&latest->listener, address));
}

static void say(const struct resource *resource, char *text)
{
	const struct event_resource *latest = &resource->latest;

	switch (latest->kind) {
	case RESOURCE_CONNTRACK:
		snprintf(
			text, MODEL_TEXT_BYTES,
			"connection tracking holds %" PRIu64 " of %" PRIu64
			" entries (most: %" PRIu64
			"); when it is full, new connections are dropped. Raise net.netfilter.nf_conntrack_max.",
			(uint64_t)latest->used, (uint64_t)latest->limit, resource->peak);
		break;
	case RESOURCE_TCP_MEMORY:
		snprintf(text, MODEL_TEXT_BYTES,
			 "TCP sockets of this host use %" PRIu64 " of %" PRIu64
			 " pages (most: %" PRIu64
			 "). Raise net.ipv4.tcp_mem, or find who does not read.",
			 (uint64_t)latest->used, (uint64_t)latest->limit, resource->peak);
		break;
	case RESOURCE_CPU:
		snprintf(text, MODEL_TEXT_BYTES,
			 "tasks of this host wait for a CPU %.0f %% of the time (most: %.0f %%).",
			 (double)latest->used / 100, (double)resource->peak / 100);
		break;
	default:
		say_of_process(resource, text);
	}
}

static int compare_rows(const void *left, const void *right)
{
	const struct report_resource *a = left, *b = right;
	int order = (int)a->latest.kind - (int)b->latest.kind;

	if (!order)
		order = a->latest.owner.tgid < b->latest.owner.tgid   ? -1
			: a->latest.owner.tgid > b->latest.owner.tgid ? 1
								      : 0;
	return order ? order
		     : memcmp(&a->latest.listener, &b->latest.listener, sizeof(a->latest.listener));
}

int exhaustion_report(const struct exhaustion *exhaustion, struct report_resource **rows,
		      size_t *count)
{
	const struct resource *resource;
	struct report_resource *made = calloc(HASH_COUNT(exhaustion->resources) + 1, sizeof(*made));

	*count = 0;
	if (!made)
		return -ENOMEM;
	for (resource = exhaustion->resources; resource; resource = resource->hh.next) {
		if (!is_shown(resource))
			continue;
		made[*count].latest = resource->latest;
		made[*count].peak = resource->peak;
		say(resource, made[*count].text);
		++*count;
	}
	qsort(made, *count, sizeof(*made), compare_rows);
	*rows = made;
	return 0;
}
