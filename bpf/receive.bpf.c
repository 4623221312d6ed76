// SPDX-License-Identifier: GPL-2.0-only
/* Role "receive": what a backend sends, as it arrives. */
#include "bpf/payload.h"
#include "bpf/response.h"

char LICENSE[] SEC("license") __weak = "GPL";

/* Kernel functions that read a packet wherever its bytes lie (6.12). */
extern int bpf_dynptr_from_skb(struct sk_buff *skb, __u64 flags, struct bpf_dynptr *dynptr) __ksym
	__weak;

#define TCP_FLAG_RST 0x04
#define TCP_HEADER_BYTES 20
#define TCP_OFFSET_DOFF 12
#define TCP_OFFSET_FLAGS 13
#define TCP_OFFSET_WINDOW 14
#define IP_OFFSET_TTL 8
#define IPV6_OFFSET_HOP_LIMIT 7

struct segment {
	__u32 payload_offset; /* from skb->data */
	__u32 payload_bytes;
	__u8 flags;
	__u8 ttl;
	__u16 window;
};

/* In tcp_rcv_established() skb->data is at the TCP header, which is in the linear part. */
static __always_inline bool segment_read(const struct sk_buff *skb, __u16 family,
					 struct segment *segment)
{
	const unsigned char *data = skb->data;
	const unsigned char *network = skb->head + skb->network_header;
	__u32 bytes = skb->len;
	__u8 tcp[TCP_HEADER_BYTES];
	__u32 header_bytes;

	if (bpf_probe_read_kernel(tcp, sizeof(tcp), data))
		return false;
	header_bytes = (tcp[TCP_OFFSET_DOFF] >> 4) * 4;
	if (header_bytes < TCP_HEADER_BYTES || header_bytes > bytes)
		return false;
	segment->flags = tcp[TCP_OFFSET_FLAGS];
	segment->window = tcp[TCP_OFFSET_WINDOW] << 8 | tcp[TCP_OFFSET_WINDOW + 1];
	segment->payload_offset = header_bytes;
	segment->payload_bytes = bytes - header_bytes;
	bpf_probe_read_kernel(&segment->ttl, 1,
			      network + (family == FAMILY_INET6 ? IPV6_OFFSET_HOP_LIMIT
								: IP_OFFSET_TTL));
	return true;
}

/* How many of the segment's first bytes the socket has already; -1: it is not the next, or all old. */
static __always_inline __s32 segment_old_bytes(struct sock *sk, const struct sk_buff *skb,
					       const struct segment *segment)
{
	const struct tcp_sock *tcp = socket_tcp(sk);
	const struct tcp_skb_cb *cb =
		(const struct tcp_skb_cb *)__builtin_preserve_access_index(&skb->cb);
	__u32 seq = BPF_CORE_READ(cb, seq);
	__s32 old = (tcp ? TYPED_READ(tcp, rcv_nxt) : 0) - seq;

	return old < 0 || old >= (__s32)segment->payload_bytes ? -1 : old;
}

/* Bytes before any request: a protocol in which the server speaks first. */
static __always_inline void receive_banner(struct socket_state *socket)
{
	if (socket->exchanges || (socket->flags & (ATTEMPT_BEFORE_REQUEST | ATTEMPT_SEEDED)))
		return;
	payload_classify_response(&socket->received, PAYLOAD_NONE);
	socket->flags |= ATTEMPT_BEFORE_REQUEST;
}

static __always_inline bool receive_wants_bytes(const struct socket_state *socket)
{
	return socket->awaiting_response ||
	       (!socket->exchanges && !(socket->flags & ATTEMPT_BEFORE_REQUEST));
}

/* Reads the first bytes and judges them. `dynptr`: the kernel can read any part of a packet. */
static __always_inline void receive_payload(struct sock *sk, struct sk_buff *skb,
					    struct socket_state *socket,
					    const struct segment *segment, bool dynptr)
{
	__s32 old = segment_old_bytes(sk, skb, segment);
	__u64 now_ns = bpf_ktime_get_boot_ns();
	__u32 offset, length;

	if (old < 0)
		return;
	socket->received_ns = now_ns;
	if (!receive_wants_bytes(socket)) {
		socket->direction = DIRECTION_RECEIVED;
		return;
	}
	offset = segment->payload_offset + old;
	length = segment->payload_bytes - old;
	if (length > EVENT_HEAD_BYTES)
		length = EVENT_HEAD_BYTES;
	__builtin_memset(&socket->received, 0, sizeof(socket->received));
	if (dynptr) {
		struct bpf_dynptr pointer;

		if (bpf_dynptr_from_skb(skb, 0, &pointer) ||
		    bpf_dynptr_read(socket->received.head, length, &pointer, offset, 0))
			length = 0;
	} else if (skb->len - skb->data_len < offset + length ||
		   bpf_probe_read_kernel(socket->received.head, length, skb->data + offset)) {
		length = 0;
	}
	socket->received.length = length;
	if (!socket->awaiting_response) {
		receive_banner(socket);
		return;
	}
	socket->head_unread = !length;
	if (length && !response_judge(socket))
		return;
	response_begin(socket, now_ns);
}

static __always_inline int receive_segment(struct sock *sk, struct sk_buff *skb, bool dynptr)
{
	struct socket_state *socket = socket_find(sk);
	struct segment segment = {};

	if (!socket || socket->role != SOCKET_BACKEND)
		return 0;
	if (!segment_read(skb, sk->__sk_common.skc_family, &segment))
		return 0;
	if (segment.flags & TCP_FLAG_RST) {
		socket->reset_flags = segment.flags;
		socket->reset_window = segment.window;
		socket->reset_ttl = segment.ttl;
		return 0;
	}
	socket->ttl = segment.ttl;
	if (segment.payload_bytes)
		receive_payload(sk, skb, socket, &segment, dynptr);
	return 0;
}

SEC("?tp_btf/tcp_probe")
int BPF_PROG(receive_tp_btf, struct sock *sk, struct sk_buff *skb)
{
	return receive_segment(sk, skb, true);
}

/* Where packets cannot be read anywhere, nor functions be hooked (arm64 before 6.4). */
SEC("?tp_btf/tcp_probe")
int BPF_PROG(receive_tp_btf_head, struct sock *sk, struct sk_buff *skb)
{
	return receive_segment(sk, skb, false);
}

SEC("?fentry/tcp_rcv_established")
int BPF_PROG(receive_fentry, struct sock *sk, struct sk_buff *skb)
{
	return receive_segment(sk, skb, false);
}
