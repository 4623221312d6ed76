/* SPDX-License-Identifier: GPL-2.0-only */
/* What a thread has read and not worked on yet: clients' requests, backends' 5xx. */
#ifndef LBTRACE_THREAD_RING_H
#define LBTRACE_THREAD_RING_H

#ifdef __bpf__
#include "bpf/maps.h"
#else /* its tests */
#include <stdbool.h>

#include "bpf/event.h"
#endif

#define THREAD_RING 16 /* a power of two */
/* On HTTP/2, where reading says less: other frames than requests are read, too. */
#define THREAD_STREAM_FRESH_NS (1000 * 1000ull)

struct thread_slot {
	__u64 cookie;
	__u64 value; /* requests: when it was read; answers: the status */
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
	__u32 reserved;
	__u64 forgotten_ns;
};

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
