/* SPDX-License-Identifier: GPL-2.0-only */
/* What is kept with each socket of a load balancer, and how it is found. */
#ifndef LBTRACE_SOCKET_H
#define LBTRACE_SOCKET_H

#include "bpf/http2_walk.h"

enum socket_role {
	SOCKET_NONE,
	SOCKET_LISTENER, /* inserted at →LISTEN or by the seed; cloned to each child by the kernel */
	SOCKET_CLIENT, /* accepted: a clone of the listener's, made over at its first event */
	SOCKET_BACKEND, /* connected by a followed process */
	SOCKET_IGNORED, /* a backend that --backend leaves out, or a tunnel after 101 */
};

enum socket_direction {
	DIRECTION_IDLE, /* nothing yet, or a whole exchange is behind */
	DIRECTION_SENT, /* the last data went out */
	DIRECTION_RECEIVED, /* the last data came in */
};

/* What a load balancer speaks to a client. */
enum socket_front {
	FRONT_UNKNOWN,
	FRONT_PLAIN,
	FRONT_HTTP2, /* in clear */
	FRONT_TLS,
};

/*
 * Entries are inserted in: state (connect, listen), the clone of a listener, seed.
 * Deleted by the kernel with the socket; with the hash fallback in destroy.
 * Writers are the socket's own events, which its lock serialises, but for retransmit and drop hooks
 * that set flags.
 */
struct socket_state {
	struct event_owner owner;
	struct event_address remote; /* of a backend: the key of its figures */
	__u64 cookie;
	__u8 role; /* enum socket_role */
	__u8 direction; /* enum socket_direction */
	__u8 awaiting_response; /* a request is out, no byte of the final response came */
	__u8 reported; /* an attempt record was made for the present exchange */
	__u32 flags; /* enum attempt_flags, as far as they are known before the end */
	__u64 started_ns;
	__u64 established_ns;
	__u64 request_ns;
	__u64 request_first_ns; /* client: first read of the present request */
	__u64 response_ns;
	__u64 received_ns; /* last data arrived */
	__u64 last_received_ns; /* as in event_attempt */
	__u64 fin_received_ns;
	__u64 reset_received_ns;
	__u64 close_wait_ns;
	__u64 client_cookie;
	__u64 sent_before; /* tp->bytes_sent, acked, received when the present request began */
	__u64 acked_before;
	__u64 received_before;
	__u32 exchanges; /* client: requests read */
	__u32 attempts; /* client: attempts started for it since its request was read */
	__u32 netns;
	__s32 error; /* sk_err as error_report saw it */
	__s32 retransmit_error;
	__u16 syn_retransmits;
	__u16 data_retransmits;
	__u16 full_retransmits;
	__u16 reset_window;
	__u8 reset_flags;
	__u8 reset_ttl;
	__u8 ttl;
	__u8 icmp_family;
	__u8 icmp_type;
	__u8 icmp_code;
	__u16 reserved;
	__u32 drop_reason;
	struct event_address icmp_source;
	struct event_payload sent;
	struct event_payload received;
	/* client: */
	__u8 front; /* enum socket_front */
	__u8 multiplexed; /* HTTP/2, in clear or not */
	__u8 head_bytes; /* read of the write at work */
	__u8 head_unread; /* backend: a response began that the program could not read in its packet */
	__u32 tls_record_end; /* sequence number after the last TLS record that was begun */
	struct http2_state http2;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct socket_state);
} sockets SEC(".maps") __weak;

/* Where tracing programs have no socket storage (5.10): by the socket's address. Inserted as
 * above, deleted in destroy, before the address can be used again. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct socket_state);
} sockets_by_pointer SEC(".maps") __weak;

/* The state of `sk`, or NULL: not a socket of a load balancer. Most of a host's are not, and have
 * nothing stored with them, which is cheaper to see than to be told. */
