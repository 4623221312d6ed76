/* SPDX-License-Identifier: GPL-2.0-only */
/* Event logs for tests: made, spoilt and read back in a directory of their own. */
#ifndef LBTRACE_TESTS_UNIT_LOGS_H
#define LBTRACE_TESTS_UNIT_LOGS_H

#include <stddef.h>
#include <stdint.h>

#include "user/eventlog/eventlog.h"

#define LOG_RECORDS_A_BLOCK 40

struct log_bytes {
	uint8_t *bytes;
	size_t length;
};

/* What a replay gave. */
struct log_replay {
	int error;
	uint64_t records;
	uint64_t strange; /* records that log_write() does not write */
	uint64_t first_seed; /* of the records by their order in the log */
	uint64_t last_seed;
	uint64_t stop_after; /* 0: never; else the sink returns -ECANCELED then */
	struct eventlog_damage damage;
};

/* The group's set-up and tear-down for cmocka: a fresh directory, removed with its files. */
int logs_setup(void **state);
int logs_teardown(void **state);

/* The path of a file in that directory, valid until the next call. */
const char *log_path(const char *name);

/* A header with a few names; valid always. */
const struct eventlog_header *log_header(void);

/* Writes `records` records, seeds 0.., a block each LOG_RECORDS_A_BLOCK. Fails the test on error. */
void log_write(const char *path, uint64_t records);

/* Replays and checks each record against what log_write() writes. */
void log_replay(const char *path, struct log_replay *replay);

/* The file's bytes, to be freed by the caller, and back. */
struct log_bytes log_load(const char *path);
void log_store(const char *path, const uint8_t *bytes, size_t length);

/* Offsets of the blocks in `log`; returns how many, at most `most`. */
size_t log_blocks(const struct log_bytes *log, size_t *offsets, size_t most);

/* Seals `raw` as one block, with its magic, lengths and CRCs right, whatever it holds; the raw
 * length and count in its header are as given. Returns bytes to be freed by the caller. */
struct log_bytes log_make_block(const void *raw, uint32_t raw_bytes, uint32_t raw_bytes_told,
				uint32_t records_told);

#endif
