// SPDX-License-Identifier: GPL-2.0-only
/* Role "send": what a load balancer writes: requests to backends, and a 5xx to a client. */
#include "bpf/answer.h"
#include "bpf/figures.h"
#include "bpf/iterator.h"

char LICENSE[] SEC("license") __weak = "GPL";

#define SEND_HEAD_ROOM (2 * EVENT_HEAD_BYTES)
/* Leading empty buffers are skipped; Varnish gives each word of a status line a buffer of its own. */
#define SEND_IOVECS_TRIED 5
/* change_cipher_spec and a Finished with the longest hash in use (SHA-384): 6 + 5 + 4 + 48 + 17. The
 * shortest request, encrypted, does not fit in behind the shortest Finished. */
#define SEND_TLS_FINISHED_BYTES 80

/* Copies up to EVENT_HEAD_BYTES - *length bytes behind those that are in `head`, which has room for
 * twice as many, as the verifier cannot tell that it never needs it. False: they cannot be read. */
static __always_inline bool send_copy(__u8 *head, __u32 *length, const void *from, __u64 bytes)
{
	__u32 at = *length;

	if (at >= EVENT_HEAD_BYTES)
		return false;
	if (bytes > EVENT_HEAD_BYTES - at)
		bytes = EVENT_HEAD_BYTES - at;
	if (!bytes)
		return true;
	/* Before 6.8 the verifier learns nothing from the comparison of two variables: the bound is said
	 * once more, where the compiler cannot know it for true. */
	barrier_var(bytes);
	if (bytes > EVENT_HEAD_BYTES || bpf_probe_read_user(head + at, bytes, from))
		return false;
	*length = at + bytes;
	return true;
}

/* From the current position of a message made of several buffers. */
static __always_inline __u32 send_gather(const struct iov_iter *iter, __u8 *head)
{
	__u64 offset = TYPED_READ(iter, iov_offset), count = TYPED_READ(iter, nr_segs);
	const struct iovec *iovec = iterator_iovecs(iter);
	struct iovec found = {};
	__u32 length = 0;

	for (__u32 i = 0; i < SEND_IOVECS_TRIED; i++) {
		if (i >= count || length >= EVENT_HEAD_BYTES ||
		    bpf_probe_read_kernel(&found, sizeof(found), iovec + i))
			break;
		if (found.iov_len > offset &&
		    !send_copy(head, &length, found.iov_base + offset, found.iov_len - offset))
			break;
		offset = 0;
	}
	return length;
}

/* Copies the first bytes that are about to be sent to `head`, of SEND_HEAD_ROOM; their number, 0 when
 * they are not in memory (sendfile). */
static __always_inline __u32 send_read_head(const struct msghdr *message, __u8 *head)
{
	const struct iov_iter *iter = &message->msg_iter;
	enum iterator_kind kind = iterator_kind(iter);
	__u32 length = 0;

	if (kind == ITERATOR_BUFFER)
		send_copy(head, &length, BPF_CORE_READ(iter, ubuf) + TYPED_READ(iter, iov_offset),
			  TYPED_READ(iter, count));
	else if (kind == ITERATOR_IOVECS)
		length = send_gather(iter, head);
	return length;
}

/* A client that sends its requests ahead has the next one taken up now at the earliest. */
static __always_inline void send_note_answered(struct socket_state *socket, bool begins)
{
	struct thread_state *thread = thread_current();
	__u64 now_ns = bpf_ktime_get_boot_ns();

	if (begins)
		socket->request_first_ns = now_ns;
	if (thread)
		thread_note_answered(thread, socket->cookie, now_ns);
}

/* Whether the next request is taken up only when the whole response to this one is written. */
static __always_inline bool send_is_strict(__u32 kind)
{
	return thread_works_in_order(kind) || kind == BALANCER_NGINX;
}

/* A response of HTTP/1 goes out, or more of it. */
static __always_inline void send_note_response(struct socket_state *socket, __u16 status)
{
	bool reads = socket->direction == DIRECTION_RECEIVED;

	if (status || reads || thread_keeps(socket->owner.kind))
		send_note_answered(socket,
				   status || (!reads && send_is_strict(socket->owner.kind)));
	else if (send_is_strict(socket->owner.kind))
		socket->request_first_ns = bpf_ktime_get_boot_ns();
}

/* What was read from the client since the last write was no request. */
static __always_inline void send_undo_request(struct socket_state *socket)
{
	if (socket->direction == DIRECTION_RECEIVED && socket->exchanges)
		socket->exchanges--;
	send_note_answered(socket, false);
}

/* Every write is looked at, not only the first after a read: pipelined responses follow each other. */
static __always_inline void send_to_client(struct sock *sk, struct socket_state *socket,
					   const struct msghdr *message)
{
	__u8 head[SEND_HEAD_ROOM] = {};
	struct front_words words = {};
	__u32 length;

	/* Through memory of a map: otherwise the verifier follows each length on its own. */
	*(volatile __u8 *)&socket->head_bytes = send_read_head(message, head);
	length = *(volatile __u8 *)&socket->head_bytes;
	front_read(sk, socket, message, head, length, &words);
	if (words.kind == FRONT_BEFORE)
		return;
	if (words.kind == FRONT_HANDSHAKE)
		send_undo_request(socket);
	answer_client(sk, socket, &words);
	if (!(words.flags & RESPONSE_MULTIPLEXED) && words.kind == FRONT_RESPONSE)
		send_note_response(socket, words.status);
	socket->direction = DIRECTION_SENT;
}

