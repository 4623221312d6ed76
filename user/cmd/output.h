/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a command writes its result: -o FILE, or stdout. */
#ifndef LBTRACE_USER_CMD_OUTPUT_H
#define LBTRACE_USER_CMD_OUTPUT_H

#include <stdio.h>

struct output {
	FILE *file;
	const char *path; /* NULL: stdout */
};

/* Opens `path`, NULL for stdout. Refuses to overwrite the file `input` (NULL: there is none).
 * 0 or -errno; said on stderr. */
int output_open(struct output *output, const char *path, const char *input);

/* Flushes, and closes unless it is stdout. `err` is what writing gave so far, 0 or -errno. Says on
 * stderr what failed. Returns `err`, or -errno of the flush. */
int output_close(struct output *output, int err);

#endif
