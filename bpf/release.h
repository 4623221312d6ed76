/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of an attempt: its record, when it may explain a 5xx. */
#ifndef LBTRACE_RELEASE_H
#define LBTRACE_RELEASE_H

#include "bpf/attempt.h"
#include "bpf/figures.h"

#define SHUTDOWN_BOTH 3 /* RCV_SHUTDOWN | SEND_SHUTDOWN: close() was called */

/* Whether this end is more than a healthy connection's. */
static __always_inline bool release_is_failure(const struct socket_state *socket)
{
	if (!(socket->flags & ATTEMPT_ESTABLISHED))
		return true;
	if (socket->awaiting_response || (socket->flags & ATTEMPT_MISFIT))
		return true;
	/* Behind a whole handshake it may be a health check that wants no more. */
	if ((socket->flags & ATTEMPT_TLS_REFUSED) && socket->sent.kind == PAYLOAD_TLS_ALERT)
		return true;
	/* Nothing was asked: a failure only when the backend ended it or spoke first. */
	if (!socket->exchanges && !(socket->flags & ATTEMPT_SEEDED))
		return socket->flags &
		       (ATTEMPT_FIN_RECEIVED | ATTEMPT_RESET_RECEIVED | ATTEMPT_BEFORE_REQUEST);
	return false;
}

/* The running thread's memory, when it is a thread of the owner: the kernel may finish a socket in anybody's context. */
static __always_inline struct thread_state *release_thread(const struct socket_state *socket)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return tgid == socket->owner.tgid ? thread_current() : NULL;
}

/* The status that HAProxy has for an attempt that ended so; 0: others', or not known. */
static __always_inline __u16 release_status(const struct socket_state *socket)
{
	if (!thread_works_in_order(socket->owner.kind) || socket->sent.kind == PAYLOAD_TLS)
		return 0;
	if (!(socket->flags & ATTEMPT_ESTABLISHED))
		return 503;
	return socket->flags & ATTEMPT_CLOSED_BY_OWNER ? 504 : 502;
}

/* enum thread_end_flags. A connection that its owner gives up while it is whole is not tried again. */
static __always_inline __u32 release_end(const struct socket_state *socket)
{
	const __u32 given_up = ATTEMPT_ESTABLISHED | ATTEMPT_CLOSED_BY_OWNER;
	__u32 flags = 0;

	if (socket->flags & ATTEMPT_ADJACENT_CLIENT)
		flags |= THREAD_END_EXACT;
	if (socket->flags & ATTEMPT_NEVER_SENT)
		flags |= THREAD_END_AT_ONCE;
	if ((socket->flags & given_up) == given_up)
		flags |= THREAD_END_FINAL;
	return flags;
}

static __always_inline void release_emit(struct sock *sk, struct socket_state *socket,
					 __u8 old_state, struct thread_state *thread,
					 __u64 answered_cookie)
{
	struct event_attempt *attempt = emit_reserve(EVENT_ATTEMPT, sizeof(*attempt));

	if (!attempt)
		return;
	attempt_fill(attempt, socket, sk);
	attempt->old_state = old_state;
	attempt->answered_cookie = answered_cookie;
	if (!thread)
		attempt->ended_tid = 0;
	bpf_ringbuf_submit(attempt, 0);
}

/*
 * A backend answered and its connection is let go: healthy as a rule, but the answer may be one that
 * the load balancer cannot use (cut short, malformed, too long), and then a 5xx comes with it.
 * HAProxy has just written it; others write it next, and send takes the attempt from the thread.
 */
static __always_inline void release_answered(struct sock *sk, struct socket_state *socket,
					     __u8 old_state)
{
	struct thread_state *thread = release_thread(socket);

	if (!thread)
		return;
	if (thread_works_in_order(socket->owner.kind)) {
		__u64 answered = thread_take_answered(thread);

		if (answered)
			release_emit(sk, socket, old_state, thread, answered);
		/* On HTTP/2 it writes next, too. */
		if (answered || !thread->multiplexed)
			return;
	}
	if (!socket->client_cookie && socket->owner.kind != BALANCER_NGINX)
		return;
	thread_moment_note(&thread->answered_end);
	attempt_fill(&thread->answered, socket, sk);
	thread->answered.header.type = EVENT_ATTEMPT;
	thread->answered.old_state = old_state;
}

static __always_inline void release_failed(struct sock *sk, struct socket_state *socket,
					   __u8 old_state)
{
	struct backend_figures *figures = figures_of(socket);
	struct thread_state *thread = release_thread(socket);
	__u64 answered = 0;

	if (figures)
		__sync_fetch_and_add(&figures->failed, 1);
	if (socket->awaiting_response)
		socket->flags |= ATTEMPT_EXCHANGE_OPEN;
	if (thread)
		answered = thread_note_end(thread, socket->owner.kind, socket->cookie,
					   socket->client_cookie, release_status(socket),
					   release_end(socket));
	release_emit(sk, socket, old_state, thread, answered);
}

/* Its owner lets go of a backend's socket. `old_state`: TCP state until now. */
static __noinline int attempt_release(struct sock *sk, struct socket_state *socket, __u8 old_state)
{
	if (socket->role != SOCKET_BACKEND || socket->reported)
		return 0;
	socket->reported = 1;
	if (!(socket->flags & (ATTEMPT_FIN_RECEIVED | ATTEMPT_RESET_RECEIVED)) && !socket->error)
		socket->flags |= ATTEMPT_CLOSED_BY_OWNER;
	if (release_is_failure(socket))
		release_failed(sk, socket, old_state);
	else if (socket->flags & ATTEMPT_ANSWERED)
		release_answered(sk, socket, old_state);
	return 0;
}

#endif
