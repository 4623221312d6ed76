/* SPDX-License-Identifier: GPL-2.0-only */
/* An answer of HAProxy's stats socket while it is read. */
#ifndef LBTRACE_USER_CONFIG_HAPROXY_ANSWER_H
#define LBTRACE_USER_CONFIG_HAPROXY_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct haproxy_answer {
	const char *text; /* any bytes, without NUL at the end */
	size_t length, at;
};

/* Moves behind `text`. 0, or -EBADMSG when it is not what comes next. */
int haproxy_answer_take(struct haproxy_answer *answer, const char *text);

/* What the text is that is no answer: -EACCES, -EAGAIN (nothing came), or -EBADMSG. */
int haproxy_answer_refusal(const struct haproxy_answer *answer);

/* Whether the empty line, which ends an answer, comes next; *err is -EAGAIN when nothing does. */
bool haproxy_answer_ends(const struct haproxy_answer *answer, int *err);

/* Copies the next line without its end, cut to `bytes`, and moves behind it. 0, or -EAGAIN. */
int haproxy_answer_line(struct haproxy_answer *answer, char *line, size_t bytes);

/* Decimal digits that a text begins with; 0 without any; `most` for more than that. */
uint64_t haproxy_number(const char *text, uint64_t most);

#endif
