/* SPDX-License-Identifier: GPL-2.0-only */
/* The RSTs on backends' connections, counted by who sent them, when and why. */
#ifndef LBTRACE_RESETS_H
#define LBTRACE_RESETS_H

#include "bpf/figures.h"

#define RESETS_RESPONSE_NS (1000 * 1000 * 1000ull)
#define RESETS_FLAG_ACK 0x10

/* Inserted: see struct reset_key. What finds no room is in the backend's figures only. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SHARED_RESETS_MAX);
	__type(key, struct reset_key);
	__type(value, __u64);
} resets SEC(".maps") __weak;

static __always_inline enum reset_phase resets_phase(const struct socket_state *socket)
{
	if (!(socket->flags & ATTEMPT_ESTABLISHED))
		return RESET_HANDSHAKE;
	if (socket->awaiting_response)
		return RESET_REQUEST;
	if (socket->received_ns && socket->exchanges &&
	    bpf_ktime_get_boot_ns() - socket->received_ns < RESETS_RESPONSE_NS)
		return RESET_RESPONSE;
	return RESET_IDLE;
}

static __always_inline __u32 resets_segment(const struct socket_state *socket)
{
	if (!socket->reset_flags)
		return RESET_SEGMENT_UNSEEN;
	return socket->reset_flags & RESETS_FLAG_ACK ? RESET_SEGMENT_ABORT : RESET_SEGMENT_UNKNOWN;
}

static __always_inline void resets_count(const struct socket_state *socket,
					 enum reset_direction direction, __u32 reason)
{
	struct reset_key key = {};
	__u64 *count, one = 1;

	figures_key(socket, &key.backend);
	key.direction = direction;
	key.phase = resets_phase(socket);
	key.reason = reason;
	count = bpf_map_lookup_elem(&resets, &key);
	if (!count && !bpf_map_update_elem(&resets, &key, &one, BPF_NOEXIST))
		return;
	if (!count)
		count = bpf_map_lookup_elem(&resets, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
}

#endif
