/* SPDX-License-Identifier: GPL-2.0-only */
/* Options that several commands share, each in one place. */
#ifndef LBTRACE_USER_CMD_OPTIONS_H
#define LBTRACE_USER_CMD_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "user/capture/capture.h"
#include "user/inventory/inventory.h"

/* What the attaching commands are asked to look at, and for how long. */
struct attach_options {
	struct inventory_options inventory;
	struct capture_options capture;
	const char *netns; /* --netns as typed; NULL: not given */
	bool tls; /* --tls: look for TLS libraries without waiting for a client's handshake */
	uint64_t duration_ns; /* 0: until a signal */
};

/* Children of a command's parser. Their inputs, which the command sets in ARGP_KEY_INIT:
 * select (what to look at), attach (the same, and for how long): struct attach_options; json: bool; output: const char * (a path, or left NULL);
 * common (-v, --help, --usage, --version): none. */
extern const struct argp options_select_argp;
extern const struct argp options_attach_argp;
extern const struct argp options_json_argp;
extern const struct argp options_output_argp;
extern const struct argp options_common_argp;

/* Keys of the commands' own options that have no letter; the shared ones lie above. */
#define OPTIONS_OWN_KEY 0x100
#define OPTIONS_SHARED_KEY 0x200

/* Parses. `name` is the command as it is typed ("lbtrace record"). 0; after one line on stderr
 * EXIT_STATUS_USAGE, or out of memory EXIT_STATUS_FAILURE. --help, --usage and --version print and exit. */
int options_parse(const struct argp *argp, const char *name, int argc, char **argv, void *input);

/* Says what is wrong as one line with a hint to --help. Returns EINVAL, for a parser to return. */
error_t options_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Seconds, with decimals if wanted: "10", "0.5"; 0.1 to 31,536,000. 0 or -EINVAL. */
int options_parse_seconds(const char *text, uint64_t *ns);

#endif
