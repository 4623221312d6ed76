// SPDX-License-Identifier: GPL-2.0-only
#include "user/lib/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TCP_STATE_LAST 13 /* TCP_BOUND_INACTIVE, include/net/tcp_states.h */
#define ERRNO_MOST 4095 /* MAX_ERRNO, include/linux/err.h */
#define RECORD_ALIGNMENT 8

struct record_type {
	uint16_t type;
	uint16_t size_bytes;
	bool (*is_valid)(const union event *event); /* NULL: any content is */
};

static bool is_text(const char *text, size_t bytes)
{
	return memchr(text, '\0', bytes);
}

static bool is_errno(int32_t error)
{
	return error >= -ERRNO_MOST && error <= ERRNO_MOST;
}

static bool is_family(uint8_t family)
{
	return family == 0 || family == 4 || family == 6;
}

static bool is_owner(const struct event_owner *owner)
{
	return owner->kind < BALANCER_KINDS && is_text(owner->comm, sizeof(owner->comm));
}

static bool is_payload(const struct event_payload *payload)
{
	if (payload->kind > PAYLOAD_OTHER || payload->length > EVENT_HEAD_BYTES)
		return false;
	return !payload->status || (payload->status >= 100 && payload->status <= 999);
}

static bool is_attempt(const union event *event)
{
	const struct event_attempt *attempt = &event->attempt;

	return is_owner(&attempt->owner) && is_family(attempt->local.family) &&
	       is_family(attempt->remote.family) && is_family(attempt->icmp_source.family) &&
	       is_family(attempt->icmp_family) && attempt->old_state <= TCP_STATE_LAST &&
	       is_errno(attempt->error) && is_errno(attempt->retransmit_error) &&
	       is_payload(&attempt->sent) && is_payload(&attempt->received);
}

static bool is_response(const union event *event)
{
	const struct event_response *response = &event->response;

	return is_owner(&response->owner) && is_family(response->frontend.family) &&
	       is_family(response->client.family) && response->status >= 500 &&
	       response->status <= 599;
}

static bool is_process(const union event *event)
{
	return is_owner(&event->process.owner);
}

static bool is_accept_drop(const union event *event)
{
	return is_owner(&event->accept_drop.owner) && is_family(event->accept_drop.listener.family);
}

static bool is_load_balancer(const union event *event)
{
	const struct event_load_balancer *found = &event->load_balancer;

	return is_owner(&found->owner) && is_text(found->config, sizeof(found->config)) &&
	       is_text(found->executable, sizeof(found->executable));
}

static bool is_listener(const union event *event)
{
	return is_owner(&event->listener.owner) && is_family(event->listener.address.family);
}

static bool is_neighbour(const union event *event)
{
	return is_family(event->neighbour.address.family);
}

static bool is_host_port(const union event *event)
{
	return is_family(event->host_port.address.family);
}

static bool is_figures(const union event *event)
{
	return is_owner(&event->figures.owner) && is_family(event->figures.backend.address.family);
}

static bool is_tls(const union event *event)
{
	const struct event_tls *tls = &event->tls;

	return is_owner(&tls->owner) && is_family(tls->frontend.family) &&
	       is_text(tls->library, sizeof(tls->library));
}

static bool is_buildup(const union event *event)
{
	return is_owner(&event->buildup.owner) && is_family(event->buildup.backend.family);
}

static bool is_resource(const union event *event)
{
	return is_owner(&event->resource.owner) && is_family(event->resource.listener.family);
}

static bool is_resets(const union event *event)
{
	const struct event_resets *resets = &event->resets;

	return is_owner(&resets->owner) && is_family(resets->backend.family) &&
	       resets->direction < RESET_DIRECTIONS && resets->phase < RESET_PHASES &&
	       is_text(resets->reason, sizeof(resets->reason));
}

static bool is_config(const union event *event)
{
	const struct event_config *config = &event->config;

	return is_owner(&config->owner) && is_text(config->file, sizeof(config->file)) &&
	       is_text(config->text, sizeof(config->text));
}

