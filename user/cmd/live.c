// SPDX-License-Identifier: GPL-2.0-only
/* lbtrace without a command: a table per interval, and a report at the end. */
#include <errno.h>
#include <string.h>

#include "user/cmd/analysis.h"
#include "user/cmd/command.h"
#include "user/cmd/options.h"
#include "user/cmd/output.h"
#include "user/cmd/session.h"
#include "user/lib/clock.h"
#include "user/lib/message.h"
#include "user/render/live_table.h"
#include "user/render/report_json.h"
#include "user/render/report_text.h"

#define INTERVAL_NS (2 * CLOCK_NS_PER_SECOND)
/* The first 5xx after a quiet table is shown without waiting for the interval's end, together with
 * those that come right behind it. */
#define NEWS_NS (CLOCK_NS_PER_SECOND / 2)

struct live_options {
	struct attach_options attach;
	uint64_t interval_ns;
	bool json;
};

struct live {
	const struct live_options *options;
	struct analysis analysis;
	struct live_table *table;
	struct page page;
	int64_t epoch_offset_ns;
	uint64_t drawn_ns; /* 0: nothing was drawn yet */
	bool news; /* a 5xx since the last table */
	bool unwritable; /* stdout, as was said */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct live_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->attach;
		state->child_inputs[1] = &options->json;
		return 0;
	case 'i':
		if (options_parse_seconds(argument, &options->interval_ns))
			return options_usage("--interval wants seconds (0.1 to 31536000), "
					     "not '%s'",
					     argument);
		return 0;
	case ARGP_KEY_ARG:
		return options_usage("'%s' is no option; a command comes first", argument);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option own_options[] = {
	{ "interval", 'i', "SECONDS", 0, "Time between two tables (default: 2)", 2 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &options_attach_argp, 0, NULL, 0 },
	{ &options_json_argp, 0, NULL, 0 },
	{ &options_common_argp, 0, NULL, 0 },
	{ 0 },
};

static const char doc[] =
	"Explain every 5xx of the load balancers on this host from kernel events: which backend, "
	"why, and what fixes it. Without a command: live, a table per interval and a report at the "
	"end.\n"
	"\n"
	"Commands, each with its own --help:\n"
	"  lbtrace record -o FILE  write an event log\n"
	"  lbtrace backends [FILE] find what is wrong in the configuration\n"
	"  lbtrace probe           connect to every configured backend\n"
	"  lbtrace report FILE     explain a log, as text or JSON\n"
	"  lbtrace export FILE     write a log's events as JSON lines\n"
	"  lbtrace explain [CAUSE] list the causes, or tell all of one\n"
	"  lbtrace check           show what this kernel offers\v"
	"Exit status: 0 fine, 1 failure, 2 usage, 3 missing privilege or kernel feature, 4 events "
	"were lost.";

static const struct argp argp = {
	.options = own_options,
	.parser = parse,
	.doc = doc,
	.children = children,
};

static void on_gateway_error(void *context, const struct gateway_error *error)
{
	struct live *live = context;

	(void)error;
	live->news = true;
}

static int on_record(void *context, const struct event_header *record)
{
	struct live *live = context;
	int err = diagnosis_feed(live->analysis.diagnosis, record);

	if (err)
		message_error("diagnosing failed: %s", strerror(-err));
	return err;
}

static int draw(struct live *live, uint64_t now_ns)
{
	const struct report *report = diagnosis_report(live->analysis.diagnosis);
	double seconds = (double)(now_ns - live->drawn_ns) / (double)CLOCK_NS_PER_SECOND;
	int err = -ENOMEM;

	if (live->page.terminal)
		page_clear(&live->page);
	if (report)
		err = live_table_draw(live->table, report, now_ns + (uint64_t)live->epoch_offset_ns,
				      seconds, &live->page);
	if (!err)
		err = page_flush(&live->page);
	if (err) {
		message_error("cannot write the table to stdout: %s", strerror(-err));
		live->unwritable = true;
	}
	live->drawn_ns = now_ns;
	live->news = false;
	return err;
}

static int on_turn(void *context, uint64_t now_ns)
{
	struct live *live = context;
	uint64_t interval_ns = live->options->interval_ns;

	if (live->options->json)
		return 0;
	if (!live->drawn_ns)
		live->drawn_ns = now_ns;
	if (live->news && !live_table_errors(live->table) && interval_ns > NEWS_NS)
		interval_ns = NEWS_NS;
	return now_ns - live->drawn_ns < interval_ns ? 0 : draw(live, now_ns);
}

static int write_report(struct live *live)
{
	const struct report *report = analysis_finish(&live->analysis);
	struct output output;
	int err;

	if (!report)
		return -ENOMEM;
	err = output_open(&output, NULL, NULL);
	if (err)
		return err;
	if (live->options->json)
		return output_close(&output, report_json_write(report, output.file));
	if (live->page.terminal)
		page_clear(&live->page);
	live->page.rows = 0;
	if (live->page.row)
		page_end(&live->page);
	report_text_write(report, &live->page);
	return output_close(&output, 0);
}

static int run(struct live *live, struct session *session)
{
	const struct session_hooks hooks = {
		.sink = on_record,
		.turn = on_turn,
		.context = live,
	};
	int err = session_attach(session);
	int report_err;

	if (err)
		return err;
	err = session_run(session, &hooks);
	if (live->unwritable)
		return err;
	report_err = write_report(live);
	return err ? err : report_err;
}

static int live_session(struct session *session, const struct live_options *options)
{
	const struct eventlog_header *header = session_header(session);
	struct live live = {
		.options = options,
		.epoch_offset_ns = header->epoch_offset_ns,
	};
	const struct diagnosis_options callbacks = {
		.on_gateway_error = on_gateway_error,
		.context = &live,
	};
	int err = analysis_open(&live.analysis, header, &callbacks);

	if (err)
		return err;
	page_init(&live.page, stdout);
	err = live_table_new(&live.table);
	if (err)
		message_error("out of memory before anything was attached");
	else
		err = run(&live, session);
	live_table_free(live.table);
	analysis_close(&live.analysis);
	return err;
}

int live_run(int argc, char **argv)
{
	struct live_options options = { .interval_ns = INTERVAL_NS };
	struct session *session = NULL;
	int status = options_parse(&argp, "lbtrace", argc, argv, &options);
	int err;

	if (status)
		return status;
	err = session_open(&options.attach, &session);
	if (err)
		return err == -EPERM ? EXIT_STATUS_UNSUPPORTED : EXIT_STATUS_FAILURE;
	err = live_session(session, &options);
	status = session_status(session, err);
	session_close(session);
	return status;
}
