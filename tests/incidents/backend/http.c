// SPDX-License-Identifier: GPL-2.0-only
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <strings.h>

#include "backend.h"

static void request_header(struct http_request *request, const char *line)
{
	if (!strncasecmp(line, "content-length:", 15))
		request->body_bytes = atol(line + 15);
	else if (!strncasecmp(line, "transfer-encoding:", 18))
		request->chunked = strcasestr(line, "chunked");
	else if (!strncasecmp(line, "expect:", 7))
		request->expects_continue = true;
	else if (!strncasecmp(line, "upgrade:", 8))
		request->upgrade = true;
	else if (!strncasecmp(line, "connection:", 11))
		request->keep_alive = !strcasestr(line, "close") &&
				      (request->keep_alive || strcasestr(line, "keep-alive"));
}

/* `head` is the zero-ended request without its empty line; it is cut into lines. */
static int request_parse(struct http_request *request, char *head)
{
	char version[16], *rest, *line = strtok_r(head, "\r\n", &rest);

	memset(request, 0, sizeof(*request));
	if (!line || sscanf(line, "%15s %255s %15s", request->method, request->path, version) != 3)
		return -EPROTO;
	if (strncmp(version, "HTTP/1.", 7))
		return -EPROTO;
	request->keep_alive = version[7] != '0';
	while ((line = strtok_r(NULL, "\r\n", &rest)))
		request_header(request, line);
	return 0;
}

static int read_body(struct http_reader *reader, const struct http_request *request)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (request->expects_continue && (request->chunked || request->body_bytes)) {
		int err = send_all(reader->fd, go_on, sizeof(go_on) - 1);

		if (err)
			return err;
	}
	if (request->chunked)
		return http_reader_skip_chunks(reader);
	return http_reader_skip(reader, request->body_bytes);
}

int http_read_request(struct http_reader *reader, struct http_request *request)
{
	size_t head_bytes;
	char *end;
	int err;

	reader->bytes[reader->used_bytes] = 0;
	while (!(end = strstr(reader->bytes, "\r\n\r\n"))) {
		ssize_t count;

		if (reader->used_bytes && (reader->bytes[0] < 'A' || reader->bytes[0] > 'Z'))
			return -EPROTO;
		count = http_reader_fill(reader);
		if (count < 0)
			return count;
		if (!count)
			return reader->used_bytes ? -ECONNRESET : 0;
	}
	*end = 0;
	head_bytes = end + 4 - reader->bytes;
	err = request_parse(request, reader->bytes);
	if (err)
		return err;
	http_reader_drop(reader, head_bytes);
	err = read_body(reader, request);
	return err ? err : 1;
}

int http_send_status(int fd, int status, bool close_after, long split_ms)
{
	static const char body[] = "answered by lab-backend\n";
	bool empty = status == 204 || status == 304;
	size_t body_bytes = empty ? 0 : sizeof(body) - 1;
	char head[256];
	int length, err;

	length = snprintf(head, sizeof(head), "HTTP/1.1 %d Lab\r\nContent-Type: text/plain\r\n",
			  status);
	if (!empty)
		length += snprintf(head + length, sizeof(head) - length, "Content-Length: %zu\r\n",
				   body_bytes);
	length += snprintf(head + length, sizeof(head) - length, "Connection: %s\r\n\r\n",
			   close_after ? "close" : "keep-alive");
	if (!split_ms) {
		memcpy(head + length, body, body_bytes);
		return send_all(fd, head, length + body_bytes);
	}
	err = send_all(fd, head, length);
	sleep_ms(split_ms);
	return err ? err : send_all(fd, body, body_bytes);
}

static int send_sized(int fd, long body_bytes, bool with_body)
{
	char block[4096];
	int length, err;

	length = snprintf(block, sizeof(block), "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n\r\n",
			  body_bytes);
	err = send_all(fd, block, length);
	memset(block, 'x', sizeof(block));
	while (!err && with_body && body_bytes > 0) {
		size_t part = body_bytes < (long)sizeof(block) ? (size_t)body_bytes : sizeof(block);

		err = send_all(fd, block, part);
		body_bytes -= part;
	}
	return err;
}

static int send_chunked(int fd)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	static const char chunk[] = "6\r\nchunk\n\r\n";
	int err = send_all(fd, head, sizeof(head) - 1);

	for (int i = 0; !err && i < 5; i++) {
		err = send_all(fd, chunk, sizeof(chunk) - 1);
		sleep_ms(5);
	}
	return err ? err : send_all(fd, "0\r\n\r\n", 5);
}

/* Switches protocols, returns what it receives, and leaves when the peer does. */
static int answer_upgrade(int fd)
{
	static const char head[] = "HTTP/1.1 101 Switching Protocols\r\n"
				   "Upgrade: websocket\r\nConnection: Upgrade\r\n"
				   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
	char bytes[512];
	ssize_t count;
	int err = send_all(fd, head, sizeof(head) - 1);

	while (!err && (count = read(fd, bytes, sizeof(bytes))) > 0)
		err = send_all(fd, bytes, count);
	return err ? err : -ESHUTDOWN;
}

int http_answer(int fd, const struct http_request *request, bool close_after)
{
	bool head = !strcmp(request->method, "HEAD");
	const char *last = strrchr(request->path, '/');
	long number = last ? atol(last + 1) : 0;

	if (strstr(request->path, "/status/"))
		return http_send_status(fd, number, close_after, 0);
	if (strstr(request->path, "/split/"))
		return http_send_status(fd, number, close_after, 20);
	if (strstr(request->path, "/size/"))
		return send_sized(fd, number, !head);
	if (head)
		return send_sized(fd, 24, false);
	if (strstr(request->path, "/chunked"))
		return send_chunked(fd);
	if (strstr(request->path, "/upgrade") && request->upgrade)
		return answer_upgrade(fd);
	if (strstr(request->path, "/slow/"))
		sleep_ms(number);
	return http_send_status(fd, 200, close_after, 0);
}
