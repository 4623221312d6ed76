/* SPDX-License-Identifier: GPL-2.0-only */
/* What a load balancer's write to a client says: HTTP/1 or HTTP/2, in clear or inside TLS. */
#ifndef LBTRACE_FRONT_H
#define LBTRACE_FRONT_H

#include "bpf/emit.h"
#include "bpf/iterator.h"
#include "bpf/http2_thread.h"
#include "bpf/payload.h"

#define FRONT_TLS_HEADER_BYTES 5
#define FRONT_TLS_RECORD_MOST (16384 + 2048) /* RFC 5246 §6.2.3; 1.3 allows less */
#define FRONT_QUIET_NS (60 * 1000 * 1000 * 1000ull)

enum front_kind {
	FRONT_RESPONSE, /* of one, or several */
	FRONT_BEFORE, /* not yet: 100 Continue, or the rest of what was looked at before */
	FRONT_HANDSHAKE, /* TLS's own: what was read before was no request */
};

/* What was found in one write. */
struct front_words {
	const struct http2_found
		*found; /* 5xx of HTTP/2, in the thread's memory; NULL: `status` is it */
	__u16 status; /* of HTTP/1, any; 0: none begins, or it is not known */
	__u8 count; /* of 5xx */
	__u8 kind; /* enum front_kind */
	__u32 flags; /* RESPONSE_* */
};

/* When a load balancer was last seen to speak TLS, by its group. Inserted here, deleted by LRU. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} tls_fronts SEC(".maps") __weak;

/* The answer to a client's handshake; said once in a while. */
static __noinline int front_note_tls(struct sock *sk, struct socket_state *socket)
{
	struct followed_process *process = process_current();
	__u64 now_ns = bpf_ktime_get_boot_ns(), *last_ns;
	struct event_tls *tls;
	__u32 group;

	if (!process)
		return 0;
	group = process->group;
	last_ns = bpf_map_lookup_elem(&tls_fronts, &group);
	if (last_ns && now_ns - *last_ns < FRONT_QUIET_NS)
		return 0;
	bpf_map_update_elem(&tls_fronts, &group, &now_ns, BPF_ANY);
	tls = emit_reserve(EVENT_TLS, sizeof(*tls));
	if (!tls)
		return 0;
	owner_fill_current(&tls->owner, process);
	socket_local(sk, &tls->frontend);
	tls->netns = socket->netns;
	tls->state = TLS_SEEN;
	bpf_ringbuf_submit(tls, 0);
	return 0;
}

static __always_inline void front_begin_http2(struct socket_state *socket)
{
	struct thread_state *thread = thread_current();

	socket->multiplexed = 1;
	if (thread)
		thread_note_multiplexed(thread, socket->cookie);
}

/* Whether a TLS record begins here. */
static __always_inline bool front_is_tls(const __u8 *head, __u32 length)
{
	return length >= FRONT_TLS_HEADER_BYTES && head[0] >= TLS_CHANGE_CIPHER_SPEC &&
	       head[0] <= TLS_APPLICATION_DATA && head[1] == 3 && head[2] <= 4 &&
	       (head[3] << 8 | head[4]) <= FRONT_TLS_RECORD_MOST;
}

/* Decided by the first bytes that are written. */
static __always_inline void front_decide(struct sock *sk, struct socket_state *socket,
					 const __u8 *head, __u32 length)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	bool seeded = socket->flags & ATTEMPT_SEEDED;

	if (!length)
		return;
	if (front_is_tls(head, length)) {
		socket->front = FRONT_TLS;
		socket->tls_record_end = BPF_CORE_READ(tcp, write_seq);
		front_note_tls(sk, socket);
	} else if (http2_begins(head, length) || (seeded && http2_goes_on(head, length))) {
		socket->front = FRONT_HTTP2;
		socket->http2.next = BPF_CORE_READ(tcp, write_seq);
		front_begin_http2(socket);
	} else {
		socket->front = FRONT_PLAIN;
	}
}

