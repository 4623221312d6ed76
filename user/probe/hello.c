// SPDX-License-Identifier: GPL-2.0-only
#include "user/probe/hello.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* --- writing ------------------------------------------------------------------ */

static int add(struct hello *hello, const void *bytes, size_t count)
{
	if (count > sizeof(hello->bytes) - hello->length)
		return -ENOSPC;
	memcpy(hello->bytes + hello->length, bytes, count);
	hello->length += count;
	return 0;
}

static int add_text(struct hello *hello, const char *text)
{
	return add(hello, text, strlen(text));
}

/* RFC 8446, 4.1.2: everything before the extensions' length. The session id is empty; the random
 * bytes protect no secret, for none follows. */
/* clang-format off */
static const uint8_t tls_begin[] = {
	0x16, 0x03, 0x01, 0, 0, /* record: handshake; its length */
	0x01, 0, 0, 0, /* ClientHello; its length */
	0x03, 0x03, /* TLS 1.2, or what supported_versions says */
	'l', 'b', 't', 'r', 'a', 'c', 'e', ' ', 'p', 'r', 'o', 'b', 'e', ' ', 's', 'a',
	'y', 's', ' ', 'h', 'e', 'l', 'l', 'o', ' ', 't', 'o', ' ', 'T', 'L', 'S', '.',
	0, /* session id */
	0, 34, /* bytes of cipher suites */
	0x13, 0x01, 0x13, 0x02, 0x13, 0x03, /* TLS 1.3 */
	0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, /* ECDHE, AES-GCM */
	0xcc, 0xa9, 0xcc, 0xa8, /* ECDHE, ChaCha20 */
	0xc0, 0x13, 0xc0, 0x14, 0x00, 0x9e, /* ECDHE, AES-CBC; DHE */
	0x00, 0x9c, 0x00, 0x9d, 0x00, 0x2f, 0x00, 0x35, /* RSA */
	0x00, 0xff, /* RFC 5746: secure renegotiation */
	1, 0, /* no compression */
};

