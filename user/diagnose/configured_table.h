/* SPDX-License-Identifier: GPL-2.0-only */
/* The table behind configured.h, for the files that implement it and that look at all of it. */
#ifndef LBTRACE_USER_DIAGNOSE_CONFIGURED_TABLE_H
#define LBTRACE_USER_DIAGNOSE_CONFIGURED_TABLE_H

#include <sys/queue.h>

/* Without memory an entry is not added, and the caller says -ENOMEM. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Short chains: each entry on the way to the one that is meant is another miss of the cache. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 5U

#include "user/diagnose/configured.h"

#define CONFIGURED_PLACES_OF_BACKEND 64
#define CONFIGURED_RETIRED_RING 64

/* Why an address is a backend's. */
enum place_source {
	PLACE_WRITTEN = 1 << 0, /* it stands in the configuration */
	PLACE_RESOLVED = 1 << 1, /* the name has it */
	PLACE_TOLD = 1 << 2, /* the load balancer says that it uses it */
	PLACE_CHECK = 1 << 3, /* health checks go there, traffic does not */
	PLACE_GONE = 1 << 4, /* the name had it */
};

struct place_key {
	struct event_address address; /* bytes that say nothing are zero; IPv4-mapped ones are IPv4 */
	uint32_t group;
	uint32_t reserved;
};

struct configured_place {
	struct configured_backend *backend;
	struct configured_host *host;
	uint32_t sources; /* enum place_source */
	uint64_t gone_ns;
	LIST_ENTRY(configured_place) at_host;
	LIST_ENTRY(configured_place) of_backend;
};

/* An address, and all the backends of one load balancer that are there. */
struct configured_host {
	UT_hash_handle hh; /* beside its key: both are read when another one is looked for */
	struct place_key key;
	LIST_HEAD(, configured_place) places;
};

struct configured_backend {
	struct event_backend config;
	char *name; /* as configured_backend_name() gives it */
	struct configured_generation *generation;
	LIST_HEAD(, configured_place) places;
	size_t place_count, told_count; /* of these, with PLACE_TOLD */
	bool inherited; /* its resolved addresses are those of the generation before */
	bool rotates; /* an address of its name came back: it has others each time */
	struct event_backend_address unresolved; /* header.type 0: the name has addresses */
	uint64_t attempts_before; /* that were made at its address under the configuration before */
	struct event_backend_status *status; /* NULL: the load balancer said nothing */
	UT_hash_handle hh; /* by pool and name; the first of each only */
};

/* One reading of a configuration. */
struct configured_generation {
	struct configured_group *group;
	uint32_t number;
	uint64_t time_ns;
	struct event_owner owner;
	char file[EVENT_PATH_BYTES];
	struct configured_backend **backends; /* by index; some may be NULL */
	size_t room; /* of that array */
	size_t count; /* of those that are not NULL */
	struct configured_backend *by_name;
	struct event_config *notes; /* but CONFIG_READ */
	size_t note_count;
	bool has_named;
	bool has_dynamic; /* a variable leads who knows where */
	bool is_partial; /* something was not read */
	bool has_limit; /* a server takes so many connections, and others wait */
};

struct configured_group {
	uint32_t group;
	bool ended; /* its leader is gone */
	struct configured_generation *now, *before; /* `before` may be NULL */
	UT_hash_handle hh;
};

struct configured {
	struct configured_group *groups;
	struct configured_host *hosts;
	size_t backend_count, place_count;
	uint32_t retired
		[CONFIGURED_RETIRED_RING]; /* tgids of workers that go by the configuration before */
	unsigned int retired_count;
	uint64_t lost;
};

struct configured_group *configured_group(const struct configured *configured, uint32_t group);

/* The backend of a record's owner, generation and index; NULL: not known. */
struct configured_backend *configured_at(const struct configured *configured, uint32_t group,
					 uint32_t generation, uint32_t index);

/* The one that answers best to `address`: of the running configuration, or of the one before; NULL:
 * none does. */
const struct configured_backend *configured_find(const struct configured *configured,
						 const struct event_owner *owner,
						 const struct event_address *address,
						 enum configured_speech speech);

/* The same of those at an address. */
const struct configured_backend *configured_best(const struct configured *configured,
						 const struct configured_host *host,
						 const struct event_owner *owner,
						 enum configured_speech speech);

/* Whether the backend is spoken to like that. */
bool configured_agrees(const struct configured_backend *backend, enum configured_speech speech);

struct place_key configured_key(uint32_t group, const struct event_address *address);

/* All at the address, or at any port of its host; NULL: none. Those whose PLACE_* are but PLACE_GONE are there no longer. */
const struct configured_host *configured_host(const struct configured *configured, uint32_t group,
					      const struct event_address *address);

/* Whether traffic, or a check, may go to the backend at this place. */
bool configured_place_is_used(const struct configured_place *place);

/* Whether `backend`'s health checks go to this place. */
bool configured_place_is_checked(const struct configured_place *place);

/* Adds `sources` to the backend's place at `address`, made when there is none; NULL and *err 0 when
 * there is no room, NULL and *err -ENOMEM. */
struct configured_place *configured_place_add(struct configured *configured,
					      struct configured_backend *backend,
					      const struct event_address *address, uint32_t sources,
					      int *err);
void configured_place_drop(struct configured *configured, struct configured_place *place);

/* Takes over what was known of the same backend in the configuration before. 0 or -ENOMEM. */
int configured_inherit(struct configured *configured, struct configured_backend *backend);

/* "pool/server" or "server", escaped, into MODEL_NAME_BYTES. Returns `name`. */
const char *configured_backend_name(const struct event_backend *config, char *name);

/* "FILE:LINE: DIRECTIVE", escaped, into MODEL_TEXT_BYTES. Returns whether there is one. */
bool configured_backend_quote(const struct event_backend *config, char *quote);

/* "app.internal" or "10.0.0.1", escaped; `text` holds EVENT_TEXT_BYTES. Returns `text`. */
const char *configured_backend_host(const struct event_backend *config, char *text);

#endif
