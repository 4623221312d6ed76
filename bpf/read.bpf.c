// SPDX-License-Identifier: GPL-2.0-only
/* Role "read": a load balancer's thread takes what arrived: a client's request, or a backend's 5xx. */
#include "bpf/attempt.h"
#include "bpf/figures.h"
#include "bpf/iterator.h"
#include "bpf/response.h"

char LICENSE[] SEC("license") __weak = "GPL";

#define READ_PORT_DNS 53
#define READ_FLAG_PEEK 2 /* MSG_PEEK: uapi, ABI */

/* Numbers of system calls, which take the buffer second. */
#ifdef __TARGET_ARCH_arm64
#define READ_CALL_READ 63
#define READ_CALL_RECVFROM 207
#else
#define READ_CALL_READ 0
#define READ_CALL_RECVFROM 45
#endif

/* Its owner reads a backend's own 5xx: the attempt is over, the connection may live on. */
static __noinline int attempt_report_answer(struct sock *sk, struct socket_state *socket)
{
	struct backend_figures *figures = figures_of(socket);
	struct event_attempt *attempt;
	struct thread_state *thread;

	socket->reported = 1;
	if (figures)
		__sync_fetch_and_add(&figures->answered_5xx, 1);
	attempt = emit_reserve(EVENT_ATTEMPT, sizeof(*attempt));
	if (!attempt)
		return 0;
	attempt_fill(attempt, socket, sk);
	attempt->old_state = TYPED_READ(sk, __sk_common.skc_state);
	thread = thread_current();
	if (thread)
		thread_note_answer(thread, socket->owner.kind, socket->cookie,
				   socket->client_cookie, socket->flags & ATTEMPT_ADJACENT_CLIENT,
				   socket->received.status);
	bpf_ringbuf_submit(attempt, 0);
	return 0;
}

/* Whether so many bytes of HTTP/2 are just a SETTINGS acknowledgement, WINDOW_UPDATE, RST_STREAM or
 * PING. Inside TLS, which is read record by record, there is a record's header and what encryption
 * adds: 17 bytes in TLS 1.3, 16 or 24 in 1.2. */
static __always_inline bool read_is_control(const struct socket_state *socket, __u32 bytes)
{
	if (socket->front != FRONT_TLS)
		return bytes == 9 || bytes == 13 || bytes == 17;
	return bytes <= 5 || bytes == 25 || bytes == 26 || bytes == 29 || bytes == 30 ||
	       bytes == 33 || bytes == 34 || bytes == 37 || bytes == 41;
}

static __always_inline void read_request(struct socket_state *socket, __u32 bytes)
{
	bool begins = socket->direction != DIRECTION_RECEIVED;
	struct thread_state *thread = thread_current();
	__u64 now_ns = bpf_ktime_get_boot_ns();

	if (socket->multiplexed && read_is_control(socket, bytes)) {
		if (thread)
			thread_note_read(thread, socket->owner.kind, socket->cookie, true, false,
					 now_ns);
		return;
	}
	socket->request_ns = now_ns;
	if (begins) {
		begins = !thread || !thread_is_ahead(thread, socket->cookie, now_ns);
		if (begins)
			socket->request_first_ns = now_ns;
		socket->exchanges++;
		socket->direction = DIRECTION_RECEIVED;
	}
	if (thread)
		thread_note_read(thread, socket->owner.kind, socket->cookie, socket->multiplexed,
				 begins, now_ns);
}

/* From a DNS server's socket, an answer or an error: the process resolves names. */
static __always_inline void read_datagram(const struct sock *sk)
{
	struct followed_process *process;
	struct thread_state *thread;

	if (sk->__sk_common.skc_dport != bpf_htons(READ_PORT_DNS))
		return;
	process = process_current();
	if (!process)
		return;
	process->resolved_ns = bpf_ktime_get_boot_ns();
	thread = thread_current();
	/* What is done next is for whom the name was looked up, whoever was read from last. */
	if (thread)
		thread->resumed = true;
}

/* From a backend that answered 5xx. */
static __always_inline void read_answer(struct sock *sk, struct socket_state *socket)
{
	struct thread_state *thread;

	if (!socket->reported) {
		attempt_report_answer(sk, socket);
		return;
	}
	if (!thread_works_in_order(socket->owner.kind))
		return;
	thread = thread_current();
	if (thread)
		thread_refresh_answer(&thread->answers, socket->cookie, thread_switches());
}

