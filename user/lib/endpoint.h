/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of the stream, as people write them. */
#ifndef LBTRACE_USER_LIB_ENDPOINT_H
#define LBTRACE_USER_LIB_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

#define ENDPOINT_TEXT_BYTES 64

/* Writes "10.0.0.1:80" or "[fd00::1]:80" (IPv4-mapped IPv6 as IPv4; family 0 as "other").
 * `text` holds ENDPOINT_TEXT_BYTES. Returns `text`. */
const char *endpoint_format(const struct event_address *address, char *text);

/* The same without port and brackets. */
const char *endpoint_format_host(const struct event_address *address, char *text);

/* Parses what endpoint_format() writes; a text without a port gives port 0. 0 or -EINVAL. */
int endpoint_parse(const char *text, struct event_address *address);

/* Same family, address and port. */
bool endpoint_equal(const struct event_address *left, const struct event_address *right);

/* Same family and address, whatever the port. */
bool endpoint_same_host(const struct event_address *left, const struct event_address *right);

/* A set of backends: CIDR[:PORT], e.g. 10.0.0.0/24, 10.0.0.1:8080, [fd00::/64]:80. */
struct endpoint_range {
	struct event_address address;
	uint8_t prefix_bits; /* 0..32 or 0..128 */
};

/* 0 or -EINVAL. */
int endpoint_range_parse(const char *text, struct endpoint_range *range);
bool endpoint_range_holds(const struct endpoint_range *range, const struct event_address *address);

#endif
