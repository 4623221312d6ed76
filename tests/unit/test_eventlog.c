// SPDX-License-Identifier: GPL-2.0-only
/* Logs as they should be, and how they are written. Damaged ones: test_eventlog_damage.c. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/logs.h"
#include "tests/unit/records.h"
#include "user/eventlog/format.h"

static void what_is_written_is_read(void **state)
{
	struct log_replay replay = { 0 };

	(void)state;
	log_write(log_path("whole"), 1000);
	log_replay(log_path("whole"), &replay);
	assert_int_equal(replay.error, 0);
	assert_int_equal(replay.records, 1000);
	assert_int_equal(replay.strange, 0);
	assert_int_equal(replay.damage.blocks_skipped, 0);
	assert_int_equal(replay.damage.records_skipped, 0);
	assert_false(replay.damage.torn_tail);
}

static void the_header_is_kept(void **state)
{
	struct eventlog_reader *reader;

	(void)state;
	log_write(log_path("header"), 0);
	assert_int_equal(eventlog_reader_open(log_path("header"), &reader), 0);
	assert_memory_equal(eventlog_reader_header(reader), log_header(),
			    sizeof(struct eventlog_header));
	eventlog_reader_close(reader);
}

static void a_log_without_records_is_whole(void **state)
{
	struct log_replay replay = { 0 };

	(void)state;
	log_write(log_path("none"), 0);
	log_replay(log_path("none"), &replay);
	assert_int_equal(replay.error, 0);
	assert_int_equal(replay.records, 0);
	assert_false(replay.damage.torn_tail);
	assert_int_equal(replay.damage.blocks_skipped, 0);
}

static int count_record(void *context, const struct event_header *record)
{
	(void)record;
	(*(uint64_t *)context)++;
	return 0;
}

/* Far more than a block holds, never flushed by hand, in the biggest record. */
static void full_blocks_are_written_by_themselves(void **state)
{
	struct eventlog_writer *writer;
	struct eventlog_reader *reader;
	union event event;
	uint64_t records = 0;

	(void)state;
	assert_int_equal(eventlog_writer_open(log_path("big"), log_header(), &writer), 0);
	for (uint64_t seed = 0; seed < 5000; seed++) {
		record_make(&event, EVENT_FIGURES, seed);
		assert_int_equal(eventlog_writer_append(writer, &event.header), 0);
	}
	assert_int_equal(eventlog_writer_close(writer), 0);
	assert_int_equal(eventlog_reader_open(log_path("big"), &reader), 0);
	assert_int_equal(eventlog_reader_replay(reader, count_record, &records), 0);
	assert_int_equal(records, 5000);
	eventlog_reader_close(reader);
}

static void incompressible_records_fit(void **state)
{
	_Alignas(8) static uint8_t room[32768];
	struct event_header *record = (struct event_header *)room;
	struct eventlog_writer *writer;
	struct eventlog_reader *reader;
	uint64_t records = 0;
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(room); i++) {
		random = random * 1664525 + 1013904223;
		room[i] = (uint8_t)(random >> 24);
	}
	record->type = 4711;
	record->size_bytes = sizeof(room);
	assert_int_equal(eventlog_writer_open(log_path("random"), log_header(), &writer), 0);
	for (int i = 0; i < 64; i++)
		assert_int_equal(eventlog_writer_append(writer, record), 0);
	assert_int_equal(eventlog_writer_close(writer), 0);
	assert_int_equal(eventlog_reader_open(log_path("random"), &reader), 0);
	assert_int_equal(eventlog_reader_replay(reader, count_record, &records), 0);
	assert_int_equal(records, 64);
	eventlog_reader_close(reader);
}

static void a_replay_can_be_repeated(void **state)
{
	struct eventlog_reader *reader;
	uint64_t records = 0;

	(void)state;
	log_write(log_path("twice"), 500);
	assert_int_equal(eventlog_reader_open(log_path("twice"), &reader), 0);
	assert_int_equal(eventlog_reader_replay(reader, count_record, &records), 0);
	assert_int_equal(eventlog_reader_replay(reader, count_record, &records), 0);
	assert_int_equal(records, 1000);
	eventlog_reader_close(reader);
}

