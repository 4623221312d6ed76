/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a load balancer's thread did last. A proxy works on one request at a
 * time between two waits for events, so the order of its calls says which
 * backend connection belongs to which client:
 *  - nginx reads the request, connects, and at the end closes the backend's
 *    socket and then writes the 5xx;
 *  - HAProxy reads several requests, then works on them in the order read, and
 *    at the end writes the 5xx and then closes the backend's socket;
 *  - Apache does all of a request in one thread, in nginx's order;
 *  - in Go's and Varnish's programs a request wanders: its attempt may be made and may end in other
 *    threads than the one that reads it and writes the 5xx. The thread that reads is most often the
 *    one that connects (Go), or wakes it (Varnish): a guess that the end must confirm;
 *  - nginx and HAProxy, with HTTP/2 to the client, close first and write then, and may work on several
 *    requests of one client, and answer them, in one turn (bpf/thread_ends.h).
 */
#ifndef LBTRACE_THREAD_H
#define LBTRACE_THREAD_H

#include "bpf/thread_wander.h"

/* A request refused without an attempt is answered in the turn that read it; the thread may have
 * been off its CPU in between. */
#define THREAD_IMMEDIATE_NS (200 * 1000 * 1000ull)

enum {
	STATUS_BAD_GATEWAY = 502,
	STATUS_GATEWAY_TIMEOUT = 504,
};

/* Takes the oldest request read in this turn; 0: none, or not known. *waiting: there was one. */
static __always_inline __u64 thread_take_request(struct thread_state *thread, __u64 now_ns,
						 bool *waiting)
{
	struct thread_ring *ring = &thread->requests;

	if (thread->multiplexed) {
		__u64 cookie = thread_ring_find_streams(ring, now_ns, waiting);

		thread->streams_taken |= *waiting;
		if (*waiting)
			return cookie;
	}
	if (thread_ring_take_forgotten(ring, now_ns, THREAD_READ_FRESH_NS)) {
		*waiting = true;
		return 0;
	}
	for (int i = 0; i < THREAD_RING; i++) {
		struct thread_slot *slot;

		if (ring->head == ring->tail)
			return 0;
		slot = &ring->slots[ring->head & (THREAD_RING - 1)];
		ring->head++;
		*waiting = slot->cookie && now_ns - slot->value < THREAD_READ_FRESH_NS;
		if (*waiting)
			return slot->cookie;
	}
	return 0;
}

/* Whether requests wait in a queue between read and connect, in order. */
static __always_inline bool thread_works_in_order(__u32 kind)
{
	return kind == BALANCER_HAPROXY;
}

/* Whether other threads may go on with a request. Of an unknown program nothing is known. */
static __always_inline bool thread_wanders(__u32 kind)
{
	return kind == BALANCER_OTHER || kind == BALANCER_CADDY || kind == BALANCER_TRAEFIK ||
	       kind == BALANCER_VARNISH;
}

/* Whether the thread that read a request last is known to be the one that connects for it. */
static __always_inline bool thread_keeps(__u32 kind)
{
	return kind == BALANCER_NGINX || kind == BALANCER_APACHE;
}

/* Whether the client's request, of which more is read now, lay in the thread's memory and was taken up
 * when the one before was answered. */
static __always_inline bool thread_is_ahead(const struct thread_state *thread, __u64 client_cookie,
					    __u64 now_ns)
{
	return thread->resumed && thread->starts && thread->reading_cookie == client_cookie &&
	       now_ns - thread->reading_ns < THREAD_READ_FRESH_NS;
}

/* All that was read in one turn is worked on before the thread waits for more: what is left of it is
 * queued, and nothing will be begun for it that is known. */
static __always_inline void thread_note_request(struct thread_state *thread, __u64 client_cookie,
						bool multiplexed, __u64 now_ns)
{
	__u64 turn = thread_switches();

	if (thread->requests_turn != turn)
		thread_ring_clear(&thread->requests);
	thread->requests_turn = turn;
	thread_ring_push(&thread->requests, client_cookie, now_ns, multiplexed ? 0 : client_cookie);
}

