// SPDX-License-Identifier: GPL-2.0-only
/* Role "error": what a socket's owner is told, recorded before the owner reads and so clears it. */
#include "bpf/icmp.h"

char LICENSE[] SEC("license") __weak = "GPL";

static __always_inline int error_note(struct sock *sk)
{
	struct socket_state *socket = socket_find(sk);
	int error;

	if (!socket || socket->role != SOCKET_BACKEND)
		return 0;
	error = TYPED_READ(sk, sk_err);
	if (error)
		socket->error = error;
	icmp_read_queue(sk, socket);
	icmp_infer_ipv6(socket);
	return 0;
}

SEC("?tp_btf/inet_sk_error_report")
int BPF_PROG(error_tp_btf, struct sock *sk)
{
	return error_note(sk);
}

/* What every socket of TCP has as its sk_error_report; before 5.14 no tracepoint stands behind it. */
SEC("?fentry/sock_def_error_report")
int BPF_PROG(error_fentry, struct sock *sk)
{
	return error_note(sk);
}

SEC("?kprobe/sock_def_error_report")
int BPF_KPROBE(error_kprobe, struct sock *sk)
{
	return error_note(sk);
}
