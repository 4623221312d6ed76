// SPDX-License-Identifier: GPL-2.0-only
/* Logs that are torn, damaged, foreign or hostile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/logs.h"
#include "tests/unit/records.h"
#include "user/eventlog/format.h"

#define BLOCKS 5

struct fixture {
	struct log_bytes log; /* BLOCKS blocks of LOG_RECORDS_A_BLOCK records */
	size_t offsets[BLOCKS + 1]; /* of the blocks, and the log's end */
};

static int setup(void **state)
{
	static struct fixture fixture;

	log_write(log_path("spoilt"), BLOCKS * LOG_RECORDS_A_BLOCK);
	fixture.log = log_load(log_path("spoilt"));
	assert_int_equal(log_blocks(&fixture.log, fixture.offsets, BLOCKS + 1), BLOCKS);
	fixture.offsets[BLOCKS] = fixture.log.length;
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->log.bytes);
	return 0;
}

static struct log_replay replay_bytes(const uint8_t *bytes, size_t length)
{
	struct log_replay replay = { 0 };

	log_store(log_path("spoilt"), bytes, length);
	log_replay(log_path("spoilt"), &replay);
	assert_int_equal(replay.strange, 0);
	return replay;
}

static void a_log_cut_anywhere_keeps_its_whole_blocks(void **state)
{
	struct fixture *fixture = *state;

	for (size_t length = fixture->offsets[0]; length < fixture->log.length; length += 61) {
		struct log_replay replay = replay_bytes(fixture->log.bytes, length);
		size_t whole = 0;

		while (fixture->offsets[whole + 1] <= length)
			whole++;
		assert_int_equal(replay.error, 0);
		assert_int_equal(replay.records, whole * LOG_RECORDS_A_BLOCK);
		assert_int_equal(replay.damage.torn_tail, length != fixture->offsets[whole]);
		assert_int_equal(replay.damage.blocks_skipped, 0);
	}
}

static void a_header_cut_anywhere_is_no_log(void **state)
{
	struct fixture *fixture = *state;

	for (size_t length = 0; length < fixture->offsets[0]; length++)
		assert_int_equal(replay_bytes(fixture->log.bytes, length).error, -EBADMSG);
}

static void a_header_damaged_anywhere_is_refused(void **state)
{
	struct fixture *fixture = *state;

	for (size_t at = 0; at < fixture->offsets[0]; at++) {
		int err;

		/* Nothing guards the reserved field. */
		if (at >= offsetof(struct format_file, reserved) && at < sizeof(struct format_file))
			continue;
		fixture->log.bytes[at] ^= 0x10;
		err = replay_bytes(fixture->log.bytes, fixture->log.length).error;
		fixture->log.bytes[at] ^= 0x10;
		assert_true(err == -EBADMSG || err == -EPROTO);
	}
}

static void one_damaged_byte_costs_one_block(void **state)
{
	struct fixture *fixture = *state;
	size_t begin = fixture->offsets[2], end = fixture->offsets[3];

	for (size_t at = begin; at < end; at += at < begin + 64 ? 1 : 53) {
		struct log_replay replay;

		if (at >= begin + offsetof(struct format_block, reserved) &&
		    at < begin + sizeof(struct format_block))
			continue;
		fixture->log.bytes[at] ^= 0x40;
		replay = replay_bytes(fixture->log.bytes, fixture->log.length);
		fixture->log.bytes[at] ^= 0x40;
		assert_int_equal(replay.error, 0);
		assert_int_equal(replay.records, (BLOCKS - 1) * LOG_RECORDS_A_BLOCK);
		assert_int_equal(replay.damage.blocks_skipped, 1);
		assert_false(replay.damage.torn_tail);
	}
}

static void a_damaged_header_before_a_torn_tail(void **state)
{
	struct fixture *fixture = *state;
	struct log_replay replay;

	fixture->log.bytes[fixture->offsets[3]] ^= 1;
	replay = replay_bytes(fixture->log.bytes, fixture->log.length - 1);
	fixture->log.bytes[fixture->offsets[3]] ^= 1;
	assert_int_equal(replay.records, 3 * LOG_RECORDS_A_BLOCK);
	assert_int_equal(replay.damage.blocks_skipped, 1);
	assert_true(replay.damage.torn_tail);
}

