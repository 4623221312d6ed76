/* SPDX-License-Identifier: GPL-2.0-only */
/* What the first bytes of a payload say. */
#ifndef LBTRACE_PAYLOAD_H
#define LBTRACE_PAYLOAD_H

#include "bpf/maps.h"

/* TLS record types, RFC 8446 §5.1. */
enum {
	TLS_CHANGE_CIPHER_SPEC = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION_DATA = 23,
};

/* An alert in TLS 1.3 looks like application data; two bytes of alert, one of
 * type and 16 of tag are less than any request or response needs. */
#define TLS_ENCRYPTED_ALERT_BYTES 24

static __always_inline bool payload_is_upper(__u8 byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static __always_inline bool payload_is_digit(__u8 byte)
{
	return byte >= '0' && byte <= '9';
}

/* The status of "HTTP/1.x NNN", 0: it is none. */
static __always_inline __u16 payload_status(const __u8 *head, __u32 length)
{
	if (length < 12 || head[0] != 'H' || head[1] != 'T' || head[2] != 'T' || head[3] != 'P' ||
	    head[4] != '/' || head[5] != '1' || head[6] != '.' || head[8] != ' ')
		return 0;
	if (!payload_is_digit(head[9]) || !payload_is_digit(head[10]) ||
	    !payload_is_digit(head[11]))
		return 0;
	return (head[9] - '0') * 100 + (head[10] - '0') * 10 + (head[11] - '0');
}

static __always_inline enum payload_kind payload_tls_kind(const __u8 *head, __u32 length)
{
	if (length < 3 || head[1] != 3 || head[2] > 4)
		return PAYLOAD_NONE;
	if (head[0] == TLS_ALERT)
		return PAYLOAD_TLS_ALERT;
	if (head[0] == TLS_APPLICATION_DATA && length >= 5 && head[3] == 0 &&
	    head[4] <= TLS_ENCRYPTED_ALERT_BYTES)
		return PAYLOAD_TLS_ALERT;
	if (head[0] >= TLS_CHANGE_CIPHER_SPEC && head[0] <= TLS_APPLICATION_DATA)
		return PAYLOAD_TLS;
	return PAYLOAD_NONE;
}

/* "PROXY ", or the twelve bytes that version 2 begins with; the first four of those are enough. */
static __always_inline bool payload_is_proxy(const __u8 *head, __u32 length)
{
	if (length < 6)
		return false;
	if (head[0] == 'P' && head[1] == 'R' && head[2] == 'O' && head[3] == 'X' &&
	    head[4] == 'Y' && head[5] == ' ')
		return true;
	return head[0] == '\r' && head[1] == '\n' && head[2] == '\r' && head[3] == '\n' &&
	       head[4] == 0 && head[5] == '\r';
}

static __always_inline bool payload_is_http2_preface(const __u8 *head, __u32 length)
{
	return length >= 6 && head[0] == 'P' && head[1] == 'R' && head[2] == 'I' &&
	       head[3] == ' ' && head[4] == '*' && head[5] == ' ';
}

/* The length of the method that the head begins with, 0: it is no request line. */
static __always_inline __u32 payload_method_length(const __u8 *head, __u32 length)
{
	for (__u32 i = 0; i < EVENT_HEAD_BYTES; i++) {
		if (i >= length)
			return 0;
		if (head[i] == ' ')
			return i >= 3 ? i : 0;
		if (!payload_is_upper(head[i]) && head[i] != '-')
			return 0;
	}
	return 0;
}

/* Fills kind, and leaves of a request line only its method: the path is nobody's business. */
static __always_inline void payload_classify_request(struct event_payload *payload)
{
	__u32 length = payload->length, method;

	payload->kind = payload_tls_kind(payload->head, length);
	if (payload->kind != PAYLOAD_NONE)
		return;
	if (payload_is_proxy(payload->head, length)) {
		payload->kind = PAYLOAD_PROXY;
	} else if (payload_is_http2_preface(payload->head, length)) {
		payload->kind = PAYLOAD_HTTP2;
	} else if (length >= 4 && payload->head[0] == 1 && payload->head[1] == 1 &&
		   payload->head[2] == 0) {
		payload->kind =
			PAYLOAD_FASTCGI; /* version 1, BEGIN_REQUEST, request id below 256 */
	} else {
		method = payload_method_length(payload->head, length);
		payload->kind = method ? PAYLOAD_HTTP1 : PAYLOAD_OTHER;
		for (__u32 i = 0; i < EVENT_HEAD_BYTES; i++) {
			if (i >= method)
				payload->head[i] = 0;
		}
		payload->length = method;
	}
	if (payload->kind == PAYLOAD_PROXY) {
		/* version 1 goes on with the client's address */
		for (__u32 i = 6; i < EVENT_HEAD_BYTES; i++)
			payload->head[i] = 0;
		payload->length = 6;
	}
}

/* Fills kind and status. */
static __always_inline void payload_classify_response(struct event_payload *payload,
						      __u8 request_kind)
{
	__u32 length = payload->length;
	const __u8 *head = payload->head;

	payload->status = payload_status(head, length);
	payload->kind = payload_tls_kind(head, length);
	if (payload->kind != PAYLOAD_NONE)
		return;
	if (payload->status || (length >= 5 && head[0] == 'H' && head[1] == 'T' && head[2] == 'T' &&
				head[3] == 'P' && head[4] == '/'))
		payload->kind = PAYLOAD_HTTP1;
	else if (length >= 4 && head[0] == 1 && head[1] >= 3 && head[1] <= 7)
		payload->kind = PAYLOAD_FASTCGI;
	else if (request_kind == PAYLOAD_HTTP2 && length >= 9 && head[3] <= 9)
		payload->kind = PAYLOAD_HTTP2;
	else
		payload->kind = length ? PAYLOAD_OTHER : PAYLOAD_NONE;
}

/* Whether a request of this kind wants an answer, so that none is a failure. */
static __always_inline bool payload_wants_answer(__u8 kind)
{
	return kind == PAYLOAD_HTTP1 || kind == PAYLOAD_HTTP2 || kind == PAYLOAD_TLS ||
	       kind == PAYLOAD_PROXY || kind == PAYLOAD_FASTCGI;
}

/* Whether a response of this kind can answer such a request. */
static __always_inline bool payload_fits(__u8 request, __u8 response)
{
	switch (request) {
	case PAYLOAD_HTTP1:
	case PAYLOAD_PROXY:
		return response == PAYLOAD_HTTP1 || response == PAYLOAD_NONE ||
		       (request == PAYLOAD_PROXY && response == PAYLOAD_TLS);
	case PAYLOAD_TLS:
		return response == PAYLOAD_TLS || response == PAYLOAD_NONE;
	case PAYLOAD_HTTP2:
		return response == PAYLOAD_HTTP2 || response == PAYLOAD_NONE;
	case PAYLOAD_FASTCGI:
		return response == PAYLOAD_FASTCGI || response == PAYLOAD_NONE;
	default:
		return true;
	}
}

#endif
