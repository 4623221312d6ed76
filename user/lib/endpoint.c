// SPDX-License-Identifier: GPL-2.0-only
#include "user/lib/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAPPED_BITS 96 /* ::ffff:0:0/96, RFC 4291 2.5.5.2 */
#define UNKNOWN_TEXT "other"

static const uint8_t mapped_prefix[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };

static bool is_mapped(const struct event_address *address)
{
	return address->family == 6 &&
	       !memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix));
}

const char *endpoint_format_host(const struct event_address *address, char *text)
{
	const char *done = NULL;

	if (is_mapped(address))
		done = inet_ntop(AF_INET, address->bytes + sizeof(mapped_prefix), text,
				 ENDPOINT_TEXT_BYTES);
	else if (address->family == 4)
		done = inet_ntop(AF_INET, address->bytes, text, ENDPOINT_TEXT_BYTES);
	else if (address->family == 6)
		done = inet_ntop(AF_INET6, address->bytes, text, ENDPOINT_TEXT_BYTES);
	if (!done)
		strcpy(text, UNKNOWN_TEXT);
	return text;
}

const char *endpoint_format(const struct event_address *address, char *text)
{
	char host[ENDPOINT_TEXT_BYTES];

	endpoint_format_host(address, host);
	if (address->family != 4 && address->family != 6)
		strcpy(text, host);
	else if (strchr(host, ':'))
		snprintf(text, ENDPOINT_TEXT_BYTES, "[%.*s]:%u", INET6_ADDRSTRLEN, host,
			 address->port);
	else
		snprintf(text, ENDPOINT_TEXT_BYTES, "%.*s:%u", INET_ADDRSTRLEN, host,
			 address->port);
	return text;
}

/* Decimal digits only, at least one. */
static int parse_number(const char *text, unsigned int most, unsigned int *number)
{
	unsigned int value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (unsigned int)(*text - '0');
		if (value > most)
			return -EINVAL;
	}
	*number = value;
	return 0;
}

/* Splits "host:port", "[host]:port", "[host]" and "host" in place; `port` is NULL without one. */
static int split_port(char *text, char **host, char **port)
{
	char *colon = strchr(text, ':');

	*host = text;
	*port = NULL;
	if (*text == '[') {
		char *end = strchr(text, ']');

		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		if (end[1])
			*port = end + 2;
		*end = '\0';
		*host = text + 1;
		return strchr(*host, ':') ? 0 : -EINVAL;
	}
	if (colon && !strchr(colon + 1, ':')) {
		*colon = '\0';
		*port = colon + 1;
	}
	return 0;
}

static int parse_host(const char *text, struct event_address *address)
{
	if (inet_pton(AF_INET, text, address->bytes) == 1) {
		address->family = 4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, address->bytes) != 1)
		return -EINVAL;
	address->family = 6;
	return 0;
}

/* Without this one backend would have two spellings. */
static void unmap(struct event_address *address)
{
	uint8_t bytes[4];

	memcpy(bytes, address->bytes + sizeof(mapped_prefix), sizeof(bytes));
	memset(address->bytes, 0, sizeof(address->bytes));
	memcpy(address->bytes, bytes, sizeof(bytes));
	address->family = 4;
}

static int parse(const char *text, struct event_address *address, char **prefix, char *copy)
{
	char *host, *port;
	unsigned int number = 0;
	int err;

	memset(address, 0, sizeof(*address));
	if (strlen(text) >= ENDPOINT_TEXT_BYTES)
		return -EINVAL;
	strcpy(copy, text);
	err = split_port(copy, &host, &port);
	if (!err && port)
		err = parse_number(port, UINT16_MAX, &number);
	if (err)
		return err;
	*prefix = strchr(host, '/');
	if (*prefix)
		*(*prefix)++ = '\0';
	address->port = (uint16_t)number;
	return parse_host(host, address);
}

int endpoint_parse(const char *text, struct event_address *address)
{
	struct event_address parsed;
	char copy[ENDPOINT_TEXT_BYTES];
	char *prefix;
	int err;

	if (!strcmp(text, UNKNOWN_TEXT)) {
		memset(address, 0, sizeof(*address));
		return 0;
	}
	err = parse(text, &parsed, &prefix, copy);
	if (err || prefix)
		return -EINVAL;
	if (is_mapped(&parsed))
		unmap(&parsed);
	*address = parsed;
	return 0;
}

bool endpoint_same_host(const struct event_address *left, const struct event_address *right)
{
	size_t bytes = left->family == 4 ? 4 : sizeof(left->bytes);

	if (left->family != right->family)
		return false;
	return !left->family || !memcmp(left->bytes, right->bytes, bytes);
}

bool endpoint_equal(const struct event_address *left, const struct event_address *right)
{
	return left->port == right->port && endpoint_same_host(left, right);
}

static bool same_prefix(const uint8_t *left, const uint8_t *right, unsigned int bits)
{
	unsigned int whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> bits % 8);

	if (memcmp(left, right, whole))
		return false;
	return !mask || !((left[whole] ^ right[whole]) & mask);
}

int endpoint_range_parse(const char *text, struct endpoint_range *range)
{
	struct event_address address;
	char copy[ENDPOINT_TEXT_BYTES];
	unsigned int most, bits;
	char *prefix;
	int err;

	err = parse(text, &address, &prefix, copy);
	if (err)
		return err;
	most = address.family == 4 ? 32 : 128;
	bits = most;
	if (prefix)
		err = parse_number(prefix, most, &bits);
	if (err)
		return err;
	if (is_mapped(&address) && bits >= MAPPED_BITS) {
		unmap(&address);
		bits -= MAPPED_BITS;
	}
	range->address = address;
	range->prefix_bits = (uint8_t)bits;
	return 0;
}

bool endpoint_range_holds(const struct endpoint_range *range, const struct event_address *address)
{
	struct event_address plain = *address;

	if (is_mapped(&plain) && range->address.family == 4)
		unmap(&plain);
	if (plain.family != range->address.family)
		return false;
	if (range->address.port && range->address.port != plain.port)
		return false;
	return same_prefix(plain.bytes, range->address.bytes, range->prefix_bits);
}
