/* SPDX-License-Identifier: GPL-2.0-only */
/* The first bytes of a conversation, and what is answered. */
#ifndef LBTRACE_USER_PROBE_HELLO_H
#define LBTRACE_USER_PROBE_HELLO_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

#define HELLO_BYTES 1024
#define HELLO_NAME_MOST 253

struct hello {
	uint8_t bytes[HELLO_BYTES];
	size_t length;
};

/* Appends a ClientHello (RFC 8446, 4.1.2) that offers TLS 1.3 and 1.2 with whatever is usual. With
 * `server_name` (NULL: without; longer than HELLO_NAME_MOST: without) it asks for that name (RFC 6066,
 * 3). Each call gives the same bytes. 0 or -ENOSPC. */
int hello_add_tls(struct hello *hello, const char *server_name);

/* Appends an HTTP/1.1 request without a body, after which the connection is closed. Empty `host` is
 * allowed. 0, -EINVAL when `method`, `target` or `host` hold blanks or control characters, -ENOSPC. */
int hello_add_http(struct hello *hello, const char *method, const char *target, const char *host);

/* Appends a PROXY protocol header that names no client: version 1 (PROXY UNKNOWN) or 2 (LOCAL).
 * 0, -EINVAL or -ENOSPC. */
int hello_add_proxy(struct hello *hello, unsigned int version);

/* What the first bytes of an answer are; fills `payload`, of `length` bytes at most EVENT_HEAD_BYTES
 * are taken. */
void hello_read_answer(const uint8_t *bytes, size_t length, struct event_payload *payload);

#endif