/* The thread read from a client; `begins`: the first bytes of a request. */
static __always_inline void thread_note_read(struct thread_state *thread, __u32 kind,
					     __u64 client_cookie, bool multiplexed, bool begins,
					     __u64 now_ns)
{
	/* The 5xx of an attempt that ended is written in the same turn; of its own client the rest of
	 * a request's body may be read before. */
	if (begins || (thread->ended_reader && thread->ended_reader != client_cookie)) {
		thread->ended_cookie = 0;
		thread->answered.header.type = 0;
	}
	thread->ended_reader = client_cookie;
	/* What the library took is written before it returns, or not at all. */
	thread->plaintext.fresh = 0;
	/* A 5xx and the close of its attempt are one step; whatever else the thread does comes after. */
	thread->answered_cookie = 0;
	thread->retried_client = 0;
	if (begins || thread->reading_cookie != client_cookie)
		thread->starts = 0;
	thread->reading_cookie = client_cookie;
	thread->reading_ns = now_ns;
	thread->resumed = false;
	/* All that was read in one turn is worked on before more is read. */
	if (thread->streams_taken) {
		thread->streams_taken = 0;
		thread_ring_forget_streams(&thread->requests);
	}
	if (begins) {
		thread->unix_ns = 0;
		thread->unused_ns = 0;
		if (thread_works_in_order(kind))
			thread_note_request(thread, client_cookie, multiplexed, now_ns);
		thread->pending_cookie = client_cookie;
		thread->pending_ns = now_ns;
		thread->pending_given = false;
		thread->handed_cookie = 0;
		thread->returned_cookie = 0;
		thread->tried_cookie = 0;
	}
}

/* Whether in this turn a response went out to another client, whose next request may be taken up in it,
 * too. */
static __always_inline bool thread_wrote_to_another(const struct thread_state *thread,
						    __u64 client_cookie)
{
	return thread->written_cookie && thread->written_cookie != client_cookie &&
	       thread_moment_lasts(&thread->written_at);
}

/* The client that an attempt begun now is made for, where a thread connects right after it has read a
 * request. nginx puts off what lies behind that request in its memory until all that can be read has
 * been: then nothing tells whose it is. Apache goes on with the same client. */
static __always_inline __u64 thread_take_reading(struct thread_state *thread, __u32 kind,
						 __u64 now_ns, bool *exact)
{
	bool fresh = now_ns - thread->reading_ns < THREAD_READ_FRESH_NS;

	/* On HTTP/1 a client has one request under way, and an attempt was begun for it. */
	if (thread->starts++ && !thread->multiplexed)
		return 0;
	*exact = fresh && thread_keeps(kind) && (!thread->resumed || kind == BALANCER_APACHE);
	return thread->reading_cookie;
}

static __always_inline __u64 thread_take_retried(struct thread_state *thread)
{
	__u64 client_cookie = thread->retried_client;

	thread->retried_client = 0;
	return client_cookie && thread_moment_lasts(&thread->retried_at) ? client_cookie : 0;
}

/* The client that an attempt begun now is made for; *exact: known, not guessed. 0: unknown. */
static __always_inline __u64 thread_take_client(struct thread_state *thread, __u32 kind,
						__u64 now_ns, bool *exact)
{
	bool waiting = false;

	thread->answered_cookie = 0;
	*exact = false;
	if (thread_works_in_order(kind)) {
		__u64 client_cookie = thread_take_retried(thread);

		thread->starts++;
		if (client_cookie)
			thread->ended_cookie = 0;
		else
			client_cookie = thread_take_request(thread, now_ns, &waiting);
		if (!waiting && thread->multiplexed)
			thread_ends_drop_newest(&thread->ends);
		return client_cookie;
	}
	if (thread_wanders(kind)) {
		thread->starts++;
		return thread_take_pending(thread, now_ns);
	}
	/* The next upstream is tried in the turn in which the one before failed. */
	if (thread->ended_cookie && !thread->ended_reader) {
		if (thread->ended_client == thread->reading_cookie)
			thread->starts++;
		*exact = thread_keeps(kind) && thread->ended_client && thread->ended_exact &&
			 !thread_wrote_to_another(thread, thread->ended_client);
		thread_ends_drop(&thread->ends, thread->ended_cookie);
		thread->ended_cookie = 0;
		return thread->ended_client;
	}
	return thread_take_reading(thread, kind, now_ns, exact);
}

static __always_inline void thread_set_ended(struct thread_state *thread, __u64 cookie,
					     __u64 client_cookie, bool exact)
{
	thread->ended_cookie = cookie;
	thread->ended_client = client_cookie;
	thread->ended_exact = exact;
	thread->ended_reader = 0;
	thread_moment_note(&thread->ended_at);
}

