/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines for event_lines_record(): "reset" in sums, "buildup", "resource". */
#ifndef LBTRACE_USER_RENDER_EVENT_STATE_H
#define LBTRACE_USER_RENDER_EVENT_STATE_H

#include "user/render/event_json.h"

/* Each writes a line or none. 0, -ENOMEM, or -errno of the write. */
int event_state_resets(const struct event_lines *lines, const struct event_resets *resets);
int event_state_buildup(const struct event_lines *lines, const struct event_buildup *buildup);
int event_state_resource(const struct event_lines *lines, const struct event_resource *resource);

#endif
