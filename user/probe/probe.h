/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connects to backends, as a load balancer would: TCP or a Unix socket, then, if wanted, the first
 * bytes of a conversation and whatever is answered. It is the only part of lbtrace that sends packets.
 */
#ifndef LBTRACE_USER_PROBE_PROBE_H
#define LBTRACE_USER_PROBE_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

#define PROBE_RUNNING_MOST 64 /* connections at once */

struct probe_target {
	struct event_owner owner; /* for whom it is asked; goes into the attempt */
	struct event_address address; /* family 0: the Unix socket `path` */
	uint32_t netns; /* in which the socket is made */
	uint32_t tgid; /* a process that sees `path` */
	const char *path; /* absolute, below the root of `tgid` */
	/* To send once connected; NULL: it is closed at once. Valid as long as the target. */
	const void *hello;
	size_t hello_bytes;
	uint8_t hello_kind; /* enum payload_kind: of what is answered */
};

struct probe_options {
	uint64_t connect_ns; /* patience for the handshake */
	uint64_t answer_ns; /* and for the first bytes of an answer */
	/* Makes a socket (AF_..., SOCK_... with SOCK_NONBLOCK) in that network namespace: its descriptor,
	 * or -errno. */
	int (*socket)(void *context, uint32_t netns, int family, int type);
	void *context;
};

struct probe_result {
	int err; /* 0, or -errno of making the socket: nothing was tried, `attempt` is not filled */
	/* As the kernel side would have recorded it. ESTABLISHED: the connection came about. ANSWERED,
	 * EXCHANGE_OPEN: of `hello`. Of an answer at most EVENT_HEAD_BYTES are read. */
	struct event_attempt attempt;
};

/* Tries every target once, PROBE_RUNNING_MOST at a time, and fills results[i] for targets[i]. Takes at
 * most count / PROBE_RUNNING_MOST + 1 times both patiences. 0, or -ENOMEM or -errno of poll(2). */
int probe_ask(const struct probe_options *options, const struct probe_target *targets, size_t count,
	      struct probe_result *results);

#endif