static void lost_and_foreign_bytes_are_stepped_over(void **state)
{
	struct fixture *fixture = *state;
	size_t gap = fixture->offsets[1] + 100;
	size_t rest = fixture->log.length - gap - 50;
	uint8_t *bytes = malloc(fixture->log.length + 1000000);
	struct log_replay replay;

	memcpy(bytes, fixture->log.bytes, gap);
	memcpy(bytes + gap, fixture->log.bytes + gap + 50, rest);
	replay = replay_bytes(bytes, gap + rest);
	assert_int_equal(replay.error, 0);
	assert_in_range(replay.records, (BLOCKS - 2) * LOG_RECORDS_A_BLOCK,
			(BLOCKS - 1) * LOG_RECORDS_A_BLOCK);
	assert_int_equal(replay.last_seed, BLOCKS * LOG_RECORDS_A_BLOCK - 1);
	assert_true(replay.damage.blocks_skipped > 0);

	gap = fixture->offsets[1];
	memcpy(bytes, fixture->log.bytes, gap);
	memset(bytes + gap, 0, 1000000);
	memcpy(bytes + gap + 1000000, fixture->log.bytes + gap, fixture->log.length - gap);
	replay = replay_bytes(bytes, fixture->log.length + 1000000);
	assert_int_equal(replay.records, BLOCKS * LOG_RECORDS_A_BLOCK);
	assert_int_equal(replay.damage.blocks_skipped, 1);
	free(bytes);
}

static void what_is_no_log_is_refused(void **state)
{
	static const char text[] =
		"127.0.0.1 - - \"GET / HTTP/1.1\" 502 157 \"-\" \"curl\" and more";

	(void)state;
	assert_int_equal(replay_bytes((const uint8_t *)"", 0).error, -EBADMSG);
	assert_int_equal(replay_bytes((const uint8_t *)text, sizeof(text)).error, -EBADMSG);
}

static int replay_patched(struct fixture *fixture, size_t offset, uint32_t value)
{
	uint8_t *at = fixture->log.bytes + offset;
	uint32_t saved;
	int err;

	memcpy(&saved, at, sizeof(saved));
	memcpy(at, &value, sizeof(value));
	err = replay_bytes(fixture->log.bytes, fixture->log.length).error;
	memcpy(at, &saved, sizeof(saved));
	return err;
}

static void foreign_versions_are_told_apart(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(replay_patched(fixture, offsetof(struct format_file, version), 2),
			 -EPROTO);
	assert_int_equal(replay_patched(fixture, offsetof(struct format_file, event_version),
					EVENT_VERSION + 1),
			 -EPROTO);
	assert_int_equal(replay_patched(fixture, offsetof(struct format_file, byte_order),
					__builtin_bswap32(FORMAT_BYTE_ORDER)),
			 -EPROTO);
	assert_int_equal(replay_patched(fixture, offsetof(struct format_file, byte_order), 5),
			 -EBADMSG);
}

/* The fixture's log with `block` put before its last block. */
static struct log_replay replay_with(struct fixture *fixture, struct log_bytes block)
{
	size_t before = fixture->offsets[BLOCKS - 1];
	size_t after = fixture->log.length - before;
	uint8_t *bytes = malloc(fixture->log.length + block.length);
	struct log_replay replay;

	memcpy(bytes, fixture->log.bytes, before);
	memcpy(bytes + before, block.bytes, block.length);
	memcpy(bytes + before + block.length, fixture->log.bytes + before, after);
	replay = replay_bytes(bytes, fixture->log.length + block.length);
	free(bytes);
	free(block.bytes);
	assert_int_equal(replay.error, 0);
	assert_int_equal(replay.last_seed, BLOCKS * LOG_RECORDS_A_BLOCK - 1);
	assert_false(replay.damage.torn_tail);
	return replay;
}

static void hostile_lengths_cost_one_block(void **state)
{
	static const struct {
		uint32_t raw_bytes;
		uint32_t records;
	} told[] = {
		{ 0, 1 },
		{ 8, 1 },
		{ 4096, 1 }, /* less than there is */
		{ 8192, 1 }, /* more than there is */
		{ FORMAT_BLOCK_BYTES + 1, 1 },
		{ UINT32_MAX, 1 },
		{ 6400, 0 },
		{ 6400, 6400 },
		{ 6400, UINT32_MAX },
	};
	static const uint8_t raw[6400];

	for (size_t i = 0; i < ARRAY_LENGTH(told); i++) {
		struct log_replay replay =
			replay_with(*state, log_make_block(raw, sizeof(raw), told[i].raw_bytes,
							   told[i].records));

		assert_int_equal(replay.records, BLOCKS * LOG_RECORDS_A_BLOCK);
		assert_int_equal(replay.damage.blocks_skipped, 1);
	}
}

