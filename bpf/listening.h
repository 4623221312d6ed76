/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue of a load balancer's own listener, and what it drops. A SYN for which the queue has no
 * room goes without a drop reason: the socket's own counter is all there is. */
#ifndef LBTRACE_LISTENING_H
#define LBTRACE_LISTENING_H

#include "bpf/emit.h"

struct listening_state {
	__u32 drops_first; /* sk_drops when it was swept first */
	__u32 drops;
	__u32 backlog;
	__u32 reserved;
};

/* By the listener's address. Inserted in listening_sweep(), deleted by LRU; an address that another
 * listener got counts on from where the old one was, or anew when that is higher. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct listening_state);
} listening_states SEC(".maps") __weak;

static __always_inline void listening_emit(struct sock *sk, const struct socket_state *socket,
					   const struct listening_state *now, __u32 limit)
{
	struct event_resource *resource = emit_reserve(EVENT_RESOURCE, sizeof(*resource));

	if (!resource)
		return;
	resource->owner = socket->owner;
	resource->kind = RESOURCE_ACCEPT_QUEUE;
	socket_local(sk, &resource->listener);
	resource->used = now->backlog;
	resource->limit = limit;
	resource->count = now->drops - now->drops_first;
	resource->netns = socket->netns;
	bpf_ringbuf_submit(resource, 0);
}

/* Given when connections were dropped, wait longer than from one sweep to the next, or no longer. */
static __noinline int listening_sweep(struct sock *sk, struct socket_state *socket, __u64 key)
{
	struct listening_state *before = bpf_map_lookup_elem(&listening_states, &key);
	struct listening_state now = {};

	if (!socket || BPF_CORE_READ(sk, __sk_common.skc_state) != STATE_LISTEN)
		return 0;
	now.backlog = BPF_CORE_READ(sk, sk_ack_backlog);
	now.drops = BPF_CORE_READ(sk, sk_drops.counter);
	now.drops_first = now.drops;
	if (before && before->drops <= now.drops) {
		now.drops_first = before->drops_first;
		if (before->drops != now.drops || before->backlog)
			listening_emit(sk, socket, &now, BPF_CORE_READ(sk, sk_max_ack_backlog));
	}
	bpf_map_update_elem(&listening_states, &key, &now, BPF_ANY);
	return 0;
}

#endif
