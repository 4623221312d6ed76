// SPDX-License-Identifier: GPL-2.0-only
/* Which addresses are which backend's. */
#include "user/diagnose/configured_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/endpoint.h"

/* Of one address: more backends are not looked at. */
#define SEARCH_MAX 256

#define IPV4_BYTES 4
#define MAPPED_BYTES 12 /* before the IPv4 address in an IPv4-mapped one */

struct place_key configured_key(uint32_t group, const struct event_address *address)
{
	static const uint8_t mapped[MAPPED_BYTES] = { [10] = 0xff, [11] = 0xff };
	struct place_key key = { .group = group };

	key.address.port = address->port;
	key.address.family = address->family;
	if (address->family == 6 && !memcmp(address->bytes, mapped, sizeof(mapped))) {
		key.address.family = 4;
		memcpy(key.address.bytes, address->bytes + MAPPED_BYTES, IPV4_BYTES);
	} else if (address->family) {
		memcpy(key.address.bytes, address->bytes,
		       address->family == 4 ? IPV4_BYTES : sizeof(key.address.bytes));
	}
	return key;
}

const struct configured_host *configured_host(const struct configured *configured, uint32_t group,
					      const struct event_address *address)
{
	struct place_key key = configured_key(group, address);
	struct configured_host *host;

	HASH_FIND(hh, configured->hosts, &key, sizeof(key), host);
	if (host || !address->port)
		return host;
	/* HAProxy's servers without a port are connected to at the client's. */
	key.address.port = 0;
	HASH_FIND(hh, configured->hosts, &key, sizeof(key), host);
	return host;
}

static struct configured_host *add_host(struct configured *configured, const struct place_key *key)
{
	struct configured_host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->key = *key;
	HASH_ADD(hh, configured->hosts, key, sizeof(host->key), host);
	if (host->hh.tbl)
		return host;
	free(host);
	return NULL;
}

static struct configured_place *find_place(const struct configured_backend *backend,
					   const struct event_address *address)
{
	struct place_key key = configured_key(backend->config.owner.group, address);
	struct configured_place *place;

	LIST_FOREACH(place, &backend->places, of_backend) {
		if (!memcmp(&place->host->key, &key, sizeof(key)))
			return place;
	}
	return NULL;
}

void configured_place_drop(struct configured *configured, struct configured_place *place)
{
	struct configured_host *host = place->host;

	LIST_REMOVE(place, at_host);
	LIST_REMOVE(place, of_backend);
	if (place->sources & PLACE_TOLD)
		place->backend->told_count--;
	place->backend->place_count--;
	configured->place_count--;
	free(place);
	if (!LIST_EMPTY(&host->places))
		return;
	HASH_DEL(configured->hosts, host);
	free(host);
}

/* Forgets the address that was gone first. Returns whether there was one. */
static bool drop_oldest_gone(struct configured *configured, struct configured_backend *backend)
{
	struct configured_place *place, *oldest = NULL;

	LIST_FOREACH(place, &backend->places, of_backend) {
		if (place->sources == PLACE_GONE && (!oldest || place->gone_ns < oldest->gone_ns))
			oldest = place;
	}
	if (oldest)
		configured_place_drop(configured, oldest);
	return oldest;
}

static struct configured_place *new_place(struct configured *configured,
					  struct configured_backend *backend,
					  const struct event_address *address)
{
	struct place_key key = configured_key(backend->config.owner.group, address);
	struct configured_host *host;
	struct configured_place *place;

	HASH_FIND(hh, configured->hosts, &key, sizeof(key), host);
	if (!host)
		host = add_host(configured, &key);
	if (!host)
		return NULL;
	place = calloc(1, sizeof(*place));
	if (!place) {
		if (LIST_EMPTY(&host->places)) {
			HASH_DEL(configured->hosts, host);
			free(host);
		}
		return NULL;
	}
	place->backend = backend;
	place->host = host;
	LIST_INSERT_HEAD(&host->places, place, at_host);
	LIST_INSERT_HEAD(&backend->places, place, of_backend);
	backend->place_count++;
	configured->place_count++;
	return place;
}

struct configured_place *configured_place_add(struct configured *configured,
					      struct configured_backend *backend,
					      const struct event_address *address, uint32_t sources,
					      int *err)
{
	struct configured_place *place = find_place(backend, address);

	*err = 0;
	if (!place) {
		bool full = backend->place_count >= CONFIGURED_PLACES_OF_BACKEND ||
			    configured->place_count >= CONFIGURED_PLACES_MAX;

		if (full && !drop_oldest_gone(configured, backend)) {
			configured->lost++;
			return NULL;
		}
		place = new_place(configured, backend, address);
		if (!place)
			*err = -ENOMEM;
	}
	if (!place)
		return NULL;
	if (sources & ~place->sources & PLACE_TOLD)
		backend->told_count++;
	place->sources |= sources;
	return place;
}

