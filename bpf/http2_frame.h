/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The status of responses in HTTP/2 (RFC 9113), from frames on their way out. Of each frame only its
 * header is read, and of a HEADERS frame the few bytes in which HPACK (RFC 7541) has the status,
 * which comes first. What the kernel cannot know (an entry of the dynamic table that may be one of
 * several) is passed over.
 */
#ifndef LBTRACE_HTTP2_FRAME_H
#define LBTRACE_HTTP2_FRAME_H

#include "bpf/http2_walk.h"

#define HTTP2_FRAME_BYTES 9 /* a frame's header */
#define HTTP2_FIELD_BYTES 7 /* with it, the most that is read of a frame: EVENT_HEAD_BYTES */
#define HTTP2_FRAME_MOST 16384 /* SETTINGS_MAX_FRAME_SIZE unless a client raises it */

enum http2_type {
	HTTP2_DATA = 0,
	HTTP2_HEADERS = 1,
	HTTP2_SETTINGS = 4,
	HTTP2_TYPE_LAST = 9,
};

enum http2_flag {
	HTTP2_FLAG_PADDED = 0x08,
	HTTP2_FLAG_PRIORITY = 0x20,
};

/* The status of three digits in the Huffman code, which has 0, 1 and 2 in five bits and 5 in six.
 * Other 5xx take as many bytes as without it, so nobody writes them so. 0: none of these. */
static __always_inline __u16 http2_huffman_status(__u8 first, __u8 second)
{
	__u16 bits = first << 8 | second;
	__u16 tens = bits >> 5 & 0x1f, ones = bits & 0x1f;

	if (bits >> 10 != 0x1b || tens > 2 || ones > 2)
		return 0;
	return 500 + tens * 10 + ones;
}

static __always_inline __u16 http2_indexed_status(const struct http2_state *state, __u8 index)
{
	switch (index) {
	case 8:
		return 200;
	case 9:
		return 204;
	case 10:
		return 206;
	case 11:
		return 304;
	case 12:
		return 400;
	case 13:
		return 404;
	case 14:
		return 500;
	default:
		/* of the dynamic table */
		return index >= 62 && state->added_count == 1 ? state->added : 0;
	}
}

static __always_inline void http2_note_added(struct http2_state *state, __u16 status)
{
	if (state->added_count && state->added == status)
		return;
	state->added = status;
	state->added_count = state->added_count ? 2 : 1;
}

/* `field` holds the value of a literal: its length, and its first bytes. */
static __always_inline __u16 http2_literal_status(__u64 field)
{
	__u8 length = field, first = field >> 8, second = field >> 16, third = field >> 24;

	if (length == 0x82)
		return http2_huffman_status(first, second);
	if (length != 3 || first < '1' || first > '5' || second < '0' || second > '9' ||
	    third < '0' || third > '9')
		return 0;
	return (first - '0') * 100 + (second - '0') * 10 + (third - '0');
}

/* A change of the dynamic table's size, which may come first, is no field. */
static __always_inline __u64 http2_skip_resize(__u64 field)
{
	if ((field & 0xe0) != 0x20)
		return field;
	if ((field & 0x1f) != 0x1f)
		return field >> 8;
	return field & 0x8000 ? field >> 24 : field >> 16;
}

/* `field` holds HTTP2_FIELD_BYTES of a header block, the first one lowest. 0: the status is not known,
 * or there is none, as in trailers. */
static __always_inline __u16 http2_status(struct http2_state *state, __u64 field)
{
	__u16 status;
	__u8 first;

	field = http2_skip_resize(field);
	first = field;
	if (first & 0x80)
		return http2_indexed_status(state, first & 0x7f);
	/* A literal whose name is one of the table's seven ":status": to be added to the dynamic table,
	 * not to be, never to be. */
	if ((first & 0xc0) == 0x40 && (first & 0x3f) >= 8 && (first & 0x3f) <= 14) {
		status = http2_literal_status(field >> 8);
		if (status)
			http2_note_added(state, status);
		return status;
	}
	if ((first & 0xe0) == 0 && (first & 0x0f) >= 8 && (first & 0x0f) <= 14)
		return http2_literal_status(field >> 8);
	return 0;
}

static __always_inline __u32 http2_length(const __u8 *frame)
{
	return frame[0] << 16 | frame[1] << 8 | frame[2];
}

static __always_inline __u32 http2_stream(const __u8 *frame)
{
	return (__u32)frame[5] << 24 | frame[6] << 16 | frame[7] << 8 | frame[8];
}

/* Whether these nine bytes can be a frame's header. */
static __always_inline bool http2_is_frame(const __u8 *frame)
{
	__u32 stream = http2_stream(frame), type = frame[3];

	if (http2_length(frame) > HTTP2_FRAME_MOST || type > HTTP2_TYPE_LAST || stream >> 31)
		return false;
	/* Streams that a server answers have odd numbers. */
	if (type == HTTP2_DATA || type == HTTP2_HEADERS)
		return stream & 1;
	return type != HTTP2_SETTINGS || (!stream && http2_length(frame) % 6 == 0);
}

/* Whether a connection's first bytes are a server's: a SETTINGS frame. */
static __always_inline bool http2_begins(const __u8 *head, __u32 length)
{
	return length >= HTTP2_FRAME_BYTES && head[0] == 0 && head[3] == HTTP2_SETTINGS &&
	       head[4] == 0 && http2_is_frame(head);
}

/* Whether the first bytes seen of a connection that was open before are a response's. */
static __always_inline bool http2_goes_on(const __u8 *head, __u32 length)
{
	struct http2_state unknown = {};
	__u64 field = 0;

	for (int i = HTTP2_FIELD_BYTES - 1; i >= 0; i--)
		field = field << 8 | head[HTTP2_FRAME_BYTES + i];
	return length == EVENT_HEAD_BYTES && head[3] == HTTP2_HEADERS && http2_is_frame(head) &&
	       !(head[4] & (HTTP2_FLAG_PADDED | HTTP2_FLAG_PRIORITY)) &&
	       http2_status(&unknown, field);
}

#endif
