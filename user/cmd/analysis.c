// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/analysis.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "user/lib/message.h"

/* Tells the sink's errors from the reader's. */
struct replay {
	record_sink sink;
	void *context;
	int err;
};

static int say_out_of_memory(void)
{
	message_error("out of memory while diagnosing; "
		      "select less with --backend or --pid when recording");
	return -ENOMEM;
}

int analysis_open(struct analysis *analysis, const struct eventlog_header *header,
		  const struct diagnosis_options *wanted)
{
	struct diagnosis_options options = { 0 };

	if (wanted)
		options = *wanted;
	analysis->drop_reason_count = header->drop_reason_count;
	if (analysis->drop_reason_count > EVENTLOG_REASONS_MAX)
		analysis->drop_reason_count = EVENTLOG_REASONS_MAX;
	for (size_t i = 0; i < analysis->drop_reason_count; i++)
		analysis->drop_reasons[i] = header->drop_reasons[i];
	options.host = header->host;
	options.kernel = header->kernel;
	options.lbtrace = header->lbtrace;
	options.epoch_offset_ns = header->epoch_offset_ns;
	options.started_ns = header->started_ns;
	options.drop_reasons = analysis->drop_reasons;
	options.drop_reason_count = analysis->drop_reason_count;
	if (diagnosis_new(&options, &analysis->diagnosis))
		return say_out_of_memory();
	return 0;
}

void analysis_close(struct analysis *analysis)
{
	diagnosis_free(analysis->diagnosis);
}

const struct report *analysis_finish(struct analysis *analysis)
{
	const struct report *report = NULL;

	if (!diagnosis_finish(analysis->diagnosis))
		report = diagnosis_report(analysis->diagnosis);
	if (!report)
		say_out_of_memory();
	return report;
}

int analysis_log_open(const char *path, struct eventlog_reader **reader)
{
	int err = eventlog_reader_open(path, reader);

	if (err == -EBADMSG)
		message_error("cannot read %s: it is no event log of lbtrace, "
			      "or its first bytes are damaged",
			      path);
	else if (err == -EPROTO)
		message_error("cannot read %s: it was written by another version of lbtrace; "
			      "use that one",
			      path);
	else if (err)
		message_error("cannot read %s: %s", path, strerror(-err));
	return err;
}

static int replay_sink(void *context, const struct event_header *record)
{
	struct replay *replay = context;

	replay->err = replay->sink(replay->context, record);
	return replay->err;
}

static void say_damage(const char *path, const struct eventlog_damage *damage)
{
	if (damage->blocks_skipped || damage->records_skipped)
		message_error("%s is damaged: %" PRIu64 " blocks and %" PRIu64
			      " records were skipped, the rest was read",
			      path, damage->blocks_skipped, damage->records_skipped);
	if (damage->torn_tail)
		message_error("%s has a torn tail: its writer was killed, "
			      "what came before was read",
			      path);
}

int analysis_log_replay(const char *path, struct eventlog_reader *reader, record_sink sink,
			void *context)
{
	struct replay replay = { .sink = sink, .context = context };
	int err = eventlog_reader_replay(reader, replay_sink, &replay);

	if (err && !replay.err)
		message_error("cannot read %s: %s", path, strerror(-err));
	if (replay.err == -ENOMEM)
		say_out_of_memory();
	say_damage(path, eventlog_reader_damage(reader));
	return err;
}
