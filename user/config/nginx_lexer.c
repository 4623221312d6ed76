// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "user/config/nginx_lexer.h"
#include "user/lib/text.h"

#define LUA_BLOCK "_by_lua_block"
#define RAW_BYTES 1024 /* more of a statement is never shown */

void nginx_lexer_open(struct nginx_lexer *lexer, const char *text, size_t length)
{
	*lexer = (struct nginx_lexer){ .at = text, .limit = text + length, .line = 1 };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void advance(struct nginx_lexer *lexer)
{
	if (*lexer->at++ == '\n')
		lexer->line++;
}

static void skip_blanks(struct nginx_lexer *lexer)
{
	while (lexer->at < lexer->limit) {
		if (*lexer->at == '#') {
			while (lexer->at < lexer->limit && *lexer->at != '\n')
				lexer->at++;
		} else if (is_blank(*lexer->at)) {
			advance(lexer);
		} else {
			return;
		}
	}
}

/* To the end of a quoted word, behind whose quote the lexer stands, and past its other quote. */
static const char *scan_quoted(struct nginx_lexer *lexer, char quote)
{
	while (lexer->at < lexer->limit && *lexer->at != quote) {
		if (*lexer->at == '\\' && lexer->at + 1 < lexer->limit)
			advance(lexer);
		advance(lexer);
	}
	if (lexer->at == lexer->limit)
		return NULL;
	return lexer->at++;
}

static const char *scan_bare(struct nginx_lexer *lexer)
{
	bool variable = false;

	while (lexer->at < lexer->limit) {
		char c = *lexer->at;

		if (!(c == '{' && variable)) {
			if (is_blank(c) || c == ';' || c == '{')
				break;
			variable = c == '$';
			if (c == '\\' && lexer->at + 1 < lexer->limit)
				advance(lexer);
		}
		advance(lexer);
	}
	return lexer->at;
}

/* What a backslash and this stand for: one character, or themselves. */
static char escaped(char c)
{
	switch (c) {
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	case '"':
	case '\'':
	case '\\':
		return c;
	default:
		return '\0';
	}
}

/* Adds the word to the statement. A NUL in it ends it: no name or address has one. */
static void add_word(struct nginx_statement *statement, size_t *used, const char *from,
		     const char *to)
{
	char *word = statement->text + *used;
	size_t length = 0;

	if (statement->count == NGINX_WORDS_MOST)
		return;
	if ((size_t)(to - from) + 1 > sizeof(statement->text) - *used) {
		statement->broken = true;
		return;
	}
	while (from < to) {
		char c = *from++;

		if (c == '\\' && from < to && escaped(*from))
			c = escaped(*from++);
		word[length++] = c;
	}
	word[length] = '\0';
	*used += length + 1;
	statement->words[statement->count++] = word;
}

static void read_word(struct nginx_lexer *lexer, struct nginx_statement *statement, size_t *used)
{
	const char *from = lexer->at, *to;

	if (*from == '"' || *from == '\'') {
		lexer->at++;
		to = scan_quoted(lexer, *from++);
	} else {
		to = scan_bare(lexer);
	}
	if (to)
		add_word(statement, used, from, to);
	else
		statement->broken = true;
}

static enum nginx_end end_at(const struct nginx_lexer *lexer)
{
	if (lexer->at == lexer->limit)
		return NGINX_END_FILE;
	switch (*lexer->at) {
	case '{':
		return NGINX_END_OPEN;
	case '}':
		return NGINX_END_CLOSE;
	default:
		return NGINX_END_STATEMENT;
	}
}

/* A word may hold a '}', but not begin with it. */
static bool at_word(const struct nginx_lexer *lexer)
{
	return lexer->at < lexer->limit && !strchr(";{}", *lexer->at);
}

void nginx_lexer_next(struct nginx_lexer *lexer, struct nginx_statement *statement)
{
	size_t used = 0;

	statement->count = 0;
	statement->broken = false;
	skip_blanks(lexer);
	statement->line = lexer->line;
	statement->raw = lexer->at;
	statement->raw_length = 0;
	while (at_word(lexer) || (lexer->at < lexer->limit && !*lexer->at)) {
		read_word(lexer, statement, &used);
		statement->raw_length = (size_t)(lexer->at - statement->raw);
		skip_blanks(lexer);
	}
	statement->end = end_at(lexer);
	/* Words that nothing ends are no statement. */
	if (statement->end == NGINX_END_FILE && statement->count)
		statement->broken = true;
	if (lexer->at < lexer->limit)
		lexer->at++;
}

bool nginx_statement_is_lua(const struct nginx_statement *statement)
{
	size_t tail = strlen(LUA_BLOCK);
	size_t length = statement->count ? strlen(statement->words[0]) : 0;

	return length >= tail && !strcmp(statement->words[0] + length - tail, LUA_BLOCK);
}

bool nginx_lexer_skip_block(struct nginx_lexer *lexer, struct nginx_statement *statement)
{
	size_t depth = 1;

	if (nginx_statement_is_lua(statement))
		return nginx_lexer_skip_lua(lexer);
	while (depth) {
		nginx_lexer_next(lexer, statement);
		if (statement->end == NGINX_END_FILE)
			return false;
		if (statement->end == NGINX_END_CLOSE)
			depth--;
		else if (statement->end == NGINX_END_OPEN && !nginx_statement_is_lua(statement))
			depth++;
		else if (statement->end == NGINX_END_OPEN && !nginx_lexer_skip_lua(lexer))
			return false;
	}
	return true;
}

void nginx_statement_text(const struct nginx_statement *statement, char *field, size_t bytes)
{
	char flat[RAW_BYTES];
	size_t used = 0;

	for (size_t i = 0; i < statement->raw_length && used + 1 < sizeof(flat); i++) {
		char c = statement->raw[i];

		if (!c)
			break;
		if (is_blank(c) && used && flat[used - 1] == ' ')
			continue;
		flat[used++] = is_blank(c) ? ' ' : c;
	}
	flat[used] = '\0';
	text_escape(flat, field, bytes);
}