static __always_inline struct socket_state *socket_find(struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (use_socket_storage)
		return sk->sk_bpf_storage ? bpf_sk_storage_get(&sockets, sk, NULL, 0) : NULL;
	return bpf_map_lookup_elem(&sockets_by_pointer, &key);
}

/* The state of `sk`, made and zeroed when it has none; NULL: no room, counted as a loss. */
static __always_inline struct socket_state *socket_make(struct sock *sk)
{
	struct socket_state *socket;

	if (use_socket_storage) {
		socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	} else {
		static const struct socket_state zero;
		__u64 key = (__u64)sk;

		bpf_map_update_elem(&sockets_by_pointer, &key, &zero, BPF_NOEXIST);
		socket = bpf_map_lookup_elem(&sockets_by_pointer, &key);
	}
	if (!socket)
		loss_count(LOSS_SOCKETS);
	return socket;
}

/* A number for the socket, asked for once and kept in its state: the kernel's own cookie or, where it
 * gives tracing programs none (before 5.12, as are atomic operations with a result), one made of the
 * time and the CPU, of which there is no second. */
static __always_inline __u64 socket_cookie(struct sock *sk)
{
	return use_socket_storage
		       ? bpf_get_socket_cookie(sk)
		       : bpf_ktime_get_boot_ns() << 8 | (bpf_get_smp_processor_id() & 0xff);
}

static __always_inline bool socket_is_tcp(const struct sock *sk)
{
	return TYPED_READ(sk, sk_protocol) == PROTOCOL_TCP;
}

/* For TYPED_READ(); NULL: not a whole socket of TCP. */
static __always_inline const struct tcp_sock *socket_tcp(struct sock *sk)
{
	return use_socket_storage ? bpf_skc_to_tcp_sock(sk) : (const struct tcp_sock *)sk;
}

static __always_inline __u32 socket_netns(const struct sock *sk)
{
	const struct net *net = TYPED_READ(sk, __sk_common.skc_net.net);

	return TYPED_READ(net, ns.inum);
}

/* IPv4-mapped IPv6 addresses become IPv4, so that a backend has one name. */
static __always_inline void socket_fill_address(struct event_address *address, __u16 family,
						__be32 ipv4, const struct in6_addr *ipv6)
{
	const __be32 *words = ipv6->in6_u.u6_addr32;

	if (family == FAMILY_INET6 &&
	    !(words[0] == 0 && words[1] == 0 && words[2] == bpf_htonl(0xffff))) {
		address->family = 6;
		__builtin_memcpy(address->bytes, words, 16);
		return;
	}
	address->family = 4;
	if (family == FAMILY_INET6)
		ipv4 = words[3];
	__builtin_memcpy(address->bytes, &ipv4, 4);
}

/* The other end. `address` must be zeroed. */
static __always_inline void socket_remote(const struct sock *sk, struct event_address *address)
{
	__u16 family = TYPED_READ(sk, __sk_common.skc_family);
	struct in6_addr ipv6 = {};

	if (family == FAMILY_INET6)
		ipv6 = BPF_CORE_READ(sk, __sk_common.skc_v6_daddr);
	socket_fill_address(address, family, TYPED_READ(sk, __sk_common.skc_daddr), &ipv6);
	address->port = bpf_ntohs(TYPED_READ(sk, __sk_common.skc_dport));
}

/* This end. The port from inet_sport: skc_num is 0 again at →CLOSE. */
static __always_inline void socket_local(const struct sock *sk, struct event_address *address)
{
	__u16 family = TYPED_READ(sk, __sk_common.skc_family);
	const struct inet_sock *inet = (const struct inet_sock *)sk;
	struct in6_addr ipv6 = {};

	if (family == FAMILY_INET6)
		ipv6 = BPF_CORE_READ(sk, __sk_common.skc_v6_rcv_saddr);
	socket_fill_address(address, family, TYPED_READ(sk, __sk_common.skc_rcv_saddr), &ipv6);
	address->port = bpf_ntohs(BPF_CORE_READ(inet, inet_sport));
}

#endif
