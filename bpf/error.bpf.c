// SPDX-License-Identifier: GPL-2.0-only
/* Role "error": what a socket's owner is told, recorded before the owner reads and so clears it. */
#include "bpf/icmp.h"

char LICENSE[] SEC("license") __weak = "GPL";

SEC("?tp_btf/inet_sk_error_report")
int BPF_PROG(error_tp_btf, struct sock *sk)
{
	struct socket_state *socket = socket_find(sk);
	int error;

	if (!socket || socket->role != SOCKET_BACKEND)
		return 0;
	error = sk->sk_err;
	if (error)
		socket->error = error;
	icmp_read_queue(sk, socket);
	icmp_infer_ipv6(socket);
	return 0;
}
