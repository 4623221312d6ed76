/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attempts that ended in a thread's turn and whose 5xx come next. On HTTP/2 there may be several:
 * both nginx and HAProxy let go of the backends' sockets first and write the frames of all their
 * responses together, in the same order.
 */
#ifndef LBTRACE_THREAD_ENDS_H
#define LBTRACE_THREAD_ENDS_H

#include "bpf/maps.h"

#define THREAD_ENDS 16 /* a power of two */
#define THREAD_END_FRESH_NS (20 * 1000 * 1000ull)

struct thread_end {
	__u64 cookie; /* 0: taken */
	__u64 client_cookie; /* as far as known, else 0 */
	__u64 ended_ns;
	__u32 status; /* that comes of it, 0: not known */
	__u32 reserved;
};

struct thread_ends {
	struct thread_end slots[THREAD_ENDS];
	__u32 next; /* slots are used in turn */
	/* the search at work: */
	__u32 known;
	__u32 unknown;
	__u32 count;
};

static __always_inline void thread_ends_push(struct thread_ends *ends, __u64 cookie,
					     __u64 client_cookie, __u16 status)
{
	struct thread_end *end = &ends->slots[ends->next++ & (THREAD_ENDS - 1)];

	end->cookie = cookie;
	end->client_cookie = client_cookie;
	end->ended_ns = bpf_ktime_get_boot_ns();
	end->status = status;
}

static __always_inline void thread_ends_drop(struct thread_ends *ends, __u64 cookie)
{
	for (int i = 0; i < THREAD_ENDS; i++) {
		if (ends->slots[i].cookie == cookie)
			ends->slots[i].cookie = 0;
	}
}

/* What ended last is tried again. */
static __always_inline void thread_ends_drop_newest(struct thread_ends *ends)
{
	ends->slots[(ends->next - 1) & (THREAD_ENDS - 1)].cookie = 0;
}

/* Whether a 5xx with this status may come of it now. */
static __always_inline bool thread_end_fits(const struct thread_end *end, __u16 status,
					    __u64 now_ns)
{
	return end->cookie && now_ns - end->ended_ns <= THREAD_END_FRESH_NS &&
	       (!end->status || end->status == status);
}

/* Looks for the oldest that fits, from the oldest slot on: of this client, and of no known one. */
static __always_inline void thread_ends_search(struct thread_ends *ends, __u64 client_cookie,
					       __u16 status)
{
	__u64 now_ns = bpf_ktime_get_boot_ns();

	ends->known = THREAD_ENDS;
	ends->unknown = THREAD_ENDS;
	ends->count = 0;
	for (__u32 i = 0; i < THREAD_ENDS; i++) {
		__u32 place = (ends->next + i) & (THREAD_ENDS - 1);
		struct thread_end *end = &ends->slots[place];

		/* What was found stays in the map, or the verifier would follow each way to find it. */
		barrier();
		if (!thread_end_fits(end, status, now_ns))
			continue;
		if (!end->client_cookie && ends->unknown == THREAD_ENDS)
			ends->unknown = place;
		if (end->client_cookie != client_cookie)
			continue;
		if (!ends->count++)
			ends->known = place;
	}
	barrier();
}

/* Takes the oldest that a 5xx to this client may answer for: one made for it, or else one of which it
 * is not known whose it is. *guessed: it is such a one, or not the only one of this client. */
static __always_inline __u64 thread_ends_take(struct thread_ends *ends, __u64 client_cookie,
					      __u16 status, bool *guessed)
{
	__u64 cookie;
	__u32 place;

	thread_ends_search(ends, client_cookie, status);
	*guessed = ends->count != 1;
	place = ends->count ? ends->known : ends->unknown;
	if (place >= THREAD_ENDS)
		return 0;
	cookie = ends->slots[place].cookie;
	ends->slots[place].cookie = 0;
	return cookie;
}

#endif
