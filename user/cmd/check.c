// SPDX-License-Identifier: GPL-2.0-only
/* lbtrace check: what this kernel offers. */
#include <errno.h>
#include <string.h>

#include "user/capture/capture.h"
#include "user/cmd/command.h"
#include "user/cmd/options.h"
#include "user/cmd/output.h"
#include "user/lib/message.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		return options_usage("check takes no argument '%s'", argument);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &options_json_argp, 0, NULL, 0 },
	{ &options_common_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.parser = parse,
	.doc = "Show what this kernel offers, which hook serves each role, and what degrades.",
	.children = children,
};

int check_run(int argc, char **argv)
{
	bool json = false;
	struct output output;
	int status = options_parse(&argp, "lbtrace check", argc, argv, &json);
	int err;

	if (status)
		return status;
	err = capture_print_check(json);
	if (output_open(&output, NULL, NULL) || output_close(&output, 0))
		return EXIT_STATUS_FAILURE;
	if (err == -EPERM || err == -EOPNOTSUPP)
		return EXIT_STATUS_UNSUPPORTED;
	return err ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}
