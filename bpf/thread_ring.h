/* SPDX-License-Identifier: GPL-2.0-only */
/* What a thread has read and not worked on yet: clients' requests, backends' 5xx. */
#ifndef LBTRACE_THREAD_RING_H
#define LBTRACE_THREAD_RING_H

#ifdef __bpf__
#include "bpf/maps.h"
#else /* its tests */
#include <stdbool.h>

#include "bpf/event.h"

#define barrier() __asm__ volatile("" ::: "memory")
#endif

#define THREAD_RING 16 /* a power of two */
/* On HTTP/2, where reading says less: other frames than requests are read, too. */
#define THREAD_STREAM_FRESH_NS (1000 * 1000ull)

struct thread_slot {
	__u64 cookie;
	__u64 value; /* requests: when it was read; answers: thread_answer_value() */
	/* answers: whose request it answers, as guessed; 0: unknown. requests: 0: of HTTP/2, where it is
	 * not known how many there are */
	__u64 client_cookie;
};

struct thread_ring {
	struct thread_slot slots[THREAD_RING];
	__u32 head; /* oldest */
	__u32 tail; /* next free */
	/* requests: how many older ones found no room, and when the last of them was read: they are worked
	 * on first, and nobody knows whose they are */
	__u32 forgotten;
	__u32 count; /* the search at work, as the next two */
	__u64 forgotten_ns;
	__u32 own;
	__u32 oldest;
};

/* An answer's status, and the turn in which it was read or more of it was. */
static __always_inline __u64 thread_answer_value(__u16 status, __u64 turn)
{
	return turn << 16 | status;
}

static __always_inline void thread_ring_clear(struct thread_ring *ring)
{
	ring->head = ring->tail;
	ring->forgotten = 0;
}

/* A full ring forgets its oldest. */
static __always_inline void thread_ring_push(struct thread_ring *ring, __u64 cookie, __u64 value,
					     __u64 client_cookie)
{
	__u32 tail = ring->tail;
	struct thread_slot *slot = &ring->slots[tail & (THREAD_RING - 1)];

	if (tail - ring->head >= THREAD_RING) {
		ring->head = tail + 1 - THREAD_RING;
		if (slot->cookie) {
			ring->forgotten++;
			ring->forgotten_ns = slot->value;
		}
	}
	slot->cookie = cookie;
	slot->value = value;
	slot->client_cookie = client_cookie;
	ring->tail = tail + 1;
}

/* Takes one of the forgotten requests, if the last of them was read less than `fresh_ns` ago. */
static __always_inline bool thread_ring_take_forgotten(struct thread_ring *ring, __u64 now_ns,
						       __u64 fresh_ns)
{
	if (!ring->forgotten)
		return false;
	if (now_ns - ring->forgotten_ns >= fresh_ns) {
		ring->forgotten = 0;
		return false;
	}
	ring->forgotten--;
	return true;
}

/* Takes `cookie` out; false: it was not there. */
static __always_inline bool thread_ring_drop(struct thread_ring *ring, __u64 cookie)
{
	for (int i = 0; i < THREAD_RING; i++) {
		struct thread_slot *slot = &ring->slots[(ring->head + i) & (THREAD_RING - 1)];

		if ((__s32)(ring->tail - ring->head) <= i)
			break;
		if (slot->cookie != cookie)
			continue;
		slot->cookie = 0;
		return true;
	}
	return false;
}

/* More of an answer was read: what it is passed on by comes in this turn. */
static __always_inline void thread_refresh_answer(struct thread_ring *ring, __u64 cookie,
						  __u64 turn)
{
	for (int i = 0; i < THREAD_RING; i++) {
		struct thread_slot *slot = &ring->slots[(ring->head + i) & (THREAD_RING - 1)];

		if ((__s32)(ring->tail - ring->head) <= i)
			break;
		if (slot->cookie == cookie)
			slot->value = thread_answer_value(slot->value, turn);
	}
}

/* Looks for answers of this value: the first that was read for this client, as far as is known, and the
 * oldest that may be, any or only those of which it is not known whose they are. */
static __always_inline void thread_search_answers(struct thread_ring *ring, __u64 client_cookie,
						  __u64 value, bool any)
{
	ring->own = THREAD_RING;
	ring->oldest = THREAD_RING;
	ring->count = 0;
	for (__u32 i = 0; i < THREAD_RING; i++) {
		__u32 place = (ring->head + i) & (THREAD_RING - 1);
		struct thread_slot *slot = &ring->slots[place];

		/* What was found stays in the map, or the verifier would follow each way to find it. */
		barrier();
		if ((__s32)(ring->tail - ring->head) <= (__s32)i)
			break;
		if (!slot->cookie || slot->value != value)
			continue;
		ring->count++;
		if (ring->own == THREAD_RING && slot->client_cookie == client_cookie)
			ring->own = place;
		if (ring->oldest == THREAD_RING && (any || !slot->client_cookie))
			ring->oldest = place;
	}
	barrier();
}

/* Takes one of them; 0: there is none. ring->count: how many there were. */
static __always_inline __u64 thread_take_answer(struct thread_ring *ring, __u64 client_cookie,
						__u64 value, bool any)
{
	__u64 attempt_cookie;
	__u32 place;

	thread_search_answers(ring, client_cookie, value, any);
	place = ring->own < THREAD_RING ? ring->own : ring->oldest;
	if (place >= THREAD_RING)
		return 0;
	attempt_cookie = ring->slots[place].cookie;
	ring->slots[place].cookie = 0;
	return attempt_cookie;
}

/* Whose requests wait, when some of them are of HTTP/2: taken up they may leave others behind, so they
 * stay until they are old. 0: more than one client's. */
static __always_inline __u64 thread_ring_find_streams(const struct thread_ring *ring, __u64 now_ns,
						      bool *multiplexed)
{
	__u64 cookie = 0;
	bool several = false;

	for (int i = 0; i < THREAD_RING; i++) {
		const struct thread_slot *slot = &ring->slots[(ring->head + i) & (THREAD_RING - 1)];

		if ((__s32)(ring->tail - ring->head) <= i)
			break;
		if (!slot->cookie || now_ns - slot->value >= THREAD_STREAM_FRESH_NS)
			continue;
		several |= cookie && slot->cookie != cookie;
		cookie = slot->cookie;
		*multiplexed |= !slot->client_cookie;
	}
	return several ? 0 : cookie;
}

/* They were worked on. */
static __always_inline void thread_ring_forget_streams(struct thread_ring *ring)
{
	for (int i = 0; i < THREAD_RING; i++) {
		if (!ring->slots[i].client_cookie)
			ring->slots[i].cookie = 0;
	}
}

#endif
