// SPDX-License-Identifier: GPL-2.0-only
/*
 * Role "accept": a client's connection is handed to the load balancer. With
 * socket storage the kernel has cloned the listener's already, and the state
 * program has made it the client's; these hooks serve where there is no such
 * storage, and listeners opened before lbtrace attached.
 */
#include "bpf/emit.h"

char LICENSE[] SEC("license") __weak = "GPL";

static __always_inline int accept_done(struct sock *sk)
{
	struct followed_process *process = process_current();
	struct socket_state *socket;
	__u32 netns;

	if (!process || !sk || !socket_is_tcp(sk))
		return 0;
	netns = socket_netns(sk);
	if (only_netns && netns != only_netns)
		return 0;
	socket = socket_find(sk);
	if (socket && socket->role == SOCKET_CLIENT)
		return 0;
	if (!socket)
		socket = socket_make(sk);
	if (!socket)
		return 0;
	socket->role = SOCKET_CLIENT;
	socket->netns = netns;
	socket->cookie = socket_cookie(sk);
	socket->established_ns = bpf_ktime_get_boot_ns();
	owner_fill_current(&socket->owner, process);
	return 0;
}

/* Since 6.10: sk, struct proto_accept_arg *. */
SEC("?fexit/inet_csk_accept")
int BPF_PROG(accept_fexit, struct sock *listener, void *argument, struct sock *sk)
{
	return accept_done(sk);
}

/* Before: sk, flags, error, kern. */
SEC("?fexit/inet_csk_accept")
int BPF_PROG(accept_fexit_old, struct sock *listener, int flags, int *error, bool kernel,
	     struct sock *sk)
{
	return accept_done(sk);
}

/* What accept() calls with the connection it got. A kretprobe on inet_csk_accept() would not do: who
 * waits in there holds one of its few places, and all others are missed then. */
SEC("?kprobe/security_sock_graft")
int BPF_KPROBE(accept_kprobe, struct sock *sk)
{
	return accept_done(sk);
}