static bool is_backend(const union event *event)
{
	const struct event_backend *backend = &event->backend;

	return is_owner(&backend->owner) && is_family(backend->address.family) &&
	       backend->protocol < BACKEND_PROTOCOLS && backend->check < CHECK_KINDS &&
	       is_text(backend->pool, sizeof(backend->pool)) &&
	       is_text(backend->name, sizeof(backend->name)) &&
	       is_text(backend->host, sizeof(backend->host)) &&
	       is_text(backend->check_target, sizeof(backend->check_target)) &&
	       is_text(backend->file, sizeof(backend->file)) &&
	       is_text(backend->directive, sizeof(backend->directive));
}

static bool is_backend_address(const union event *event)
{
	const struct event_backend_address *address = &event->backend_address;

	return is_owner(&address->owner) && is_family(address->address.family);
}

static bool is_backend_status(const union event *event)
{
	const struct event_backend_status *status = &event->backend_status;

	return is_owner(&status->owner) && is_family(status->address.family) &&
	       status->state < BACKEND_STATES && is_text(status->pool, sizeof(status->pool)) &&
	       is_text(status->name, sizeof(status->name)) &&
	       is_text(status->check_status, sizeof(status->check_status)) &&
	       is_text(status->check_text, sizeof(status->check_text));
}

static bool is_container(const union event *event)
{
	const struct event_container *container = &event->container;

	return is_owner(&container->owner) &&
	       is_text(container->runtime, sizeof(container->runtime)) &&
	       is_text(container->id, sizeof(container->id)) &&
	       is_text(container->name, sizeof(container->name)) &&
	       is_text(container->pod, sizeof(container->pod)) &&
	       is_text(container->pod_namespace, sizeof(container->pod_namespace));
}

static const struct record_type types[] = {
	{ EVENT_ATTEMPT, sizeof(struct event_attempt), is_attempt },
	{ EVENT_RESPONSE, sizeof(struct event_response), is_response },
	{ EVENT_PROCESS, sizeof(struct event_process), is_process },
	{ EVENT_ACCEPT_DROP, sizeof(struct event_accept_drop), is_accept_drop },
	{ EVENT_LOAD_BALANCER, sizeof(struct event_load_balancer), is_load_balancer },
	{ EVENT_LISTENER, sizeof(struct event_listener), is_listener },
	{ EVENT_FIGURES, sizeof(struct event_figures), is_figures },
	{ EVENT_LOSS, sizeof(struct event_loss), NULL },
	{ EVENT_TICK, sizeof(struct event_tick), NULL },
	{ EVENT_NEIGHBOUR, sizeof(struct event_neighbour), is_neighbour },
	{ EVENT_TLS, sizeof(struct event_tls), is_tls },
	{ EVENT_BUILDUP, sizeof(struct event_buildup), is_buildup },
	{ EVENT_RESOURCE, sizeof(struct event_resource), is_resource },
	{ EVENT_RESETS, sizeof(struct event_resets), is_resets },
	{ EVENT_HOST_PORT, sizeof(struct event_host_port), is_host_port },
	{ EVENT_CONFIG, sizeof(struct event_config), is_config },
	{ EVENT_BACKEND, sizeof(struct event_backend), is_backend },
	{ EVENT_BACKEND_ADDRESS, sizeof(struct event_backend_address), is_backend_address },
	{ EVENT_BACKEND_STATUS, sizeof(struct event_backend_status), is_backend_status },
	{ EVENT_CONTAINER, sizeof(struct event_container), is_container },
};

static const struct record_type *find_type(uint16_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type)
			return &types[i];
	}
	return NULL;
}

long record_check(const void *data, size_t bytes)
{
	const union event *event = data;
	const struct record_type *type;
	uint16_t size_bytes;

	if ((uintptr_t)data % RECORD_ALIGNMENT || bytes < sizeof(struct event_header))
		return -EBADMSG;
	size_bytes = event->header.size_bytes;
	if (size_bytes < sizeof(struct event_header) || size_bytes % RECORD_ALIGNMENT ||
	    size_bytes > bytes)
		return -EBADMSG;
	type = find_type(event->header.type);
	if (!type)
		return size_bytes;
	if (size_bytes < type->size_bytes || (type->is_valid && !type->is_valid(event)))
		return -EBADMSG;
	return size_bytes;
}
