/* SPDX-License-Identifier: GPL-2.0-only */
/* An attempt that ended inside connect(), before the socket had a state. */
#ifndef LBTRACE_UNSENT_H
#define LBTRACE_UNSENT_H

#include "bpf/emit.h"

/* A connect() that failed before a SYN was made; the socket never had a state. */
static __always_inline int attempt_emit_unsent(struct sock *sk, const struct event_address *remote,
					       __s32 error)
{
	struct followed_process *process = process_current();
	struct thread_state *thread = thread_current();
	struct event_attempt *attempt;
	bool exact = false;

	if (!process || !thread)
		return 0;
	attempt = emit_reserve(EVENT_ATTEMPT, sizeof(*attempt));
	if (!attempt)
		return 0;
	attempt->header.flags = ATTEMPT_NEVER_SENT;
	owner_fill_current(&attempt->owner, process);
	attempt->remote = *remote;
	attempt->cookie = socket_cookie(sk);
	attempt->started_ns = attempt->header.time_ns;
	attempt->ended_tid = attempt->owner.tid;
	attempt->error = error;
	attempt->old_state = STATE_CLOSE;
	attempt->netns = socket_netns(sk);
	attempt->client_cookie =
		thread_take_client(thread, process->kind, attempt->header.time_ns, &exact);
	if (exact)
		attempt->header.flags |= ATTEMPT_ADJACENT_CLIENT;
	attempt->answered_cookie =
		thread_note_end(thread, process->kind, attempt->cookie, attempt->client_cookie,
				thread_works_in_order(process->kind) ? 503 : 0,
				THREAD_END_AT_ONCE | (exact ? THREAD_END_EXACT : 0));
	bpf_ringbuf_submit(attempt, 0);
	return 0;
}

#endif
