// SPDX-License-Identifier: GPL-2.0-only
/* Tokens, as caddyconfig/caddyfile/lexer.go makes them: in place, for none is longer than its source. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/caddyfile_tokens.h"

struct lexer {
	struct caddy_text *text;
	char *at, *end;
	uint32_t line;
	bool begins_line;
	bool no_heredoc; /* one had no end: the file is wrong, and looking on would take for ever */
	size_t room, most;
};

static int add_token(struct lexer *lexer, char *text, uint32_t line, bool quoted)
{
	struct caddy_text *to = lexer->text;

	if (to->token_count == lexer->most)
		return -EDQUOT;
	if (to->token_count == lexer->room) {
		size_t room = lexer->room ? lexer->room * 2 : 64;
		struct caddy_token *larger = reallocarray(to->tokens, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		to->tokens = larger;
		lexer->room = room;
	}
	to->tokens[to->token_count++] = (struct caddy_token){
		.text = text,
		.line = line,
		.begins_line = lexer->begins_line,
		.quoted = quoted,
	};
	lexer->begins_line = false;
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* To the next token; false at the end. */
static bool skip_space(struct lexer *lexer)
{
	for (; lexer->at < lexer->end; lexer->at++) {
		char c = *lexer->at;

		if (c == '\\' && lexer->at[1] == '\n') {
			lexer->at++;
			lexer->line++;
		} else if (c == '\\' && lexer->at[1] == '\r' && lexer->at[2] == '\n') {
			lexer->at += 2;
			lexer->line++;
		} else if (c == '#') {
			lexer->at = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
			if (!lexer->at) {
				lexer->at = lexer->end;
				return false;
			}
			lexer->at--;
		} else if (c == '\n') {
			lexer->line++;
			lexer->begins_line = true;
		} else if (!is_space(c) && c) {
			return true;
		}
	}
	return false;
}

/* "..." or `...`; within the former \" is a quote, and a backslash before anything else is itself. */
static int quoted(struct lexer *lexer)
{
	char quote = *lexer->at++, *start = lexer->at, *to = start;
	uint32_t line = lexer->line;

	for (; lexer->at < lexer->end && *lexer->at != quote; lexer->at++) {
		if (*lexer->at == '\\' && quote == '"' && lexer->at[1] == quote)
			lexer->at++;
		if (*lexer->at == '\n')
			lexer->line++;
		*to++ = *lexer->at;
	}
	if (lexer->at < lexer->end)
		lexer->at++;
	*to = '\0';
	return add_token(lexer, start, line, true);
}

/* "<<MARKER", the lines up to one that is MARKER alone but for space around it. */
static bool heredoc(struct lexer *lexer, int *err)
{
	char *marker = lexer->at + 2, *first, *line, *next;
	size_t length;

	/* text->text ends with a NUL */
	if (lexer->at[1] != '<' || lexer->no_heredoc)
		return false;
	first = memchr(marker, '\n', (size_t)(lexer->end - marker));
	if (!first)
		return false;
	length = (size_t)(first - marker);
	while (length && is_space(marker[length - 1]))
		length--;
	if (!length || memchr(marker, ' ', length) || memchr(marker, '\t', length))
		return false;
	for (line = first + 1; line < lexer->end; line = next) {
		char *word = line;

		next = memchr(line, '\n', (size_t)(lexer->end - line));
		next = next ? next + 1 : lexer->end;
		while (word < next && (*word == ' ' || *word == '\t'))
			word++;
		if ((size_t)(lexer->end - word) < length || memcmp(word, marker, length) ||
		    (word[length] && !is_space(word[length])))
			continue;
		*err = add_token(lexer, first + 1, lexer->line, true);
		for (char *c = lexer->at; c < word; c++)
			lexer->line += *c == '\n';
		lexer->at = word + length;
		line[first + 1 == line ? 0 : -1] = '\0';
		return true;
	}
	lexer->no_heredoc = true;
	return false;
}

static int plain(struct lexer *lexer)
{
	char *start = lexer->at, *to = start;
	uint32_t line = lexer->line;
	bool newline = false;
	int err;

	while (lexer->at < lexer->end && *lexer->at && !is_space(*lexer->at)) {
		if (*lexer->at == '\\' && lexer->at[1] == '\n')
			break;
		*to++ = *lexer->at++;
	}
	/* what the NUL takes the place of */
	if (to == lexer->at && to < lexer->end) {
		newline = *to == '\n';
		if (*to == '\\')
			lexer->line++;
		lexer->at += *to == '\\' ? 2 : 1;
	}
	*to = '\0';
	err = add_token(lexer, start, line, false);
	if (newline) {
		lexer->line++;
		lexer->begins_line = true;
	}
	return err;
}

bool caddyfile_is_brace(const struct caddy_token *token, const char *brace)
{
	return !token->quoted && !strcmp(token->text, brace);
}

/* Each opening brace has the one before it that is still open in `closed`, until it is closed. */
static void match_braces(struct caddy_text *text)
{
	uint32_t none = (uint32_t)text->token_count, open = none;

	for (uint32_t i = 0; i < none; i++) {
		struct caddy_token *token = &text->tokens[i];

		if (caddyfile_is_brace(token, "{")) {
			token->closed = open;
			open = i;
		} else if (caddyfile_is_brace(token, "}") && open != none) {
			uint32_t outer = text->tokens[open].closed;

			text->tokens[open].closed = i;
			open = outer;
		}
	}
	while (open != none) {
		uint32_t outer = text->tokens[open].closed;

		text->tokens[open].closed = none;
		open = outer;
	}
}

int caddyfile_tokens(struct caddy_text *text, size_t length, size_t most)
{
	struct lexer lexer = {
		.text = text,
		.at = text->text,
		.end = text->text + length,
		.line = 1,
		.begins_line = true,
		.most = most,
	};
	int err = 0;

	while (!err && skip_space(&lexer)) {
		if (*lexer.at == '"' || *lexer.at == '`')
			err = quoted(&lexer);
		else if (*lexer.at != '<' || !heredoc(&lexer, &err))
			err = plain(&lexer);
	}
	match_braces(text);
	return err;
}
