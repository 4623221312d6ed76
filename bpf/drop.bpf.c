// SPDX-License-Identifier: GPL-2.0-only
/*
 * Role "drop": segments that this host's own kernel threw away. On a busy host
 * this fires for much that is of no interest, so the reason is tested first.
 * Where there is none (before 5.17) the place in the kernel tells the two most
 * important ones.
 */
#include "bpf/emit.h"
#include "bpf/mini_socket.h"

#define DROP_PROTOCOL_IPV6 0x86dd
#define DROP_ACCEPT_QUIET_NS (100 * 1000 * 1000ull)

/* The reason's number on this kernel; kernels that lack it never match. */
#define DROP_IS(reason, name)                                                        \
	(bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_##name) && \
	 (reason) == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_##name))

char LICENSE[] SEC("license") __weak = "GPL";

/* Written by the loader before load, for drop_tp_btf_2 alone. */
const volatile struct drop_place drop_places[SHARED_DROP_PLACES_MAX] = {};

/* When a listener's last record was made, by its cookie. Inserted in drop_accept(), deleted by LRU. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u64);
} accept_drops SEC(".maps");

static __always_inline struct socket_state *drop_backend(struct sock *sk)
{
	struct socket_state *socket;

	if (!sk || socket_is_mini(sk))
		return NULL;
	socket = socket_find(sk);
	if (!socket || socket->role != SOCKET_BACKEND)
		return NULL;
	return socket;
}

/*
 * On its way out, or in: a segment that came in carries its interface, and its
 * socket when it was found before the drop (early demultiplexing, so from the
 * INPUT hook and the route lookup on).
 */
static __always_inline void drop_in_transit(struct sk_buff *skb, __u32 reason, __u32 egress_flag)
{
	struct socket_state *socket = drop_backend(skb->sk);

	if (!socket)
		return;
	socket->drop_reason = reason;
	socket->flags |= skb->skb_iif ? ATTEMPT_INGRESS_DROP : egress_flag;
}

/*
 * IPv6 gives no reason when neighbour discovery fails (ndisc_error_report()): a SYN that is thrown
 * away on its way out, after its socket was told that the host is unreachable.
 */
static __always_inline void drop_unresolved(struct sk_buff *skb, __u32 reason)
{
	struct socket_state *socket;

	if (!skb->sk || skb->skb_iif || skb->protocol != bpf_htons(DROP_PROTOCOL_IPV6))
		return;
	socket = drop_backend(skb->sk);
	if (!socket || (socket->flags & ATTEMPT_ESTABLISHED))
		return;
	socket->drop_reason = reason;
	socket->flags |= ATTEMPT_NEIGHBOUR_FAILED;
}

/* By the socket itself. A SYN-ACK again: the backend has not taken our ACK. */
static __always_inline void drop_at_socket(struct sock *sk, __u32 reason, bool invalid_syn)
{
	struct socket_state *socket = drop_backend(sk);

	if (!socket)
		return;
	socket->drop_reason = reason;
	if (invalid_syn && sk->__sk_common.skc_state == STATE_ESTABLISHED)
		socket->flags |= ATTEMPT_DUPLICATE_SYNACK;
}

static __always_inline bool drop_accept_is_due(__u64 cookie)
{
	__u64 now_ns = bpf_ktime_get_boot_ns();
	__u64 *last_ns = bpf_map_lookup_elem(&accept_drops, &cookie);

	if (last_ns && now_ns - *last_ns < DROP_ACCEPT_QUIET_NS)
		return false;
	bpf_map_update_elem(&accept_drops, &cookie, &now_ns, BPF_ANY);
	return true;
}

/* The last ACK of a handshake for which the accept queue has no room. */
static __always_inline void drop_accept(struct sock *sk)
{
	struct event_accept_drop *drop;
	struct socket_state *socket;

	if (!sk || sk->__sk_common.skc_state != STATE_LISTEN ||
	    sk->sk_ack_backlog <= sk->sk_max_ack_backlog)
		return;
	socket = socket_find(sk);
	if (!socket || socket->role != SOCKET_LISTENER || !drop_accept_is_due(socket_cookie(sk)))
		return;
	drop = emit_reserve(EVENT_ACCEPT_DROP, sizeof(*drop));
	if (!drop)
		return;
	drop->owner = socket->owner;
	socket_local(sk, &drop->listener);
	drop->backlog = sk->sk_ack_backlog;
	drop->backlog_max = sk->sk_max_ack_backlog;
	drop->netns = socket->netns;
	bpf_ringbuf_submit(drop, 0);
}

static __always_inline int drop(struct sk_buff *skb, __u32 reason, struct sock *rx_sk)
{
	if (DROP_IS(reason, NETFILTER_DROP))
		drop_in_transit(skb, reason, ATTEMPT_EGRESS_DROP);
	else if (DROP_IS(reason, NEIGH_FAILED))
		drop_in_transit(skb, reason, ATTEMPT_NEIGHBOUR_FAILED);
	else if (DROP_IS(reason, NOT_SPECIFIED))
		drop_unresolved(skb, reason);
	else if (DROP_IS(reason, IP_RPFILTER))
		drop_in_transit(skb, reason, 0);
	else if (DROP_IS(reason, TCP_INVALID_SYN))
		drop_at_socket(rx_sk, reason, true);
	else if (DROP_IS(reason, SOCKET_RCVBUFF) || DROP_IS(reason, PROTO_MEM))
		drop_at_socket(rx_sk, reason, false);
	else if (DROP_IS(reason, TCP_LISTEN_OVERFLOW) || DROP_IS(reason, NO_SOCKET))
		drop_accept(rx_sk); /* NO_SOCKET: it carried a SYN cookie */
	return 0;
}

/* `location` is a return address: behind the call. */
static __always_inline enum drop_place_kind drop_place(__u64 location)
{
	for (int i = 0; i < SHARED_DROP_PLACES_MAX; i++) {
		if (location > drop_places[i].from && location <= drop_places[i].to)
			return drop_places[i].kind;
	}
	return DROP_PLACE_NONE;
}

SEC("?tp_btf/kfree_skb")
int BPF_PROG(drop_tp_btf_2, struct sk_buff *skb, void *location)
{
	switch (drop_place((__u64)location)) {
	case DROP_PLACE_NETFILTER:
		drop_in_transit(skb, 0, ATTEMPT_EGRESS_DROP);
		break;
	case DROP_PLACE_NEIGHBOUR:
		if (skb->protocol == bpf_htons(DROP_PROTOCOL_IPV6))
			drop_unresolved(skb, 0);
		else
			drop_in_transit(skb, 0, ATTEMPT_NEIGHBOUR_FAILED);
		break;
	default:
		break;
	}
	return 0;
}

SEC("?tp_btf/kfree_skb")
int BPF_PROG(drop_tp_btf_3, struct sk_buff *skb, void *location, enum skb_drop_reason reason)
{
	return drop(skb, reason, NULL);
}

SEC("?tp_btf/kfree_skb")
int BPF_PROG(drop_tp_btf_4, struct sk_buff *skb, void *location, enum skb_drop_reason reason,
	     struct sock *rx_sk)
{
	return drop(skb, reason, rx_sk);
}
