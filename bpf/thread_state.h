/* SPDX-License-Identifier: GPL-2.0-only */
/* What is remembered of a load balancer's thread; thread.h says what comes of it. */
#ifndef LBTRACE_THREAD_STATE_H
#define LBTRACE_THREAD_STATE_H

#include "bpf/http2_walk.h"
#include "bpf/thread_ends.h"
#include "bpf/thread_moment.h"
#include "bpf/thread_ring.h"

/* What the thread has just given to a TLS library. SSL_write() encrypts it and sends it before it
 * returns, so the next TLS record that the thread writes to a client has it inside. */
struct thread_plaintext {
	__u64 session; /* address of the library's object, 0: nothing was ever given */
	__u8 fresh; /* its record has not been written yet */
	__u8 http2;
	__u8 count; /* 5xx responses in it */
	__u8 reserved;
	struct http2_found found[HTTP2_FOUND_MAX];
};

/* Written by the thread itself, and by the one that wakes it. Entries are inserted in thread_make(),
 * deleted by LRU. */
struct thread_state {
	__u64 ended_cookie; /* the attempt that just ended and whose 5xx, if any, comes next */
	__u64 ended_client; /* its client, as far as known */
	__u64 ended_reader; /* the one client read from since */
	struct thread_moment ended_at;
	__u64 answered_cookie; /* the client just given a 5xx whose attempt is let go next */
	struct thread_moment answered_at;
	/* Where requests are worked on in order: the client whose attempt just failed, and who was given
	 * no 5xx for it: the attempt begun next is another try */
	__u64 retried_client;
	struct thread_moment retried_at;
	__u64 reading_cookie; /* the client read from last */
	__u64 reading_ns;
	__u64 written_cookie; /* the client written to last */
	struct thread_moment written_at;
	__u32 starts; /* attempts begun since that read */
	/* It has done something else since than to go on with what it read: the next request that it
	 * takes up may be one that lay in its memory. */
	bool resumed;
	bool ended_exact; /* ended_client is known, not guessed */
	__u16 ended_status; /* of the backend's own 5xx, which may wait for its body; 0: it gave none */
	/* Where requests wander: */
	bool pending_given; /* the thread did not read it, but was woken by the one that had it */
	__u64 pending_cookie; /* the client whose request has no attempt yet */
	__u64 pending_ns;
	__u32 pending_tid; /* who gave it */
	__u32 handed_tid; /* who was woken with the request */
	__u64 handed_cookie; /* of this client, */
	__u64 returned_cookie; /* which woke this one without having made an attempt for it, */
	__u64 tried_cookie; /* or made one */
	__u64 unused_ns; /* when it closed a TCP socket last that it had not used */
	__u64 unix_ns; /* when it connected to a Unix socket last; in vain, where the hook tells */
	__s32 route_error; /* errno of the last route lookup, 0: it succeeded */
	__u64 route_ns;
	struct event_address route_address;
	struct event_attempt
		answered; /* the attempt let go last although its backend answered; header.type 0: none */
	struct thread_moment answered_end; /* when it was */
	__u64 requests_turn; /* thread_switches() when the last of these was read */
	struct thread_ring requests; /* clients whose requests were read and not taken up yet */
	struct thread_ring answers; /* backends whose 5xx was read and not passed on yet */
	struct thread_ends ends; /* kept where HTTP/2 is spoken to clients */
	__u32 multiplexed; /* it is */
	__u32 streams_taken; /* an attempt was begun for one of the requests that wait */
	struct thread_plaintext plaintext;
	struct event_response response; /* what all 5xx of the write at work have in common */
	struct http2_walk walk; /* the one at work: too big for the stack, and no CPU's own */
	struct http2_state http2; /* of the connection that it is of */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SHARED_THREADS_MAX);
	__type(key, __u32);
	__type(value, struct thread_state);
} threads SEC(".maps") __weak;

/* A thread's memory, made when it has none; NULL: no room, counted as a loss. */
static __always_inline struct thread_state *thread_make(__u32 tid)
{
	static const struct thread_state zero;
	struct thread_state *thread = bpf_map_lookup_elem(&threads, &tid);

	if (thread)
		return thread;
	bpf_map_update_elem(&threads, &tid, &zero, BPF_NOEXIST);
	thread = bpf_map_lookup_elem(&threads, &tid);
	if (!thread)
		loss_count(LOSS_THREADS);
	return thread;
}

/* The running thread's. */
static __always_inline struct thread_state *thread_current(void)
{
	return thread_make(bpf_get_current_pid_tgid());
}

#endif
