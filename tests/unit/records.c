// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/records.h"

#include <stdio.h>
#include <string.h>

const uint16_t record_types[] = {
	EVENT_ATTEMPT,	      EVENT_RESPONSE,	   EVENT_PROCESS,
	EVENT_ACCEPT_DROP,    EVENT_LOAD_BALANCER, EVENT_LISTENER,
	EVENT_FIGURES,	      EVENT_LOSS,	   EVENT_TICK,
	EVENT_NEIGHBOUR,      EVENT_HOST_PORT,	   EVENT_BUILDUP,
	EVENT_RESOURCE,	      EVENT_RESETS,	   EVENT_TLS,
	EVENT_CONFIG,	      EVENT_BACKEND,	   EVENT_BACKEND_ADDRESS,
	EVENT_BACKEND_STATUS, EVENT_CONTAINER,
};
const size_t record_type_count = sizeof(record_types) / sizeof(record_types[0]);

uint16_t record_type_bytes(uint16_t type)
{
	switch (type) {
	case EVENT_ATTEMPT:
		return sizeof(struct event_attempt);
	case EVENT_RESPONSE:
		return sizeof(struct event_response);
	case EVENT_PROCESS:
		return sizeof(struct event_process);
	case EVENT_ACCEPT_DROP:
		return sizeof(struct event_accept_drop);
	case EVENT_LOAD_BALANCER:
		return sizeof(struct event_load_balancer);
	case EVENT_LISTENER:
		return sizeof(struct event_listener);
	case EVENT_FIGURES:
		return sizeof(struct event_figures);
	case EVENT_LOSS:
		return sizeof(struct event_loss);
	case EVENT_NEIGHBOUR:
		return sizeof(struct event_neighbour);
	case EVENT_HOST_PORT:
		return sizeof(struct event_host_port);
	case EVENT_BUILDUP:
		return sizeof(struct event_buildup);
	case EVENT_RESOURCE:
		return sizeof(struct event_resource);
	case EVENT_RESETS:
		return sizeof(struct event_resets);
	case EVENT_TLS:
		return sizeof(struct event_tls);
	case EVENT_CONFIG:
		return sizeof(struct event_config);
	case EVENT_BACKEND:
		return sizeof(struct event_backend);
	case EVENT_BACKEND_ADDRESS:
		return sizeof(struct event_backend_address);
	case EVENT_BACKEND_STATUS:
		return sizeof(struct event_backend_status);
	case EVENT_CONTAINER:
		return sizeof(struct event_container);
	default:
		return sizeof(struct event_tick);
	}
}

static void make_owner(struct event_owner *owner, uint64_t seed)
{
	owner->group = 1000;
	owner->tgid = 1000 + (uint32_t)(seed % 4);
	owner->tid = owner->tgid;
	owner->kind = seed % BALANCER_KINDS;
	snprintf(owner->comm, sizeof(owner->comm), "worker-%u", owner->tgid);
}

static void make_address(struct event_address *address, uint64_t seed)
{
	address->family = seed % 2 ? 6 : 4;
	address->bytes[0] = seed % 2 ? 0xfd : 10;
	address->bytes[3] = (uint8_t)(seed % 251);
	address->port = (uint16_t)(1024 + seed * 7919 % 60000);
}

static void make_attempt(struct event_attempt *attempt, uint64_t seed)
{
	uint64_t started_ns = attempt->header.time_ns - 3000000 - seed * 1237 % 1000000;

	make_owner(&attempt->owner, seed);
	make_address(&attempt->local, seed);
	make_address(&attempt->remote, seed % 8);
	attempt->header.flags = ATTEMPT_ESTABLISHED | ATTEMPT_RESET_RECEIVED;
	attempt->cookie = 0x10000 + seed;
	attempt->client_cookie = 0x20000 + seed;
	attempt->started_ns = started_ns;
	attempt->established_ns = started_ns + 150000 + seed * 17 % 90000;
	attempt->request_ns = attempt->established_ns + 21000;
	attempt->reset_received_ns = attempt->header.time_ns;
	attempt->bytes_sent = 120 + seed % 400;
	attempt->error = 104;
	attempt->old_state = 1;
	attempt->rtt_us = 100 + (uint32_t)(seed % 1000);
	attempt->sent.kind = PAYLOAD_HTTP1;
	attempt->sent.length = 3;
	memcpy(attempt->sent.head, "GET", 3);
}

