// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads any bytes as an event log. Because chance never meets a CRC, an input
 * that begins with 0x01 is a list of blocks instead: each a u16 length and that
 * many bytes of records, put into a log with all its guards right. 0x02 does
 * the same for the header.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/eventlog/format.h"

static uint64_t digest;

/* Touches every byte, so that the sanitizer sees a record that reaches too far. */
static int take(void *context, const struct event_header *record)
{
	(void)context;
	digest = crc32_z((uLong)digest, (const Bytef *)record, record->size_bytes);
	return 0;
}

static void put(int file, const void *bytes, size_t length)
{
	if (write(file, bytes, length) != (ssize_t)length)
		abort();
}

static void compress_into(uint8_t *payload, const uint8_t *raw, uint32_t raw_bytes,
			  uint32_t *compressed_bytes)
{
	static z_stream deflater;
	static int ready;

	if (!ready && deflateInit(&deflater, 1) != Z_OK)
		abort();
	ready = 1;
	*compressed_bytes = format_compress(&deflater, raw, raw_bytes, payload);
}

static void put_header(int file, const uint8_t *facts, uint32_t length)
{
	static uint8_t payload[FORMAT_COMPRESSED_BYTES];
	struct format_file header = { .raw_bytes = length };

	compress_into(payload, facts, length, &header.compressed_bytes);
	format_file_seal(&header, payload);
	put(file, &header, sizeof(header));
	put(file, payload, header.compressed_bytes);
}

static void put_block(int file, const uint8_t *records, uint32_t length)
{
	static uint8_t payload[FORMAT_COMPRESSED_BYTES];
	struct format_block block = { .raw_bytes = length, .records = length / 16 };

	compress_into(payload, records, length, &block.compressed_bytes);
	format_block_seal(&block, payload);
	put(file, &block, sizeof(block));
	put(file, payload, block.compressed_bytes);
}

static void put_guarded(int file, const uint8_t *data, size_t size)
{
	static struct eventlog_header header;
	static uint8_t facts[FORMAT_FACTS_MOST];

	put_header(file, facts, (uint32_t)format_facts_encode(&header, facts));
	while (size > 2) {
		uint32_t length = (uint32_t)data[0] | (uint32_t)data[1] << 8;

		data += 2;
		size -= 2;
		if (length > size)
			length = (uint32_t)size;
		if (length)
			put_block(file, data, length);
		data += length;
		size -= length;
	}
}

static void replay(const char *path)
{
	struct eventlog_reader *reader;

	if (eventlog_reader_open(path, &reader))
		return;
	if (eventlog_reader_replay(reader, take, NULL))
		abort();
	if (eventlog_reader_replay(reader, take, NULL))
		abort();
	eventlog_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/proc/self/fd/0000000000";
	int file = memfd_create("eventlog", MFD_CLOEXEC);

	if (file < 0)
		abort();
	if (size && data[0] == 1)
		put_guarded(file, data + 1, size - 1);
	else if (size && data[0] == 2 && size <= FORMAT_FACTS_MOST)
		put_header(file, data + 1, (uint32_t)size - 1);
	else
		put(file, data, size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	replay(path);
	close(file);
	return 0;
}
