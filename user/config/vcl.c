// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "user/config/vcl.h"

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

static size_t left(const struct vcl_reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

static bool begins(const struct vcl_reader *reader, const char *text)
{
	return left(reader) >= strlen(text) && !memcmp(reader->at, text, strlen(text));
}

/* Moves on behind `text`, or to the end. Returns where `text` was. */
static const char *skip_to(struct vcl_reader *reader, const char *text)
{
	const char *found = memmem(reader->at, left(reader), text, strlen(text));
	const char *to = found ? found + strlen(text) : reader->end;

	for (; reader->at < to; reader->at++)
		reader->line += *reader->at == '\n';
	return found ? found : reader->end;
}

/* Space, comments, and C{ }C. */
static void skip_space(struct vcl_reader *reader)
{
	while (reader->at < reader->end) {
		if (strchr(" \t\r\n\f\v", *reader->at)) { /* NUL, too */
			reader->line += *reader->at++ == '\n';
		} else if (*reader->at == '#' || begins(reader, "//")) {
			skip_to(reader, "\n");
		} else if (begins(reader, "/*")) {
			skip_to(reader, "*/");
		} else if (begins(reader, "C{")) {
			skip_to(reader, "}C");
		} else {
			return;
		}
	}
}

static void take_text(struct vcl_reader *reader, const char *opening, const char *closing)
{
	struct vcl_token *token = &reader->token;

	reader->at += strlen(opening);
	token->kind = VCL_TEXT;
	token->text = reader->at;
	token->length = (size_t)(skip_to(reader, closing) - token->text);
}

void vcl_next(struct vcl_reader *reader)
{
	struct vcl_token *token = &reader->token;

	skip_space(reader);
	*token = (struct vcl_token){ VCL_END, reader->line, reader->at, 0 };
	if (reader->at >= reader->end)
		return;
	if (begins(reader, "\"\"\"")) {
		take_text(reader, "\"\"\"", "\"\"\"");
	} else if (begins(reader, "{\"")) {
		take_text(reader, "{\"", "\"}");
	} else if (*reader->at == '"') {
		take_text(reader, "\"", "\"");
	} else if (is_word(*reader->at)) {
		token->kind = VCL_WORD;
		while (reader->at < reader->end &&
		       (is_word(*reader->at) ||
			(*reader->at == '-' && left(reader) > 1 && is_word(reader->at[1]))))
			reader->at++;
		token->length = (size_t)(reader->at - token->text);
	} else {
		token->kind = VCL_MARK;
		token->length = 1;
		reader->at++;
	}
}

bool vcl_is(const struct vcl_token *token, const char *text)
{
	return token->kind == VCL_WORD && token->length == strlen(text) &&
	       !memcmp(token->text, text, token->length);
}

bool vcl_is_mark(const struct vcl_token *token, char mark)
{
	return token->kind == VCL_MARK && *token->text == mark;
}

void vcl_copy(const struct vcl_token *token, char *text, size_t bytes)
{
	size_t length = token->length < bytes ? token->length : bytes - 1;

	memcpy(text, token->text, length);
	text[length] = '\0';
}

void vcl_skip_block(struct vcl_reader *reader)
{
	size_t open = 1;

	while (open && reader->token.kind != VCL_END) {
		vcl_next(reader);
		if (vcl_is_mark(&reader->token, '{'))
			open++;
		else if (vcl_is_mark(&reader->token, '}'))
			open--;
	}
}

void vcl_skip_statement(struct vcl_reader *reader)
{
	while (reader->token.kind != VCL_END && !vcl_is_mark(&reader->token, ';') &&
	       !vcl_is_mark(&reader->token, '}')) {
		if (vcl_is_mark(&reader->token, '{'))
			vcl_skip_block(reader);
		vcl_next(reader);
	}
}
