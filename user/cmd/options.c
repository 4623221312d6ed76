// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/lib/message.h"

#define SECONDS_LEAST 0.1
#define SECONDS_MOST 31536000.0
#define PID_MOST 4194304 /* PID_MAX_LIMIT, include/linux/threads.h */
#define WHY_BYTES 512

enum shared_key {
	KEY_PID = OPTIONS_SHARED_KEY,
	KEY_COMM,
	KEY_NETNS,
	KEY_BACKEND,
	KEY_TLS,
	KEY_NO_RESOLVE,
	KEY_JSON,
	KEY_USAGE,
};

/* What the running parser is called: argp knows only argv[0]. */
static const char *command_name;

error_t options_usage(const char *format, ...)
{
	char why[WHY_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	message_error("%s; see %s --help", why, command_name);
	return EINVAL;
}

int options_parse_seconds(const char *text, uint64_t *ns)
{
	double seconds;
	char *end;

	errno = 0;
	seconds = strtod(text, &end);
	/* Not "inf", "nan" or hexadecimal, which strtod() takes too. */
	if (errno || end == text || *end || strspn(text, "0123456789.") != strlen(text))
		return -EINVAL;
	if (seconds < SECONDS_LEAST || seconds > SECONDS_MOST)
		return -EINVAL;
	*ns = (uint64_t)(seconds * (double)CLOCK_NS_PER_SECOND);
	return 0;
}

static error_t add_pid(const char *text, struct attach_options *options)
{
	struct inventory_options *inventory = &options->inventory;
	unsigned long pid;
	char *end;

	errno = 0;
	pid = strtoul(text, &end, 10);
	if (errno || !*text || *end || strspn(text, "0123456789") != strlen(text) || !pid ||
	    pid > PID_MOST)
		return options_usage("--pid wants the number of a process, not '%s'", text);
	if (inventory->pid_count == INVENTORY_PIDS_MAX)
		return options_usage("--pid can be given %d times at most", INVENTORY_PIDS_MAX);
	inventory->pids[inventory->pid_count++] = (uint32_t)pid;
	return 0;
}

static error_t add_comm(const char *text, struct attach_options *options)
{
	struct inventory_options *inventory = &options->inventory;

	if (!*text)
		return options_usage("--comm wants the name of a process");
	if (inventory->comm_count == INVENTORY_COMMS_MAX)
		return options_usage("--comm can be given %d times at most", INVENTORY_COMMS_MAX);
	/* Cut as the kernel cuts names, so that the whole one may be given. */
	snprintf(inventory->comms[inventory->comm_count++], EVENT_COMM_BYTES, "%s", text);
	return 0;
}

static error_t add_backend(const char *text, struct attach_options *options)
{
	struct capture_options *capture = &options->capture;

	if (capture->backend_count == CAPTURE_RANGES_MAX)
		return options_usage("--backend can be given %d times at most", CAPTURE_RANGES_MAX);
	if (endpoint_range_parse(text, &capture->backends[capture->backend_count]))
		return options_usage(
			"--backend wants CIDR[:PORT], such as 10.0.0.0/24:80 or [fd00::/64]:80, "
			"not '%s'",
			text);
	capture->backend_count++;
	return 0;
}

static error_t parse_select(int key, char *argument, struct argp_state *state)
{
	struct attach_options *options = state->input;

	switch (key) {
	case KEY_PID:
		return add_pid(argument, options);
	case KEY_COMM:
		return add_comm(argument, options);
	case KEY_BACKEND:
		return add_backend(argument, options);
	case KEY_NO_RESOLVE:
		options->inventory.no_resolve = true;
		return 0;
	case KEY_NETNS:
		if (options->netns)
			return options_usage("--netns can be given once only");
		options->netns = argument;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option select_options[] = {
	{ NULL, 0, NULL, 0, "What to look at (default: every load balancer found):", 1 },
	{ "pid", KEY_PID, "PID", 0, "Only this process and its children (repeatable)", 1 },
	{ "comm", KEY_COMM, "NAME", 0, "Only processes of this name (repeatable)", 1 },
	{ "netns", KEY_NETNS, "NETNS", 0,
	  "Only sockets of this network namespace: a name of `ip netns`, a path or a pid", 1 },
	{ "backend", KEY_BACKEND, "CIDR[:PORT]", 0, "Only these backends (repeatable)", 1 },
	{ "no-resolve", KEY_NO_RESOLVE, NULL, 0,
	  "Never ask a name server for the names in the load balancers' configurations", 1 },
	{ 0 },
};

const struct argp options_select_argp = { .options = select_options, .parser = parse_select };

static error_t parse_attach(int key, char *argument, struct argp_state *state)
{
	struct attach_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case 'd':
		if (options_parse_seconds(argument, &options->duration_ns))
			return options_usage("--duration wants seconds (0.1 to 31536000), "
					     "not '%s'",
					     argument);
		return 0;
	case KEY_TLS:
		options->tls = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option attach_options[] = {
	{ "tls", KEY_TLS, NULL, 0,
	  "Say of each load balancer whether 5xx inside TLS can be read (default: once one is seen "
	  "to speak TLS)",
	  1 },
	{ NULL, 0, NULL, 0, "Running:", 2 },
	{ "duration", 'd', "SECONDS", 0, "End by itself (default: until SIGINT or SIGTERM)", 2 },
	{ 0 },
};

static const struct argp_child attach_children[] = {
	{ &options_select_argp, 0, NULL, 0 },
	{ 0 },
};

const struct argp options_attach_argp = {
	.options = attach_options,
	.parser = parse_attach,
	.children = attach_children,
};

static error_t parse_json(int key, char *argument, struct argp_state *state)
{
	bool *json = state->input;

	(void)argument;
	if (key != KEY_JSON)
		return ARGP_ERR_UNKNOWN;
	*json = true;
	return 0;
}

static const struct argp_option json_options[] = {
	{ "json", KEY_JSON, NULL, 0, "Print JSON to stdout, nothing else", 3 },
	{ 0 },
};

const struct argp options_json_argp = { .options = json_options, .parser = parse_json };

static error_t parse_output(int key, char *argument, struct argp_state *state)
{
	const char **path = state->input;

	if (key != 'o')
		return ARGP_ERR_UNKNOWN;
	if (!*argument)
		return options_usage("--output wants the name of a file");
	*path = argument;
	return 0;
}

static const struct argp_option output_options[] = {
	{ "output", 'o', "FILE", 0, "Write to FILE", 3 },
	{ 0 },
};

const struct argp options_output_argp = { .options = output_options, .parser = parse_output };

/* argp's own --help cannot name the command: it knows only argv[0], which getopt's messages begin
 * with and which therefore is the program's name. */
static error_t help(struct argp_state *state, unsigned int flags)
{
	state->name = (char *)command_name;
	argp_state_help(state, stdout, flags);
	return 0;
}

static error_t parse_common(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	switch (key) {
	case 'v':
		message_set_verbose(true);
		return 0;
	case '?':
		return help(state, ARGP_HELP_STD_HELP);
	case KEY_USAGE:
		return help(state, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
	case 'V':
		puts("lbtrace " LBTRACE_VERSION);
		exit(EXIT_STATUS_OK);
	case ARGP_KEY_INIT:
		/* No second line from argp: getopt, or options_usage(), has said it. */
		state->err_stream = NULL;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option common_options[] = {
	{ "verbose", 'v', NULL, 0, "Say on stderr what is being done", 4 },
	{ "help", '?', NULL, 0, "Print this help", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "Print the options in short", -1 },
	{ "version", 'V', NULL, 0, "Print the version", -1 },
	{ 0 },
};

const struct argp options_common_argp = { .options = common_options, .parser = parse_common };

int options_parse(const struct argp *argp, const char *name, int argc, char **argv, void *input)
{
	int err;

	command_name = name;
	err = argp_parse(argp, argc, argv, ARGP_NO_HELP, NULL, input);
	if (err == ENOMEM) {
		message_error("out of memory before anything was done");
		return EXIT_STATUS_FAILURE;
	}
	return err ? EXIT_STATUS_USAGE : 0;
}
