// SPDX-License-Identifier: GPL-2.0-only
/* Role "send": what a load balancer writes: requests to backends, and a 5xx to a client. */
#include "bpf/emit.h"
#include "bpf/figures.h"
#include "bpf/payload.h"
#include "bpf/resource.h"

char LICENSE[] SEC("license") __weak = "GPL";

#define SEND_IOVECS_TRIED 3 /* leading empty ones are skipped */

/* The current position of a message made of several buffers; false: it has none that can be read. */
static __always_inline bool send_find_iovec(const struct iov_iter *iter, struct iovec *found)
{
	__u64 offset = BPF_CORE_READ(iter, iov_offset), count = BPF_CORE_READ(iter, nr_segs);
	const struct iovec *iovec;

	if (bpf_core_field_exists(iter->__iov))
		iovec = BPF_CORE_READ(iter, __iov);
	else
		iovec = BPF_CORE_READ((const struct iov_iter___iov *)iter, iov);
	for (__u32 i = 0; i < SEND_IOVECS_TRIED; i++) {
		if (i >= count || bpf_probe_read_kernel(found, sizeof(*found), iovec + i))
			return false;
		if (found->iov_len > offset) {
			found->iov_base += offset;
			found->iov_len -= offset;
			return true;
		}
		offset = 0;
	}
	return false;
}

/* Copies the first bytes that are about to be sent; their number, 0 when they are not in memory (sendfile). */
static __always_inline __u32 send_read_head(const struct msghdr *message, __u8 *head)
{
	const struct iov_iter *iter = &message->msg_iter;
	__u8 type = BPF_CORE_READ(iter, iter_type);
	__u64 count = BPF_CORE_READ(iter, count);
	struct iovec iovec = {};
	__u32 length;

	if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	    type == bpf_core_enum_value(enum iter_type, ITER_UBUF)) {
		iovec.iov_base = BPF_CORE_READ(iter, ubuf) + BPF_CORE_READ(iter, iov_offset);
		iovec.iov_len = count;
	} else if (type != bpf_core_enum_value(enum iter_type, ITER_IOVEC) ||
		   !send_find_iovec(iter, &iovec)) {
		return 0;
	}
	length = iovec.iov_len < EVENT_HEAD_BYTES ? iovec.iov_len : EVENT_HEAD_BYTES;
	if (length > count)
		length = count;
	if (!length || length > EVENT_HEAD_BYTES ||
	    bpf_probe_read_user(head, length, iovec.iov_base))
		return 0;
	return length;
}

/* The attempt whose answer could not be used, kept by the thread until now. Returns its socket's cookie. */
static __always_inline __u64 send_emit_answered(struct thread_state *thread, __u64 client_cookie)
{
	struct event_attempt *attempt;

	if (!thread->answered.header.type || thread->answered.client_cookie != client_cookie)
		return 0;
	thread->answered.header.type = 0;
	attempt = emit_reserve(EVENT_ATTEMPT, sizeof(*attempt));
	if (!attempt)
		return 0;
	thread->answered.header.type = attempt->header.type;
	thread->answered.header.size_bytes = attempt->header.size_bytes;
	thread->answered.header.time_ns = attempt->header.time_ns;
	*attempt = thread->answered;
	thread->answered.header.type = 0;
	bpf_ringbuf_submit(attempt, 0);
	return thread->answered.cookie;
}

static __always_inline void send_emit_response(struct sock *sk, struct socket_state *socket,
					       __u16 status)
{
	struct followed_process *process = process_current();
	struct thread_state *thread = thread_current();
	struct thread_verdict verdict = {};
	struct event_response *response;

	if (!process || !thread)
		return;
	thread_note_response(thread, process->kind, socket->cookie, status,
			     bpf_ktime_get_boot_ns() - socket->request_first_ns, &verdict);
	if (!verdict.attempt_cookie && !verdict.immediate)
		verdict.attempt_cookie = send_emit_answered(thread, socket->cookie);
	response = emit_reserve(EVENT_RESPONSE, sizeof(*response));
	if (!response)
		return;
	owner_fill_current(&response->owner, process);
	socket_local(sk, &response->frontend);
	socket_remote(sk, &response->client);
	response->cookie = socket->cookie;
	response->request_ns = socket->request_ns;
	response->request_first_ns = socket->request_first_ns;
	response->requests = socket->exchanges;
	response->netns = socket->netns;
	response->status = status;
	response->attempt_cookie = verdict.attempt_cookie;
	response->attempts = verdict.attempts;
	if (verdict.attempt_cookie)
		response->header.flags |= RESPONSE_ATTEMPT_ADJACENT;
	else if (resource_descriptors_full(&response->fd_limit))
		response->header.flags |= RESPONSE_FD_EXHAUSTED;
	response->fd_used = response->fd_limit;
	if (verdict.immediate)
		response->header.flags |= RESPONSE_IMMEDIATE;
	if (socket->flags & (ATTEMPT_FIN_RECEIVED | ATTEMPT_RESET_RECEIVED))
		response->header.flags |= RESPONSE_CLIENT_GONE;
	if (socket->flags & ATTEMPT_SEEDED)
		response->header.flags |= RESPONSE_SEEDED;
	bpf_ringbuf_submit(response, 0);
}

static __always_inline void send_note_answered(const struct socket_state *socket)
{
	struct thread_state *thread = thread_current();

	if (thread)
		thread_note_answered(thread, socket->cookie);
}

/* Every write is looked at, not only the first after a read: pipelined responses follow each other. */
static __always_inline void send_to_client(struct sock *sk, struct socket_state *socket,
					   const struct msghdr *message)
{
	__u8 head[EVENT_HEAD_BYTES] = {};
	__u16 status = payload_status(head, send_read_head(message, head));

	/* The request goes on after 100 Continue. */
	if (status >= 100 && status < 200)
		return;
	if (status >= 500 && status < 600)
		send_emit_response(sk, socket, status);
	else if (socket->direction == DIRECTION_RECEIVED &&
		 thread_works_in_order(socket->owner.kind))
		send_note_answered(socket);
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

/* The first bytes after the backend's last word: a new exchange begins. */
static __always_inline void send_begin_exchange(struct sock *sk, struct socket_state *socket,
						const struct event_payload *payload)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	struct backend_figures *figures = figures_of(socket);

	socket->request_ns = bpf_ktime_get_boot_ns();
	socket->last_received_ns = socket->received_ns;
	socket->sent = *payload;
	socket->sent_before = BPF_CORE_READ(tcp, write_seq);
	socket->received_before = BPF_CORE_READ(tcp, bytes_received);
	socket->data_retransmits = 0;
	socket->full_retransmits = 0;
	socket->response_ns = 0;
	socket->reported = 0;
	socket->direction = DIRECTION_SENT;
	socket->awaiting_response = payload_wants_answer(payload->kind);
	if (figures)
		__sync_fetch_and_add(&figures->exchanges, 1);
	if (socket->exchanges++) {
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

static __always_inline void send_to_backend(struct sock *sk, struct socket_state *socket,
					    const struct msghdr *message)
{
	struct event_payload payload = {};

	if (socket->direction == DIRECTION_SENT)
		return;
	payload.length = send_read_head(message, payload.head);
	payload_classify_request(&payload);
	/* A goodbye, no request. */
	if (payload.kind == PAYLOAD_TLS_ALERT)
		return;
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
