// SPDX-License-Identifier: GPL-2.0-only
/* lbtrace report: a log through the same diagnosis as live. */
#include <errno.h>
#include <string.h>

#include "user/cmd/analysis.h"
#include "user/cmd/command.h"
#include "user/cmd/options.h"
#include "user/cmd/output.h"
#include "user/lib/message.h"
#include "user/render/report_json.h"
#include "user/render/report_text.h"

enum report_key {
	KEY_FORMAT = OPTIONS_OWN_KEY,
};

struct report_options {
	const char *log;
	const char *output;
	bool json;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct report_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->output;
		return 0;
	case KEY_FORMAT:
		options->json = !strcmp(argument, "json");
		if (!options->json && strcmp(argument, "text"))
			return options_usage("--format wants text or json, not '%s'", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (options->log)
			return options_usage("one FILE at a time, not also '%s'", argument);
		options->log = argument;
		return 0;
	case ARGP_KEY_END:
		if (!options->log)
			return options_usage("report needs the FILE of a recording");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option own_options[] = {
	{ "format", KEY_FORMAT, "text|json", 0, "Default: text", 3 },
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
	.doc = "Explain the 5xx of a recording. Needs no privilege.",
	.children = children,
};

static int write_report(const struct report *report, const struct report_options *options)
{
	struct output output;
	struct page page;
	int err = output_open(&output, options->output, options->log);

	if (err)
		return err;
	if (options->json) {
		err = report_json_write(report, output.file);
	} else {
		page_init(&page, output.file);
		report_text_write(report, &page);
	}
	return output_close(&output, err);
}

static int report_log(struct eventlog_reader *reader, const struct report_options *options)
{
	const struct report *report;
	struct analysis analysis;
	int err = analysis_open(&analysis, eventlog_reader_header(reader), NULL);

	if (err)
		return err;
	err = analysis_log_replay(options->log, reader, diagnosis_feed, analysis.diagnosis);
	report = analysis_finish(&analysis);
	if (!report)
		err = -ENOMEM;
	if (!err)
		err = write_report(report, options);
	analysis_close(&analysis);
	return err;
}

int report_run(int argc, char **argv)
{
	struct report_options options = { 0 };
	struct eventlog_reader *reader;
	int status = options_parse(&argp, "lbtrace report", argc, argv, &options);
	int err;

	if (status)
		return status;
	err = analysis_log_open(options.log, &reader);
	if (err)
		return EXIT_STATUS_FAILURE;
	err = report_log(reader, &options);
	eventlog_reader_close(reader);
	return err ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}
