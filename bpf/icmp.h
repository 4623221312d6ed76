/* SPDX-License-Identifier: GPL-2.0-only */
/* The ICMP error that hit a connecting socket, from its error queue. */
#ifndef LBTRACE_ICMP_H
#define LBTRACE_ICMP_H

#include "bpf/socket.h"

/* uapi/linux/errqueue.h: ABI. */
enum {
	ERROR_ORIGIN_ICMP = 2,
	ERROR_ORIGIN_ICMP6 = 3,
};

/* The sender of the ICMP message in `skb`, whose network header is still the outer one. */
static __always_inline void icmp_fill_source(const struct sk_buff *skb, __u8 origin,
					     struct event_address *source)
{
	const unsigned char *header = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);

	if (origin == ERROR_ORIGIN_ICMP) {
		const struct iphdr *ipv4 = (const struct iphdr *)header;
		__be32 address = BPF_CORE_READ(ipv4, saddr);

		source->family = 4;
		__builtin_memcpy(source->bytes, &address, sizeof(address));
	} else {
		const struct ipv6hdr *ipv6 = (const struct ipv6hdr *)header;
		struct in6_addr address = BPF_CORE_READ(ipv6, saddr);

		source->family = 6;
		__builtin_memcpy(source->bytes, &address, sizeof(source->bytes));
	}
}

/*
 * Fills icmp_family, icmp_type, icmp_code and icmp_source, and error when that
 * is still 0, from the first entry of `sk`'s error queue; once, later calls
 * change nothing. In SYN_SENT the kernel queues every fatal ICMP error there
 * (ip_icmp_error(); 5.10 to 7.3), even without IP_RECVERR, while sk_err may
 * have been read and cleared by the owner already. ipv6_icmp_error() queues
 * for sockets with IPV6_RECVERR only, for the others see icmp_infer_ipv6().
 * Call with a full socket only. The own address as source is a local rule or a
 * neighbour that does not answer.
 */
static __always_inline void icmp_read_queue(struct sock *sk, struct socket_state *socket)
{
	const struct sock_exterr_skb *entry;
	const struct sk_buff *skb;
	__u8 origin;

	if (socket->icmp_family || !TYPED_READ(sk, sk_error_queue.qlen))
		return;
	skb = BPF_CORE_READ(sk, sk_error_queue.next);
	if (!skb)
		return;
	entry = (const struct sock_exterr_skb *)__builtin_preserve_access_index(&skb->cb);
	origin = BPF_CORE_READ(entry, ee.ee_origin);
	if (origin != ERROR_ORIGIN_ICMP && origin != ERROR_ORIGIN_ICMP6)
		return;
	socket->icmp_type = BPF_CORE_READ(entry, ee.ee_type);
	socket->icmp_code = BPF_CORE_READ(entry, ee.ee_code);
	icmp_fill_source(skb, origin, &socket->icmp_source);
	socket->icmp_family = origin == ERROR_ORIGIN_ICMP ? 4 : 6;
	if (!socket->error)
		socket->error = BPF_CORE_READ(entry, ee.ee_errno);
}

/*
 * What a connecting IPv6 socket's `error` tells of the ICMP error behind it,
 * when no RST came: icmpv6_err_convert() backwards. The codes that share an
 * errno are taken as the usual one; who sent it stays unknown.
 */
static __always_inline void icmp_infer_ipv6(struct socket_state *socket)
{
	__u8 code;

	if (socket->icmp_family || socket->remote.family != 6 ||
	    (socket->flags & (ATTEMPT_ESTABLISHED | ATTEMPT_RESET_RECEIVED)))
		return;
	switch (socket->error) {
	case 101: /* ENETUNREACH */
		code = 0; /* no route */
		break;
	case 13: /* EACCES */
		code = 1; /* administratively prohibited */
		break;
	case 113: /* EHOSTUNREACH */
		code = 3; /* address unreachable */
		break;
	case 111: /* ECONNREFUSED */
		code = 4; /* port unreachable */
		break;
	default:
		return;
	}
	socket->icmp_family = 6;
	socket->icmp_type = 1; /* destination unreachable */
	socket->icmp_code = code;
}

#endif
