// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/config_json.h"

#include "user/render/json_text.h"
#include "user/render/words.h"

json_t *config_json_merge(json_t *object, json_t *addition)
{
	if (!object || !addition || json_object_update(object, addition)) {
		json_decref(object);
		object = NULL;
	}
	json_decref(addition);
	return object;
}

/* null for 0: what the configuration does not say. */
static json_t *count_or_null(uint64_t count)
{
	return count ? json_count(count) : json_null();
}

static json_t *has(const struct event_backend *backend, uint32_t flag)
{
	return json_boolean(backend->header.flags & flag);
}

/* How the load balancer finds out whether it lives; null: it does not. */
static json_t *check(const struct event_backend *backend)
{
	const char *kind = words_check(backend->check);

	if (!(backend->header.flags & BACKEND_CHECKED))
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "kind", json_text_or_null(kind), "target",
			 json_text_or_null(backend->check_target), "port",
			 count_or_null(backend->check_port), "interval_ms",
			 count_or_null(backend->check_interval_ms));
}

static json_t *properties(const struct event_backend *backend)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "protocol",
			 words_protocol(backend->protocol), "tls", has(backend, BACKEND_TLS),
			 "http2", has(backend, BACKEND_HTTP2), "send_proxy",
			 has(backend, BACKEND_SEND_PROXY), "backup", has(backend, BACKEND_BACKUP),
			 "disabled", has(backend, BACKEND_DISABLED), "named",
			 has(backend, BACKEND_NAMED), "dynamic", has(backend, BACKEND_DYNAMIC),
			 "unix", has(backend, BACKEND_UNIX), "resolved_once",
			 has(backend, BACKEND_RESOLVED_ONCE));
}

static json_t *limits(const struct event_backend *backend)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "weight", count_or_null(backend->weight),
			 "connections_max", count_or_null(backend->connections_max),
			 "connect_timeout_ms", count_or_null(backend->connect_timeout_ms),
			 "response_timeout_ms", count_or_null(backend->response_timeout_ms),
			 "keepalive_idle_ms", count_or_null(backend->keepalive_idle_ms), "check",
			 check(backend));
}

json_t *config_json_backend(const struct event_backend *backend)
{
	json_t *object = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pool", json_text_or_null(backend->pool),
		"server", json_text_or_null(backend->name), "host",
		json_text_or_null(backend->host), "port", count_or_null(backend->address.port),
		"file", json_text_or_null(backend->file), "line", count_or_null(backend->line),
		"directive", json_text_or_null(backend->directive));

	object = config_json_merge(object, properties(backend));
	return config_json_merge(object, limits(backend));
}

static json_t *check_result(const struct event_backend_status *status)
{
	if (!*status->check_status)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "status", json_text(status->check_status), "code",
			 count_or_null(status->check_code), "text",
			 json_text_or_null(status->check_text), "duration_ms",
			 json_count(status->check_duration_ms));
}

json_t *config_json_status(const struct event_backend_status *status, const char *since_key,
			   json_t *since)
{
	json_t *address = status->address.family ? json_address(&status->address) : json_null();

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "state",
			 words_backend_state(status->state), since_key, since, "check",
			 check_result(status), "address", address, "weight",
			 json_count(status->weight), "queued", json_count(status->queued),
			 "connect_errors", json_count(status->connect_errors), "response_errors",
			 json_count(status->response_errors), "retries",
			 json_count(status->retries), "redispatches",
			 json_count(status->redispatches));
}

json_t *config_json_container(const struct event_container *container)
{
	if (!container->header.type)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "runtime",
			 json_text_or_null(container->runtime), "id",
			 json_text_or_null(container->id), "name",
			 json_text_or_null(container->name), "pod",
			 json_text_or_null(container->pod), "namespace",
			 json_text_or_null(container->pod_namespace));
}
