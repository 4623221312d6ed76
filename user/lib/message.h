/* SPDX-License-Identifier: GPL-2.0-only */
/* What lbtrace says to its user on stderr: one line each, "lbtrace: ...". */
#ifndef LBTRACE_USER_LIB_MESSAGE_H
#define LBTRACE_USER_LIB_MESSAGE_H

#include <stdbool.h>

/* Exit codes of every command (docs/man/lbtrace.1). */
enum exit_status {
	EXIT_STATUS_OK = 0,
	EXIT_STATUS_FAILURE = 1,
	EXIT_STATUS_USAGE = 2,
	EXIT_STATUS_UNSUPPORTED = 3, /* missing privilege or kernel feature */
	EXIT_STATUS_LOSS = 4, /* events were lost */
};

/* Prints "lbtrace: " and the formatted line. Control characters in arguments are shown escaped. */
void message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, only after message_set_verbose(true). */
void message_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_set_verbose(bool wanted);
bool message_is_verbose(void);

#endif