bool configured_place_is_used(const struct configured_place *place)
{
	if (place->sources & (PLACE_WRITTEN | PLACE_TOLD))
		return true;
	/* The load balancer's own word counts more than what the name has. */
	return (place->sources & PLACE_RESOLVED) && !place->backend->told_count;
}

bool configured_place_is_checked(const struct configured_place *place)
{
	const struct event_backend *config = &place->backend->config;

	if (!(config->header.flags & BACKEND_CHECKED))
		return false;
	if (place->sources & PLACE_CHECK)
		return true;
	if (!configured_place_is_used(place) ||
	    (config->header.flags & BACKEND_CHECK_ELSEWHERE && !config->check_port))
		return false;
	return !config->check_port || config->check_port == place->host->key.address.port;
}

static bool is_retired(const struct configured *configured, uint32_t tgid)
{
	for (unsigned int i = 0;
	     tgid && i < CONFIGURED_RETIRED_RING && i < configured->retired_count; i++) {
		if (configured->retired[i] == tgid)
			return true;
	}
	return false;
}

bool configured_agrees(const struct configured_backend *backend, enum configured_speech speech)
{
	bool tls = backend->config.header.flags & BACKEND_TLS;

	return speech == SPEECH_ANY || (speech == SPEECH_TLS) == tls;
}

/* Smaller is better: places where traffic goes before others; the configuration that the process
 * goes by; then in the order of the configuration. */
static uint64_t rank(const struct configured_place *place, bool retired,
		     enum configured_speech speech)
{
	const struct configured_generation *generation = place->backend->generation;
	bool is_now = generation == generation->group->now;
	uint64_t use = configured_place_is_used(place)	 ? 0
		       : place->sources & PLACE_CHECK	 ? 1
		       : place->sources & PLACE_RESOLVED ? 2
							 : 3;

	return (use << 40) | (uint64_t)(is_now == retired) << 36 |
	       (uint64_t)!configured_agrees(place->backend, speech) << 35 |
	       place->backend->config.index;
}

const struct configured_backend *configured_best(const struct configured *configured,
						 const struct configured_host *host,
						 const struct event_owner *owner,
						 enum configured_speech speech)
{
	bool retired = is_retired(configured, owner->tgid);
	const struct configured_place *place, *best = NULL;
	unsigned int seen = 0;

	LIST_FOREACH(place, &host->places, at_host) {
		if (seen++ >= SEARCH_MAX)
			break;
		if (!best || rank(place, retired, speech) < rank(best, retired, speech))
			best = place;
	}
	return best ? best->backend : NULL;
}

const struct configured_backend *configured_find(const struct configured *configured,
						 const struct event_owner *owner,
						 const struct event_address *address,
						 enum configured_speech speech)
{
	const struct configured_host *host = configured_host(configured, owner->group, address);

	return host ? configured_best(configured, host, owner, speech) : NULL;
}

/* The first word of the new configuration on a name: what the one before knew is over. */
static void forget_inherited(struct configured *configured, struct configured_backend *backend)
{
	struct configured_place *place, *next;

	if (!backend->inherited)
		return;
	backend->inherited = false;
	for (place = LIST_FIRST(&backend->places); place; place = next) {
		next = LIST_NEXT(place, of_backend);
		place->sources &= ~(uint32_t)PLACE_RESOLVED;
		if (!place->sources)
			configured_place_drop(configured, place);
	}
}

static int note_told(struct configured *configured, struct configured_backend *backend,
		     const struct event_backend_address *address)
{
	struct configured_place *place;
	int err = 0;

	if (!(address->header.flags & BACKEND_ADDRESS_GONE)) {
		configured_place_add(configured, backend, &address->address, PLACE_TOLD, &err);
		return err;
	}
	place = find_place(backend, &address->address);
	if (!place || !(place->sources & PLACE_TOLD))
		return 0;
	backend->told_count--;
	place->sources &= ~(uint32_t)PLACE_TOLD;
	if (!place->sources)
		configured_place_drop(configured, place);
	return 0;
}

static int note_gone(struct configured *configured, struct configured_backend *backend,
		     const struct event_backend_address *address)
{
	struct configured_place *place;
	int err;

	place = configured_place_add(configured, backend, &address->address, PLACE_GONE, &err);
	if (!place)
		return err;
	place->sources &= ~(uint32_t)PLACE_RESOLVED;
	place->gone_ns = address->header.time_ns;
	return 0;
}

static int note_resolved(struct configured *configured, struct configured_backend *backend,
			 const struct event_backend_address *address)
{
	struct configured_place *place;
	int err;

	place = configured_place_add(configured, backend, &address->address, PLACE_RESOLVED, &err);
	if (!place)
		return err;
	if (place->sources & PLACE_GONE)
		backend->rotates = true;
	place->sources &= ~(uint32_t)PLACE_GONE;
	backend->unresolved.header.type = 0;
	return 0;
}

