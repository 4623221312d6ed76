/* SPDX-License-Identifier: GPL-2.0-only */
/* What a configuration says of a backend, as JSON; the same in every output. */
#ifndef LBTRACE_USER_RENDER_CONFIG_JSON_H
#define LBTRACE_USER_RENDER_CONFIG_JSON_H

#include <jansson.h>

#include "user/diagnose/model.h"

/* Each returns a new reference, NULL: out of memory. */

/* pool, server, host, port, protocol, tls and the other properties, check, timeouts, file, line,
 * directive: an object to be merged into another. */
json_t *config_json_backend(const struct event_backend *backend);

/* {"state", "since", "check_status", ...}: what the load balancer says. `since_key` names the time of
 * the state's last change, which is `since`; its reference is taken. */
json_t *config_json_status(const struct event_backend_status *status, const char *since_key,
			   json_t *since);

/* {"runtime","id","name","pod","namespace"}; null when header.type is 0. */
json_t *config_json_container(const struct event_container *container);

/* Adds what `addition` holds to `object`, and takes both references. NULL: out of memory, or one of
 * them was NULL. */
json_t *config_json_merge(json_t *object, json_t *addition);

#endif
