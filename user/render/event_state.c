// SPDX-License-Identifier: GPL-2.0-only
/* The lines of what builds up, resets and runs out. */
#include "user/render/event_state.h"

#include "user/diagnose/model.h"
#include "user/lib/clock.h"
#include "user/render/json_text.h"
#include "user/render/words.h"

int event_state_resets(const struct event_lines *lines, const struct event_resets *resets)
{
	enum reset_direction direction = (enum reset_direction)resets->direction;
	enum reset_phase phase = (enum reset_phase)resets->phase;

	/* Each of these has an attempt's record, and so a line of its own. */
	if (direction == RESET_RECEIVED && (phase == RESET_HANDSHAKE || phase == RESET_REQUEST))
		return 0;
	return event_json_line(
		lines,
		json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:s, s:o}", "type", "reset",
			  "ts", event_json_time(lines, resets->header.time_ns), "direction",
			  direction == RESET_SENT ? "sent" : "received", "sender",
			  direction == RESET_SENT ? "load_balancer" : "backend", "lb",
			  event_json_owner(&resets->owner), "backend",
			  event_json_backend_of(lines, &resets->owner, &resets->backend), "phase",
			  words_reset_phase(phase), "reason", json_text_or_null(resets->reason),
			  "effect", words_reset_effect(reset_effect(direction, phase)), "count",
			  json_count(resets->count)));
}

static json_t *state(const struct buildup_state *state, uint64_t now_ns)
{
	double age_seconds = 0;
	json_t *ages =
		json_pack("[o, o, o, o]", json_count(state->ages[0]), json_count(state->ages[1]),
			  json_count(state->ages[2]), json_count(state->ages[3]));

	if (state->oldest_ns && now_ns > state->oldest_ns)
		age_seconds = (double)(now_ns - state->oldest_ns) / CLOCK_NS_PER_SECOND;
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "count", json_count(state->count),
			 "max_age_seconds", json_number(age_seconds), "ages", ages, "unread_bytes",
			 json_count(state->unread_bytes), "unsent_bytes",
			 json_count(state->unsent_bytes));
}

int event_state_buildup(const struct event_lines *lines, const struct event_buildup *buildup)
{
	uint64_t now_ns = buildup->header.time_ns;

	return event_json_line(
		lines, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "type", "buildup", "ts",
				 event_json_time(lines, now_ns), "lb",
				 event_json_owner(&buildup->owner), "backend",
				 event_json_backend_of(lines, &buildup->owner, &buildup->backend),
				 "close_wait", state(&buildup->close_wait, now_ns), "established",
				 state(&buildup->established, now_ns)));
}

int event_state_resource(const struct event_lines *lines, const struct event_resource *resource)
{
	json_t *owner = resource->owner.tgid ? event_json_owner(&resource->owner) : json_null();
	json_t *listener =
		resource->listener.family ? json_address(&resource->listener) : json_null();

	return event_json_line(
		lines, json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "type", "resource",
				 "ts", event_json_time(lines, resource->header.time_ns), "resource",
				 words_resource(resource->kind), "lb", owner, "listener", listener,
				 "used", json_count(resource->used), "limit",
				 resource->limit ? json_count(resource->limit) : json_null(),
				 "count", json_count(resource->count)));
}
