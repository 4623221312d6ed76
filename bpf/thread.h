/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a load balancer's thread did last. A proxy works on one request at a
 * time between two waits for events, so the order of its calls says which
 * backend connection belongs to which client:
 *  - nginx reads the request, connects, and at the end closes the backend's
 *    socket and then writes the 5xx;
 *  - HAProxy reads several requests, then works on them in the order read, and
 *    at the end writes the 5xx and then closes the backend's socket.
 */
#ifndef LBTRACE_THREAD_H
#define LBTRACE_THREAD_H

#include "bpf/maps.h"

#define THREAD_RING 8 /* a power of two */
/* A request refused without an attempt is answered in the turn that read it; the thread may have
 * been off its CPU in between. */
#define THREAD_IMMEDIATE_NS (200 * 1000 * 1000ull)
#define THREAD_READ_FRESH_NS (10 * 1000 * 1000ull)

struct thread_slot {
	__u64 cookie;
	__u64 value; /* requests: when it was read; answers: the status */
	__u64 client_cookie; /* answers: whose request it answers, as guessed; 0: unknown */
};

struct thread_ring {
	struct thread_slot slots[THREAD_RING];
	__u32 head; /* oldest */
	__u32 tail; /* next free */
};

/* Written by the thread itself only. Entries are inserted in thread_current(), deleted by LRU. */
struct thread_state {
	__u64 ended_cookie; /* the attempt that just ended and whose 5xx, if any, comes next */
	__u64 ended_client; /* its client, as far as known */
	__u64 ended_reader; /* the one client read from since */
	__u64 answered_cookie; /* the client just given a 5xx whose attempt is let go next */
	__u64 reading_cookie; /* the client read from last */
	__u64 reading_ns;
	__u32 starts; /* attempts begun since that read */
	__s32 route_error; /* errno of the last route lookup, 0: it succeeded */
	__u64 route_ns;
	struct event_address route_address;
	struct event_attempt
		answered; /* the attempt let go last although its backend answered; header.type 0: none */
	struct thread_ring requests; /* clients whose requests were read and not taken up yet */
	struct thread_ring answers; /* backends whose 5xx was read and not passed on yet */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SHARED_THREADS_MAX);
	__type(key, __u32);
	__type(value, struct thread_state);
} threads SEC(".maps") __weak;

/* The running thread's memory, made when it has none; NULL: no room, counted as a loss. */
static __always_inline struct thread_state *thread_current(void)
{
	static const struct thread_state zero;
	__u32 tid = bpf_get_current_pid_tgid();
	struct thread_state *thread = bpf_map_lookup_elem(&threads, &tid);

	if (thread)
		return thread;
	bpf_map_update_elem(&threads, &tid, &zero, BPF_NOEXIST);
	thread = bpf_map_lookup_elem(&threads, &tid);
	if (!thread)
		loss_count(LOSS_THREADS);
	return thread;
}

/* A full ring forgets its oldest. */
static __always_inline void thread_ring_push(struct thread_ring *ring, __u64 cookie, __u64 value,
					     __u64 client_cookie)
{
	__u32 tail = ring->tail;
	struct thread_slot *slot = &ring->slots[tail & (THREAD_RING - 1)];

	slot->cookie = cookie;
	slot->value = value;
	slot->client_cookie = client_cookie;
	ring->tail = tail + 1;
	if (tail + 1 - ring->head > THREAD_RING)
		ring->head = tail + 1 - THREAD_RING;
}

/* Takes the oldest request read in this turn; 0: none. */
static __always_inline __u64 thread_take_request(struct thread_ring *ring, __u64 now_ns)
{
	for (int i = 0; i < THREAD_RING; i++) {
		struct thread_slot *slot;

		if (ring->head == ring->tail)
			return 0;
		slot = &ring->slots[ring->head & (THREAD_RING - 1)];
		ring->head++;
		if (slot->cookie && now_ns - slot->value < THREAD_READ_FRESH_NS)
			return slot->cookie;
	}
	return 0;
}

/* Takes `cookie` out of the requests; false: it was not there. */
static __always_inline bool thread_drop_request(struct thread_ring *ring, __u64 cookie)
{
	for (int i = 0; i < THREAD_RING; i++) {
		struct thread_slot *slot = &ring->slots[(ring->head + i) & (THREAD_RING - 1)];

		if (slot->cookie != cookie)
			continue;
		slot->cookie = 0;
		return (__s32)(ring->tail - ring->head) > i;
	}
	return false;
}

/* Takes the 5xx answer of this status that was read for this client, or else the oldest of which it
 * is not known whose it is; 0: neither. */
static __always_inline __u64 thread_take_answer(struct thread_ring *ring, __u64 client_cookie,
						__u16 status)
{
	__u32 found = THREAD_RING;
	struct thread_slot *slot;
	__u64 attempt_cookie;

	for (__u32 i = 0; i < THREAD_RING; i++) {
		slot = &ring->slots[(ring->head + i) & (THREAD_RING - 1)];
		if ((__s32)(ring->tail - ring->head) <= (__s32)i)
			break;
		if (!slot->cookie || slot->value != status)
			continue;
		if (slot->client_cookie == client_cookie) {
			found = i;
			break;
		}
		if (!slot->client_cookie && found == THREAD_RING)
			found = i;
	}
	if (found == THREAD_RING)
		return 0;
	slot = &ring->slots[(ring->head + found) & (THREAD_RING - 1)];
	attempt_cookie = slot->cookie;
	slot->cookie = 0;
	return attempt_cookie;
}