static void the_sink_can_stop_a_replay(void **state)
{
	struct log_replay replay = { .stop_after = 123 };

	(void)state;
	log_write(log_path("stopped"), 500);
	log_replay(log_path("stopped"), &replay);
	assert_int_equal(replay.error, -ECANCELED);
	assert_int_equal(replay.records, 123);
}

static void a_log_is_read_from_a_pipe(void **state)
{
	struct log_replay replay = { 0 };
	struct log_bytes log;
	char path[64];
	int pipes[2];

	(void)state;
	log_write(log_path("piped"), 90);
	log = log_load(log_path("piped"));
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], log.bytes, log.length), log.length);
	close(pipes[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pipes[0]);
	log_replay(path, &replay);
	assert_int_equal(replay.error, 0);
	assert_int_equal(replay.records, 90);
	close(pipes[0]);
	free(log.bytes);
}

static void the_file_is_private(void **state)
{
	struct eventlog_writer *writer;
	struct stat status;
	mode_t mask = umask(0);

	(void)state;
	assert_int_equal(eventlog_writer_open(log_path("private"), log_header(), &writer), 0);
	umask(mask);
	assert_int_equal(stat(log_path("private"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(eventlog_writer_close(writer), 0);
}

static void a_log_in_use_is_not_overwritten(void **state)
{
	struct eventlog_writer *writer, *other = NULL;
	struct log_replay replay = { 0 };
	union event event;

	(void)state;
	assert_int_equal(eventlog_writer_open(log_path("busy"), log_header(), &writer), 0);
	record_make(&event, record_types[0], 0);
	assert_int_equal(eventlog_writer_append(writer, &event.header), 0);
	assert_int_equal(eventlog_writer_flush(writer), 0);
	assert_int_equal(eventlog_writer_open(log_path("busy"), log_header(), &other), -EBUSY);
	assert_int_equal(eventlog_writer_close(writer), 0);
	log_replay(log_path("busy"), &replay);
	assert_int_equal(replay.records, 1);
}

static void bad_paths_are_refused(void **state)
{
	struct eventlog_writer *writer = NULL;
	struct eventlog_reader *reader = NULL;

	(void)state;
	assert_int_equal(eventlog_writer_open("-", log_header(), &writer), -EINVAL);
	assert_int_equal(eventlog_writer_open("/nonexistent/log", log_header(), &writer), -ENOENT);
	assert_int_equal(eventlog_writer_open("/", log_header(), &writer), -EISDIR);
	assert_int_equal(eventlog_writer_open("/dev/full", log_header(), &writer), -ENOSPC);
	assert_null(writer);
	assert_int_equal(eventlog_reader_open("/nonexistent/log", &reader), -ENOENT);
	assert_int_equal(eventlog_reader_open("/", &reader), -EISDIR);
	assert_null(reader);
	assert_int_equal(eventlog_writer_close(NULL), 0);
	eventlog_reader_close(NULL);
}

static void malformed_records_are_not_written(void **state)
{
	struct eventlog_writer *writer;
	struct log_replay replay = { 0 };
	union event event;

	(void)state;
	assert_int_equal(eventlog_writer_open(log_path("refused"), log_header(), &writer), 0);
	record_make(&event, EVENT_RESPONSE, 1);
	event.response.status = 7;
	assert_int_equal(eventlog_writer_append(writer, &event.header), -EBADMSG);
	record_make(&event, record_types[0], 0);
	assert_int_equal(eventlog_writer_append(writer, &event.header), 0);
	assert_int_equal(eventlog_writer_close(writer), 0);
	log_replay(log_path("refused"), &replay);
	assert_int_equal(replay.records, 1);
	assert_int_equal(replay.strange, 0);
}

/* Runs `body` in a child, so that limits, mounts and kills are its own. Returns its wait status. */
static int in_child(int (*body)(void))
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (!child)
		_exit(body());
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static int write_and_die(void)
{
	struct eventlog_writer *writer;
	union event event;

	if (eventlog_writer_open(log_path("killed"), log_header(), &writer))
		return 1;
	for (uint64_t seed = 0; seed < 250; seed++) {
		record_make(&event, record_types[seed % record_type_count], seed);
		if (eventlog_writer_append(writer, &event.header))
			return 1;
		if (seed == 199 && eventlog_writer_flush(writer))
			return 1;
	}
	kill(getpid(), SIGKILL);
	return 1;
}

static void what_was_flushed_survives_a_kill(void **state)
{
	struct log_replay replay = { 0 };
	int status;

	(void)state;
	log_path("killed"); /* known here too, to be removed */
	status = in_child(write_and_die);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	log_replay(log_path("killed"), &replay);
	assert_int_equal(replay.error, 0);
	assert_int_equal(replay.records, 200);
	assert_int_equal(replay.strange, 0);
}

/* Writes until the file can grow no more. Returns 0 when everything went as promised. */
static int write_until_full(const char *path, int expected_error)
{
	struct eventlog_writer *writer;
	struct log_replay replay = { 0 };
	uint64_t seed = 0, flushed = 0;
	union event event;
	int err;

	if (eventlog_writer_open(path, log_header(), &writer))
		return 10;
	do {
		record_make(&event, record_types[seed % record_type_count], seed);
		err = eventlog_writer_append(writer, &event.header);
		seed++;
		if (!err && seed % 100 == 0) {
			err = eventlog_writer_flush(writer);
			flushed = err ? flushed : seed;
		}
	} while (!err && seed < 10000000);
	if (err != expected_error)
		return 11;
	if (eventlog_writer_append(writer, &event.header) != expected_error ||
	    eventlog_writer_flush(writer) != expected_error ||
	    eventlog_writer_close(writer) != expected_error)
		return 12;
	log_replay(path, &replay);
	if (replay.error || replay.strange || !flushed || replay.records != flushed)
		return 13;
	return replay.damage.torn_tail || replay.damage.blocks_skipped ? 14 : 0;
}

static int fill_to_the_limit(void)
{
	struct rlimit limit = { 200000, 200000 };

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit))
		return 1;
	return write_until_full(log_path("limited"), -EFBIG);
}

static void a_file_at_its_limit_keeps_what_it_has(void **state)
{
	int status;

	(void)state;
	log_path("limited"); /* known here too, to be removed */
	status = in_child(fill_to_the_limit);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define CANNOT_MOUNT 77

static int fill_a_disk(void)
{
	char directory[] = "/tmp/lbtrace-disk-XXXXXX";
	char path[64];
	int result;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return CANNOT_MOUNT;
	if (!mkdtemp(directory))
		return 1;
	if (mount("tmpfs", directory, "tmpfs", 0, "size=192k")) {
		rmdir(directory);
		return CANNOT_MOUNT;
	}
	snprintf(path, sizeof(path), "%s/log", directory);
	result = write_until_full(path, -ENOSPC);
	umount2(directory, MNT_DETACH);
	rmdir(directory);
	return result;
}

static void a_full_disk_keeps_what_it_has(void **state)
{
	int status = in_child(fill_a_disk);

	(void)state;
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CANNOT_MOUNT)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_header_is_kept),
		cmocka_unit_test(a_log_without_records_is_whole),
		cmocka_unit_test(full_blocks_are_written_by_themselves),
		cmocka_unit_test(incompressible_records_fit),
		cmocka_unit_test(a_replay_can_be_repeated),
		cmocka_unit_test(the_sink_can_stop_a_replay),
		cmocka_unit_test(a_log_is_read_from_a_pipe),
		cmocka_unit_test(the_file_is_private),
		cmocka_unit_test(a_log_in_use_is_not_overwritten),
		cmocka_unit_test(bad_paths_are_refused),
		cmocka_unit_test(malformed_records_are_not_written),
		cmocka_unit_test(what_was_flushed_survives_a_kill),
		cmocka_unit_test(a_file_at_its_limit_keeps_what_it_has),
		cmocka_unit_test(a_full_disk_keeps_what_it_has),
	};

	return cmocka_run_group_tests_name("eventlog", tests, logs_setup, logs_teardown);
}