/* The client just given a 5xx for the attempt that is let go now, 0: none. */
static __always_inline __u64 thread_take_answered(struct thread_state *thread)
{
	__u64 answered = thread->answered_cookie;

	thread->answered_cookie = 0;
	return answered && thread_moment_lasts(&thread->answered_at) ? answered : 0;
}

enum thread_end_flags {
	THREAD_END_EXACT = 1 << 0, /* the client is known, not guessed */
	THREAD_END_AT_ONCE = 1 << 1, /* in connect() */
	THREAD_END_FINAL = 1 << 2, /* nothing is tried again after such an end */
};

/* A failed attempt was let go, of which this status comes if any. Returns the client answered for it
 * just before, 0: none. */
static __always_inline __u64 thread_note_end(struct thread_state *thread, __u32 kind, __u64 cookie,
					     __u64 client_cookie, __u16 status, __u32 flags)
{
	__u64 answered = thread_take_answered(thread);

	thread->ended_cookie = 0;
	thread->retried_client = 0;
	if (answered)
		return answered;
	if (thread->multiplexed)
		thread_ends_push(&thread->ends, cookie, client_cookie, status);
	if (thread_works_in_order(kind) && !(flags & THREAD_END_FINAL)) {
		thread->retried_client = client_cookie;
		thread_moment_note(&thread->retried_at);
	}
	/* Where requests are worked on in order the 5xx comes first, unless connect() itself failed. */
	if (thread_works_in_order(kind) && !(flags & THREAD_END_AT_ONCE))
		return 0;
	thread->ended_status = 0;
	thread_set_ended(thread, cookie, client_cookie, flags & THREAD_END_EXACT);
	return 0;
}

/* A backend's own 5xx was read. */
static __always_inline void thread_note_answer(struct thread_state *thread, __u32 kind,
					       __u64 cookie, __u64 client_cookie, bool exact,
					       __u16 status)
{
	if (thread->multiplexed)
		thread_ends_push(&thread->ends, cookie, client_cookie, status);
	if (thread_works_in_order(kind)) {
		thread_ring_push(&thread->answers, cookie,
				 thread_answer_value(status, thread_switches()), client_cookie);
		return;
	}
	thread->ended_status = status;
	thread_set_ended(thread, cookie, client_cookie, exact);
}

/* Whether the attempt that ended in this turn can be what the 5xx to this client is for. Where
 * requests wander the turn may be another request's: the guess must agree. */
static __always_inline bool thread_ended_for(const struct thread_state *thread, __u32 kind,
					     __u64 client_cookie, __u16 status, __u64 age_ns)
{
	if (!thread->ended_cookie || (thread->ended_status && thread->ended_status != status))
		return false;
	/* Its own client had left. */
	if (thread->ended_exact && thread->ended_client != client_cookie)
		return false;
	if (thread->ended_reader && thread->ended_reader != client_cookie)
		return false;
	/* Where requests are worked on in order only a connect() that failed at once is kept, and its
	 * 5xx is the next that the thread writes. */
	if (!thread_wanders(kind))
		return thread->ended_status || thread_moment_lasts(&thread->ended_at);
	if (bpf_ktime_get_boot_ns() - thread->ended_at.ns > age_ns)
		return false;
	return thread->ended_client == client_cookie || !thread->ended_client;
}

struct thread_verdict {
	__u64 attempt_cookie;
	__u32 attempts;
	bool immediate;
	bool guessed; /* attempt_cookie is one of several that may be it */
};

/* A backend's own 5xx is passed on in the turn in which it was read. The only one that there is stands,
 * even if it was guessed to be another's: requests are not taken up quite in order. `any`: the load
 * balancer may not have written this by itself. */
static __always_inline void thread_find_answer(struct thread_state *thread, __u64 client_cookie,
					       __u16 status, bool any,
					       struct thread_verdict *verdict)
{
	__u64 value = thread_answer_value(status, thread_switches());

	verdict->attempt_cookie = thread_take_answer(&thread->answers, client_cookie, value, any);
	verdict->guessed = verdict->attempt_cookie && thread->answers.count > 1;
}

/* As thread_note_response(), on HTTP/2. */
static __always_inline void thread_note_stream(struct thread_state *thread, __u32 kind,
					       __u64 client_cookie, __u16 status, __u64 age_ns,
					       struct thread_verdict *verdict)
{
	bool reading = thread->reading_cookie == client_cookie;

