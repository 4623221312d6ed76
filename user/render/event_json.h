/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts that several kinds of event lines share. */
#ifndef LBTRACE_USER_RENDER_EVENT_JSON_H
#define LBTRACE_USER_RENDER_EVENT_JSON_H

#include <jansson.h>

#include "user/render/event_lines.h"

/* Nanoseconds since the epoch; null for 0, "did not happen". */
json_t *event_json_time(const struct event_lines *lines, uint64_t time_ns);

/* {"pid","tid","comm"} */
json_t *event_json_owner(const struct event_owner *owner);

/* {"name", "address"}; `name` as configured, NULL or empty: not known. */
json_t *event_json_backend(const char *name, const struct event_address *address);

/* The same of a fact, which knows no name: asks `lines` for it. */
json_t *event_json_backend_of(const struct event_lines *lines, const struct event_owner *owner,
			      const struct event_address *address);

/* Writes one object as a line and takes the reference. 0, -ENOMEM or -errno. */
int event_json_line(const struct event_lines *lines, json_t *object);

#endif
