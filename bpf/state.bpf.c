// SPDX-License-Identifier: GPL-2.0-only
/* Role "state": the life of each socket of a load balancer. */
#include "bpf/connect.h"
#include "bpf/icmp.h"
#include "bpf/refusal.h"
#include "bpf/release.h"

#define STATE_ERROR_NO_PORT 99 /* EADDRNOTAVAIL */

char LICENSE[] SEC("license") __weak = "GPL";

/* A followed process listens: the kernel clones this to each socket accepted from it. */
static __always_inline void state_listen(struct sock *sk, struct socket_state *socket)
{
	struct followed_process *process = process_current();
	__u32 netns;

	if (!process || !socket_is_tcp(sk))
		return;
	netns = socket_netns(sk);
	if (only_netns && netns != only_netns)
		return;
	if (!socket)
		socket = socket_make(sk);
	if (!socket)
		return;
	socket->role = SOCKET_LISTENER;
	socket->netns = netns;
	owner_fill_current(&socket->owner, process);
}

static __always_inline void state_backend_established(struct socket_state *socket)
{
	struct backend_figures *figures = figures_of(socket);

	socket->established_ns = bpf_ktime_get_boot_ns();
	socket->flags |= ATTEMPT_ESTABLISHED;
	if (!figures)
		return;
	__sync_fetch_and_add(&figures->connected, 1);
	histogram_add(&figures->connect_us, (socket->established_ns - socket->started_ns) / 1000);
}

static __always_inline void state_backend(struct sock *sk, struct socket_state *socket,
					  int old_state, int new_state)
{
	if (new_state == STATE_ESTABLISHED) {
		state_backend_established(socket);
		return;
	}
	if (new_state == STATE_CLOSE_WAIT) {
		socket->flags |= ATTEMPT_FIN_RECEIVED;
		socket->fin_received_ns = bpf_ktime_get_boot_ns();
		socket->close_wait_ns = socket->fin_received_ns;
	}
	if (new_state == STATE_CLOSE && old_state == STATE_SYN_SENT) {
		const struct tcp_sock *tcp = socket_tcp(sk);
		__s32 error = TYPED_READ(sk, sk_err);

		icmp_read_queue(sk, socket);
		if (error)
			socket->error = error;
		/* A SYN was never made: no port was free. */
		if (tcp && !TYPED_READ(tcp, segs_out)) {
			socket->flags |= ATTEMPT_NEVER_SENT;
			if (!socket->error)
				socket->error = STATE_ERROR_NO_PORT;
			attempt_release(sk, socket, old_state);
			return;
		}
	}
	if (TYPED_READ(sk, sk_shutdown) == SHUTDOWN_BOTH)
		attempt_release(sk, socket, old_state);
}

static __always_inline void state_client(struct sock *sk, struct socket_state *socket,
					 int old_state, int new_state)
{
	if (new_state == STATE_ESTABLISHED) {
		socket->role = SOCKET_CLIENT;
		socket->cookie = socket_cookie(sk);
		socket->established_ns = bpf_ktime_get_boot_ns();
	} else if (new_state == STATE_CLOSE_WAIT) {
		socket->flags |= ATTEMPT_FIN_RECEIVED;
	} else if (old_state == STATE_ESTABLISHED) {
		refusal_note(sk, socket);
	}
}

static __always_inline int state_change(struct sock *sk, int old_state, int new_state)
{
	struct socket_state *socket = socket_find(sk);

	if (new_state == STATE_SYN_SENT) {
		if (connect_from_state)
			connect_begin(sk);
	} else if (new_state == STATE_LISTEN) {
		state_listen(sk, socket);
	} else if (!socket) {
		return 0;
	} else if (socket->role == SOCKET_BACKEND) {
		state_backend(sk, socket, old_state, new_state);
	} else if (socket->role == SOCKET_CLIENT ||
		   (socket->role == SOCKET_LISTENER && old_state == STATE_SYN_RECV)) {
		state_client(sk, socket, old_state, new_state);
	}
	return 0;
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(state_tp_btf, struct sock *sk, int old_state, int new_state)
{
	return state_change(sk, old_state, new_state);
}

SEC("?kprobe/tcp_set_state")
int BPF_KPROBE(state_kprobe, struct sock *sk, int new_state)
{
	return state_change(sk, BPF_CORE_READ(sk, __sk_common.skc_state), new_state);
}