	verdict->attempt_cookie =
		thread_ends_take(&thread->ends, client_cookie, status, &verdict->guessed);
	if (verdict->attempt_cookie)
		thread_ring_drop(&thread->answers, verdict->attempt_cookie);
	if (verdict->attempt_cookie == thread->ended_cookie)
		thread->ended_cookie = 0;
	thread->answered_cookie = 0;
	verdict->immediate = !verdict->attempt_cookie && reading && !thread->starts &&
			     !thread_wanders(kind) && age_ns < THREAD_IMMEDIATE_NS;
}

/* A 5xx is being written to a client, `age_ns` after its request: which attempt does it answer for? */
static __always_inline void thread_note_response(struct thread_state *thread, __u32 kind,
						 __u64 client_cookie, __u16 status, __u64 age_ns,
						 struct thread_verdict *verdict)
{
	bool reading = thread->reading_cookie == client_cookie;
	bool waiting = thread_ring_drop(&thread->requests, client_cookie);
	bool guessed;

	if (reading)
		verdict->attempts = thread->starts;
	if (thread_works_in_order(kind))
		thread_find_answer(thread, client_cookie, status,
				   !waiting && age_ns < THREAD_READ_FRESH_NS, verdict);
	guessed = verdict->attempt_cookie;
	if (!verdict->attempt_cookie &&
	    thread_ended_for(thread, kind, client_cookie, status, age_ns))
		verdict->attempt_cookie = thread->ended_cookie;
	if (thread->multiplexed && verdict->attempt_cookie)
		thread_ends_drop(&thread->ends, verdict->attempt_cookie);
	thread->ended_cookie = 0;
	thread->answered_cookie = 0;
	if (thread_wanders(kind)) {
		verdict->immediate =
			thread_untried(thread, kind, client_cookie) && !verdict->attempt_cookie;
		return;
	}
	if (!thread_works_in_order(kind)) {
		verdict->immediate = !verdict->attempt_cookie && reading && !thread->starts;
		return;
	}
	/* Without an attempt there is nothing to be bad or late. */
	verdict->immediate = !verdict->attempt_cookie && waiting && age_ns < THREAD_IMMEDIATE_NS &&
			     status != STATUS_BAD_GATEWAY && status != STATUS_GATEWAY_TIMEOUT;
	/* Also when an answer was found: whose it is was guessed, and a failed attempt let go next for
	 * this very client says better. */
	if (guessed || (!verdict->attempt_cookie && !verdict->immediate)) {
		thread->answered_cookie = client_cookie;
		thread_moment_note(&thread->answered_at);
	}
}

/* A client turns out to speak HTTP/2. */
static __always_inline void thread_note_multiplexed(struct thread_state *thread,
						    __u64 client_cookie)
{
	thread->multiplexed = 1;
	for (int i = 0; i < THREAD_RING; i++) {
		if (thread->requests.slots[i].cookie == client_cookie)
			thread->requests.slots[i].client_cookie = 0;
	}
}

/* Whether nobody knows whose attempt was let go last although its backend answered. nginx writes what
 * comes of it in that very turn, whoever it is. */
static __always_inline bool thread_answered_is_anyones(const struct thread_state *thread)
{
	const struct event_attempt *attempt = &thread->answered;

	return attempt->owner.kind == BALANCER_NGINX &&
	       !(attempt->header.flags & ATTEMPT_ADJACENT_CLIENT);
}

/* The thread writes to a client, whose request waits no longer. What it does next without reading
 * may be for that client's next request, read together with this one. */
static __always_inline void thread_note_answered(struct thread_state *thread, __u64 client_cookie,
						 __u64 now_ns)
{
	thread->reading_cookie = client_cookie;
	thread->retried_client = 0;
	thread->starts = 0;
	thread->resumed = true;
	thread->written_cookie = client_cookie;
	thread->written_at.ns = now_ns;
	thread->written_at.switches = thread_switches();
	thread->reading_ns = now_ns;
	if (thread->pending_cookie == client_cookie)
		thread->pending_cookie = 0;
	/* This is what came of it, then. */
	if (thread_answered_is_anyones(thread))
		thread->answered.header.type = 0;
	if (thread->requests.head != thread->requests.tail)
		thread_ring_drop(&thread->requests, client_cookie);
}

#endif
