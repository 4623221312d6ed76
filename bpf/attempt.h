/* SPDX-License-Identifier: GPL-2.0-only */
/* An attempt's record, from what is kept with its socket. */
#ifndef LBTRACE_ATTEMPT_H
#define LBTRACE_ATTEMPT_H

#include "bpf/emit.h"

static __always_inline __u32 attempt_distance(__u32 now, __u64 before)
{
	__s32 distance = now - (__u32)before;

	return distance > 0 ? distance : 0;
}

static __always_inline void attempt_fill_transport(struct event_attempt *attempt,
						   const struct socket_state *socket,
						   struct sock *sk)
{
	const struct tcp_sock *tcp = socket_tcp(sk);

	if (!tcp)
		return;
	attempt->mss_bytes = TYPED_READ(tcp, mss_cache);
	attempt->rtt_us = TYPED_READ(tcp, srtt_us) >> 3; /* kept times eight */
	if (!(socket->flags & ATTEMPT_ESTABLISHED))
		return;
	attempt->unread_bytes =
		attempt_distance(TYPED_READ(tcp, rcv_nxt), TYPED_READ(tcp, copied_seq));
	if (!socket->exchanges)
		return;
	attempt->bytes_sent = attempt_distance(TYPED_READ(tcp, write_seq), socket->sent_before);
	attempt->bytes_acked = attempt_distance(TYPED_READ(tcp, snd_una), socket->sent_before);
	attempt->bytes_received = TYPED_READ(tcp, bytes_received) - socket->received_before;
}

static __always_inline void attempt_fill(struct event_attempt *attempt,
					 const struct socket_state *socket, struct sock *sk)
{
	attempt->header.flags = socket->flags;
	attempt->owner = socket->owner;
	attempt->remote = socket->remote;
	socket_local(sk, &attempt->local);
	attempt->cookie = socket->cookie;
	attempt->client_cookie = socket->client_cookie;
	attempt->started_ns = socket->started_ns;
	attempt->established_ns = socket->established_ns;
	attempt->request_ns = socket->request_ns;
	attempt->response_ns = socket->response_ns;
	attempt->last_received_ns = socket->last_received_ns;
	attempt->fin_received_ns = socket->fin_received_ns;
	attempt->reset_received_ns = socket->reset_received_ns;
	attempt->ended_tid = (__u32)bpf_get_current_pid_tgid();
	attempt->exchanges = socket->exchanges;
	attempt->error = socket->error;
	attempt->retransmit_error = socket->retransmit_error;
	attempt->syn_retransmits = socket->syn_retransmits;
	attempt->data_retransmits = socket->data_retransmits;
	attempt->full_retransmits = socket->full_retransmits;
	attempt->netns = socket->netns;
	attempt->reset_flags = socket->reset_flags;
	attempt->reset_ttl = socket->reset_ttl;
	attempt->reset_window = socket->reset_window;
	attempt->ttl = socket->ttl;
	attempt->icmp_family = socket->icmp_family;
	attempt->icmp_type = socket->icmp_type;
	attempt->icmp_code = socket->icmp_code;
	attempt->drop_reason = socket->drop_reason;
	attempt->icmp_source = socket->icmp_source;
	attempt->sent = socket->sent;
	attempt->received = socket->received;
	attempt_fill_transport(attempt, socket, sk);
}

#endif
