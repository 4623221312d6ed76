/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any well-formed records. An input is a list of them, each made of a zeroed one: a byte for its type,
 * one for its time after the one before, one for the number of patches, then the patches: two bytes of
 * offset, one of value.
 */
#ifndef LBTRACE_TESTS_FUZZ_RECORDS_H
#define LBTRACE_TESTS_FUZZ_RECORDS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"

#define PATCH_BYTES 3
#define CHECK(condition)                                                    \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #condition); \
			abort();                                            \
		}                                                           \
	} while (0)

static const struct {
	uint16_t type;
	uint16_t size_bytes;
} record_types[] = {
	{ EVENT_ATTEMPT, sizeof(struct event_attempt) },
	{ EVENT_RESPONSE, sizeof(struct event_response) },
	{ EVENT_PROCESS, sizeof(struct event_process) },
	{ EVENT_ACCEPT_DROP, sizeof(struct event_accept_drop) },
	{ EVENT_LOAD_BALANCER, sizeof(struct event_load_balancer) },
	{ EVENT_LISTENER, sizeof(struct event_listener) },
	{ EVENT_FIGURES, sizeof(struct event_figures) },
	{ EVENT_LOSS, sizeof(struct event_loss) },
	{ EVENT_TICK, sizeof(struct event_tick) },
	{ EVENT_NEIGHBOUR, sizeof(struct event_neighbour) },
	{ EVENT_HOST_PORT, sizeof(struct event_host_port) },
	{ EVENT_CONFIG, sizeof(struct event_config) },
	{ EVENT_BACKEND, sizeof(struct event_backend) },
	{ EVENT_BACKEND_ADDRESS, sizeof(struct event_backend_address) },
	{ EVENT_BACKEND_STATUS, sizeof(struct event_backend_status) },
	{ EVENT_CONTAINER, sizeof(struct event_container) },
	{ EVENT_TLS, sizeof(struct event_tls) },
	{ EVENT_BUILDUP, sizeof(struct event_buildup) },
	{ EVENT_RESOURCE, sizeof(struct event_resource) },
	{ EVENT_RESETS, sizeof(struct event_resets) },
};

/* Fills `event` from the input; returns the bytes used, 0 at the end. */
static inline size_t make_record(const uint8_t *data, size_t size, uint64_t *now_ns,
				 union event *event)
{
	const size_t head_bytes = 3;
	size_t used = head_bytes, which;

	if (size < head_bytes)
		return 0;
	which = data[0] % (sizeof(record_types) / sizeof(record_types[0]));
	memset(event, 0, sizeof(*event));
	event->header.type = record_types[which].type;
	event->header.size_bytes = record_types[which].size_bytes;
	if (event->header.type == EVENT_RESPONSE)
		event->response.status = 502;
	*now_ns += (uint64_t)data[1] << 20;
	event->header.time_ns = *now_ns;
	for (unsigned int i = 0; i < data[2] && used + PATCH_BYTES <= size; i++) {
		uint16_t offset = (uint16_t)(data[used] | data[used + 1] << 8);

		/* The type and the size stay. */
		if (offset >= 4 && offset < event->header.size_bytes)
			((uint8_t *)event)[offset] = data[used + 2];
		used += PATCH_BYTES;
	}
	return used;
}

#endif
