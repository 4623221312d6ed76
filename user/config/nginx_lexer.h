/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nginx's configuration text, statement by statement, as ngx_conf_read_token() of its
 * src/core/ngx_conf_file.c reads it: quotes, escapes, comments, "${name}".
 */
#ifndef LBTRACE_USER_CONFIG_NGINX_LEXER_H
#define LBTRACE_USER_CONFIG_NGINX_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NGINX_WORDS_MOST 64 /* of a statement: the others are left out */
#define NGINX_STATEMENT_BYTES 16384 /* of all its words, as above */

enum nginx_end {
	NGINX_END_FILE,
	NGINX_END_STATEMENT, /* ; */
	NGINX_END_OPEN, /* { */
	NGINX_END_CLOSE, /* } */
};

/* Valid until the next is read. */
struct nginx_statement {
	const char *words[NGINX_WORDS_MOST]; /* without quotes and escapes */
	size_t count;
	uint32_t line; /* of its first word, or of its end when it has none */
	enum nginx_end end;
	bool broken; /* the file ends within a word or quote, or a word is too long */
	const char *raw; /* as written, from the first word on; the end is not in it */
	size_t raw_length;
	char text[NGINX_STATEMENT_BYTES]; /* what `words` are of */
};

struct nginx_lexer {
	const char *at, *limit;
	uint32_t line;
};

/* Over `length` bytes, which the lexer does not own. */
void nginx_lexer_open(struct nginx_lexer *lexer, const char *text, size_t length);
void nginx_lexer_next(struct nginx_lexer *lexer, struct nginx_statement *statement);

/* Whether it opens a block of Lua, OpenResty's *_by_lua_block. */
bool nginx_statement_is_lua(const struct nginx_statement *statement);

/* Past the end of the block that `statement` opens, whatever is in it. Whether there was an end. */
bool nginx_lexer_skip_block(struct nginx_lexer *lexer, struct nginx_statement *statement);

/* The same for Lua, whose strings and comments may hold braces: for nginx_lexer_skip_block(). */
bool nginx_lexer_skip_lua(struct nginx_lexer *lexer);

/* `field` becomes the statement as written, on one line, cut to `bytes`. */
void nginx_statement_text(const struct nginx_statement *statement, char *field, size_t bytes);

#endif
