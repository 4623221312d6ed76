/* SPDX-License-Identifier: GPL-2.0-only */
/* Which backends a configuration has already named: the same one may be passed to in many places. */
#ifndef LBTRACE_USER_CONFIG_KNOWN_H
#define LBTRACE_USER_CONFIG_KNOWN_H

#include "user/config/config.h"

#define KNOWN_SLOTS (4 * CONFIG_BACKENDS_MOST) /* a power of two */

/* A set of indexes, one for each pool, name, protocol, and TLS and HTTP/2 flags. Zeroed: empty. */
struct known {
	uint32_t slots[KNOWN_SLOTS]; /* index + 1; 0: free */
};

/* The backend like `backend` that was added last, or NULL. */
const struct event_backend *known_find(const struct known *known, const struct config *config,
				       const struct event_backend *backend);
/* Adds config->backends[index], in place of one like it. */
void known_add(struct known *known, const struct config *config, uint32_t index);

#endif
