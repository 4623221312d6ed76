/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loader and the programs share besides records: map values, sizes, rodata types. */
#ifndef LBTRACE_SHARED_H
#define LBTRACE_SHARED_H

#include "bpf/event.h"

#define SHARED_PROCESSES_MAX 4096
#define SHARED_BACKENDS_MAX 1024
#define SHARED_THREADS_MAX 16384
#define SHARED_RING_BYTES (8 * 1024 * 1024)
#define SHARED_RANGES_MAX 16

/* Value of `processes`, keyed by tgid: a process of a load balancer. Inserted by the loader and by
 * fork of a followed process; updated by exec; deleted by exit and by the loader. */
struct followed_process {
	__u32 group;
	__u32 kind; /* enum balancer_kind */
	char comm[EVENT_COMM_BYTES];
	__u64 resolved_ns; /* when it last read from a DNS server's socket; kept by the programs */
};

/* Index into `losses`, a per-CPU array of __u64. */
enum loss_counter {
	LOSS_RECORDS,
	LOSS_SOCKETS,
	LOSS_BACKENDS,
	LOSS_THREADS,
	LOSS_COUNTERS,
};

#define SHARED_SWEEPS_MAX 8192
#define SHARED_RESETS_MAX 4096

/* Key of `sweeps`: the connections to one backend that one process holds. */
struct sweep_key {
	struct backend_key backend;
	__u32 tgid; /* 0: of all that found no room */
	__u32 reserved;
};

/* Value of `sweeps`: what one run of the sweep iterator counted.
 * Inserted by the iterator, deleted by the loader before each run. */
struct sweep_count {
	struct buildup_state established;
	struct buildup_state close_wait;
};

/* Key of `resets`. Inserted by the programs at the first such RST; the loader only reads. */
struct reset_key {
	struct backend_key backend;
	__u32 reason; /* of one sent: the kernel's enum sk_rst_reason; received: enum reset_segment */
	__u8 direction; /* enum reset_direction */
	__u8 phase; /* enum reset_phase */
	__u16 reserved;
};

/* What a received RST says of its sender (RFC 9293, 3.10.7). */
enum reset_segment {
	RESET_SEGMENT_UNSEEN,
	RESET_SEGMENT_ABORT, /* it acknowledges: a live socket was aborted, or refuses */
	RESET_SEGMENT_UNKNOWN, /* no ACK: there is no such connection over there */
};

/* Key of `refusals`: clients that a process accepted and closed at once without reading a byte. The
 * value is their number, a __u64. */
struct refusal_key {
	struct event_owner owner;
	struct event_address listener;
	__u32 netns;
	__u32 reserved;
};

#define SHARED_DROP_PLACES_MAX 8

enum drop_place_kind {
	DROP_PLACE_NONE,
	DROP_PLACE_NETFILTER,
	DROP_PLACE_NEIGHBOUR,
};

/* Element of the rodata array `drop_places`, for kernels that give no reason for a drop (before 5.17):
 * which of the kernel's functions throws packets away for which reason. */
struct drop_place {
	__u64 from; /* addresses of its code, `to` excluded */
	__u64 to;
	__u32 kind; /* enum drop_place_kind */
	__u32 reserved;
};

/* --backend: element of the rodata array `backend_ranges`. */
struct backend_range {
	__u8 bytes[16];
	__u16 port; /* 0: any */
	__u8 family; /* 4, 6 */
	__u8 prefix_bits;
};

#endif