/* The status of what is inside is known from the call of the library that this write is part of. */
static __always_inline void front_read_tls(struct sock *sk, struct socket_state *socket,
					   const __u8 *head, __u32 length,
					   struct front_words *words)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	struct thread_state *thread = thread_current();
	__u32 seq = BPF_CORE_READ(tcp, write_seq);
	struct thread_plaintext *given;
	bool fresh;

	if (!thread)
		return;
	given = &thread->plaintext;
	fresh = given->fresh;
	given->fresh = 0;
	/* The rest of a record that did not fit before. Without a head the kernel encrypts. */
	if (length && (__s32)(seq - socket->tls_record_end) < 0) {
		words->kind = FRONT_BEFORE;
		return;
	}
	if (length && !front_is_tls(head, length)) {
		/* amid one of several records that were written together */
		words->kind = FRONT_BEFORE;
		return;
	}
	if (length)
		socket->tls_record_end = seq + FRONT_TLS_HEADER_BYTES + (head[3] << 8 | head[4]);
	if (length && head[0] != TLS_APPLICATION_DATA) {
		words->kind = FRONT_HANDSHAKE;
		return;
	}
	if (!fresh) {
		/* a session ticket or an alert, if the library is hooked */
		words->kind = given->session ? FRONT_HANDSHAKE : FRONT_RESPONSE;
		return;
	}
	words->flags = RESPONSE_ENCRYPTED;
	if (given->http2) {
		words->flags |= RESPONSE_MULTIPLEXED;
		if (!socket->multiplexed)
			front_begin_http2(socket);
	}
	words->found = given->http2 ? given->found : NULL;
	words->status = given->found[0].status;
	words->count = given->count;
	/* The request goes on after 100 Continue. */
	if (!given->http2 && words->status >= 100 && words->status < 200)
		words->kind = FRONT_BEFORE;
}

static __always_inline bool front_walk_begin(const struct msghdr *message, struct http2_walk *walk)
{
	const struct iov_iter *iter = &message->msg_iter;
	enum iterator_kind kind = iterator_kind(iter);
	__u64 offset = BPF_CORE_READ(iter, iov_offset);

	if (kind == ITERATOR_BUFFER) {
		walk->base = BPF_CORE_READ(iter, ubuf) + offset;
		walk->left = BPF_CORE_READ(iter, count);
		return true;
	}
	if (kind != ITERATOR_IOVECS)
		return false;
	walk->iovec_count = BPF_CORE_READ(iter, nr_segs);
	walk->iovecs = iterator_iovecs(iter);
	/* as if before the first buffer */
	http2_next_piece(walk);
	walk->base += offset;
	walk->left -= offset;
	return true;
}

static __always_inline void front_read_http2(struct sock *sk, struct socket_state *socket,
					     const struct msghdr *message,
					     struct front_words *words)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	__u32 seq = BPF_CORE_READ(tcp, write_seq);
	__s32 ahead = socket->http2.next - seq;
	struct thread_state *thread = thread_current();
	struct http2_walk *walk;

	words->flags = RESPONSE_MULTIPLEXED;
	if (!thread)
		return;
	walk = &thread->walk;
	__builtin_memset(walk, 0, sizeof(*walk));
	if (!front_walk_begin(message, walk))
		return;
	walk->skip = socket->http2.lost || ahead < 0 ? 0 : ahead;
	http2_look_thread(thread, &socket->http2);
	socket->http2.lost = walk->lost;
	socket->http2.next = seq + walk->passed + walk->skip;
	words->found = walk->found;
	words->count = walk->count;
}

static __always_inline void front_read_http1(const __u8 *head, __u32 length,
					     struct front_words *words)
{
	__u16 status = payload_status(head, length);

	/* The request goes on after 100 Continue. */
	words->kind = status >= 100 && status < 200 ? FRONT_BEFORE : FRONT_RESPONSE;
	words->count = status >= 500 && status < 600;
	words->status = status;
}

static __always_inline void front_read(struct sock *sk, struct socket_state *socket,
				       const struct msghdr *message, const __u8 *head, __u32 length,
				       struct front_words *words)
{
	if (socket->front == FRONT_UNKNOWN)
		front_decide(sk, socket, head, length);
	if (socket->front == FRONT_TLS)
		front_read_tls(sk, socket, head, length, words);
	else if (socket->front == FRONT_HTTP2)
		front_read_http2(sk, socket, message, words);
	else
		front_read_http1(head, length, words);
}

#endif
