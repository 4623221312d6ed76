/* SPDX-License-Identifier: GPL-2.0-only */
/* The beginning of an attempt. */
#ifndef LBTRACE_CONNECT_H
#define LBTRACE_CONNECT_H

#include "bpf/emit.h"
#include "bpf/figures.h"
#include "bpf/selection.h"

/* connect() of the running thread is about to send a SYN. A socket may connect again after a failure. */
static __noinline int connect_begin(struct sock *sk)
{
	struct followed_process *process = process_current();
	struct event_address remote = {};
	struct backend_figures *figures;
	struct socket_state *socket;
	struct thread_state *thread;
	bool exact = false;
	__u32 netns;

	if (!process || !socket_is_tcp(sk))
		return 0;
	netns = socket_netns(sk);
	if (only_netns && netns != only_netns)
		return 0;
	socket_remote(sk, &remote);
	if (!selection_holds(&remote))
		return 0;
	socket = socket_make(sk);
	if (!socket)
		return 0;
	__builtin_memset(socket, 0, sizeof(*socket));
	socket->role = SOCKET_BACKEND;
	socket->remote = remote;
	socket->netns = netns;
	socket->cookie = socket_cookie(sk);
	owner_fill_current(&socket->owner, process);
	socket->started_ns = bpf_ktime_get_boot_ns();
	thread = thread_current();
	if (thread)
		socket->client_cookie =
			thread_take_client(thread, process->kind, socket->started_ns, &exact);
	if (exact)
		socket->flags |= ATTEMPT_ADJACENT_CLIENT;
	figures = figures_of(socket);
	if (figures)
		__sync_fetch_and_add(&figures->attempts, 1);
	return 0;
}

#endif
