/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loader and the programs share besides records: map values, sizes, rodata types. */
#ifndef LBTRACE_SHARED_H
#define LBTRACE_SHARED_H

#include "bpf/event.h"

#define SHARED_PROCESSES_MAX 4096
#define SHARED_BACKENDS_MAX 1024
#define SHARED_THREADS_MAX 16384
#define SHARED_RING_BYTES (4 * 1024 * 1024)
#define SHARED_RANGES_MAX 16

/* Value of `processes`, keyed by tgid: a process of a load balancer. Inserted by the loader and by
 * fork of a followed process; updated by exec; deleted by exit and by the loader. */
struct followed_process {
	__u32 group;
	__u32 kind; /* enum balancer_kind */
	char comm[EVENT_COMM_BYTES];
};

/* Index into `losses`, a per-CPU array of __u64. */
enum loss_counter {
	LOSS_RECORDS,
	LOSS_SOCKETS,
	LOSS_BACKENDS,
	LOSS_THREADS,
	LOSS_COUNTERS,
};

/* Value of `sweeps`, keyed by struct backend_key: what one run of the sweep iterator counted.
 * Inserted by the iterator, deleted by the loader before each run. */
struct sweep_count {
	__u32 established;
	__u32 close_wait;
	__u64 close_wait_since_ns; /* of the oldest, 0: none */
};

/* --backend: element of the rodata array `backend_ranges`. */
struct backend_range {
	__u8 bytes[16];
	__u16 port; /* 0: any */
	__u8 family; /* 4, 6 */
	__u8 prefix_bits;
};

#endif
