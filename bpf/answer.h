/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of a 5xx that is being written to a client. */
#ifndef LBTRACE_ANSWER_H
#define LBTRACE_ANSWER_H

#include "bpf/front.h"
#include "bpf/resource.h"

#define ANSWER_RESOLVED_NS (10 * 1000 * 1000 * 1000ull)

/* Whether the 5xx may be written for the attempt that was let go although its backend answered. One of
 * the client's request before this one may be let go late. */
static __always_inline bool answer_has_attempt(const struct thread_state *thread,
					       const struct event_response *response)
{
	const struct event_attempt *attempt = &thread->answered;

	if (!attempt->header.type || attempt->request_ns < response->request_first_ns)
		return false;
	if (thread_answered_is_anyones(thread))
		return thread_moment_lasts(&thread->answered_end);
	return attempt->client_cookie == response->cookie;
}

/* The attempt whose answer could not be used, kept by the thread until now. Returns its socket's cookie;
 * *guessed: nobody knows whose it was. */
static __always_inline __u64 answer_emit_attempt(struct thread_state *thread,
						 const struct event_response *response,
						 bool *guessed)
{
	struct event_attempt *attempt;

	if (!answer_has_attempt(thread, response))
		return 0;
	*guessed = thread_answered_is_anyones(thread);
	thread->answered.header.type = 0;
	attempt = emit_reserve(EVENT_ATTEMPT, sizeof(*attempt));
	if (!attempt)
		return 0;
	thread->answered.header.type = attempt->header.type;
	thread->answered.header.size_bytes = attempt->header.size_bytes;
	thread->answered.header.time_ns = attempt->header.time_ns;
	*attempt = thread->answered;
	thread->answered.header.type = 0;
	bpf_ringbuf_submit(attempt, 0);
	return thread->answered.cookie;
}

/* Whether the process had been asking DNS: enum response_flags. */
static __always_inline __u32 answer_resolved(const struct followed_process *process,
					     const struct socket_state *socket)
{
	__u64 resolved_ns = process->resolved_ns;

	if (!resolved_ns || bpf_ktime_get_boot_ns() - resolved_ns > ANSWER_RESOLVED_NS)
		return 0;
	return RESPONSE_RESOLVED | (resolved_ns > socket->request_ns ? RESPONSE_RESOLVED_SINCE : 0);
}

/* What all 5xx of one write have in common, into thread->response. */
static __always_inline void answer_prepare(struct sock *sk, const struct socket_state *socket,
					   const struct followed_process *process,
					   struct thread_state *thread, __u32 flags)
{
	struct event_response *response = &thread->response;

	__builtin_memset(response, 0, sizeof(*response));
	owner_fill_current(&response->owner, process);
	socket_local(sk, &response->frontend);
	socket_remote(sk, &response->client);
	response->cookie = socket->cookie;
	response->request_ns = socket->request_ns;
	response->request_first_ns = socket->request_first_ns;
	response->requests = socket->exchanges;
	response->netns = socket->netns;
	flags |= answer_resolved(process, socket);
	if (socket->flags & (ATTEMPT_FIN_RECEIVED | ATTEMPT_RESET_RECEIVED))
		flags |= RESPONSE_CLIENT_GONE;
	if (socket->flags & ATTEMPT_SEEDED)
		flags |= RESPONSE_SEEDED;
	if (socket->request_ns && thread->unused_ns >= socket->request_ns)
		flags |= RESPONSE_SOCKET_UNUSED;
	if (socket->request_ns && thread->unix_ns >= socket->request_ns)
		flags |= RESPONSE_UNIX;
	/* Both were in the turn that this 5xx ends. */
	thread->unused_ns = 0;
	thread->unix_ns = 0;
	response->header.flags = flags;
}

static __always_inline void answer_judge(struct thread_state *thread,
					 struct event_response *response,
					 struct thread_verdict *verdict)
{
	__u64 age_ns = bpf_ktime_get_boot_ns() - response->request_first_ns;
	__u32 kind = response->owner.kind;

	if (response->header.flags & RESPONSE_MULTIPLEXED)
		thread_note_stream(thread, kind, response->cookie, response->status, age_ns,
				   verdict);
	else
		thread_note_response(thread, kind, response->cookie, response->status, age_ns,
				     verdict);
	if (!verdict->attempt_cookie && !verdict->immediate)
		verdict->attempt_cookie = answer_emit_attempt(thread, response, &verdict->guessed);
}

/* One 5xx of this status, on top of thread->response. Not static: the verifier looks at it once, not
 * for each of a write's. */
__noinline __weak int answer_emit(__u32 status)
{
	struct thread_state *thread = thread_current();
	struct thread_verdict verdict = {};
	struct event_response *response;
	__u32 flags, limit = 0;

	if (!thread)
		return 0;
	thread->response.status = status;
	flags = thread->response.header.flags;
	answer_judge(thread, &thread->response, &verdict);
	if (verdict.attempt_cookie)
		flags |= RESPONSE_ATTEMPT_ADJACENT;
	else
		limit = resource_descriptors_full();
	if (limit)
		flags |= RESPONSE_FD_EXHAUSTED;
	if (verdict.guessed)
		flags |= RESPONSE_ATTEMPT_GUESSED;
	if (verdict.immediate)
		flags |= RESPONSE_IMMEDIATE;
	response = emit_reserve(EVENT_RESPONSE, sizeof(*response));
	if (!response)
		return 0;
	thread->response.header.type = response->header.type;
	thread->response.header.size_bytes = response->header.size_bytes;
	thread->response.header.time_ns = response->header.time_ns;
	*response = thread->response;
	response->header.flags = flags;
	response->attempt_cookie = verdict.attempt_cookie;
	response->attempts = verdict.attempts;
	response->fd_limit = limit;
	response->fd_used = limit;
	bpf_ringbuf_submit(response, 0);
	return 0;
}

/* Records for all 5xx of a write to the client. */
static __always_inline void answer_client(struct sock *sk, const struct socket_state *socket,
					  const struct front_words *words)
{
	struct followed_process *process;
	struct thread_state *thread;

	if (!words->count)
		return;
	process = process_current();
	thread = thread_current();
	if (!process || !thread)
		return;
	answer_prepare(sk, socket, process, thread, words->flags);
	if (!words->found) {
		answer_emit(words->status);
		return;
	}
	for (__u32 i = 0; i < HTTP2_FOUND_MAX; i++) {
		if (i < words->count)
			answer_emit(words->found[i].status);
	}
}

#endif
