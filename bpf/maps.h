/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps and settings of the whole object; weak, so that each file of bpf/ may include them. */
#ifndef LBTRACE_MAPS_H
#define LBTRACE_MAPS_H

#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/shared.h"

/* Written by the loader before load. */
const volatile bool use_socket_storage __weak = true;
const volatile bool connect_from_state __weak = true;
const volatile __u32 only_netns __weak = 0;
const volatile __u32 backend_range_count __weak = 0;
const volatile struct backend_range backend_ranges[SHARED_RANGES_MAX] __weak = {};

/*
 * A member of what the kernel gave a pointer to. Where it knows the pointer's type that is a load; a
 * program on a kprobe gets a bare address, and must ask for a copy. Such programs are used only where
 * there is no socket storage, so the verifier sees but one of the two.
 */
#define TYPED_READ(pointer, member) \
	(use_socket_storage ? (pointer)->member : BPF_CORE_READ(pointer, member))

/* Network constants that BTF does not carry. */
enum {
	FAMILY_INET = 2,
	FAMILY_INET6 = 10,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
};

/* enum of net/tcp_states.h: the same since Linux 2.4. */
enum tcp_state {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_TIME_WAIT,
	STATE_CLOSE,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
	STATE_NEW_SYN_RECV,
};

/* Inserted and deleted: see struct followed_process. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SHARED_PROCESSES_MAX);
	__type(key, __u32);
	__type(value, struct followed_process);
} processes SEC(".maps") __weak;

/* Each CPU counts its own; summed by the loader. Index: enum loss_counter. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LOSS_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SHARED_RING_BYTES);
} events SEC(".maps") __weak;

static __always_inline void loss_count(enum loss_counter which)
{
	__u32 index = which;
	__u64 *count = bpf_map_lookup_elem(&losses, &index);

	if (count)
		(*count)++;
}

/* The followed process that runs now, or NULL. Only meaningful in process context. */
static __always_inline struct followed_process *process_current(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return bpf_map_lookup_elem(&processes, &tgid);
}

#endif