static void a_hostile_compressed_length_is_stepped_over(void **state)
{
	static const uint8_t raw[640];
	struct log_bytes made = log_make_block(raw, sizeof(raw), sizeof(raw), 1);
	struct format_block block;
	struct log_replay replay;

	memcpy(&block, made.bytes, sizeof(block));
	block.compressed_bytes = UINT32_MAX;
	block.header_crc = format_crc(&block, offsetof(struct format_block, header_crc));
	memcpy(made.bytes, &block, sizeof(block));
	replay = replay_with(*state, made);
	assert_int_equal(replay.records, BLOCKS * LOG_RECORDS_A_BLOCK);
	assert_int_equal(replay.damage.blocks_skipped, 1);
}

static void malformed_records_are_skipped_alone(void **state)
{
	_Alignas(8) static uint8_t raw[2048];
	struct event_tick tick = { { .type = EVENT_TICK, .size_bytes = sizeof(tick) } };
	struct log_replay replay;
	union event event;

	/* Bad, but of a known size: the next one is found. */
	record_make(&event, EVENT_RESPONSE, 1);
	event.response.status = 1;
	memcpy(raw, &event, sizeof(event.response));
	memcpy(raw + sizeof(event.response), &event, sizeof(event.response));
	replay = replay_with(*state, log_make_block(raw, 2 * sizeof(event.response),
						    2 * sizeof(event.response), 2));
	assert_int_equal(replay.damage.records_skipped, 2);
	assert_int_equal(replay.damage.blocks_skipped, 0);

	/* Without a size the rest of the block goes too. */
	memset(raw, 0, sizeof(raw));
	tick.header.size_bytes = 3;
	memcpy(raw, &tick, sizeof(tick));
	replay = replay_with(*state, log_make_block(raw, 160, 160, 10));
	assert_int_equal(replay.damage.records_skipped, 10);
	assert_int_equal(replay.records, BLOCKS * LOG_RECORDS_A_BLOCK);
}

static void names_in_a_header_are_checked(void **state)
{
	static struct eventlog_header decoded;
	static uint8_t bytes[FORMAT_FACTS_MOST];
	size_t length = format_facts_encode(log_header(), bytes);
	struct format_facts *facts = (struct format_facts *)bytes;

	(void)state;
	assert_int_equal(format_facts_decode(bytes, length, &decoded), 0);
	for (size_t cut = 0; cut < length; cut += 7)
		assert_int_equal(format_facts_decode(bytes, cut, &decoded), -EBADMSG);
	memset(facts->kernel, 'x', sizeof(facts->kernel));
	assert_int_equal(format_facts_decode(bytes, length, &decoded), -EBADMSG);
	length = format_facts_encode(log_header(), bytes);
	memset(bytes + length - EVENTLOG_REASON_BYTES, 'x', EVENTLOG_REASON_BYTES);
	assert_int_equal(format_facts_decode(bytes, length, &decoded), -EBADMSG);
	length = format_facts_encode(log_header(), bytes);
	facts->drop_reason_count = UINT32_MAX;
	assert_int_equal(format_facts_decode(bytes, length, &decoded), -EBADMSG);
}

#define SPOILING_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOILING_TEST(a_log_cut_anywhere_keeps_its_whole_blocks),
		SPOILING_TEST(a_header_cut_anywhere_is_no_log),
		SPOILING_TEST(a_header_damaged_anywhere_is_refused),
		SPOILING_TEST(one_damaged_byte_costs_one_block),
		SPOILING_TEST(a_damaged_header_before_a_torn_tail),
		SPOILING_TEST(lost_and_foreign_bytes_are_stepped_over),
		SPOILING_TEST(what_is_no_log_is_refused),
		SPOILING_TEST(foreign_versions_are_told_apart),
		SPOILING_TEST(hostile_lengths_cost_one_block),
		SPOILING_TEST(a_hostile_compressed_length_is_stepped_over),
		SPOILING_TEST(malformed_records_are_skipped_alone),
		SPOILING_TEST(names_in_a_header_are_checked),
	};

	return cmocka_run_group_tests_name("eventlog damage", tests, logs_setup, logs_teardown);
}
