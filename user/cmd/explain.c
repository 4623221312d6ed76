// SPDX-License-Identifier: GPL-2.0-only
/* lbtrace explain: the catalogue. */
#include <stddef.h>

#include "user/cmd/command.h"
#include "user/cmd/options.h"
#include "user/cmd/output.h"
#include "user/diagnose/sentences.h"
#include "user/lib/message.h"
#include "user/render/runbook.h"

/* HOST, PORT and the like: it is about no backend in particular. */
static const char *fill(const char *template, char *text, size_t text_bytes)
{
	const struct sentence_subject nobody = { 0 };

	return sentence_fill(template, &nobody, text, text_bytes);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	const char **cause = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*cause)
		return options_usage("one CAUSE at a time, not also '%s'", argument);
	*cause = argument;
	return 0;
}

static const struct argp_child children[] = {
	{ &options_common_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.parser = parse,
	.args_doc = "[CAUSE]",
	.doc = "List the causes that lbtrace knows or, with CAUSE, explain one: what the kernel shows "
	       "of it, how to confirm and how to fix it in nginx and HAProxy.",
	.children = children,
};

int explain_run(int argc, char **argv)
{
	const char *name = NULL;
	enum cause_id cause = CAUSE_NONE;
	struct output output;
	struct page page;
	int status = options_parse(&argp, "lbtrace explain", argc, argv, &name);

	if (status)
		return status;
	if (name) {
		cause = catalogue_find(name);
		if (cause == CAUSE_NONE) {
			message_error("no cause is called '%s'; lbtrace explain lists them", name);
			return EXIT_STATUS_USAGE;
		}
	}
	if (output_open(&output, NULL, NULL))
		return EXIT_STATUS_FAILURE;
	page_init(&page, output.file);
	if (name)
		runbook_write_cause(cause, fill, &page);
	else
		runbook_write_list(fill, &page);
	return output_close(&output, 0) ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}
