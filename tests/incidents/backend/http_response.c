// SPDX-License-Identifier: GPL-2.0-only
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend.h"

static int read_until_close(struct http_reader *reader)
{
	ssize_t count;

	do {
		reader->used_bytes = 0;
		count = http_reader_fill(reader);
	} while (count > 0);
	return count;
}

/* `head` is the zero-ended header; finds what frames the body. */
static void parse_head(char *head, struct http_response *response, bool *chunked, long *body_bytes)
{
	char *rest, *line = strtok_r(head, "\r\n", &rest);

	*body_bytes = -1;
	*chunked = false;
	response->keep_alive = line && !strncmp(line, "HTTP/1.1", 8);
	response->status = 0;
	if (line)
		sscanf(line, "HTTP/1.%*c %d", &response->status);
	while ((line = strtok_r(NULL, "\r\n", &rest))) {
		if (!strncasecmp(line, "content-length:", 15))
			*body_bytes = atol(line + 15);
		else if (!strncasecmp(line, "transfer-encoding:", 18))
			*chunked = strcasestr(line, "chunked");
		else if (!strncasecmp(line, "connection:", 11) && strcasestr(line, "close"))
			response->keep_alive = false;
	}
}

static int read_head(struct http_reader *reader, struct http_response *response, bool *chunked,
		     long *body_bytes)
{
	size_t head_bytes;
	char *end;

	reader->bytes[reader->used_bytes] = 0;
	while (!(end = strstr(reader->bytes, "\r\n\r\n"))) {
		ssize_t count;

		if (reader->used_bytes >= 5 && strncmp(reader->bytes, "HTTP/", 5))
			return -EPROTO;
		count = http_reader_fill(reader);
		if (count <= 0)
			return count ? count : -ECONNRESET;
	}
	*end = 0;
	head_bytes = end + 4 - reader->bytes;
	parse_head(reader->bytes, response, chunked, body_bytes);
	http_reader_drop(reader, head_bytes);
	return response->status ? 0 : -EPROTO;
}

int http_read_response(struct http_reader *reader, struct http_response *response, bool no_body)
{
	long body_bytes = -1;
	bool chunked = false;
	int err;

	do {
		err = read_head(reader, response, &chunked, &body_bytes);
		if (err)
			return err;
	} while (response->status == 100);
	if (no_body || response->status == 101 || response->status == 204 ||
	    response->status == 304)
		return 0;
	if (chunked)
		return http_reader_skip_chunks(reader);
	if (body_bytes >= 0)
		return http_reader_skip(reader, body_bytes);
	response->keep_alive = false;
	return read_until_close(reader);
}
