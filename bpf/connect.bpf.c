// SPDX-License-Identifier: GPL-2.0-only
/*
 * Roles "connect", "route", "route6" and "destroy". A connect() without a route
 * changes no socket's state: all there is to see is the failed lookup, and then
 * the socket destroyed by the same thread, never used. Nor does close() of a
 * socket that the network already closed: it too is only destroyed.
 */
#include "bpf/connect.h"
#include "bpf/release.h"
#include "bpf/route.h"
#include "bpf/unsent.h"

char LICENSE[] SEC("license") __weak = "GPL";

SEC("?fentry/tcp_connect")
int BPF_PROG(connect_fentry, struct sock *sk)
{
	return connect_begin(sk);
}

SEC("?kprobe/tcp_connect")
int BPF_KPROBE(connect_kprobe, struct sock *sk)
{
	return connect_begin(sk);
}

/* Fires for every lookup on the host; all but those for a followed process's TCP leave at once. */
SEC("?tp_btf/fib_table_lookup")
int BPF_PROG(route_tp_btf, __u32 table, const struct flowi4 *flow, const struct fib_nh_common *hop,
	     int error)
{
	struct event_address address = {};
	__be32 destination;

	if (flow->__fl_common.flowic_proto != PROTOCOL_TCP || (!error && !route_failed_lately()) ||
	    !process_current())
		return 0;
	destination = flow->daddr;
	address.family = 4;
	__builtin_memcpy(address.bytes, &destination, sizeof(destination));
	address.port = bpf_ntohs(flow->uli.ports.dport);
	route_note(&address, error ? route_errno(error) : 0);
	return 0;
}

SEC("?tp_btf/fib6_table_lookup")
int BPF_PROG(route6_tp_btf, const struct net *net, const struct fib6_result *result,
	     struct fib6_table *table, const struct flowi6 *flow)
{
	struct event_address address = {};
	struct in6_addr destination;
	__s32 error;

	if (flow->__fl_common.flowic_proto != PROTOCOL_TCP)
		return 0;
	error = route6_errno(net, result);
	if ((!error && !route_failed_lately()) || !process_current())
		return 0;
	destination = BPF_CORE_READ(flow, daddr);
	address.family = 6;
	__builtin_memcpy(address.bytes, &destination, sizeof(destination));
	address.port = bpf_ntohs(flow->uli.ports.dport);
	route_note(&address, error);
	return 0;
}

static __always_inline void destroy_count(const struct followed_process *process,
					  const struct event_address *remote, __u32 netns)
{
	struct backend_key key = { .address = *remote, .group = process->group, .netns = netns };
	struct backend_figures *figures = figures_of_key(&key);

	if (!figures)
		return;
	__sync_fetch_and_add(&figures->attempts, 1);
	__sync_fetch_and_add(&figures->failed, 1);
}

/* A socket that never had a peer, given up right after a lookup that failed. */
static __always_inline void destroy_unsent(struct sock *sk)
{
	__u32 tid = bpf_get_current_pid_tgid(), netns;
	struct followed_process *process;
	struct event_address remote;
	struct thread_state *thread;
	__s32 error;

	if (sk->__sk_common.skc_state != STATE_CLOSE || sk->__sk_common.skc_dport)
		return;
	process = process_current();
	if (!process)
		return;
	thread = bpf_map_lookup_elem(&threads, &tid);
	if (!thread)
		return;
	if (!thread->route_error || bpf_ktime_get_boot_ns() - thread->route_ns > ROUTE_FRESH_NS) {
		thread->unused_ns = bpf_ktime_get_boot_ns();
		return;
	}
	netns = socket_netns(sk);
	if (only_netns && netns != only_netns)
		return;
	remote = thread->route_address;
	error = thread->route_error;
	thread->route_error = 0;
	if (!selection_holds(&remote))
		return;
	destroy_count(process, &remote, netns);
	attempt_emit_unsent(sk, &remote, error);
}

/* The state that a socket had before the network closed it. */
static __always_inline __u8 destroy_old_state(const struct socket_state *socket)
{
	if (!(socket->flags & ATTEMPT_ESTABLISHED))
		return STATE_SYN_SENT;
	return socket->flags & ATTEMPT_FIN_RECEIVED ? STATE_CLOSE_WAIT : STATE_ESTABLISHED;
}

SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(destroy_tp_btf, struct sock *sk)
{
	struct socket_state *socket = socket_find(sk);

	/* A connection that a reset or a timeout ended before its owner closes it. */
	if (socket && socket->role == SOCKET_BACKEND)
		attempt_release(sk, socket, destroy_old_state(socket));
	else if (!socket)
		destroy_unsent(sk);
	if (!use_socket_storage) {
		__u64 key = (__u64)sk;

		bpf_map_delete_elem(&sockets_by_pointer, &key);
	}
	return 0;
}
