/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines for event_lines_record(): "inventory" of configurations, their backends, and containers. */
#ifndef LBTRACE_USER_RENDER_EVENT_CONFIG_H
#define LBTRACE_USER_RENDER_EVENT_CONFIG_H

#include "user/render/event_json.h"

/* Writes the line of an EVENT_CONFIG, EVENT_BACKEND, EVENT_BACKEND_ADDRESS, EVENT_BACKEND_STATUS or
 * EVENT_CONTAINER record; nothing for others. 0, -ENOMEM, or -errno of the write. */
int event_config_record(const struct event_lines *lines, const struct event_header *record);

#endif
