/* SPDX-License-Identifier: GPL-2.0-only */
/* What was lost since lbtrace attached. */
#ifndef LBTRACE_USER_CAPTURE_LOSSES_H
#define LBTRACE_USER_CAPTURE_LOSSES_H

#include <stdint.h>

#include "bpf/shared.h"
#include "user/lib/record.h"

/* Zeroed, with the descriptor of the map `losses`, by its owner. */
struct losses {
	int map_fd;
	uint64_t malformed; /* records of the ring that record_check() turned down */
	uint64_t unseeded; /* sockets that got no storage in capture_seed() */
	struct event_loss given; /* the last record given */
};

/* Gives an EVENT_LOSS record when a counter changed since the last. 0, the sink's error or -errno. */
int losses_give(struct losses *losses, record_sink sink, void *context);

/* Records, sockets and threads together. Not backends: what is counted as one of the others is not
 * lost. When the map cannot be read: as given last. */
uint64_t losses_total(const struct losses *losses);

#endif
