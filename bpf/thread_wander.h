/* SPDX-License-Identifier: GPL-2.0-only */
/* Where requests wander from thread to thread: who was read from, who was woken, who tried. */
#ifndef LBTRACE_THREAD_WANDER_H
#define LBTRACE_THREAD_WANDER_H

#include "bpf/thread_state.h"

#define THREAD_READ_FRESH_NS (10 * 1000 * 1000ull)

/* A request goes to one attempt; another one in the same turn is for the client whose attempt has
 * just failed. */
static __always_inline __u64 thread_take_pending(struct thread_state *thread, __u64 now_ns)
{
	__u64 client = thread->pending_cookie;
	__u32 giver_tid = thread->pending_tid;
	struct thread_state *giver;

	thread->pending_cookie = 0;
	if (client && thread->pending_given) {
		giver = bpf_map_lookup_elem(&threads, &giver_tid);
		if (giver)
			giver->tried_cookie = client;
	}
	if (now_ns - thread->pending_ns >= THREAD_READ_FRESH_NS)
		client = 0;
	if (!client && thread->ended_cookie && !thread->ended_reader)
		client = thread->ended_client;
	thread->ended_cookie = 0;
	return client;
}

/* The running thread wakes another of its process: to make an attempt for the request that it
 * has read, or to answer one whose attempt has ended; or for something else, which is why all of this
 * is a guess. */
static __always_inline void thread_hand_over(struct thread_state *from, __u32 from_tid,
					     struct thread_state *to, __u32 to_tid, __u64 now_ns)
{
	__u64 client = from->pending_cookie;

	/* What ended before the request was read is over. */
	if (from->ended_cookie && from->ended_at.ns >= to->pending_ns) {
		to->ended_cookie = from->ended_cookie;
		to->ended_at.ns = from->ended_at.ns;
		to->ended_client = from->ended_client;
		to->ended_reader = 0;
	}
	if (client && from->pending_given && to->handed_cookie == client)
		to->returned_cookie = client;
	if (!client || from->pending_given || from->handed_cookie == client ||
	    now_ns - from->pending_ns >= THREAD_READ_FRESH_NS)
		return;
	/* Who has read a request itself is woken for something else. */
	if (to->pending_cookie && !to->pending_given)
		return;
	from->handed_cookie = client;
	from->handed_tid = to_tid;
	to->pending_cookie = client;
	to->pending_ns = from->pending_ns;
	to->pending_given = true;
	to->pending_tid = from_tid;
}

/* Whether no attempt was made for this client's request, neither by the thread that read it and now
 * answers nor by the one that it was handed to. */
static __always_inline bool thread_untried(struct thread_state *thread, __u32 kind,
					   __u64 client_cookie)
{
	bool own = thread->pending_cookie == client_cookie, kept = false;
	__u32 handed_tid = thread->handed_tid;
	struct thread_state *other;

	thread->pending_cookie = 0;
	/* Who was about to sleep needs no waking, so that a hand-over may go unseen. */
	if (kind != BALANCER_VARNISH || !own || thread->handed_cookie != client_cookie)
		return own;
	/* Its next attempt is for another request. */
	other = bpf_map_lookup_elem(&threads, &handed_tid);
	if (other && other->pending_given && other->pending_cookie == client_cookie) {
		other->pending_cookie = 0;
		kept = true;
	}
	return (kept || thread->returned_cookie == client_cookie) &&
	       thread->tried_cookie != client_cookie;
}

#endif
