// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/logs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/records.h"
#include "user/eventlog/format.h"

static char directory[] = "/tmp/lbtrace-logs-XXXXXX";
static char names[32][32];
static size_t name_count;

int logs_setup(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

int logs_teardown(void **state)
{
	char path[128];

	(void)state;
	for (size_t i = 0; i < name_count; i++) {
		snprintf(path, sizeof(path), "%s/%.31s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

const char *log_path(const char *name)
{
	static char path[128];
	size_t known = 0;

	while (known < name_count && strcmp(names[known], name) != 0)
		known++;
	if (known == name_count) {
		assert_true(name_count < ARRAY_LENGTH(names));
		snprintf(names[name_count++], sizeof(names[0]), "%s", name);
	}
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

const struct eventlog_header *log_header(void)
{
	static struct eventlog_header header;

	snprintf(header.host, sizeof(header.host), "lb-1.example");
	snprintf(header.kernel, sizeof(header.kernel), "6.1.0-18-amd64");
	snprintf(header.lbtrace, sizeof(header.lbtrace), "0.0-test");
	header.epoch_offset_ns = -17;
	header.started_ns = 123456789;
	header.drop_reason_count = 3;
	snprintf(header.drop_reasons[2], EVENTLOG_REASON_BYTES, "NOT_SPECIFIED");
	header.reset_reason_count = EVENTLOG_REASONS_MAX;
	snprintf(header.reset_reasons[EVENTLOG_REASONS_MAX - 1], EVENTLOG_REASON_BYTES, "LAST");
	return &header;
}

void log_write(const char *path, uint64_t records)
{
	struct eventlog_writer *writer;
	union event event;

	assert_int_equal(eventlog_writer_open(path, log_header(), &writer), 0);
	for (uint64_t seed = 0; seed < records; seed++) {
		record_make(&event, record_types[seed % record_type_count], seed);
		assert_int_equal(eventlog_writer_append(writer, &event.header), 0);
		if (seed % LOG_RECORDS_A_BLOCK == LOG_RECORDS_A_BLOCK - 1)
			assert_int_equal(eventlog_writer_flush(writer), 0);
	}
	assert_int_equal(eventlog_writer_close(writer), 0);
}

static uint64_t seed_of(const struct event_header *record)
{
	return (record->time_ns - 1000000000000ull) / 130003;
}

static int compare_record(void *context, const struct event_header *record)
{
	struct log_replay *replay = context;
	uint64_t seed = seed_of(record);
	union event expected;

	record_make(&expected, record_types[seed % record_type_count], seed);
	if (record->size_bytes != expected.header.size_bytes ||
	    memcmp(record, &expected, record->size_bytes) != 0 ||
	    (replay->records && seed <= replay->last_seed))
		replay->strange++;
	if (!replay->records)
		replay->first_seed = seed;
	replay->last_seed = seed;
	replay->records++;
	return replay->stop_after && replay->records == replay->stop_after ? -ECANCELED : 0;
}

void log_replay(const char *path, struct log_replay *replay)
{
	struct eventlog_reader *reader = NULL;
	uint64_t stop_after = replay->stop_after;

	memset(replay, 0, sizeof(*replay));
	replay->stop_after = stop_after;
	replay->error = eventlog_reader_open(path, &reader);
	if (replay->error)
		return;
	replay->error = eventlog_reader_replay(reader, compare_record, replay);
	replay->damage = *eventlog_reader_damage(reader);
	eventlog_reader_close(reader);
}

struct log_bytes log_load(const char *path)
{
	struct log_bytes log = { 0 };
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	log.length = (size_t)ftell(file);
	rewind(file);
	log.bytes = malloc(log.length + 1);
	assert_non_null(log.bytes);
	assert_int_equal(fread(log.bytes, 1, log.length, file), log.length);
	fclose(file);
	return log;
}

void log_store(const char *path, const uint8_t *bytes, size_t length)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

size_t log_blocks(const struct log_bytes *log, size_t *offsets, size_t most)
{
	size_t count = 0, at = 0;

	while (count < most) {
		const uint8_t *found = memmem(log->bytes + at, log->length - at, FORMAT_BLOCK_MAGIC,
					      FORMAT_MAGIC_BYTES);

		if (!found)
			break;
		offsets[count++] = (size_t)(found - log->bytes);
		at = (size_t)(found - log->bytes) + FORMAT_MAGIC_BYTES;
	}
	return count;
}

struct log_bytes log_make_block(const void *raw, uint32_t raw_bytes, uint32_t raw_bytes_told,
				uint32_t records_told)
{
	struct format_block block = { .raw_bytes = raw_bytes_told, .records = records_told };
	struct log_bytes made;
	z_stream deflater = { 0 };
	uint8_t *payload;

	made.bytes = malloc(sizeof(block) + FORMAT_COMPRESSED_BYTES);
	assert_non_null(made.bytes);
	payload = made.bytes + sizeof(block);
	assert_int_equal(deflateInit(&deflater, 1), Z_OK);
	block.compressed_bytes = format_compress(&deflater, raw, raw_bytes, payload);
	deflateEnd(&deflater);
	assert_int_not_equal(block.compressed_bytes, 0);
	format_block_seal(&block, payload);
	memcpy(made.bytes, &block, sizeof(block));
	made.length = sizeof(block) + block.compressed_bytes;
	return made;
}
