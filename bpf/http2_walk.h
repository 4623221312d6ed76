/* SPDX-License-Identifier: GPL-2.0-only */
/* What is remembered of HTTP/2 connections and threads that write to them; http2.h does the reading. */
#ifndef LBTRACE_HTTP2_WALK_H
#define LBTRACE_HTTP2_WALK_H

#ifdef __bpf__
#include "bpf/maps.h"
#else /* the tests of http2_frame.h */
#include <stdbool.h>

#include "bpf/event.h"
#endif

#define HTTP2_FOUND_MAX 16

/* What is kept of a connection that speaks HTTP/2, between its writes. */
struct http2_state {
	__u32 next; /* bytes from the next write's start to the next frame; in clear: its sequence number */
	__u16 added; /* the status that was put into the dynamic table */
	__u8 added_count; /* of different ones, 2: more than one */
	__u8 lost; /* where a frame begins is not known */
};

struct http2_found {
	__u32 stream;
	__u16 status;
	__u16 reserved;
};

/* One look at what is written: a buffer, or several. */
struct http2_walk {
	const __u8 *base;
	__u64 left; /* bytes at base */
	const struct iovec *iovecs; /* that follow */
	__u64 iovec_count;
	__u64 passed; /* bytes of the write before base */
	__u64 skip; /* bytes from base to what is read next */
	__u32 frame_bytes; /* of the HEADERS frame whose header was read, from base + skip on */
	__u32 stream;
	__u8 in_headers;
	__u8 lost;
	__u8 count;
	struct http2_found found[HTTP2_FOUND_MAX];
};

#endif
