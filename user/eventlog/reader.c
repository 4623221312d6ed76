// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/eventlog/format.h"

/* Room for a whole block at any place of the window and as much read ahead. */
#define WINDOW_BYTES (2 * (sizeof(struct format_file) + FORMAT_COMPRESSED_BYTES))

struct eventlog_reader {
	int fd;
	bool replayed;
	off_t blocks_at; /* where the first block begins */
	z_stream inflater;
	uint8_t *window; /* what was read of the file and is not used up: [start, end) */
	size_t start;
	size_t end;
	uint8_t *raw; /* records of one block, aligned as malloc() does */
	struct eventlog_header header;
	struct eventlog_damage damage;
};

/* Makes `length` bytes (at most half a window) available at window + start. Returns how many are
 * there, fewer only at the end of the file, or -errno. */
static ssize_t window_fill(struct eventlog_reader *reader, size_t length)
{
	if (reader->end - reader->start >= length)
		return (ssize_t)length;
	memmove(reader->window, reader->window + reader->start, reader->end - reader->start);
	reader->end -= reader->start;
	reader->start = 0;
	while (reader->end < length) {
		ssize_t got =
			read(reader->fd, reader->window + reader->end, WINDOW_BYTES - reader->end);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return (ssize_t)reader->end;
		reader->end += (size_t)got;
	}
	return (ssize_t)length;
}

static int read_header(struct eventlog_reader *reader)
{
	struct format_file file;
	const uint8_t *payload;
	ssize_t got;
	int err;

	got = window_fill(reader, sizeof(file));
	if (got < 0)
		return (int)got;
	if ((size_t)got < sizeof(file))
		return -EBADMSG;
	memcpy(&file, reader->window + reader->start, sizeof(file));
	err = format_file_check(&file);
	if (err)
		return err;
	got = window_fill(reader, sizeof(file) + file.compressed_bytes);
	if (got < 0)
		return (int)got;
	payload = reader->window + reader->start + sizeof(file);
	if ((size_t)got < sizeof(file) + file.compressed_bytes ||
	    format_crc(payload, file.compressed_bytes) != file.payload_crc)
		return -EBADMSG;
	err = format_inflate(&reader->inflater, payload, file.compressed_bytes, reader->raw,
			     file.raw_bytes);
	if (err)
		return err;
	reader->start += sizeof(file) + file.compressed_bytes;
	reader->blocks_at = (off_t)(sizeof(file) + file.compressed_bytes);
	return format_facts_decode(reader->raw, file.raw_bytes, &reader->header);
}

int eventlog_reader_open(const char *path, struct eventlog_reader **opened)
{
	struct eventlog_reader *reader = calloc(1, sizeof(*reader));
	int err = 0;

	if (!reader)
		return -ENOMEM;
	if (inflateInit(&reader->inflater) != Z_OK) {
		free(reader);
		return -ENOMEM;
	}
	reader->window = malloc(WINDOW_BYTES);
	reader->raw = malloc(FORMAT_BLOCK_BYTES);
	reader->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (reader->fd < 0)
		err = -errno;
	else if (!reader->window || !reader->raw)
		err = -ENOMEM;
	if (!err)
		err = read_header(reader);
	if (err) {
		eventlog_reader_close(reader);
		return err;
	}
	*opened = reader;
	return 0;
}

const struct eventlog_header *eventlog_reader_header(const struct eventlog_reader *reader)
{
	return &reader->header;
}

const struct eventlog_damage *eventlog_reader_damage(const struct eventlog_reader *reader)
{
	return &reader->damage;
}

/* Gives the records of one inflated block. A malformed one is skipped by its own size where that
 * can be, else the rest of the block goes with it. */
static int give_records(struct eventlog_reader *reader, const struct format_block *block,
			record_sink sink, void *context)
{
	uint32_t at = 0, seen = 0;

	while (at < block->raw_bytes) {
		uint32_t left = block->raw_bytes - at;
		const struct event_header *record = (const void *)(reader->raw + at);
		long size_bytes = record_check(record, left);

		seen++;
		if (size_bytes > 0) {
			int err = sink(context, record);

			if (err)
				return err;
			at += (uint32_t)size_bytes;
			continue;
		}
		reader->damage.records_skipped++;
		if (left < sizeof(*record) || record->size_bytes < sizeof(*record) ||
		    record->size_bytes % 8 || record->size_bytes > left) {
			if (block->records > seen)
				reader->damage.records_skipped += block->records - seen;
			break;
		}
		at += record->size_bytes;
	}
	return 0;
}

