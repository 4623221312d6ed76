/* SPDX-License-Identifier: GPL-2.0-only */
/* Records into the ring buffer: zeroed, stamped, and counted when they are lost. */
#ifndef LBTRACE_EMIT_H
#define LBTRACE_EMIT_H

#include "bpf/socket.h"
#include "bpf/thread.h"

/* Room for one record of `size` bytes, a compile-time constant; NULL: the ring is full. */
static __always_inline void *emit_reserve(enum event_type type, __u32 size)
{
	struct event_header *header = bpf_ringbuf_reserve(&events, size, 0);

	if (!header) {
		loss_count(LOSS_RECORDS);
		return NULL;
	}
	__builtin_memset(header, 0, size);
	header->type = type;
	header->size_bytes = size;
	header->time_ns = bpf_ktime_get_boot_ns();
	return header;
}

/* The owner that runs now: a followed process, in its own context. */
static __always_inline void owner_fill_current(struct event_owner *owner,
					       const struct followed_process *process)
{
	__u64 id = bpf_get_current_pid_tgid();

	owner->group = process->group;
	owner->kind = process->kind;
	owner->tgid = id >> 32;
	owner->tid = (__u32)id;
	bpf_get_current_comm(owner->comm, sizeof(owner->comm));
}

#endif
