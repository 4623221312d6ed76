// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/event_config.h"

#include "user/render/config_json.h"
#include "user/render/json_text.h"
#include "user/render/words.h"

#define RCODE_NO_ANSWER 0xffff

/* What all lines of the inventory begin with. */
static json_t *begin(const struct event_lines *lines, const struct event_header *record,
		     const char *what, const struct event_owner *owner)
{
	return json_pack("{s:s, s:o, s:s, s:o}", "type", "inventory", "ts",
			 event_json_time(lines, record->time_ns), "what", what, "lb",
			 event_json_owner(owner));
}

/* As the load balancer's operator says it. */
static json_t *full_name(const char *pool, const char *name)
{
	char text[MODEL_NAME_BYTES];

	snprintf(text, sizeof(text), "%s%s%s", pool, *pool && *name ? "/" : "", name);
	return json_text_or_null(text);
}

static int write_config(const struct event_lines *lines, const struct event_config *config)
{
	json_t *object =
		json_pack("{s:s, s:o, s:o, s:o, s:o}", "note", words_config_note(config->kind),
			  "generation", json_count(config->generation), "file",
			  json_text_or_null(config->file), "line",
			  config->line ? json_count(config->line) : json_null(), "text",
			  json_text_or_null(config->text));

	return event_json_line(
		lines,
		config_json_merge(begin(lines, &config->header, "config", &config->owner), object));
}

static int write_backend(const struct event_lines *lines, const struct event_backend *backend)
{
	json_t *address = backend->address.family ? json_address(&backend->address) : json_null();
	json_t *object =
		json_pack("{s:o, s:o, s:o, s:o}", "generation", json_count(backend->generation),
			  "index", json_count(backend->index), "name",
			  full_name(backend->pool, backend->name), "address", address);

	object = config_json_merge(begin(lines, &backend->header, "backend", &backend->owner),
				   object);
	return event_json_line(lines, config_json_merge(object, config_json_backend(backend)));
}

/* The names that DNS has for them, where others than the number are common. */
static json_t *resolver_error(const struct event_backend_address *found)
{
	static const char *const names[] = {
		[1] = "FORMERR", [2] = "SERVFAIL", [3] = "NXDOMAIN",
		[4] = "NOTIMP",	 [5] = "REFUSED",
	};

	if (!(found->header.flags & BACKEND_ADDRESS_FAILED))
		return json_null();
	if (found->error == RCODE_NO_ANSWER)
		return json_string("TIMEOUT");
	if (found->error < sizeof(names) / sizeof(names[0]) && names[found->error])
		return json_string(names[found->error]);
	return found->error ? json_sprintf("RCODE%u", found->error) : json_string("NODATA");
}

static const char *resolved_from(uint32_t flags)
{
	if (flags & BACKEND_ADDRESS_TOLD)
		return "load_balancer";
	return flags & BACKEND_ADDRESS_HOSTS ? "hosts" : "dns";
}

static int write_address(const struct event_lines *lines, const struct event_backend_address *found)
{
	uint32_t flags = found->header.flags;
	json_t *address = found->address.family ? json_address(&found->address) : json_null();
	json_t *object =
		json_pack("{s:o, s:o, s:o, s:b, s:s, s:o, s:o}", "generation",
			  json_count(found->generation), "index", json_count(found->index),
			  "address", address, "gone", !!(flags & BACKEND_ADDRESS_GONE), "from",
			  resolved_from(flags), "ttl_seconds",
			  found->ttl_seconds ? json_count(found->ttl_seconds) : json_null(),
			  "error", resolver_error(found));

	return event_json_line(lines, config_json_merge(begin(lines, &found->header,
							      "backend_address", &found->owner),
							object));
}

static int write_status(const struct event_lines *lines, const struct event_backend_status *status)
{
	json_t *object = json_pack("{s:o, s:o, s:o}", "name", full_name(status->pool, status->name),
				   "pool", json_text_or_null(status->pool), "server",
				   json_text_or_null(status->name));

	object = config_json_merge(begin(lines, &status->header, "backend_status", &status->owner),
				   object);
	object = config_json_merge(object,
				   config_json_status(status, "since_ts",
						      event_json_time(lines, status->changed_ns)));
	return event_json_line(lines, object);
}

static int write_container(const struct event_lines *lines, const struct event_container *container)
{
	return event_json_line(lines, config_json_merge(begin(lines, &container->header,
							      "container", &container->owner),
							config_json_container(container)));
}

int event_config_record(const struct event_lines *lines, const struct event_header *record)
{
	const union event *event = (const union event *)record;

	switch (record->type) {
	case EVENT_CONFIG:
		return write_config(lines, &event->config);
	case EVENT_BACKEND:
		return write_backend(lines, &event->backend);
	case EVENT_BACKEND_ADDRESS:
		return write_address(lines, &event->backend_address);
	case EVENT_BACKEND_STATUS:
		return write_status(lines, &event->backend_status);
	case EVENT_CONTAINER:
		return write_container(lines, &event->container);
	}
	return 0;
}
