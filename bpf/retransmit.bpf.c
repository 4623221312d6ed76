// SPDX-License-Identifier: GPL-2.0-only
/* Role "retransmit". */
#include "bpf/socket.h"

char LICENSE[] SEC("license") __weak = "GPL";

static __always_inline __u16 retransmit_one_more(__u16 count)
{
	return count == 0xffff ? count : count + 1;
}

/* `skb` is the segment in the retransmit queue, headers not yet added: its length is the payload's. */
static __always_inline int retransmit(struct sock *sk, struct sk_buff *skb, int error)
{
	struct socket_state *socket = socket_find(sk);
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	__u32 length_bytes;

	if (!socket || socket->role != SOCKET_BACKEND)
		return 0;
	if (sk->__sk_common.skc_state == STATE_SYN_SENT) {
		socket->syn_retransmits = retransmit_one_more(socket->syn_retransmits);
		socket->retransmit_error = error;
		return 0;
	}
	length_bytes = skb->len;
	if (!length_bytes)
		return 0;
	socket->data_retransmits = retransmit_one_more(socket->data_retransmits);
	if (length_bytes >= BPF_CORE_READ(tcp, mss_cache))
		socket->full_retransmits = retransmit_one_more(socket->full_retransmits);
	return 0;
}

/* This form fires only for what left the host. */
SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(retransmit_tp_btf_2, struct sock *sk, struct sk_buff *skb)
{
	return retransmit(sk, skb, 0);
}

SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(retransmit_tp_btf_3, struct sock *sk, struct sk_buff *skb, int error)
{
	return retransmit(sk, skb, error);
}
