/* SPDX-License-Identifier: GPL-2.0-only */
/* Load balancers that speak TLS to their clients: has what they write read, or says that it cannot be. */
#ifndef LBTRACE_USER_CMD_TLS_FRONTS_H
#define LBTRACE_USER_CMD_TLS_FRONTS_H

#include <stdbool.h>
#include <stdint.h>

#include "user/capture/capture.h"
#include "user/inventory/inventory.h"

#define TLS_FRONTS_MAX 64

struct tls_fronts {
	struct inventory *inventory;
	struct capture *capture;
	bool forced; /* --tls */
	uint32_t told[TLS_FRONTS_MAX]; /* groups whose state was given */
	uint32_t told_count;
};

/* A process is followed from now on: hooks the library that it has loaded. With --tls also what is
 * built into the program itself, and says what cannot be hooked. Gives a record to `sink` then. 0 or
 * the sink's error. */
int tls_fronts_follow(struct tls_fronts *fronts, const struct event_owner *owner, record_sink sink,
		      void *context);

/* The kernel saw it answer a client's handshake. Gives a record with what came of it to `sink`, once
 * for each load balancer. 0 or the sink's error. */
int tls_fronts_seen(struct tls_fronts *fronts, const struct event_tls *seen, record_sink sink,
		    void *context);

#endif
