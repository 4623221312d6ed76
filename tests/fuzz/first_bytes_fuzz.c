// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes for what comes over the wire: the first ones of requests and responses (HTTP, TLS, PROXY,
 * FastCGI), HTTP/2 frames in pieces, and what the kernel keeps and hands on of an ICMP error. The
 * headers of the kernel side are compiled as they are; their reads go to buffers of exactly the size
 * that was said.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "bpf/event.h"
#include "tests/fuzz/kernel_memory.h"
#include "user/probe/hello.h"
#include "user/probe/icmp.h"

/* In place of bpf/maps.h and bpf/socket.h, which need the kernel's types. */
#define LBTRACE_MAPS_H
#define LBTRACE_SOCKET_H
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __noinline __attribute__((noinline))

static long read_memory(void *to, size_t bytes, const void *from)
{
	memcpy(to, from, bytes);
	return 0;
}

#define bpf_probe_read_kernel(to, bytes, from) read_memory(to, bytes, from)
#define bpf_probe_read_user(to, bytes, from) read_memory(to, bytes, from)

#include "bpf/http2.h"
#include "bpf/icmp.h"
#include "bpf/payload.h"

#define PIECES_MOST 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *control;
static size_t control_bytes;

/* In front of libc's: the error queue. */
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	size_t given =
		control_bytes < message->msg_controllen ? control_bytes : message->msg_controllen;

	(void)fd;
	CHECK(flags & MSG_ERRQUEUE);
	memcpy(message->msg_control, control, given);
	message->msg_controllen = given;
	return 0;
}

static struct event_payload payload_of(const uint8_t *data, size_t size)
{
	struct event_payload payload = { 0 };

	payload.length = size < EVENT_HEAD_BYTES ? size : EVENT_HEAD_BYTES;
	memcpy(payload.head, data, payload.length);
	return payload;
}

/* Of a request line or a PROXY header no more is kept than the method, or the word. */
static void read_request(const uint8_t *data, size_t size)
{
	struct event_payload payload = payload_of(data, size);

	payload_classify_request(&payload);
	CHECK(payload.length <= EVENT_HEAD_BYTES);
	if (payload.kind != PAYLOAD_HTTP1 && payload.kind != PAYLOAD_OTHER &&
	    payload.kind != PAYLOAD_PROXY)
		return;
	for (size_t i = payload.length; i < EVENT_HEAD_BYTES; i++)
		CHECK(!payload.head[i]);
	for (size_t i = 0; payload.kind == PAYLOAD_HTTP1 && i < payload.length; i++)
		CHECK(payload.head[i] == '-' || payload_is_upper(payload.head[i]));
}

static void read_response(const uint8_t *data, size_t size)
{
	struct event_payload payload, probed = { 0 };

	if (!size)
		return;
	payload = payload_of(data + 1, size - 1);
	payload_classify_response(&payload, data[0]);
	CHECK(payload.status < 1000);
	payload_fits(data[0], payload.kind);
	payload_wants_answer(data[0]);
	http2_begins(payload.head, payload.length);
	http2_goes_on(payload.head, payload.length);
	hello_read_answer(data, size, &probed);
	CHECK(probed.length <= EVENT_HEAD_BYTES && probed.status < 1000);
}

/* Each piece after its length. */
static void read_frames(const uint8_t *data, size_t size)
{
	struct iovec pieces[PIECES_MOST] = { 0 };
	struct http2_state state = { 0 };
	struct http2_walk walk = { 0 };
	size_t count = 0;

	while (size > 1 && count < PIECES_MOST) {
		size_t length = data[0] < size - 1 ? data[0] : size - 1;

		pieces[count].iov_base = malloc(length);
		pieces[count].iov_len = length;
		CHECK(pieces[count].iov_base || !length);
		memcpy(pieces[count].iov_base, data + 1, length);
		count++;
		data += 1 + length;
		size -= 1 + length;
	}
	if (count) {
		walk.base = pieces[0].iov_base;
		walk.left = pieces[0].iov_len;
		walk.iovecs = pieces + 1;
		walk.iovec_count = count - 1;
		http2_look(&walk, &state);
		CHECK(walk.count <= HTTP2_FOUND_MAX);
		for (size_t i = 0; i < walk.count; i++)
			CHECK(walk.found[i].status >= 500 && walk.found[i].status < 600);
	}
	for (size_t i = 0; i < count; i++)
		free(pieces[i].iov_base);
}

