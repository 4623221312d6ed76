// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/event_json.h"

#include "user/render/json_text.h"

json_t *event_json_time(const struct event_lines *lines, uint64_t time_ns)
{
	if (!time_ns)
		return json_null();
	/* Unsigned, because a hostile log may make it overflow. */
	return json_integer((json_int_t)(time_ns + (uint64_t)lines->epoch_offset_ns));
}

json_t *event_json_owner(const struct event_owner *owner)
{
	return json_pack("{s:o, s:o, s:o}", "pid", json_count(owner->tgid), "tid",
			 json_count(owner->tid), "comm", json_text(owner->comm));
}

json_t *event_json_backend(const char *name, const struct event_address *address)
{
	return json_pack("{s:o, s:o}", "name", json_text_or_null(name), "address",
			 json_address(address));
}

json_t *event_json_backend_of(const struct event_lines *lines, const struct event_owner *owner,
			      const struct event_address *address)
{
	char name[MODEL_NAME_BYTES] = "";

	if (lines->name_backend)
		lines->name_backend(lines->name_context, owner, address, name);
	return event_json_backend(name, address);
}

int event_json_line(const struct event_lines *lines, json_t *object)
{
	return json_write(object, lines->file, JSON_COMPACT);
}
