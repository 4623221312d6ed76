// SPDX-License-Identifier: GPL-2.0-only
/* OpenResty's *_by_lua_block: the '}' that ends it is found by Lua's own lexical rules
 * (Lua 5.1 manual, 2.1). */
#include <string.h>

#include "user/config/nginx_lexer.h"

static void step(struct nginx_lexer *lexer)
{
	if (*lexer->at++ == '\n')
		lexer->line++;
}

/* The level of the long bracket "[==[" that the lexer stands at; -1: it is none. */
static long bracket_level(const struct nginx_lexer *lexer)
{
	const char *at = lexer->at;
	long level = 0;

	if (at == lexer->limit || *at != '[')
		return -1;
	for (at++; at < lexer->limit && *at == '='; at++)
		level++;
	return at < lexer->limit && *at == '[' ? level : -1;
}

/* Whether "]==]" of this level stands at `at`. */
static bool is_closing(const struct nginx_lexer *lexer, long level)
{
	const char *at = lexer->at;

	if (lexer->limit - at < level + 2 || *at != ']')
		return false;
	for (at++; level; level--) {
		if (*at++ != '=')
			return false;
	}
	return *at == ']';
}

/* Past a long string or comment of this level, at whose first bracket the lexer stands. */
static void skip_long(struct nginx_lexer *lexer, long level)
{
	lexer->at += level + 2;
	while (lexer->at < lexer->limit && !is_closing(lexer, level))
		step(lexer);
	if (lexer->at < lexer->limit)
		lexer->at += level + 2;
}

static void skip_string(struct nginx_lexer *lexer)
{
	char quote = *lexer->at++;

	while (lexer->at < lexer->limit && *lexer->at != quote) {
		if (*lexer->at == '\\' && lexer->at + 1 < lexer->limit)
			step(lexer);
		/* No string goes on over a line that does not end with a backslash. */
		else if (*lexer->at == '\n')
			return;
		step(lexer);
	}
	if (lexer->at < lexer->limit)
		lexer->at++;
}

/* Past a comment, at whose "--" the lexer stands. */
static void skip_comment(struct nginx_lexer *lexer)
{
	long level;

	lexer->at += 2;
	level = bracket_level(lexer);
	if (level >= 0) {
		skip_long(lexer, level);
		return;
	}
	while (lexer->at < lexer->limit && *lexer->at != '\n')
		lexer->at++;
}

bool nginx_lexer_skip_lua(struct nginx_lexer *lexer)
{
	size_t depth = 1;

	while (lexer->at < lexer->limit) {
		char c = *lexer->at;
		long level = bracket_level(lexer);

		if (level >= 0) {
			skip_long(lexer, level);
		} else if (c == '"' || c == '\'') {
			skip_string(lexer);
		} else if (c == '-' && lexer->limit - lexer->at > 1 && lexer->at[1] == '-') {
			skip_comment(lexer);
		} else {
			step(lexer);
			if (c == '{')
				depth++;
			else if (c == '}' && !--depth)
				return true;
		}
	}
	return false;
}