static void make_response(struct event_response *response, uint64_t seed)
{
	make_owner(&response->owner, seed);
	make_address(&response->frontend, seed % 2);
	make_address(&response->client, seed);
	response->cookie = 0x20000 + seed;
	response->attempt_cookie = 0x10000 + seed;
	response->request_ns = response->header.time_ns - 5000000;
	response->request_first_ns = response->request_ns;
	response->requests = 1;
	response->attempts = 1;
	response->status = 502;
}

static void make_figures(struct event_figures *figures, uint64_t seed)
{
	make_owner(&figures->owner, seed);
	make_address(&figures->backend.address, seed % 8);
	figures->figures.attempts = seed;
	figures->figures.connected = seed / 2;
	figures->figures.connect_us.count = seed;
	figures->figures.connect_us.buckets[seed % HISTOGRAM_BUCKETS] = (uint32_t)seed;
}

static void make_load_balancer(struct event_load_balancer *found, uint64_t seed)
{
	make_owner(&found->owner, seed);
	found->processes = 2;
	snprintf(found->config, sizeof(found->config), "/etc/lb/%u.conf", (unsigned int)seed);
	snprintf(found->executable, sizeof(found->executable), "/usr/sbin/lb");
}

static void make_buildup(struct event_buildup *buildup, uint64_t seed)
{
	make_owner(&buildup->owner, seed);
	make_address(&buildup->backend, seed % 8);
	buildup->close_wait.count = (uint32_t)seed;
	buildup->close_wait.ages[seed % BUILDUP_AGES] = (uint32_t)seed;
	buildup->close_wait.oldest_ns = buildup->header.time_ns - seed * 1000000007ull;
}

static void make_resource(struct event_resource *resource, uint64_t seed)
{
	make_owner(&resource->owner, seed);
	make_address(&resource->listener, seed);
	resource->kind = (uint16_t)(1 + seed % (RESOURCE_KINDS - 1));
	resource->used = seed;
	resource->limit = 100 + seed % 7;
	resource->count = seed % 3;
}

static void make_resets(struct event_resets *resets, uint64_t seed)
{
	make_owner(&resets->owner, seed);
	make_address(&resets->backend, seed % 8);
	resets->count = seed;
	resets->direction = seed % RESET_DIRECTIONS;
	resets->phase = seed % RESET_PHASES;
	snprintf(resets->reason, sizeof(resets->reason), "TCP_STATE");
}

static void make_config(struct event_config *config, uint64_t seed)
{
	make_owner(&config->owner, seed);
	config->generation = 1;
	config->line = (uint32_t)(seed % 9);
	config->kind = (uint16_t)(CONFIG_READ + seed % CONFIG_CHANGED);
	snprintf(config->file, sizeof(config->file), "/etc/lb/%u.conf", (unsigned int)seed % 4);
	snprintf(config->text, sizeof(config->text), "statement %u", (unsigned int)seed);
}

static void make_backend(struct event_backend *backend, uint64_t seed)
{
	make_owner(&backend->owner, seed);
	backend->header.flags = seed % 2 ? BACKEND_CHECKED : BACKEND_NAMED;
	if (seed % 2)
		make_address(&backend->address, seed % 8);
	backend->generation = 1;
	backend->index = (uint32_t)(seed % 8);
	backend->line = (uint32_t)(10 + seed % 8);
	backend->protocol = seed % BACKEND_PROTOCOLS;
	backend->check = seed % CHECK_KINDS;
	backend->connect_timeout_ms = (uint32_t)(seed % 5 * 1000);
	snprintf(backend->pool, sizeof(backend->pool), "pool%u", (unsigned int)(seed % 3));
	snprintf(backend->name, sizeof(backend->name), "app%u", (unsigned int)(seed % 8));
	snprintf(backend->host, sizeof(backend->host), "app%u.internal", (unsigned int)(seed % 8));
	snprintf(backend->file, sizeof(backend->file), "/etc/lb/lb.conf");
	snprintf(backend->directive, sizeof(backend->directive), "server app%u",
		 (unsigned int)(seed % 8));
}