/* Whether requests wait in a queue between read and connect, in order. */
static __always_inline bool thread_works_in_order(__u32 kind)
{
	return kind == BALANCER_HAPROXY;
}

/* The thread read from a client; `begins`: the first bytes of a request. */
static __always_inline void thread_note_read(struct thread_state *thread, __u64 client_cookie,
					     bool begins, __u64 now_ns)
{
	/* The 5xx of an attempt that ended is written in the same turn; of its own client the rest of
	 * a request's body may be read before. */
	if (begins || (thread->ended_reader && thread->ended_reader != client_cookie)) {
		thread->ended_cookie = 0;
		thread->answered.header.type = 0;
	}
	thread->ended_reader = client_cookie;
	/* A 5xx and the close of its attempt are one step; whatever else the thread does comes after. */
	thread->answered_cookie = 0;
	if (begins || thread->reading_cookie != client_cookie)
		thread->starts = 0;
	thread->reading_cookie = client_cookie;
	thread->reading_ns = now_ns;
	if (begins)
		thread_ring_push(&thread->requests, client_cookie, now_ns, client_cookie);
}

/* The client that an attempt begun now is made for; *exact: known, not guessed. 0: unknown. */
static __always_inline __u64 thread_take_client(struct thread_state *thread, __u32 kind,
						__u64 now_ns, bool *exact)
{
	bool fresh = now_ns - thread->reading_ns < THREAD_READ_FRESH_NS;

	thread->starts++;
	thread->answered_cookie = 0;
	*exact = false;
	if (thread_works_in_order(kind))
		return thread_take_request(&thread->requests, now_ns);
	/* The next upstream is tried in the turn in which the one before failed. */
	if (thread->ended_cookie && !thread->ended_reader) {
		*exact = kind == BALANCER_NGINX && thread->ended_client;
		thread->ended_cookie = 0;
		return thread->ended_client;
	}
	*exact = fresh && kind == BALANCER_NGINX;
	return thread->reading_cookie;
}

/* A failed attempt was let go. Returns the client answered for it just before, 0: none. */
static __always_inline __u64 thread_note_end(struct thread_state *thread, __u32 kind, __u64 cookie,
					     __u64 client_cookie, bool at_once)
{
	__u64 answered = thread->answered_cookie;

	thread->answered_cookie = 0;
	thread->ended_cookie = 0;
	if (answered)
		return answered;
	/* Where requests are worked on in order the 5xx comes first, unless connect() itself failed. */
	if (thread_works_in_order(kind) && !at_once)
		return 0;
	thread->ended_cookie = cookie;
	thread->ended_client = client_cookie;
	thread->ended_reader = 0;
	return 0;
}

/* A backend's own 5xx was read. */
static __always_inline void thread_note_answer(struct thread_state *thread, __u32 kind,
					       __u64 cookie, __u64 client_cookie, __u16 status)
{
	if (thread_works_in_order(kind)) {
		thread_ring_push(&thread->answers, cookie, status, client_cookie);
		return;
	}
	thread->ended_cookie = cookie;
	thread->ended_client = client_cookie;
	thread->ended_reader = 0;
}

/* Whether the attempt that ended in this turn can be what the 5xx to this client is for. Where
 * requests are worked on in order others are worked on in the same turn: the guess must agree. */
static __always_inline bool thread_ended_for(const struct thread_state *thread, __u32 kind,
					     __u64 client_cookie, bool waiting)
{
	if (!thread->ended_cookie)
		return false;
	if (thread->ended_reader && thread->ended_reader != client_cookie)
		return false;
	if (!thread_works_in_order(kind))
		return true;
	return thread->ended_client == client_cookie || (!thread->ended_client && !waiting);
}

struct thread_verdict {
	__u64 attempt_cookie;
	__u32 attempts;
	bool immediate;
};

/* A 5xx is being written to a client, `age_ns` after its request: which attempt does it answer for? */
static __always_inline void thread_note_response(struct thread_state *thread, __u32 kind,
						 __u64 client_cookie, __u16 status, __u64 age_ns,
						 struct thread_verdict *verdict)
{
	bool reading = thread->reading_cookie == client_cookie;
	bool waiting = thread_drop_request(&thread->requests, client_cookie);
	bool guessed;

	if (reading)
		verdict->attempts = thread->starts;
	if (thread_works_in_order(kind))
		verdict->attempt_cookie =
			thread_take_answer(&thread->answers, client_cookie, status);
	guessed = verdict->attempt_cookie;
	if (!verdict->attempt_cookie && thread_ended_for(thread, kind, client_cookie, waiting))
		verdict->attempt_cookie = thread->ended_cookie;
	thread->ended_cookie = 0;
	thread->answered_cookie = 0;
	if (!thread_works_in_order(kind)) {
		verdict->immediate = !verdict->attempt_cookie && reading && !thread->starts;
		return;
	}
	verdict->immediate = !verdict->attempt_cookie && waiting && age_ns < THREAD_IMMEDIATE_NS;
	/* Also when an answer was found: whose it is was guessed, and a failed attempt let go next for
	 * this very client says better. */
	if (guessed || (!verdict->attempt_cookie && !verdict->immediate))
		thread->answered_cookie = client_cookie;
}

/* A response begins: the client's request waits no longer. */
static __always_inline void thread_note_answered(struct thread_state *thread, __u64 client_cookie)
{
	if (thread->requests.head != thread->requests.tail)
		thread_drop_request(&thread->requests, client_cookie);
}

#endif
