// SPDX-License-Identifier: GPL-2.0-only
/* Roles "reset_received" and "reset_sent". */
#include "bpf/figures.h"
#include "bpf/mini_socket.h"
#include "bpf/resets.h"

char LICENSE[] SEC("license") __weak = "GPL";

/* tcp_reset() also runs for data that arrives after our shutdown, in the FIN_WAIT states: no proof
 * of an RST there. */
static __always_inline bool reset_is_proven(__u8 state)
{
	return state == STATE_SYN_SENT || state == STATE_SYN_RECV || state == STATE_ESTABLISHED ||
	       state == STATE_CLOSE_WAIT;
}

SEC("?tp_btf/tcp_receive_reset")
int BPF_PROG(reset_received_tp_btf, struct sock *sk)
{
	struct socket_state *socket = socket_find(sk);
	struct backend_figures *figures;

	if (!socket || !reset_is_proven(sk->__sk_common.skc_state))
		return 0;
	socket->flags |= ATTEMPT_RESET_RECEIVED;
	if (!socket->reset_received_ns)
		socket->reset_received_ns = bpf_ktime_get_boot_ns();
	if (socket->role != SOCKET_BACKEND)
		return 0;
	figures = figures_of(socket);
	if (figures)
		__sync_fetch_and_add(&figures->resets_received, 1);
	resets_count(socket, RESET_RECEIVED, resets_segment(socket));
	return 0;
}

/* `sk` is NULL for a closed port, a listener for a connection not accepted, or a TIME_WAIT mini socket. */
static __always_inline int reset_sent(struct sock *sk, __u32 reason)
{
	struct backend_figures *figures;
	struct socket_state *socket;

	if (!sk || socket_is_mini(sk))
		return 0;
	socket = socket_find(sk);
	if (!socket || socket->role != SOCKET_BACKEND)
		return 0;
	socket->flags |= ATTEMPT_RESET_SENT;
	figures = figures_of(socket);
	if (figures)
		__sync_fetch_and_add(&figures->resets_sent, 1);
	resets_count(socket, RESET_SENT, reason);
	return 0;
}

SEC("?tp_btf/tcp_send_reset")
int BPF_PROG(reset_sent_tp_btf_2, struct sock *sk, struct sk_buff *skb)
{
	return reset_sent(sk, 0);
}

SEC("?tp_btf/tcp_send_reset")
int BPF_PROG(reset_sent_tp_btf_3, struct sock *sk, struct sk_buff *skb, int reason)
{
	return reset_sent(sk, reason);
}
