// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/written_config.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"

#define FIRST_LINE 10

static struct event_header header_new(uint16_t type, uint16_t size_bytes, uint64_t ms)
{
	return (struct event_header){
		.type = type,
		.size_bytes = size_bytes,
		.time_ns = WRITTEN_START_NS + ms * WRITTEN_MS,
	};
}

static const char *file_of(enum balancer_kind kind)
{
	return kind == BALANCER_HAPROXY ? "/etc/haproxy/haproxy.cfg" : "/etc/nginx/nginx.conf";
}

static struct event_owner leader_new(enum balancer_kind kind)
{
	struct event_owner owner = owner_new(kind);

	owner.tgid = owner.tid = owner.group;
	return owner;
}

struct event_config config_new(enum balancer_kind kind, uint32_t generation, uint64_t ms)
{
	struct event_config config = {
		.header = header_new(EVENT_CONFIG, sizeof(config), ms),
		.owner = leader_new(kind),
		.generation = generation,
		.kind = CONFIG_READ,
	};

	strcpy(config.file, file_of(kind));
	return config;
}

struct event_backend backend_new(enum balancer_kind kind, uint32_t index, uint8_t host)
{
	struct event_backend backend = {
		.header = header_new(EVENT_BACKEND, sizeof(backend), 0),
		.owner = leader_new(kind),
		.address = address_new(host),
		.generation = 1,
		.index = index,
		.line = FIRST_LINE + index,
		.connect_timeout_ms = 5000,
		.response_timeout_ms = 60000,
	};

	strcpy(backend.pool, "api");
	snprintf(backend.name, sizeof(backend.name), "app%u", index);
	snprintf(backend.host, sizeof(backend.host), "10.0.0.%u", host);
	snprintf(backend.directive, sizeof(backend.directive), "server %.16s%s10.0.0.%u:8080",
		 kind == BALANCER_HAPROXY ? backend.name : "", kind == BALANCER_HAPROXY ? " " : "",
		 host);
	strcpy(backend.file, file_of(kind));
	return backend;
}

void backend_by_name(struct event_backend *backend, const char *name)
{
	memset(&backend->address, 0, sizeof(backend->address));
	backend->address.port = 8080;
	backend->header.flags |= BACKEND_NAMED;
	if (backend->owner.kind == BALANCER_NGINX)
		backend->header.flags |= BACKEND_RESOLVED_ONCE;
	snprintf(backend->host, sizeof(backend->host), "%s", name);
	snprintf(backend->directive, sizeof(backend->directive), "server %.64s:8080", name);
}

void backend_pool(struct event_backend *backend, const char *pool, const char *name)
{
	snprintf(backend->pool, sizeof(backend->pool), "%s", pool);
	snprintf(backend->name, sizeof(backend->name), "%s", name);
}

void backend_check(struct event_backend *backend)
{
	backend->header.flags |= BACKEND_CHECKED;
	backend->check = CHECK_HTTP;
	backend->check_interval_ms = 2000;
	strcpy(backend->check_target, "GET /health");
}

struct event_backend_address backend_address_new(const struct event_backend *backend, uint8_t host,
						 uint32_t flags, uint64_t ms)
{
	struct event_backend_address address = {
		.header = header_new(EVENT_BACKEND_ADDRESS, sizeof(address), ms),
		.owner = backend->owner,
		.generation = backend->generation,
		.index = backend->index,
	};

	address.header.flags = flags;
	if (host)
		address.address = address_new(host);
	return address;
}

struct event_backend_status backend_status_new(const struct event_backend *backend,
					       enum backend_state state, uint64_t ms)
{
	struct event_backend_status status = {
		.header = header_new(EVENT_BACKEND_STATUS, sizeof(status), ms),
		.owner = backend->owner,
		.address = backend->address,
		.state = state,
	};

	memcpy(status.pool, backend->pool, sizeof(status.pool));
	memcpy(status.name, backend->name, sizeof(status.name));
	return status;
}

const struct report_configured *written_configured(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->configured_count; i++) {
		if (!strcmp(report->configured[i].name, name))
			return &report->configured[i];
	}
	fail_msg("no configured backend %s", name);
	return NULL;
}

const struct finding *written_finding(const struct report_configured *row, enum finding_id id)
{
	for (size_t i = 0; i < row->finding_count; i++) {
		if (row->findings[i].id == id)
			return &row->findings[i];
	}
	return NULL;
}

struct event_attempt check_refused(uint64_t cookie, uint8_t host, uint64_t ms)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, cookie, ms, 1);

	attempt_refuse(&attempt);
	attempt.remote = address_new(host);
	return attempt;
}

struct event_attempt check_answered(uint64_t cookie, uint8_t host, uint64_t ms, uint16_t status)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, cookie, ms, 5);

	attempt_answer(&attempt, status);
	attempt.remote = address_new(host);
	return attempt;
}
