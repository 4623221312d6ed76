/* SPDX-License-Identifier: GPL-2.0-only */
/* One connection under way. Private to the probe. */
#ifndef LBTRACE_USER_PROBE_CONNECTION_H
#define LBTRACE_USER_PROBE_CONNECTION_H

#include <stdbool.h>

#include "user/probe/probe.h"

struct connection {
	const struct probe_options *options;
	const struct probe_target *target;
	struct probe_result *result;
	int socket; /* -1: over */
	bool connected;
	size_t sent; /* of the hello */
	uint64_t deadline_ns;
	uint8_t head[EVENT_HEAD_BYTES];
	size_t received;
};

/* Begins; it may be over at once. */
void connection_begin(struct connection *connection, const struct probe_options *options,
		      const struct probe_target *target, struct probe_result *result);

/* What it waits for (POLLIN, POLLOUT). */
short connection_events(const struct connection *connection);

/* Goes on after poll(2) gave `came`; 0: nothing. */
void connection_advance(struct connection *connection, short came, uint64_t now_ns);

#endif
