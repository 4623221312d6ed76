/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of an event log, as docs/event-log.md describes them; for its writer and reader only. */
#ifndef LBTRACE_USER_EVENTLOG_FORMAT_H
#define LBTRACE_USER_EVENTLOG_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "user/eventlog/eventlog.h"

#define FORMAT_VERSION 1
#define FORMAT_FILE_MAGIC "\x89LBTRACE"
#define FORMAT_BLOCK_MAGIC "\x89LBBLOCK"
#define FORMAT_MAGIC_BYTES 8
#define FORMAT_BYTE_ORDER 0x01020304u

/* The most records' bytes in a block, before compression; a reader refuses more. */
#define FORMAT_BLOCK_BYTES (256u * 1024)
/* zlib's worst case for that: 5 bytes a 16 KiB and a frame, rounded up (zlib's deflateBound()). */
#define FORMAT_COMPRESSED_BYTES (FORMAT_BLOCK_BYTES + 1024u)

struct format_file {
	uint8_t magic[FORMAT_MAGIC_BYTES];
	uint32_t byte_order; /* FORMAT_BYTE_ORDER as the writer's CPU stores it */
	uint32_t version; /* FORMAT_VERSION */
	uint32_t event_version; /* EVENT_VERSION */
	uint32_t compressed_bytes; /* of the facts that follow */
	uint32_t raw_bytes;
	uint32_t payload_crc; /* CRC-32 over the compressed bytes */
	uint32_t header_crc; /* CRC-32 over this struct up to here */
	uint32_t reserved;
};

struct format_block {
	uint8_t magic[FORMAT_MAGIC_BYTES];
	uint32_t compressed_bytes; /* of the records that follow */
	uint32_t raw_bytes;
	uint32_t records;
	uint32_t payload_crc;
	uint32_t header_crc;
	uint32_t reserved;
};

_Static_assert(sizeof(struct format_file) == 40, "layout");
_Static_assert(sizeof(struct format_block) == 32, "layout");
_Static_assert(sizeof(FORMAT_FILE_MAGIC) == FORMAT_MAGIC_BYTES + 1, "layout");
_Static_assert(sizeof(FORMAT_BLOCK_MAGIC) == FORMAT_MAGIC_BYTES + 1, "layout");

/* What a log says of itself, before compression: this, then the names of the drop reasons, then
 * those of the reset reasons, EVENTLOG_REASON_BYTES each. */
struct format_facts {
	char host[EVENTLOG_TEXT_BYTES];
	char kernel[EVENTLOG_TEXT_BYTES];
	char lbtrace[EVENTLOG_TEXT_BYTES];
	int64_t epoch_offset_ns;
	uint64_t started_ns;
	uint32_t drop_reason_count;
	uint32_t reset_reason_count;
};

#define FORMAT_FACTS_MOST \
	(sizeof(struct format_facts) + 2 * EVENTLOG_REASONS_MAX * EVENTLOG_REASON_BYTES)

/* Serialises `header` into `bytes`, which holds FORMAT_FACTS_MOST. Returns how many were used. */
size_t format_facts_encode(const struct eventlog_header *header, uint8_t *bytes);

/* The reverse. 0, or -EBADMSG when counts, lengths or strings are out of range. */
int format_facts_decode(const uint8_t *bytes, size_t length, struct eventlog_header *header);

/* Compresses into `compressed`, which holds FORMAT_COMPRESSED_BYTES; `deflater` is one of
 * deflateInit() and is reset. Returns the compressed length, 0 on failure (no memory). */
uint32_t format_compress(z_stream *deflater, const uint8_t *raw, uint32_t raw_bytes,
			 uint8_t *compressed);

/* Inflates exactly `raw_bytes` from exactly `compressed_bytes`; `inflater` is one of inflateInit()
 * and is reset. 0, or -EBADMSG. */
int format_inflate(z_stream *inflater, const uint8_t *compressed, uint32_t compressed_bytes,
		   uint8_t *raw, uint32_t raw_bytes);

uint32_t format_crc(const void *bytes, size_t length);

/* Completes magic, version and the CRCs; the payload's lengths are set before. */
void format_file_seal(struct format_file *file, const uint8_t *payload);
void format_block_seal(struct format_block *block, const uint8_t *payload);

/* 0; -EBADMSG: no event log, or its first bytes are damaged; -EPROTO: written by a program with
 * another format, event version or byte order. */
int format_file_check(const struct format_file *file);

/* 0, or -EBADMSG: no block begins here, or its header is damaged. Lengths are in range after 0. */
int format_block_check(const struct format_block *block);

#endif
