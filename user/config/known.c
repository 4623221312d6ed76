// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "user/config/known.h"

#define KINDS (BACKEND_TLS | BACKEND_HTTP2)

/* FNV-1a */
static uint32_t mix(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return (hash ^ 0xffu) * 16777619u;
}

static uint32_t slot_of(const struct event_backend *backend)
{
	uint32_t hash =
		2166136261u ^ (backend->header.flags & KINDS) ^ (uint32_t)backend->protocol << 16;

	return mix(mix(hash, backend->name), backend->pool) % KNOWN_SLOTS;
}

static bool alike(const struct event_backend *left, const struct event_backend *right)
{
	return (left->header.flags & KINDS) == (right->header.flags & KINDS) &&
	       left->protocol == right->protocol && !strcmp(left->name, right->name) &&
	       !strcmp(left->pool, right->pool);
}

/* The slot of one like `backend`, or the free one where it would be: at most a quarter is taken. */
static uint32_t find_slot(const struct known *known, const struct config *config,
			  const struct event_backend *backend)
{
	uint32_t slot = slot_of(backend);

	while (known->slots[slot] && !alike(&config->backends[known->slots[slot] - 1], backend))
		slot = (slot + 1) % KNOWN_SLOTS;
	return slot;
}

const struct event_backend *known_find(const struct known *known, const struct config *config,
				       const struct event_backend *backend)
{
	uint32_t slot = find_slot(known, config, backend);

	return known->slots[slot] ? &config->backends[known->slots[slot] - 1] : NULL;
}

void known_add(struct known *known, const struct config *config, uint32_t index)
{
	known->slots[find_slot(known, config, &config->backends[index])] = index + 1;
}
