// SPDX-License-Identifier: GPL-2.0-only
/* Role "read": a load balancer's thread takes what arrived: a client's request, or a backend's 5xx. */
#include "bpf/attempt.h"
#include "bpf/figures.h"

char LICENSE[] SEC("license") __weak = "GPL";

#define READ_FLAG_PEEK 2 /* MSG_PEEK: uapi, ABI */

/* Its owner reads a backend's own 5xx: the attempt is over, the connection may live on. */
static __noinline int attempt_report_answer(struct sock *sk, struct socket_state *socket)
{
	struct backend_figures *figures = figures_of(socket);
	struct event_attempt *attempt;
	struct thread_state *thread;

	socket->reported = 1;
	if (figures)
		__sync_fetch_and_add(&figures->answered_5xx, 1);
	attempt = emit_reserve(EVENT_ATTEMPT, sizeof(*attempt));
	if (!attempt)
		return 0;
	attempt_fill(attempt, socket, sk);
	attempt->old_state = BPF_CORE_READ(sk, __sk_common.skc_state);
	thread = thread_current();
	if (thread)
		thread_note_answer(thread, socket->owner.kind, socket->cookie,
				   socket->client_cookie, socket->received.status);
	bpf_ringbuf_submit(attempt, 0);
	return 0;
}

static __always_inline void read_request(struct socket_state *socket)
{
	struct thread_state *thread = thread_current();
	bool begins = socket->direction != DIRECTION_RECEIVED;
	__u64 now_ns = bpf_ktime_get_boot_ns();

	socket->request_ns = now_ns;
	if (begins) {
		socket->request_first_ns = now_ns;
		socket->exchanges++;
		socket->direction = DIRECTION_RECEIVED;
	}
	if (thread)
		thread_note_read(thread, socket->cookie, begins, now_ns);
}

static __always_inline int read_done(struct sock *sk, int bytes, int flags)
{
	struct socket_state *socket;

	if (bytes <= 0 || (flags & READ_FLAG_PEEK))
		return 0;
	socket = socket_find(sk);
	if (!socket)
		return 0;
	if (socket->role == SOCKET_CLIENT)
		read_request(socket);
	else if (socket->role == SOCKET_BACKEND && (socket->flags & ATTEMPT_ANSWERED_5XX) &&
		 !socket->reported)
		attempt_report_answer(sk, socket);
	return 0;
}

SEC("?tp_btf/sock_recv_length")
int BPF_PROG(read_tp_btf, struct sock *sk, int bytes, int flags)
{
	return read_done(sk, bytes, flags);
}

/* Since 5.19: sk, message, length, flags, address length. */
SEC("?fexit/tcp_recvmsg")
int BPF_PROG(read_fexit_5, struct sock *sk, void *message, size_t length, int flags,
	     int *address_length, int bytes)
{
	return read_done(sk, bytes, flags);
}

/* Before: a flag of its own for non-blocking. */
SEC("?fexit/tcp_recvmsg")
int BPF_PROG(read_fexit_6, struct sock *sk, void *message, size_t length, int nonblocking,
	     int flags, int *address_length, int bytes)
{
	return read_done(sk, bytes, flags);
}
