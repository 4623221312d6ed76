/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The .lbt event log: header, then blocks of records, each block compressed
 * with zlib and guarded by a length and a CRC-32. docs/event-log.md describes
 * the bytes.
 */
#ifndef LBTRACE_USER_EVENTLOG_EVENTLOG_H
#define LBTRACE_USER_EVENTLOG_EVENTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/lib/record.h"

#define EVENTLOG_TEXT_BYTES 128
#define EVENTLOG_REASONS_MAX 512
#define EVENTLOG_REASON_BYTES 48

/* What is true of the whole log; live runs make one too, so that diagnosis always has it. */
struct eventlog_header {
	char host[EVENTLOG_TEXT_BYTES];
	char kernel[EVENTLOG_TEXT_BYTES];
	char lbtrace[EVENTLOG_TEXT_BYTES]; /* version of the writer */
	int64_t epoch_offset_ns; /* add to a record's time for nanoseconds since the epoch */
	uint64_t started_ns; /* boot time clock, when everything was attached */
	uint32_t drop_reason_count; /* names by number, "" where the kernel has none */
	uint32_t reset_reason_count;
	char drop_reasons[EVENTLOG_REASONS_MAX][EVENTLOG_REASON_BYTES];
	char reset_reasons[EVENTLOG_REASONS_MAX][EVENTLOG_REASON_BYTES];
};

struct eventlog_writer;

/* Creates (mode 0600) or truncates `path` and writes the header. 0 or -errno; -EINVAL: "-", which is
 * refused; -EBUSY: another lbtrace is writing there. */
int eventlog_writer_open(const char *path, const struct eventlog_header *header,
			 struct eventlog_writer **opened);

/* Appends one record; flushes a block when it is full. 0 or -errno. After an error of the file
 * nothing more is written, every call returns that error, and what was flushed before stays
 * readable. -EBADMSG: a malformed record, which alone is left out. */
int eventlog_writer_append(struct eventlog_writer *writer, const struct event_header *record);

/* Writes the open block. Called at least every second by whoever records. 0 or -errno. */
int eventlog_writer_flush(struct eventlog_writer *writer);

/* Flushes, syncs, closes and frees, also after an error; NULL is allowed. 0 or the first -errno. */
int eventlog_writer_close(struct eventlog_writer *writer);

/* What reading met besides records. */
struct eventlog_damage {
	uint64_t blocks_skipped; /* damaged: CRC or length wrong, or not inflatable */
	uint64_t records_skipped; /* malformed inside a whole block */
	bool torn_tail; /* the last block is incomplete: the writer was killed */
};

struct eventlog_reader;

/* Opens and checks the header. 0; -errno of the file; -EBADMSG: no event log; -EPROTO: a version this program does not know. */
int eventlog_reader_open(const char *path, struct eventlog_reader **opened);
const struct eventlog_header *eventlog_reader_header(const struct eventlog_reader *reader);

/* Gives every readable record to `sink`, in order. 0, the sink's error, or -errno. Damage is skipped and counted. */
int eventlog_reader_replay(struct eventlog_reader *reader, record_sink sink, void *context);
const struct eventlog_damage *eventlog_reader_damage(const struct eventlog_reader *reader);
void eventlog_reader_close(struct eventlog_reader *reader);

#endif
