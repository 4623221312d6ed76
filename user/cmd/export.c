// SPDX-License-Identifier: GPL-2.0-only
/* lbtrace export: the events of a log, with their verdicts. */
#include <errno.h>
#include <string.h>

#include "user/cmd/analysis.h"
#include "user/cmd/command.h"
#include "user/cmd/options.h"
#include "user/cmd/output.h"
#include "user/lib/message.h"
#include "user/render/event_lines.h"

enum export_key {
	KEY_FORMAT = OPTIONS_OWN_KEY,
};

struct export_options {
	const char *log;
	const char *output;
};

struct export
{
	struct event_lines lines;
	struct analysis analysis;
	int err; /* of the first line that could not be written */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct export_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->output;
		return 0;
	case KEY_FORMAT:
		if (strcmp(argument, "jsonl"))
			return options_usage("--format wants jsonl, not '%s'", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (options->log)
			return options_usage("one FILE at a time, not also '%s'", argument);
		options->log = argument;
		return 0;
	case ARGP_KEY_END:
		if (!options->log)
			return options_usage("export needs the FILE of a recording");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option own_options[] = {
	{ "format", KEY_FORMAT, "jsonl", 0, "One JSON object a line; the default", 3 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &options_output_argp, 0, NULL, 0 },
	{ &options_common_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = own_options,
	.parser = parse,
	.args_doc = "FILE",
	.doc = "Write the events of a recording, each 5xx with its verdict. Needs no privilege.",
	.children = children,
};

static void on_gateway_error(void *context, const struct gateway_error *error)
{
	struct export *export = context;

	if (!export->err)
		export->err = event_lines_gateway_error(&export->lines, error);
}

static void on_attempt(void *context, const struct attempt_view *attempt,
		       const struct gateway_error *error)
{
	struct export *export = context;

	if (!export->err)
		export->err = event_lines_attempt(&export->lines, attempt, error);
}

static void on_name(void *context, const struct event_owner *owner,
		    const struct event_address *address, char *name)
{
	struct export *export = context;

	diagnosis_backend_name(export->analysis.diagnosis, owner, address, name);
}

static int export_record(void *context, const struct event_header *record)
{
	struct export *export = context;
	int err = event_lines_record(&export->lines, record);

	if (!err)
		err = diagnosis_feed(export->analysis.diagnosis, record);
	return err ? err : export->err;
}

static int export_lines(struct export *export, const struct export_options *options,
			struct eventlog_reader *reader)
{
	int err = event_lines_header(&export->lines);

	if (!err)
		err = analysis_log_replay(options->log, reader, export_record, export);
	/* The last 5xx get their verdicts now. */
	if (!err && !analysis_finish(&export->analysis))
		err = -ENOMEM;
	return err ? err : export->err;
}

static int export_log(struct eventlog_reader *reader, const struct export_options *options)
{
	const struct eventlog_header *header = eventlog_reader_header(reader);
	struct export export = { 0 };
	struct diagnosis_options callbacks = {
		.on_gateway_error = on_gateway_error,
		.on_attempt = on_attempt,
		.context = &export,
	};
	struct output output;
	int err = output_open(&output, options->output, options->log);

	if (err)
		return err;
	export.lines = (struct event_lines){
		.file = output.file,
		.host = header->host,
		.kernel = header->kernel,
		.lbtrace = header->lbtrace,
		.epoch_offset_ns = header->epoch_offset_ns,
		.started_ns = header->started_ns,
		.drop_reasons = export.analysis.drop_reasons,
		.name_backend = on_name,
		.name_context = &export,
	};
	err = analysis_open(&export.analysis, header, &callbacks);
	if (!err) {
		export.lines.drop_reason_count = export.analysis.drop_reason_count;
		err = export_lines(&export, options, reader);
		analysis_close(&export.analysis);
	}
	return output_close(&output, err);
}

int export_run(int argc, char **argv)
{
	struct export_options options = { 0 };
	struct eventlog_reader *reader;
	int status = options_parse(&argp, "lbtrace export", argc, argv, &options);
	int err;

	if (status)
		return status;
	err = analysis_log_open(options.log, &reader);
	if (err)
		return EXIT_STATUS_FAILURE;
	err = export_log(reader, &options);
	eventlog_reader_close(reader);
	return err ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}
