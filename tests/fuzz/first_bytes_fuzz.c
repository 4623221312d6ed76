// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes for what comes over the wire: the first ones of requests and responses (HTTP, TLS, PROXY,
 * FastCGI), HTTP/2 frames in pieces, and what the kernel hands on of an ICMP error. The headers of the
 * kernel side are compiled as they are; their reads go to buffers of exactly the size that was said.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "bpf/event.h"
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
#include "bpf/payload.h"

#define PIECES_MOST 8
#define CHECK(condition)                                                    \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #condition); \
			abort();                                            \
		}                                                           \
	} while (0)

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
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
