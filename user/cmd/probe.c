// SPDX-License-Identifier: GPL-2.0-only
/* lbtrace probe: connects to each configured backend as its load balancer would. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/cmd/command.h"
#include "user/cmd/options.h"
#include "user/cmd/output.h"
#include "user/cmd/probe_output.h"
#include "user/cmd/probe_plan.h"
#include "user/cmd/probe_verdict.h"
#include "user/cmd/survey.h"
#include "user/lib/clock.h"
#include "user/lib/message.h"

#define CONNECT_NS (3 * CLOCK_NS_PER_SECOND)
#define ANSWER_NS (2 * CLOCK_NS_PER_SECOND)
#define TIMEOUT_MOST_NS (60 * CLOCK_NS_PER_SECOND)
#define UNASKED_MOST 100
#define UNREAD_SAID 8 /* configurations that could not be read are told one by one up to here */

enum probe_key {
	KEY_TIMEOUT = OPTIONS_OWN_KEY,
	KEY_YES,
	KEY_HTTP,
};

struct probe_command {
	struct attach_options attach;
	bool json, yes, http;
	uint64_t timeout_ns; /* 0: not given */
};

static error_t parse_timeout(const char *text, struct probe_command *command)
{
	if (options_parse_seconds(text, &command->timeout_ns) ||
	    command->timeout_ns > TIMEOUT_MOST_NS)
		return options_usage("--timeout wants seconds (0.1 to 60), not '%s'", text);
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct probe_command *command = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &command->attach;
		state->child_inputs[1] = &command->json;
		return 0;
	case KEY_TIMEOUT:
		return parse_timeout(argument, command);
	case KEY_YES:
		command->yes = true;
		return 0;
	case KEY_HTTP:
		command->http = true;
		return 0;
	case ARGP_KEY_ARG:
		return options_usage("there is no argument '%s'", argument);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option own_options[] = {
	{ NULL, 0, NULL, 0, "Asking:", 2 },
	{ "timeout", KEY_TIMEOUT, "SECONDS", 0,
	  "Wait so long for a connection, and for an answer (default: 3 and 2)", 2 },
	{ "http", KEY_HTTP, NULL, 0, "Send HEAD / to HTTP backends without a health check", 2 },
	{ "yes", KEY_YES, NULL, 0, "Do not ask before more than 100 backends are connected to", 2 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &options_select_argp, 0, NULL, 0 },
	{ &options_json_argp, 0, NULL, 0 },
	{ &options_common_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = own_options,
	.parser = parse,
	.doc = "Connect to each backend that a load balancer's configuration names, from that load "
	       "balancer's network namespace; where TLS is configured, say hello, where an HTTP "
	       "health check is, ask that. Says of each whether it answers, or why not. Nothing is "
	       "attached to the kernel; this is the only command that sends packets.",
	.children = children,
};

/* --- asking ------------------------------------------------------------------------- */

static int make_socket(void *context, uint32_t netns, int family, int type)
{
	return inventory_socket(context, netns, family, type);
}

static struct probe_options ask_options(const struct probe_command *command,
					struct inventory *inventory)
{
	return (struct probe_options){
		.connect_ns = command->timeout_ns ? command->timeout_ns : CONNECT_NS,
		.answer_ns = command->timeout_ns ? command->timeout_ns : ANSWER_NS,
		.socket = make_socket,
		.context = inventory,
	};
}

static bool is_target(const struct probe_entry *entry)
{
	return !entry->skipped && !entry->unresolved;
}

static int ask_targets(const struct probe_options *options, struct probe_plan *plan)
{
	struct probe_target *targets = calloc(plan->count + 1, sizeof(*targets));
	struct probe_result *results = calloc(plan->count + 1, sizeof(*results));
	size_t count = 0;
	int err = targets && results ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < plan->count; i++) {
		if (is_target(&plan->entries[i]))
			targets[count++] = probe_plan_target(&plan->entries[i]);
	}
	if (!err)
		err = probe_ask(options, targets, count, results);
	count = 0;
	for (size_t i = 0; !err && i < plan->count; i++) {
		if (is_target(&plan->entries[i]))
			plan->entries[i].result = results[count++];
	}
	free(targets);
	free(results);
	return err;
}

/* Asks those by TLS that answered HTTP as a TLS port would. */
static int ask_again(const struct probe_options *options, struct probe_plan *plan)
{
	struct hello hello = { 0 };
	int err = hello_add_tls(&hello, NULL);

	for (size_t i = 0; !err && i < plan->count; i++) {
		struct probe_entry *entry = &plan->entries[i];
		struct probe_target target = probe_plan_target(entry);
		struct probe_result result;

		if (!probe_verdict_doubts(entry))
			continue;
		target.hello = hello.bytes;
		target.hello_bytes = hello.length;
		target.hello_kind = PAYLOAD_TLS;
		err = probe_ask(options, &target, 1, &result);
		if (!err && !result.err && result.attempt.received.kind == PAYLOAD_TLS)
			probe_verdict_was_tls(entry);
	}
	return err;
}

static int ask(const struct probe_command *command, struct inventory *inventory,
	       struct probe_plan *plan)
{
	const struct probe_options options = ask_options(command, inventory);
	int err = ask_targets(&options, plan);

	if (!err)
		err = probe_verdict_all(plan, inventory);
	if (!err)
		err = ask_again(&options, plan);
	if (err)
		message_error("probing failed: %s", strerror(-err));
	return err;
}

/* --- before and after ----------------------------------------------------------------- */

/* An exit status; EXIT_STATUS_OK: go on. */
static int consent(const struct probe_command *command, const struct probe_plan *plan)
{
	char answer[16] = "";

	if (command->yes || plan->target_count <= UNASKED_MOST)
		return EXIT_STATUS_OK;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		message_error("%zu backends would be connected to; say so with --yes, or select "
			      "less with --backend or --pid",
			      plan->target_count);
		return EXIT_STATUS_USAGE;
	}
	fprintf(stderr, "lbtrace: connect to %zu backends? [y/N] ", plan->target_count);
	if (fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y'))
		return EXIT_STATUS_OK;
	message_error("nothing was connected to");
	return EXIT_STATUS_FAILURE;
}

static int write_plan(const struct probe_command *command, const struct probe_plan *plan)
{
	struct output output;
	struct page page;
	int err = output_open(&output, NULL, NULL);

	if (err)
		return err;
	if (command->json) {
		err = probe_output_json(plan, output.file);
	} else {
		page_init(&page, output.file);
		probe_output_text(plan, &page);
		err = page_flush(&page);
	}
	return output_close(&output, err);
}

static int probe_backends(const struct probe_command *command, struct inventory *inventory,
			  struct probe_plan *plan)
{
	int status = consent(command, plan);

	if (status)
		return status;
	if (ask(command, inventory, plan) || write_plan(command, plan))
		return EXIT_STATUS_FAILURE;
	return probe_output_sums(plan).failed ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}

struct gathering {
	struct probe_plan *plan;
	uint32_t unread; /* files and configurations */
};

/* Nothing that is asked tells of backends whose configuration could not be read. */
static void tell_unread(struct gathering *gathering, const struct event_config *note)
{
	if (gathering->unread++ < UNREAD_SAID)
		message_error("cannot read %s%s of %.*s (pid %" PRIu32 "): %s; backends named "
			      "there are not probed",
			      *note->file ? "" : "the configuration", note->file, EVENT_COMM_BYTES,
			      note->owner.comm, note->owner.tgid, note->text);
}

static int on_record(void *context, const struct event_header *record)
{
	const union event *event = (const union event *)record;
	struct gathering *gathering = context;

	if (record->type == EVENT_CONFIG && event->config.kind == CONFIG_UNREADABLE)
		tell_unread(gathering, &event->config);
	return probe_plan_note(gathering->plan, record);
}

static int find_backends(const struct probe_command *command, struct survey *survey,
			 struct probe_plan *plan)
{
	const struct probe_selection selection = {
		.ranges = command->attach.capture.backends,
		.range_count = command->attach.capture.backend_count,
		.http = command->http,
		.no_resolve = command->attach.inventory.no_resolve,
	};
	struct gathering gathering = { .plan = plan };
	int err = survey_run(survey, on_record, NULL, &gathering);

	if (err)
		return err;
	if (gathering.unread > UNREAD_SAID)
		message_error("%" PRIu32 " more configurations cannot be read",
			      gathering.unread - UNREAD_SAID);
	err = probe_plan_fill(plan, survey->inventory, &selection);
	if (err)
		message_error("out of memory while the backends were gathered");
	return err;
}

/* Says why there is nothing to ask. Returns the exit status. */
static int explain_none(void)
{
	if (geteuid()) {
		message_error("the configurations of others cannot be read: probing needs root, "
			      "such as sudo lbtrace probe");
		return EXIT_STATUS_UNSUPPORTED;
	}
	message_error("no configured backend was found: no load balancer runs here, its "
		      "configuration cannot be read, or none is selected");
	return EXIT_STATUS_FAILURE;
}

int probe_run(int argc, char **argv)
{
	struct probe_command command = { 0 };
	struct probe_plan plan = { 0 };
	struct survey survey;
	int status = options_parse(&argp, "lbtrace probe", argc, argv, &command);

	if (status)
		return status;
	if (survey_open(&command.attach, &survey))
		return EXIT_STATUS_FAILURE;
	if (find_backends(&command, &survey, &plan))
		status = EXIT_STATUS_FAILURE;
	else if (!plan.count)
		status = explain_none();
	if (!status)
		status = probe_backends(&command, survey.inventory, &plan);
	probe_plan_clear(&plan);
	survey_close(&survey);
	return status;
}