static void read_icmp(const uint8_t *data, size_t size)
{
	struct event_attempt attempt = { 0 };

	control = data;
	control_bytes = size;
	icmp_read(-1, &attempt);
	CHECK(!attempt.icmp_family || attempt.icmp_family == 4 || attempt.icmp_family == 6);
}

/* The sender stands in the packet behind where its header begins; what is not there reads as 0. */
static void check_source(const struct event_address *source, const struct sk_buff *skb, size_t size)
{
	static const uint8_t none[sizeof(source->bytes)];
	size_t bytes = source->family == 4 ? 4 : 16;
	size_t from = skb->network_header + (source->family == 4 ? offsetof(struct iphdr, saddr)
								 : offsetof(struct ipv6hdr, saddr));

	if (source->family)
		CHECK(!memcmp(source->bytes, from + bytes <= size ? skb->head + from : none,
			      bytes));
}

/* A socket and its error queue: 9 bytes say what they are like, then comes the entry, then the packet. */
static void read_error_queue(const uint8_t *data, size_t size)
{
	struct sk_buff skb = { 0 };
	struct sock sk = { 0 };
	struct socket_state socket = { 0 }, before;

	if (size < 9 + sizeof(skb.cb))
		return;
	sk.sk_error_queue.qlen = data[0] & 1;
	sk.sk_error_queue.next = data[0] & 2 ? NULL : &skb;
	socket.icmp_family = data[0] & 4 ? 4 : 0;
	socket.remote.family = data[0] & 8 ? 4 : 6;
	socket.error = data[1];
	memcpy(&socket.flags, data + 2, sizeof(socket.flags));
	memcpy(&skb.network_header, data + 6, sizeof(skb.network_header));
	memcpy(skb.cb, data + 9, sizeof(skb.cb));
	data += 9 + sizeof(skb.cb);
	size -= 9 + sizeof(skb.cb);
	skb.head = malloc(size);
	CHECK(skb.head || !size);
	memcpy(skb.head, data, size);
	memory_readable[0] = (struct memory_range){ &sk, sizeof(sk) };
	memory_readable[1] = (struct memory_range){ &skb, sizeof(skb) };
	memory_readable[2] = (struct memory_range){ skb.head, size };

	before = socket;
	icmp_read_queue(&sk, &socket);
	CHECK(!socket.icmp_family || socket.icmp_family == 4 || socket.icmp_family == 6);
	CHECK(socket.icmp_source.family == (before.icmp_family ? 0 : socket.icmp_family));
	check_source(&socket.icmp_source, &skb, size);
	CHECK(!before.error || socket.error == before.error);
	CHECK(!socket.icmp_source.port);
	if (socket.icmp_family == before.icmp_family)
		CHECK(!memcmp(&socket, &before, sizeof(socket)));
	icmp_infer_ipv6(&socket);
	before = socket;
	if (socket.icmp_family)
		icmp_read_queue(&sk, &socket);
	icmp_infer_ipv6(&socket);
	CHECK(!memcmp(&socket, &before, sizeof(socket)));
	memset(memory_readable, 0, sizeof(memory_readable));
	free(skb.head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 4) {
		read_error_queue(data + 1, size - 1);
		return 0;
	}
	switch (data[0] & 3) {
	case 0:
		read_request(data + 1, size - 1);
		break;
	case 1:
		read_response(data + 1, size - 1);
		break;
	case 2:
		read_frames(data + 1, size - 1);
		break;
	case 3:
		read_icmp(data + 1, size - 1);
		break;
	}
	return 0;
}
