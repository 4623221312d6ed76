// SPDX-License-Identifier: GPL-2.0-only
/* lbtrace record: the stream into an event log, no screen. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "user/cmd/command.h"
#include "user/cmd/options.h"
#include "user/cmd/session.h"
#include "user/lib/clock.h"
#include "user/lib/message.h"

struct record_options {
	struct attach_options attach;
	const char *output;
};

struct recording {
	const char *path;
	struct eventlog_writer *writer;
	uint64_t flushed_ns;
	bool said_failed;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct record_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->attach;
		state->child_inputs[1] = &options->output;
		return 0;
	case ARGP_KEY_ARG:
		return options_usage("record takes no argument '%s'", argument);
	case ARGP_KEY_END:
		if (!options->output)
			return options_usage("record needs -o FILE");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &options_attach_argp, 0, NULL, 0 },
	{ &options_output_argp, 0, NULL, 0 },
	{ &options_common_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.parser = parse,
	.doc = "Attach and write an event log, for lbtrace report and export.",
	.children = children,
};

static const char *why(int err)
{
	switch (err) {
	case -EBUSY:
		return "another lbtrace is writing to it; name another file";
	case -EINVAL:
		return "a log goes to a file, not to stdout or a pipe; name one with -o";
	case -ENOSPC:
		return "no space is left on the device; free some, or record elsewhere";
	}
	return strerror(-err);
}

static int check_write(struct recording *recording, int err)
{
	if (err && !recording->said_failed) {
		message_error("recording stopped, cannot write to %s: %s; "
			      "what was written before can be read",
			      recording->path, why(err));
		recording->said_failed = true;
	}
	return err;
}

static int on_record(void *context, const struct event_header *record)
{
	struct recording *recording = context;

	return check_write(recording, eventlog_writer_append(recording->writer, record));
}

static int on_turn(void *context, uint64_t now_ns)
{
	struct recording *recording = context;

	if (now_ns - recording->flushed_ns < CLOCK_NS_PER_SECOND)
		return 0;
	recording->flushed_ns = now_ns;
	return check_write(recording, eventlog_writer_flush(recording->writer));
}

static int open_log(struct recording *recording, const struct session *session)
{
	int err =
		eventlog_writer_open(recording->path, session_header(session), &recording->writer);

	if (err)
		message_error("cannot record to %s: %s", recording->path, why(err));
	return err;
}

static int record_session(struct session *session, const char *path)
{
	struct recording recording = { .path = path };
	const struct session_hooks hooks = {
		.sink = on_record,
		.turn = on_turn,
		.context = &recording,
	};
	bool existed = access(path, F_OK) == 0;
	int err = open_log(&recording, session);
	int close_err;

	if (err)
		return err == -EPERM ? -EACCES : err; /* of the file, no lack of privilege */
	err = session_attach(session);
	if (err) {
		eventlog_writer_close(recording.writer);
		/* Nothing was recorded: leave nothing behind. */
		if (!existed)
			unlink(path);
		return err;
	}
	err = session_run(session, &hooks);
	close_err = check_write(&recording, eventlog_writer_close(recording.writer));
	return err ? err : close_err;
}

int record_run(int argc, char **argv)
{
	struct record_options options = { 0 };
	struct session *session = NULL;
	int status = options_parse(&argp, "lbtrace record", argc, argv, &options);
	int err;

	if (status)
		return status;
	err = session_open(&options.attach, &session);
	if (err)
		return err == -EPERM ? EXIT_STATUS_UNSUPPORTED : EXIT_STATUS_FAILURE;
	err = record_session(session, options.output);
	status = session_status(session, err);
	session_close(session);
	return status;
}