static void make_backend_address(struct event_backend_address *found, uint64_t seed)
{
	make_owner(&found->owner, seed);
	make_address(&found->address, seed % 8);
	found->header.flags = seed % 3 ? 0 : BACKEND_ADDRESS_GONE;
	found->generation = 1;
	found->index = (uint32_t)(seed % 8);
	found->ttl_seconds = (uint32_t)(seed % 60);
}

static void make_backend_status(struct event_backend_status *status, uint64_t seed)
{
	make_owner(&status->owner, seed);
	make_address(&status->address, seed % 8);
	status->state = (uint16_t)(BACKEND_UP + seed % (BACKEND_STATES - BACKEND_UP));
	status->changed_ns = status->header.time_ns - seed % 1000000;
	status->connect_errors = seed;
	snprintf(status->pool, sizeof(status->pool), "pool%u", (unsigned int)(seed % 3));
	snprintf(status->name, sizeof(status->name), "app%u", (unsigned int)(seed % 8));
	snprintf(status->check_status, sizeof(status->check_status), "L4CON");
}

static void make_container(struct event_container *container, uint64_t seed)
{
	make_owner(&container->owner, seed);
	snprintf(container->runtime, sizeof(container->runtime), "docker");
	snprintf(container->id, sizeof(container->id), "%064u", (unsigned int)seed);
	snprintf(container->name, sizeof(container->name), "web-%u", (unsigned int)seed);
}

/* Those of the configurations. */
static void make_configured(union event *event, uint16_t type, uint64_t seed)
{
	switch (type) {
	case EVENT_CONFIG:
		make_config(&event->config, seed);
		break;
	case EVENT_BACKEND:
		make_backend(&event->backend, seed);
		break;
	case EVENT_BACKEND_ADDRESS:
		make_backend_address(&event->backend_address, seed);
		break;
	case EVENT_BACKEND_STATUS:
		make_backend_status(&event->backend_status, seed);
		break;
	case EVENT_CONTAINER:
		make_container(&event->container, seed);
		break;
	default:
		break;
	}
}

void record_make(union event *event, uint16_t type, uint64_t seed)
{
	uint16_t bytes = record_type_bytes(type);

	memset(event, 0, bytes);
	event->header.type = type;
	event->header.size_bytes = bytes;
	event->header.time_ns = 1000000000000ull + seed * 130003;
	switch (type) {
	case EVENT_ATTEMPT:
		make_attempt(&event->attempt, seed);
		break;
	case EVENT_RESPONSE:
		make_response(&event->response, seed);
		break;
	case EVENT_PROCESS:
		make_owner(&event->process.owner, seed);
		break;
	case EVENT_ACCEPT_DROP:
		make_owner(&event->accept_drop.owner, seed);
		make_address(&event->accept_drop.listener, seed);
		break;
	case EVENT_LOAD_BALANCER:
		make_load_balancer(&event->load_balancer, seed);
		break;
	case EVENT_LISTENER:
		make_owner(&event->listener.owner, seed);
		make_address(&event->listener.address, seed);
		break;
	case EVENT_FIGURES:
		make_figures(&event->figures, seed);
		break;
	case EVENT_NEIGHBOUR:
		make_address(&event->neighbour.address, seed);
		break;
	case EVENT_BUILDUP:
		make_buildup(&event->buildup, seed);
		break;
	case EVENT_RESOURCE:
		make_resource(&event->resource, seed);
		break;
	case EVENT_RESETS:
		make_resets(&event->resets, seed);
		break;
	case EVENT_TLS:
		make_owner(&event->tls.owner, seed);
		make_address(&event->tls.frontend, seed);
		event->tls.state = 1 + seed % TLS_UNREADABLE;
		snprintf(event->tls.library, sizeof(event->tls.library), "/lib/libssl.so.%u",
			 (unsigned int)(seed % 4));
		break;
	case EVENT_HOST_PORT:
		make_address(&event->host_port.address, seed);
		break;
	default:
		make_configured(event, type, seed);
		break;
	}
}
