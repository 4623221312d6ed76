/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of HAProxy's configuration as words: quotes, escapes, comments, environment variables
 * (HAProxy's configuration manual, 2.2 and 2.3). */
#ifndef LBTRACE_USER_CONFIG_HAPROXY_WORDS_H
#define LBTRACE_USER_CONFIG_HAPROXY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define HAPROXY_WORDS_MOST 128 /* HAProxy itself takes 64 */
#define HAPROXY_LINE_BYTES 8192 /* of all words of a line, each with its NUL */
#define HAPROXY_VARIABLES_MOST 64

/* Variables that the configuration itself sets (`setenv`). What HAProxy was started with is not
 * known here. */
struct haproxy_variable {
	char *name, *value;
};

struct haproxy_environment {
	struct haproxy_variable variables[HAPROXY_VARIABLES_MOST];
	size_t count;
};

/* Copies both. One more than HAPROXY_VARIABLES_MOST is not remembered. 0 or -ENOMEM. */
int haproxy_environment_set(struct haproxy_environment *environment, const char *name,
			    const char *value);
/* The value of the variable that `length` bytes at `name` name; NULL: not known. */
const char *haproxy_environment_get(const struct haproxy_environment *environment, const char *name,
				    size_t length);
void haproxy_environment_clear(struct haproxy_environment *environment);

/* Replaces the known ones of $NAME and ${NAME} in `text`, as HAProxy does in addresses even outside
 * of quotes. Returns whether all of it fitted into `bytes`; `expanded` is cut then. */
bool haproxy_environment_expand(const struct haproxy_environment *environment, const char *text,
				char *expanded, size_t bytes);

struct haproxy_words {
	size_t count;
	bool is_cut; /* there is more on the line */
	size_t length; /* bytes of the line before its comment or end */
	const char *word[HAPROXY_WORDS_MOST];
	char text[HAPROXY_LINE_BYTES];
};

/* Splits `length` bytes at `line`, up to the first NUL, CR or LF. A variable that is not known stays
 * as written, with its '$'. 0, or -EINVAL for what HAProxy refuses (a quote without its end, a bad
 * \x), with the words before it. */
int haproxy_split(const char *line, size_t length, const struct haproxy_environment *environment,
		  struct haproxy_words *words);

/* The word at `index`; "" beyond the last. */
const char *haproxy_word(const struct haproxy_words *words, size_t index);

#endif