static __always_inline void send_take_client(struct socket_state *socket)
{
	struct thread_state *thread = thread_current();
	bool exact = false;

	if (!thread)
		return;
	socket->client_cookie =
		thread_take_client(thread, socket->owner.kind, socket->request_ns, &exact);
	socket->flags &= ~ATTEMPT_ADJACENT_CLIENT;
	if (exact)
		socket->flags |= ATTEMPT_ADJACENT_CLIENT;
}

/* Whether what is sent now belongs to the TLS handshake that the last exchange was part of, or is the
 * first request behind it: made for the same client. In TLS 1.3 the backend may speak between the
 * end of the handshake and that request (session tickets). To be called before `sent` is new. */
static __always_inline bool send_goes_on_with_handshake(const struct sock *sk,
							const struct socket_state *socket)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	__u64 bytes;

	if (socket->sent.kind != PAYLOAD_TLS)
		return false;
	bytes = BPF_CORE_READ(tcp, write_seq) - (__u32)socket->sent_before;
	if (socket->sent.head[0] == TLS_HANDSHAKE)
		return true;
	return socket->exchanges == 2 && socket->sent.head[0] == TLS_CHANGE_CIPHER_SPEC &&
	       bytes <= SEND_TLS_FINISHED_BYTES;
}

/* The first bytes after the backend's last word: a new exchange begins. */
static __always_inline void send_begin_exchange(struct sock *sk, struct socket_state *socket,
						const struct event_payload *payload)
{
	struct backend_figures *figures = figures_of(socket);
	bool goes_on = send_goes_on_with_handshake(sk, socket);
	const struct tcp_sock *tcp = socket_tcp(sk);

	socket->request_ns = bpf_ktime_get_boot_ns();
	socket->last_received_ns = socket->received_ns;
	socket->sent = *payload;
	socket->sent_before = tcp ? TYPED_READ(tcp, write_seq) : 0;
	socket->received_before = tcp ? TYPED_READ(tcp, bytes_received) : 0;
	socket->data_retransmits = 0;
	socket->full_retransmits = 0;
	socket->response_ns = 0;
	socket->reported = 0;
	socket->direction = DIRECTION_SENT;
	socket->awaiting_response = payload_wants_answer(payload->kind);
	if (figures)
		__sync_fetch_and_add(&figures->exchanges, 1);
	if (socket->exchanges++) {
		if (!goes_on)
			send_take_client(socket);
	} else if (socket->flags & ATTEMPT_BEFORE_REQUEST) {
		/* The backend spoke first: what it said is its answer. */
		socket->awaiting_response = 0;
		if (!payload_fits(payload->kind, socket->received.kind))
			socket->flags |= ATTEMPT_MISFIT;
		return;
	}
	socket->flags &= ~(ATTEMPT_ANSWERED | ATTEMPT_ANSWERED_5XX | ATTEMPT_MISFIT);
	__builtin_memset(&socket->received, 0, sizeof(socket->received));
}

/* An alert in answer to a TLS hello, which it replaces as what was said last; or, in TLS 1.2, in answer
 * to the end of the handshake, where the first request belongs. */
static __always_inline void send_refuse_tls(struct socket_state *socket,
					    const struct event_payload *alert)
{
	if (socket->sent.kind != PAYLOAD_TLS || !(socket->flags & ATTEMPT_ANSWERED))
		return;
	if (socket->exchanges == 1) {
		socket->flags |= ATTEMPT_TLS_REFUSED;
		socket->sent = *alert;
	} else if (socket->exchanges == 2 && socket->sent.head[0] == TLS_HANDSHAKE) {
		socket->flags |= ATTEMPT_TLS_REFUSED;
	}
}

static __always_inline void send_to_backend(struct sock *sk, struct socket_state *socket,
					    const struct msghdr *message)
{
	struct event_payload payload = {};
	__u8 head[SEND_HEAD_ROOM] = {};

	if (socket->direction == DIRECTION_SENT)
		return;
	payload.length = send_read_head(message, head);
	__builtin_memcpy(payload.head, head, EVENT_HEAD_BYTES);
	payload_classify_request(&payload);
	/* A goodbye, no request. */
	if (payload.kind == PAYLOAD_TLS_ALERT) {
		send_refuse_tls(socket, &payload);
		return;
	}
	send_begin_exchange(sk, socket, &payload);
}

static __always_inline int send_message(struct sock *sk, const struct msghdr *message)
{
	struct socket_state *socket = socket_find(sk);

	if (!socket)
		return 0;
	if (socket->role == SOCKET_CLIENT)
		send_to_client(sk, socket, message);
	else if (socket->role == SOCKET_BACKEND)
		send_to_backend(sk, socket, message);
	return 0;
}

SEC("?tp_btf/tcp_sendmsg_locked")
int BPF_PROG(send_tp_btf, struct sock *sk, const struct msghdr *message)
{
	return send_message(sk, message);
}

SEC("?fentry/tcp_sendmsg_locked")
int BPF_PROG(send_fentry, struct sock *sk, const struct msghdr *message)
{
	return send_message(sk, message);
}

SEC("?kprobe/tcp_sendmsg")
int BPF_KPROBE(send_kprobe, struct sock *sk, const struct msghdr *message)
{
	return send_message(sk, message);
}