int configured_note_address(struct configured *configured,
			    const struct event_backend_address *address)
{
	struct configured_backend *backend = configured_at(configured, address->owner.group,
							   address->generation, address->index);

	if (!backend)
		return 0;
	if (address->address.family && (address->header.flags & BACKEND_ADDRESS_TOLD))
		return note_told(configured, backend, address);
	if (address->header.flags & BACKEND_ADDRESS_TOLD)
		return 0;
	forget_inherited(configured, backend);
	if (address->header.flags & BACKEND_ADDRESS_FAILED) {
		backend->unresolved = *address;
		return 0;
	}
	if (!address->address.family)
		return 0;
	if (address->header.flags & BACKEND_ADDRESS_GONE)
		return note_gone(configured, backend, address);
	return note_resolved(configured, backend, address);
}

/* The same name, of the configuration before; NULL: there is none. */
static const struct configured_backend *find_before(const struct configured_backend *backend)
{
	const struct configured_generation *before = backend->generation->group->before;
	struct configured_backend *found = NULL;

	if (before && backend->generation == backend->generation->group->now)
		HASH_FIND(hh, before->by_name, backend->config.pool, 2 * EVENT_POOL_BYTES, found);
	return found && !strcmp(found->config.host, backend->config.host) &&
			       found->config.address.port == backend->config.address.port
		       ? found
		       : NULL;
}

/* Between a reload and the first look at its names nothing would be known of them. */
int configured_inherit(struct configured *configured, struct configured_backend *backend)
{
	const struct configured_backend *before = find_before(backend);
	const struct configured_place *place;
	int err = 0;

	if (!before)
		return 0;
	if (before->status) {
		backend->status = malloc(sizeof(*backend->status));
		if (!backend->status)
			return -ENOMEM;
		*backend->status = *before->status;
	}
	if (!(backend->config.header.flags & BACKEND_NAMED))
		return 0;
	LIST_FOREACH(place, &before->places, of_backend) {
		if (!err && (place->sources & PLACE_RESOLVED))
			configured_place_add(configured, backend, &place->host->key.address,
					     PLACE_RESOLVED, &err);
	}
	backend->inherited = true;
	return err;
}

/* Whether the name may have meant the address before it was looked at: it has others now, of the
 * same port. */
static bool may_have_meant(const struct configured_backend *backend,
			   const struct event_address *address, struct configured_stale *stale)
{
	const struct configured_place *place;

	if (!(backend->config.header.flags & BACKEND_NAMED) || backend->rotates ||
	    backend->config.address.port != address->port)
		return false;
	LIST_FOREACH(place, &backend->places, of_backend) {
		if (!(place->sources & PLACE_RESOLVED))
			continue;
		stale->now = place->host->key.address;
		return true;
	}
	return false;
}

/* Fills in an address that the name has now, where it has one. */
static void fill_now(struct configured_stale *stale)
{
	const struct configured_place *place;

	LIST_FOREACH(place, &stale->backend->places, of_backend) {
		if (place->sources & PLACE_RESOLVED)
			stale->now = place->host->key.address;
	}
}

/* The load balancer uses the address for a name that has others. */
static bool is_told_only(const struct configured_place *place)
{
	struct configured_stale stale;

	return place->sources == PLACE_TOLD &&
	       may_have_meant(place->backend, &place->host->key.address, &stale);
}

/* Of those at the address: one whose name had it, while no other one has it. */
static bool is_gone(const struct configured_host *host, struct configured_stale *stale)
{
	const struct configured_place *place;
	unsigned int seen = 0;

	LIST_FOREACH(place, &host->places, at_host) {
		const struct configured_generation *generation = place->backend->generation;

		if (seen++ >= SEARCH_MAX ||
		    (place->sources & (PLACE_WRITTEN | PLACE_RESOLVED | PLACE_CHECK)))
			return false;
		if (place->backend->rotates || generation != generation->group->now ||
		    (!(place->sources & PLACE_GONE) && !is_told_only(place)))
			continue;
		if (stale->backend)
			stale->others++;
		stale->backend = place->backend;
		stale->gone_ns = place->sources & PLACE_GONE ? place->gone_ns : 0;
	}
	if (stale->backend)
		fill_now(stale);
	return stale->backend;
}

bool configured_is_stale(const struct configured *configured, const struct event_owner *owner,
			 const struct event_address *address, uint64_t time_ns,
			 struct configured_stale *stale)
{
	const struct configured_group *group = configured_group(configured, owner->group);
	const struct configured_host *host;

	memset(stale, 0, sizeof(*stale));
	if (!group || !group->now || !address->family)
		return false;
	host = configured_host(configured, owner->group, address);
	if (host)
		return is_gone(host, stale) && stale->gone_ns <= time_ns;
	/* Who knows where a variable leads. */
	if (!group->now->has_named || group->now->has_dynamic || group->now->is_partial)
		return false;
	for (size_t i = 0; i < group->now->room; i++) {
		const struct configured_backend *backend = group->now->backends[i];

		if (!backend || !may_have_meant(backend, address, stale))
			continue;
		if (stale->backend)
			stale->others++;
		else
			stale->backend = backend;
	}
	if (stale->backend)
		fill_now(stale);
	return stale->backend;
}