/* Where `bytes` bytes that were just read begin in the reader's memory; NULL: not told. */
static __always_inline const void *read_start(const struct msghdr *message, __u32 bytes)
{
	const struct iov_iter *iter = &message->msg_iter;
	enum iterator_kind kind = iterator_kind(iter);
	__u64 offset = BPF_CORE_READ(iter, iov_offset);
	struct iovec vector;

	if (kind == ITERATOR_BUFFER)
		return offset < bytes ? NULL : BPF_CORE_READ(iter, ubuf) + (offset - bytes);
	if (kind != ITERATOR_IOVECS)
		return NULL;
	/* A buffer that was filled to its end is behind the iterator. */
	if (bpf_probe_read_kernel(&vector, sizeof(vector),
				  iterator_iovecs(iter) - (offset < bytes)))
		return NULL;
	if (offset >= bytes)
		return vector.iov_base + (offset - bytes);
	return !offset && vector.iov_len >= bytes ? vector.iov_base + (vector.iov_len - bytes)
						  : NULL;
}

/* Where the running system call puts what it reads; NULL: it is none with one buffer. */
static __always_inline const void *read_call_buffer(void)
{
	long address = bpf_task_pt_regs(bpf_get_current_task_btf());
#ifdef __TARGET_ARCH_arm64
	const struct user_pt_regs *registers = (const struct user_pt_regs *)address;
	__u64 call = BPF_CORE_READ(registers, regs[8]);
	__u64 buffer = BPF_CORE_READ(registers, regs[1]);
#else
	const struct pt_regs *registers = (const struct pt_regs *)address;
	__u64 call = BPF_CORE_READ(registers, orig_ax);
	__u64 buffer = BPF_CORE_READ(registers, si);
#endif

	return call == READ_CALL_READ || call == READ_CALL_RECVFROM ? (const void *)buffer : NULL;
}

/* What the packet did not show lies in the reader's buffer now. */
static __always_inline void read_response_head(struct socket_state *socket, const void *from,
					       __u32 bytes)
{
	struct event_payload *payload = &socket->received;
	__u32 length = bytes < EVENT_HEAD_BYTES ? bytes : EVENT_HEAD_BYTES;

	socket->head_unread = 0;
	__builtin_memset(payload, 0, sizeof(*payload));
	barrier_var(length);
	if (!from || length > EVENT_HEAD_BYTES || bpf_probe_read_user(payload->head, length, from))
		return;
	payload->length = length;
	if (!response_judge(socket))
		response_await(socket);
}

/* `message`: where it was read to, NULL: not known. */
static __always_inline int read_done(struct sock *sk, const struct msghdr *message, int bytes,
				     int flags)
{
	struct socket_state *socket;

	if (sk->sk_protocol == PROTOCOL_UDP) {
		read_datagram(sk);
		return 0;
	}
	if (bytes <= 0 || (flags & READ_FLAG_PEEK))
		return 0;
	socket = socket_find(sk);
	if (!socket)
		return 0;
	if (message && socket->role == SOCKET_BACKEND && socket->head_unread)
		read_response_head(socket, read_start(message, bytes), bytes);
	if (socket->role == SOCKET_CLIENT)
		read_request(socket, bytes);
	else if (socket->role == SOCKET_BACKEND && (socket->flags & ATTEMPT_ANSWERED_5XX))
		read_answer(sk, socket);
	return 0;
}

SEC("?tp_btf/sock_recv_length")
int BPF_PROG(read_tp_btf, struct sock *sk, int bytes, int flags)
{
	return read_done(sk, NULL, bytes, flags);
}

/* Bytes that were read from the socket since it is one. A FIN counts as one that was not. */
static __always_inline __u32 read_total(const struct sock *sk)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	__u32 unread = BPF_CORE_READ(tcp, rcv_nxt) - BPF_CORE_READ(tcp, copied_seq);

	return BPF_CORE_READ(tcp, bytes_received) - unread;
}

/* Where there is neither that tracepoint nor fexit (arm64 before 6.3): each part of what is read, as it
 * has been copied; how much that was, the socket's own counts tell, which a peek leaves as they are. */
SEC("?tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(read_tp_btf_adjust, struct sock *sk)
{
	struct socket_state *socket = socket_find(sk);
	__u32 total;
	__s32 bytes;

	if (!socket || sk->sk_protocol != PROTOCOL_TCP)
		return 0;
	total = read_total(sk);
	bytes = total - (__u32)socket->received_before;
	if (socket->role == SOCKET_BACKEND && socket->head_unread)
		read_response_head(socket, read_call_buffer(), bytes > 0 ? bytes : 0);
	/* Of no other use to a client's socket. */
	if (socket->role == SOCKET_CLIENT)
		socket->received_before = total;
	return read_done(sk, NULL, bytes, 0);
}

/* Since 5.19: sk, message, length, flags, address length. */
SEC("?fexit/tcp_recvmsg")
int BPF_PROG(read_fexit_5, struct sock *sk, const struct msghdr *message, size_t length, int flags,
	     int *address_length, int bytes)
{
	return read_done(sk, message, bytes, flags);
}

/* Before: a flag of its own for non-blocking. */
SEC("?fexit/tcp_recvmsg")
int BPF_PROG(read_fexit_6, struct sock *sk, const struct msghdr *message, size_t length,
	     int nonblocking, int flags, int *address_length, int bytes)
{
	return read_done(sk, message, bytes, flags);
}
