// SPDX-License-Identifier: GPL-2.0-only
/* lbtrace backends: the configured backends, what is seen of them, and what is wrong with them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/cmd/analysis.h"
#include "user/cmd/command.h"
#include "user/cmd/local_ports.h"
#include "user/cmd/options.h"
#include "user/cmd/output.h"
#include "user/cmd/session.h"
#include "user/cmd/survey.h"
#include "user/lib/clock.h"
#include "user/lib/endpoint.h"
#include "user/lib/message.h"
#include "user/render/backends_json.h"
#include "user/render/backends_text.h"

#define WATCHED_NS (3 * CLOCK_NS_PER_SECOND)
#define LINGER_NS (5 * CLOCK_NS_PER_SECOND)

enum backends_key {
	KEY_NO_ATTACH = OPTIONS_OWN_KEY,
};

struct backends_options {
	struct attach_options attach;
	const char *log;
	bool json;
	bool no_attach;
};

struct backends {
	struct analysis analysis;
	struct local_ports ports;
	struct session *session;
	struct survey survey;
	bool found; /* a load balancer */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct backends_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->attach;
		state->child_inputs[1] = &options->json;
		return 0;
	case KEY_NO_ATTACH:
		options->no_attach = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->log)
			return options_usage("one FILE at a time, not also '%s'", argument);
		options->log = argument;
		return 0;
	case ARGP_KEY_END:
		if (options->log && options->no_attach)
			return options_usage("--no-attach has no meaning for a recording");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option own_options[] = {
	{ "no-attach", KEY_NO_ATTACH, NULL, 0,
	  "Do not watch: configurations, names, and what the load balancers say, alone", 2 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &options_attach_argp, 0, NULL, 0 },
	{ &options_json_argp, 0, NULL, 0 },
	{ &options_common_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = own_options,
	.parser = parse,
	.args_doc = "[FILE]",
	.doc = "Show each backend that a load balancer's configuration names: what the kernel sees of "
	       "it, what the load balancer says of it, and what is wrong with how it is configured. "
	       "Watches for 3 seconds, or as long as --duration says. With FILE, shows that of a "
	       "recording, which needs no privilege.",
	.children = children,
};

static bool is_selected(const struct capture_options *capture, const struct report_configured *row)
{
	for (size_t i = 0; i < row->address_count && i < MODEL_ADDRESSES_MAX; i++) {
		for (uint32_t n = 0; n < capture->backend_count; n++) {
			if (endpoint_range_holds(&capture->backends[n], &row->addresses[i]))
				return true;
		}
	}
	return !capture->backend_count;
}

/* Of the others nothing was watched. */
static int select_rows(const struct capture_options *capture, struct report *report)
{
	struct report_configured *rows = calloc(report->configured_count + 1, sizeof(*rows));
	size_t count = 0;

	if (!rows) {
		message_error("out of memory while listing %zu backends", report->configured_count);
		return -ENOMEM;
	}
	for (size_t i = 0; i < report->configured_count; i++) {
		if (is_selected(capture, &report->configured[i]))
			rows[count++] = report->configured[i];
	}
	report->configured = rows;
	report->configured_count = count;
	return 0;
}

static int write_rows(const struct report *report, const struct backends_options *options)
{
	const bool watched = !options->no_attach;
	struct output output;
	struct page page;
	int err = output_open(&output, NULL, NULL);

	if (err)
		return err;
	if (options->json) {
		err = backends_json_write(report, watched, output.file);
	} else {
		page_init(&page, output.file);
		backends_text_write(report, watched, &page);
	}
	return output_close(&output, err);
}

static int write_backends(struct analysis *analysis, const struct backends_options *options)
{
	const struct report *report = analysis_finish(analysis);
	struct report selected;
	int err;

	if (!report)
		return -ENOMEM;
	selected = *report;
	err = select_rows(&options->attach.capture, &selected);
	if (err)
		return err;
	err = write_rows(&selected, options);
	free(selected.configured);
	return err;
}

static int on_record(void *context, const struct event_header *record)
{
	struct backends *backends = context;
	int err = diagnosis_feed(backends->analysis.diagnosis, record);

	backends->found |= record->type == EVENT_LOAD_BALANCER;
	if (!err)
		err = local_ports_note(&backends->ports, record);
	if (err)
		message_error("diagnosing failed: %s", strerror(-err));
	return err;
}

static int ask_ports(struct backends *backends, struct inventory *inventory)
{
	return local_ports_ask(&backends->ports, inventory, on_record, backends);
}

static int on_turn(void *context, uint64_t now_ns)
{
	struct backends *backends = context;

	(void)now_ns;
	return ask_ports(backends, session_inventory(backends->session));
}

static int on_survey_turn(void *context)
{
	struct backends *backends = context;

	return ask_ports(backends, backends->survey.inventory);
}

static int watch(struct backends *backends)
{
	const struct session_hooks hooks = {
		.sink = on_record,
		.turn = on_turn,
		.linger_ns = LINGER_NS,
		.context = backends,
	};
	int err = session_attach(backends->session);

	return err ? err : session_run(backends->session, &hooks);
}

static int attached(const struct backends_options *options, struct backends *backends)
{
	int err = analysis_open(&backends->analysis, session_header(backends->session), NULL);

	if (err)
		return err;
	err = watch(backends);
	if (!err)
		err = write_backends(&backends->analysis, options);
	local_ports_clear(&backends->ports);
	analysis_close(&backends->analysis);
	return err;
}

static int run_attached(struct backends_options *options)
{
	struct backends backends = { 0 };
	int status;
	int err = session_open(&options->attach, &backends.session);

	if (err)
		return err == -EPERM ? EXIT_STATUS_UNSUPPORTED : EXIT_STATUS_FAILURE;
	err = attached(options, &backends);
	status = session_status(backends.session, err);
	session_close(backends.session);
	return status;
}

static int survey(const struct backends_options *options, struct backends *backends)
{
	int err = survey_run(&backends->survey, on_record, on_survey_turn, backends);

	if (err)
		return err;
	if (!backends->found && geteuid() != 0) {
		message_error("no load balancer was found, and those of other users are seen by "
			      "root only: sudo lbtrace backends");
		return -EPERM;
	}
	return write_backends(&backends->analysis, options);
}

static int run_survey(struct backends_options *options)
{
	struct eventlog_header header = { 0 };
	struct backends backends = { 0 };
	int err = survey_open(&options->attach, &backends.survey);

	if (err)
		return EXIT_STATUS_FAILURE;
	session_describe(&header);
	err = analysis_open(&backends.analysis, &header, NULL);
	if (!err) {
		err = survey(options, &backends);
		local_ports_clear(&backends.ports);
		analysis_close(&backends.analysis);
	}
	survey_close(&backends.survey);
	if (err == -EPERM)
		return EXIT_STATUS_UNSUPPORTED;
	return err ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}

static int replay(struct eventlog_reader *reader, const struct backends_options *options)
{
	struct analysis analysis;
	int err = analysis_open(&analysis, eventlog_reader_header(reader), NULL);

	if (err)
		return err;
	err = analysis_log_replay(options->log, reader, diagnosis_feed, analysis.diagnosis);
	if (!err)
		err = write_backends(&analysis, options);
	analysis_close(&analysis);
	return err;
}

static int run_log(const struct backends_options *options)
{
	struct eventlog_reader *reader;
	int err = analysis_log_open(options->log, &reader);

	if (err)
		return EXIT_STATUS_FAILURE;
	err = replay(reader, options);
	eventlog_reader_close(reader);
	return err ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}

int backends_run(int argc, char **argv)
{
	struct backends_options options = { .attach.duration_ns = WATCHED_NS };
	int status = options_parse(&argp, "lbtrace backends", argc, argv, &options);

	if (status)
		return status;
	if (options.log)
		return run_log(&options);
	return options.no_attach ? run_survey(&options) : run_attached(&options);
}
