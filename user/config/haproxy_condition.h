/* SPDX-License-Identifier: GPL-2.0-only */
/* .if, .elif, .else and .endif of HAProxy's configuration (configuration manual, 2.4). Which binary
 * reads it, and in which environment, is not known here: of a condition that depends on them every
 * branch is read. */
#ifndef LBTRACE_USER_CONFIG_HAPROXY_CONDITION_H
#define LBTRACE_USER_CONFIG_HAPROXY_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "user/config/haproxy_words.h"

#define HAPROXY_CONDITIONS_MOST 64 /* nested; HAProxy's MAXNESTEDCONDS */

struct haproxy_condition {
	bool is_outer_read;
	bool is_read; /* the branch that the lines are in */
	bool is_decided; /* a branch before it is certainly the one */
};

struct haproxy_conditions {
	struct haproxy_condition open[HAPROXY_CONDITIONS_MOST];
	size_t depth;
	size_t beyond; /* deeper ones, which are read as a whole */
};

enum haproxy_truth {
	HAPROXY_FALSE,
	HAPROXY_TRUE,
	HAPROXY_UNKNOWN,
};

enum haproxy_directive {
	HAPROXY_NO_DIRECTIVE,
	HAPROXY_DIRECTIVE,
	HAPROXY_DIRECTIVE_UNKNOWN, /* a condition that is not known here and matters */
};

/* Whether lines are read where the conditions stand. */
bool haproxy_conditions_read(const struct haproxy_conditions *conditions);

/* Takes a line, if its first word begins with a dot. */
enum haproxy_directive haproxy_conditions_take(struct haproxy_conditions *conditions,
					       const struct haproxy_words *words,
					       const struct haproxy_environment *environment);

/* `text`: the expression behind .if, without blanks. */
enum haproxy_truth haproxy_condition_evaluate(const char *text,
					      const struct haproxy_environment *environment);

#endif
