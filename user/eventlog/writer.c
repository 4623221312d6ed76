// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "user/eventlog/format.h"

#define COMPRESSION_LEVEL 1 /* records are mostly zeros: higher levels gain little and cost much */

struct eventlog_writer {
	int fd;
	int error; /* the first failure, negative; nothing is written after it */
	off_t whole_bytes; /* of the file, up to the end of its last whole block */
	z_stream deflater;
	uint32_t raw_bytes; /* of the open block */
	uint32_t records;
	uint8_t *raw;
	uint8_t *out; /* a header and its compressed payload, so that one write() takes both */
};

static int write_all(int fd, const uint8_t *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		if (!written)
			return -EIO;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Writes `length` bytes of `out` or, as far as the file allows, none. */
static int write_whole(struct eventlog_writer *writer, size_t length)
{
	int err = write_all(writer->fd, writer->out, length);

	if (!err) {
		writer->whole_bytes += (off_t)length;
		return 0;
	}
	writer->error = err;
	/* Best effort: where it fails the reader skips a torn tail. */
	(void)!ftruncate(writer->fd, writer->whole_bytes);
	return err;
}

static int write_header(struct eventlog_writer *writer, const struct eventlog_header *header)
{
	struct format_file file = { 0 };
	uint8_t *payload = writer->out + sizeof(file);

	if (header->drop_reason_count > EVENTLOG_REASONS_MAX ||
	    header->reset_reason_count > EVENTLOG_REASONS_MAX)
		return -EINVAL;
	file.raw_bytes = (uint32_t)format_facts_encode(header, writer->raw);
	file.compressed_bytes =
		format_compress(&writer->deflater, writer->raw, file.raw_bytes, payload);
	if (!file.compressed_bytes)
		return -ENOMEM;
	format_file_seal(&file, payload);
	memcpy(writer->out, &file, sizeof(file));
	return write_whole(writer, sizeof(file) + file.compressed_bytes);
}

static int allocate(struct eventlog_writer **allocated)
{
	struct eventlog_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->fd = -1;
	writer->raw = malloc(FORMAT_BLOCK_BYTES);
	writer->out = malloc(sizeof(struct format_file) + FORMAT_COMPRESSED_BYTES);
	if (!writer->raw || !writer->out ||
	    deflateInit(&writer->deflater, COMPRESSION_LEVEL) != Z_OK) {
		free(writer->raw);
		free(writer->out);
		free(writer);
		return -ENOMEM;
	}
	*allocated = writer;
	return 0;
}

/* Truncates only after the lock: another lbtrace may be writing there. */
static int open_file(struct eventlog_writer *writer, const char *path)
{
	writer->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (writer->fd < 0)
		return -errno;
	if (flock(writer->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return -EBUSY;
	/* EINVAL: a device or a pipe, which has nothing to truncate. */
	if (ftruncate(writer->fd, 0) && errno != EINVAL)
		return -errno;
	return 0;
}

int eventlog_writer_open(const char *path, const struct eventlog_header *header,
			 struct eventlog_writer **opened)
{
	struct eventlog_writer *writer;
	int err;

	if (!strcmp(path, "-"))
		return -EINVAL;
	err = allocate(&writer);
	if (err)
		return err;
	err = open_file(writer, path);
	if (!err)
		err = write_header(writer, header);
	if (err) {
		writer->error = err;
		eventlog_writer_close(writer);
		return err;
	}
	*opened = writer;
	return 0;
}

int eventlog_writer_append(struct eventlog_writer *writer, const struct event_header *record)
{
	if (writer->error)
		return writer->error;
	if (record_check(record, record->size_bytes) < 0)
		return -EBADMSG;
	if (writer->raw_bytes + record->size_bytes > FORMAT_BLOCK_BYTES) {
		int err = eventlog_writer_flush(writer);

		if (err)
			return err;
	}
	memcpy(writer->raw + writer->raw_bytes, record, record->size_bytes);
	writer->raw_bytes += record->size_bytes;
	writer->records++;
	return 0;
}

int eventlog_writer_flush(struct eventlog_writer *writer)
{
	struct format_block block = { 0 };
	uint8_t *payload = writer->out + sizeof(block);

	if (writer->error || !writer->records)
		return writer->error;
	block.raw_bytes = writer->raw_bytes;
	block.records = writer->records;
	writer->raw_bytes = 0;
	writer->records = 0;
	block.compressed_bytes =
		format_compress(&writer->deflater, writer->raw, block.raw_bytes, payload);
	if (!block.compressed_bytes) {
		writer->error = -ENOMEM;
		return writer->error;
	}
	format_block_seal(&block, payload);
	memcpy(writer->out, &block, sizeof(block));
	return write_whole(writer, sizeof(block) + block.compressed_bytes);
}

int eventlog_writer_close(struct eventlog_writer *writer)
{
	int err;

	if (!writer)
		return 0;
	err = eventlog_writer_flush(writer);
	if (writer->fd >= 0) {
		/* EINVAL and EROFS: a device or a pipe, which has nothing to sync. */
		if (fsync(writer->fd) && errno != EINVAL && errno != EROFS && !err)
			err = -errno;
		if (close(writer->fd) && !err)
			err = -errno;
	}
	deflateEnd(&writer->deflater);
	free(writer->raw);
	free(writer->out);
	free(writer);
	return err;
}