static const uint8_t tls_extensions[] = {
	/* groups: X25519, P-256, P-384 */
	0x00, 0x0a, 0, 8, 0, 6, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x18,
	/* points uncompressed */
	0x00, 0x0b, 0, 2, 1, 0,
	/* extended master secret */
	0x00, 0x17, 0, 0,
	/* signature algorithms */
	0x00, 0x0d, 0, 20, 0, 18,
	0x04, 0x03, 0x05, 0x03, 0x06, 0x03, /* ECDSA */
	0x08, 0x04, 0x08, 0x05, 0x08, 0x06, 0x04, 0x01, 0x05, 0x01, 0x06, 0x01, /* RSA */
	/* versions: 1.3, 1.2 */
	0x00, 0x2b, 0, 5, 4, 0x03, 0x04, 0x03, 0x03,
	/* key share: X25519's base point */
	0x00, 0x33, 0, 38, 0, 36, 0x00, 0x1d, 0, 32,
	9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
/* clang-format on */

#define TLS_RECORD_LENGTH_AT 3
#define TLS_HELLO_LENGTH_AT 6
#define TLS_RECORD_HEADER_BYTES 5
#define TLS_HANDSHAKE_HEADER_BYTES 4

static void put16(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static int add16(struct hello *hello, size_t value)
{
	uint8_t bytes[2];

	put16(bytes, value);
	return add(hello, bytes, sizeof(bytes));
}

/* RFC 6066, 3: type, list, host_name. */
static int add_server_name(struct hello *hello, const char *name, size_t length)
{
	const uint8_t host_name = 0;
	int err = add16(hello, 0);

	if (!err)
		err = add16(hello, length + 5);
	if (!err)
		err = add16(hello, length + 3);
	if (!err)
		err = add(hello, &host_name, 1);
	if (!err)
		err = add16(hello, length);
	return err ? err : add(hello, name, length);
}

int hello_add_tls(struct hello *hello, const char *server_name)
{
	size_t begin = hello->length, name = server_name ? strlen(server_name) : 0;
	size_t extensions = sizeof(tls_extensions), body;
	int err = add(hello, tls_begin, sizeof(tls_begin));

	/* RFC 6066, 3: without the dot at its end. */
	if (name && server_name[name - 1] == '.')
		name--;
	if (name > HELLO_NAME_MOST)
		name = 0;
	if (name)
		extensions += name + 9;
	if (!err)
		err = add16(hello, extensions);
	if (!err && name)
		err = add_server_name(hello, server_name, name);
	if (!err)
		err = add(hello, tls_extensions, sizeof(tls_extensions));
	if (err) {
		hello->length = begin;
		return err;
	}
	body = hello->length - begin - TLS_RECORD_HEADER_BYTES;
	put16(hello->bytes + begin + TLS_RECORD_LENGTH_AT, body);
	put16(hello->bytes + begin + TLS_HELLO_LENGTH_AT + 1, body - TLS_HANDSHAKE_HEADER_BYTES);
	return 0;
}

/* RFC 9110, 5.5 and RFC 9112, 3: nothing that ends a word or a line. */
static bool is_word(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

int hello_add_http(struct hello *hello, const char *method, const char *target, const char *host)
{
	const char *const parts[] = {
		method, " ",
		target, " HTTP/1.1\r\nHost: ",
		host,	"\r\nUser-Agent: lbtrace-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n",
	};
	size_t begin = hello->length;
	int err = 0;

	if (!*method || !*target || !is_word(method) || !is_word(target) || !is_word(host))
		return -EINVAL;
	for (size_t i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++)
		err = add_text(hello, parts[i]);
	if (err)
		hello->length = begin;
	return err;
}

/* https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, 2.1 and 2.2. */
int hello_add_proxy(struct hello *hello, unsigned int version)
{
	static const uint8_t local[] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51,
					 0x55, 0x49, 0x54, 0x0a, 0x20, 0x00, 0x00, 0x00 };

	if (version == 1)
		return add_text(hello, "PROXY UNKNOWN\r\n");
	return version == 2 ? add(hello, local, sizeof(local)) : -EINVAL;
}

/* --- reading ------------------------------------------------------------------- */

#define STATUS_AT 9 /* "HTTP/1.1 200" */
#define STATUS_DIGITS 3
#define HTTP2_HEADER_BYTES 9
#define HTTP2_SETTINGS 4

static uint16_t read_status(const uint8_t *bytes, size_t length)
{
	uint16_t status = 0;

	if (length < STATUS_AT + STATUS_DIGITS || bytes[STATUS_AT - 1] != ' ')
		return 0;
	for (size_t i = STATUS_AT; i < STATUS_AT + STATUS_DIGITS; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return 0;
		status = (uint16_t)(status * 10 + (bytes[i] - '0'));
	}
	return status >= 100 && status <= 599 ? status : 0;
}

/* RFC 9113, 3.4: a server's first frame, on stream 0. */
static bool is_settings(const uint8_t *bytes, size_t length)
{
	return length >= HTTP2_HEADER_BYTES && bytes[3] == HTTP2_SETTINGS && !bytes[4] &&
	       !bytes[5] && !bytes[6] && !bytes[7] && !bytes[8];
}

static enum payload_kind read_kind(const uint8_t *bytes, size_t length)
{
	static const char http[] = "HTTP/1.";

	if (!length)
		return PAYLOAD_NONE;
	/* RFC 8446, 5.1: content type, and a version that begins with 3. */
	if (length >= 3 && bytes[1] == 3 && bytes[0] >= 0x14 && bytes[0] <= 0x17)
		return bytes[0] == 0x15 ? PAYLOAD_TLS_ALERT : PAYLOAD_TLS;
	if (length >= sizeof(http) - 1 && !memcmp(bytes, http, sizeof(http) - 1))
		return PAYLOAD_HTTP1;
	return is_settings(bytes, length) ? PAYLOAD_HTTP2 : PAYLOAD_OTHER;
}

void hello_read_answer(const uint8_t *bytes, size_t length, struct event_payload *payload)
{
	if (length > EVENT_HEAD_BYTES)
		length = EVENT_HEAD_BYTES;
	memset(payload, 0, sizeof(*payload));
	memcpy(payload->head, bytes, length);
	payload->length = (uint8_t)length;
	payload->kind = (uint8_t)read_kind(bytes, length);
	if (payload->kind == PAYLOAD_HTTP1)
		payload->status = read_status(bytes, length);
}
