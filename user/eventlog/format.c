// SPDX-License-Identifier: GPL-2.0-only
#include "user/eventlog/format.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static uint8_t *put(uint8_t *at, const void *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

size_t format_facts_encode(const struct eventlog_header *header, uint8_t *bytes)
{
	struct format_facts facts = { 0 };
	uint8_t *at = bytes;

	memcpy(facts.host, header->host, sizeof(facts.host) - 1);
	memcpy(facts.kernel, header->kernel, sizeof(facts.kernel) - 1);
	memcpy(facts.lbtrace, header->lbtrace, sizeof(facts.lbtrace) - 1);
	facts.epoch_offset_ns = header->epoch_offset_ns;
	facts.started_ns = header->started_ns;
	facts.drop_reason_count = header->drop_reason_count;
	facts.reset_reason_count = header->reset_reason_count;
	at = put(at, &facts, sizeof(facts));
	at = put(at, header->drop_reasons, header->drop_reason_count * EVENTLOG_REASON_BYTES);
	at = put(at, header->reset_reasons, header->reset_reason_count * EVENTLOG_REASON_BYTES);
	return (size_t)(at - bytes);
}

static bool all_end(const char *texts, size_t count, size_t each_bytes)
{
	for (size_t i = 0; i < count; i++) {
		if (!memchr(texts + i * each_bytes, '\0', each_bytes))
			return false;
	}
	return true;
}

int format_facts_decode(const uint8_t *bytes, size_t length, struct eventlog_header *header)
{
	struct format_facts facts;
	size_t drops_bytes, resets_bytes;

	if (length < sizeof(facts))
		return -EBADMSG;
	memcpy(&facts, bytes, sizeof(facts));
	bytes += sizeof(facts);
	if (facts.drop_reason_count > EVENTLOG_REASONS_MAX ||
	    facts.reset_reason_count > EVENTLOG_REASONS_MAX)
		return -EBADMSG;
	drops_bytes = facts.drop_reason_count * EVENTLOG_REASON_BYTES;
	resets_bytes = facts.reset_reason_count * EVENTLOG_REASON_BYTES;
	if (length != sizeof(facts) + drops_bytes + resets_bytes ||
	    !all_end(facts.host, 3, EVENTLOG_TEXT_BYTES) ||
	    !all_end((const char *)bytes, facts.drop_reason_count + facts.reset_reason_count,
		     EVENTLOG_REASON_BYTES))
		return -EBADMSG;

	memset(header, 0, sizeof(*header));
	memcpy(header->host, facts.host, sizeof(facts.host));
	memcpy(header->kernel, facts.kernel, sizeof(facts.kernel));
	memcpy(header->lbtrace, facts.lbtrace, sizeof(facts.lbtrace));
	header->epoch_offset_ns = facts.epoch_offset_ns;
	header->started_ns = facts.started_ns;
	header->drop_reason_count = facts.drop_reason_count;
	header->reset_reason_count = facts.reset_reason_count;
	memcpy(header->drop_reasons, bytes, drops_bytes);
	memcpy(header->reset_reasons, bytes + drops_bytes, resets_bytes);
	return 0;
}

uint32_t format_compress(z_stream *deflater, const uint8_t *raw, uint32_t raw_bytes,
			 uint8_t *compressed)
{
	if (deflateReset(deflater) != Z_OK)
		return 0;
	deflater->next_in = (Bytef *)raw;
	deflater->avail_in = raw_bytes;
	deflater->next_out = compressed;
	deflater->avail_out = FORMAT_COMPRESSED_BYTES;
	if (deflate(deflater, Z_FINISH) != Z_STREAM_END)
		return 0;
	return FORMAT_COMPRESSED_BYTES - deflater->avail_out;
}

int format_inflate(z_stream *inflater, const uint8_t *compressed, uint32_t compressed_bytes,
		   uint8_t *raw, uint32_t raw_bytes)
{
	if (inflateReset(inflater) != Z_OK)
		return -EBADMSG;
	inflater->next_in = (Bytef *)compressed;
	inflater->avail_in = compressed_bytes;
	inflater->next_out = raw;
	inflater->avail_out = raw_bytes;
	if (inflate(inflater, Z_FINISH) != Z_STREAM_END)
		return -EBADMSG;
	return inflater->avail_in || inflater->avail_out ? -EBADMSG : 0;
}

uint32_t format_crc(const void *bytes, size_t length)
{
	return (uint32_t)crc32_z(0, bytes, length);
}

void format_file_seal(struct format_file *file, const uint8_t *payload)
{
	memcpy(file->magic, FORMAT_FILE_MAGIC, FORMAT_MAGIC_BYTES);
	file->byte_order = FORMAT_BYTE_ORDER;
	file->version = FORMAT_VERSION;
	file->event_version = EVENT_VERSION;
	file->payload_crc = format_crc(payload, file->compressed_bytes);
	file->header_crc = format_crc(file, offsetof(struct format_file, header_crc));
	file->reserved = 0;
}

void format_block_seal(struct format_block *block, const uint8_t *payload)
{
	memcpy(block->magic, FORMAT_BLOCK_MAGIC, FORMAT_MAGIC_BYTES);
	block->payload_crc = format_crc(payload, block->compressed_bytes);
	block->header_crc = format_crc(block, offsetof(struct format_block, header_crc));
	block->reserved = 0;
}

int format_file_check(const struct format_file *file)
{
	if (memcmp(file->magic, FORMAT_FILE_MAGIC, FORMAT_MAGIC_BYTES))
		return -EBADMSG;
	/* Before the CRC: a foreign version may have another header behind these three. */
	if (file->byte_order != FORMAT_BYTE_ORDER)
		return file->byte_order == __builtin_bswap32(FORMAT_BYTE_ORDER) ? -EPROTO
										: -EBADMSG;
	if (file->version != FORMAT_VERSION || file->event_version != EVENT_VERSION)
		return -EPROTO;
	if (file->header_crc != format_crc(file, offsetof(struct format_file, header_crc)))
		return -EBADMSG;
	if (file->compressed_bytes > FORMAT_COMPRESSED_BYTES || file->raw_bytes > FORMAT_FACTS_MOST)
		return -EBADMSG;
	return 0;
}

int format_block_check(const struct format_block *block)
{
	if (memcmp(block->magic, FORMAT_BLOCK_MAGIC, FORMAT_MAGIC_BYTES) ||
	    block->header_crc != format_crc(block, offsetof(struct format_block, header_crc)))
		return -EBADMSG;
	if (!block->raw_bytes || block->raw_bytes > FORMAT_BLOCK_BYTES || !block->records ||
	    block->records > block->raw_bytes / sizeof(struct event_header) ||
	    !block->compressed_bytes || block->compressed_bytes > FORMAT_COMPRESSED_BYTES)
		return -EBADMSG;
	return 0;
}