enum block_state {
	BLOCK_WHOLE,
	BLOCK_END, /* of the file, where a block would begin */
	BLOCK_SHORT, /* the file ends before a block's header could */
	BLOCK_TORN, /* the file ends inside the block's payload */
	BLOCK_DAMAGED, /* its payload: where it ends is known */
	BLOCK_NONE, /* none begins here, or its header is damaged */
};

/* Looks at what begins at window + start. enum block_state or -errno. */
static int look_at_block(struct eventlog_reader *reader, struct format_block *block)
{
	const uint8_t *payload;
	ssize_t got;

	got = window_fill(reader, sizeof(*block));
	if (got <= 0)
		return got ? (int)got : BLOCK_END;
	if ((size_t)got < sizeof(*block))
		return BLOCK_SHORT;
	memcpy(block, reader->window + reader->start, sizeof(*block));
	if (format_block_check(block))
		return BLOCK_NONE;
	got = window_fill(reader, sizeof(*block) + block->compressed_bytes);
	if (got < 0)
		return (int)got;
	if ((size_t)got < sizeof(*block) + block->compressed_bytes)
		return BLOCK_TORN;
	payload = reader->window + reader->start + sizeof(*block);
	if (format_crc(payload, block->compressed_bytes) != block->payload_crc ||
	    format_inflate(&reader->inflater, payload, block->compressed_bytes, reader->raw,
			   block->raw_bytes))
		return BLOCK_DAMAGED;
	return BLOCK_WHOLE;
}

/* Moves to the next place after this one where a block's magic stands, or to the last bytes of the
 * file, too few for a block. 0 or -errno. */
static int seek_magic(struct eventlog_reader *reader)
{
	reader->start++;
	for (;;) {
		ssize_t got = window_fill(reader, sizeof(struct format_block));
		const uint8_t *from, *found;

		if (got < 0)
			return (int)got;
		if ((size_t)got < sizeof(struct format_block))
			return 0;
		from = reader->window + reader->start;
		found = memmem(from, reader->end - reader->start, FORMAT_BLOCK_MAGIC,
			       FORMAT_MAGIC_BYTES);
		if (found) {
			reader->start = (size_t)(found - reader->window);
			return 0;
		}
		reader->start = reader->end - (FORMAT_MAGIC_BYTES - 1);
	}
}

/* Leaves the reader at the first whole block from here on, with its records in `raw`. BLOCK_WHOLE,
 * BLOCK_END or -errno. */
static int next_block(struct eventlog_reader *reader, struct format_block *block)
{
	bool searching = false;

	for (;;) {
		int state = look_at_block(reader, block);
		int err;

		switch (state) {
		case BLOCK_DAMAGED:
			reader->damage.blocks_skipped++;
			reader->start += sizeof(*block) + block->compressed_bytes;
			searching = false;
			break;
		case BLOCK_NONE:
			if (!searching)
				reader->damage.blocks_skipped++;
			searching = true;
			err = seek_magic(reader);
			if (err)
				return err;
			break;
		case BLOCK_SHORT:
			/* The bytes left after a fruitless search are the damaged block's own. */
			if (!searching)
				reader->damage.torn_tail = true;
			return BLOCK_END;
		case BLOCK_TORN:
			reader->damage.torn_tail = true;
			return BLOCK_END;
		default:
			return state;
		}
	}
}

int eventlog_reader_replay(struct eventlog_reader *reader, record_sink sink, void *context)
{
	struct format_block block;
	int state;

	if (reader->replayed) {
		if (lseek(reader->fd, reader->blocks_at, SEEK_SET) < 0)
			return -errno;
		reader->start = reader->end = 0;
		memset(&reader->damage, 0, sizeof(reader->damage));
	}
	reader->replayed = true;
	while ((state = next_block(reader, &block)) == BLOCK_WHOLE) {
		int err = give_records(reader, &block, sink, context);

		if (err)
			return err;
		reader->start += sizeof(block) + block.compressed_bytes;
	}
	return state < 0 ? state : 0;
}

void eventlog_reader_close(struct eventlog_reader *reader)
{
	if (!reader)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	inflateEnd(&reader->inflater);
	free(reader->window);
	free(reader->raw);
	free(reader);
}
