/* SPDX-License-Identifier: GPL-2.0-only */
/* From frame to frame through what is being written on an HTTP/2 connection, for the 5xx in it. */
#ifndef LBTRACE_HTTP2_H
#define LBTRACE_HTTP2_H

#include "bpf/http2_frame.h"
#include "bpf/socket.h"

#define HTTP2_STEPS 64

static __always_inline void http2_next_piece(struct http2_walk *walk)
{
	struct iovec iovec = {};

	walk->passed += walk->left;
	walk->skip -= walk->left;
	walk->left = 0;
	if (!walk->iovec_count || bpf_probe_read_kernel(&iovec, sizeof(iovec), walk->iovecs)) {
		walk->iovec_count = 0;
		return;
	}
	walk->iovecs++;
	walk->iovec_count--;
	walk->base = iovec.iov_base;
	walk->left = iovec.iov_len;
}

static __always_inline void http2_read_frame(struct http2_walk *walk)
{
	__u8 frame[HTTP2_FRAME_BYTES];

	if (walk->left - walk->skip < sizeof(frame) ||
	    bpf_probe_read_user(frame, sizeof(frame), walk->base + walk->skip) ||
	    !http2_is_frame(frame)) {
		walk->lost = 1;
		return;
	}
	walk->skip += sizeof(frame);
	if (frame[3] == HTTP2_HEADERS && !(frame[4] & (HTTP2_FLAG_PADDED | HTTP2_FLAG_PRIORITY))) {
		walk->in_headers = 1;
		walk->frame_bytes = http2_length(frame);
		walk->stream = http2_stream(frame);
	} else {
		walk->skip += http2_length(frame);
	}
}

static __always_inline void http2_read_status(struct http2_walk *walk, struct http2_state *state)
{
	__u64 left = walk->left - walk->skip;
	__u32 length = left < HTTP2_FIELD_BYTES ? left : HTTP2_FIELD_BYTES;
	__u32 place = walk->count;
	__u64 field = 0;
	__u16 status;

	walk->in_headers = 0;
	if (length && length <= HTTP2_FIELD_BYTES &&
	    !bpf_probe_read_user(&field, length, walk->base + walk->skip)) {
		status = http2_status(state, field);
		if (status >= 500 && status < 600 && place < HTTP2_FOUND_MAX) {
			walk->found[place].stream = walk->stream;
			walk->found[place].status = status;
			walk->count = place + 1;
		}
	}
	walk->skip += walk->frame_bytes;
}

/* Goes from frame to frame through what `walk` was set to; `found` are the 5xx. */
static __always_inline void http2_look(struct http2_walk *walk, struct http2_state *state)
{
	for (int i = 0; i < HTTP2_STEPS && !walk->lost; i++) {
		if (walk->skip >= walk->left) {
			if (!walk->iovec_count) {
				walk->skip += walk->in_headers ? walk->frame_bytes : 0;
				return;
			}
			http2_next_piece(walk);
		} else if (walk->in_headers) {
			http2_read_status(walk, state);
		} else {
			http2_read_frame(walk);
		}
	}
	/* more frames than steps */
	if (walk->skip < walk->left || walk->iovec_count)
		walk->lost = 1;
}

#endif
