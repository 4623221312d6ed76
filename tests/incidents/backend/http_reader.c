// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"

ssize_t http_reader_fill(struct http_reader *reader)
{
	size_t room = sizeof(reader->bytes) - 1 - reader->used_bytes;
	ssize_t count;

	if (!room)
		return -EMSGSIZE;
	do {
		count = read(reader->fd, reader->bytes + reader->used_bytes, room);
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return -errno;
	reader->used_bytes += count;
	reader->bytes[reader->used_bytes] = 0;
	return count;
}

void http_reader_drop(struct http_reader *reader, size_t count_bytes)
{
	reader->used_bytes -= count_bytes;
	memmove(reader->bytes, reader->bytes + count_bytes, reader->used_bytes);
	reader->bytes[reader->used_bytes] = 0;
}

int http_reader_skip(struct http_reader *reader, long left_bytes)
{
	while (left_bytes > 0) {
		size_t take = reader->used_bytes;
		ssize_t count;

		if (take > (size_t)left_bytes)
			take = left_bytes;
		http_reader_drop(reader, take);
		left_bytes -= take;
		if (!left_bytes)
			break;
		count = http_reader_fill(reader);
		if (count <= 0)
			return count ? count : -ECONNRESET;
	}
	return 0;
}

int http_reader_skip_chunks(struct http_reader *reader)
{
	for (;;) {
		char *end = strstr(reader->bytes, "\r\n");
		ssize_t count;
		long size;
		int err;

		if (!end) {
			count = http_reader_fill(reader);
			if (count <= 0)
				return count ? count : -ECONNRESET;
			continue;
		}
		size = strtol(reader->bytes, NULL, 16);
		http_reader_drop(reader, end + 2 - reader->bytes);
		err = http_reader_skip(reader, size + 2);
		if (err || !size)
			return err;
	}
}
