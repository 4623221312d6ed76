// SPDX-License-Identifier: GPL-2.0-only
#include "user/config/haproxy_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As in the C locale, whatever this process has. */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct haproxy_variable *find_variable(const struct haproxy_environment *environment,
					      const char *name, size_t length)
{
	for (size_t i = 0; i < environment->count; i++) {
		const struct haproxy_variable *variable = &environment->variables[i];

		if (!strncmp(variable->name, name, length) && !variable->name[length])
			return (struct haproxy_variable *)variable;
	}
	return NULL;
}

int haproxy_environment_set(struct haproxy_environment *environment, const char *name,
			    const char *value)
{
	struct haproxy_variable *variable = find_variable(environment, name, strlen(name));
	char *copy;

	if (!variable && environment->count == HAPROXY_VARIABLES_MOST)
		return 0;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	if (variable) {
		free(variable->value);
		variable->value = copy;
		return 0;
	}
	variable = &environment->variables[environment->count];
	variable->name = strdup(name);
	variable->value = copy;
	if (!variable->name) {
		free(copy);
		return -ENOMEM;
	}
	environment->count++;
	return 0;
}

const char *haproxy_environment_get(const struct haproxy_environment *environment, const char *name,
				    size_t length)
{
	const struct haproxy_variable *variable = find_variable(environment, name, length);

	return variable ? variable->value : NULL;
}

void haproxy_environment_clear(struct haproxy_environment *environment)
{
	for (size_t i = 0; i < environment->count; i++) {
		free(environment->variables[i].name);
		free(environment->variables[i].value);
	}
	environment->count = 0;
}

/* Where a variable's name ends that begins at `from`. */
static size_t name_end(const char *text, size_t from, size_t length)
{
	size_t at = from;

	if (at < length && is_letter(text[at])) {
		while (at < length && (is_letter(text[at]) || is_digit(text[at])))
			at++;
	}
	return at;
}

/* One $NAME, ${NAME}, ${NAME-default} or ${NAME[*]}. */
struct reference {
	size_t bytes; /* that it takes, 0: this is none */
	const char *value; /* NULL: not known */
	bool is_list; /* [*]: its words are words of the line */
};

static struct reference read_reference(const char *text, size_t length,
				       const struct haproxy_environment *environment)
{
	struct reference reference = { 0 };
	bool braces = length > 1 && text[1] == '{';
	size_t from = braces ? 2 : 1;
	size_t end = name_end(text, from, length);
	size_t at = end;

	if (end == from)
		return reference;
	if (braces && length - at >= 3 && !memcmp(text + at, "[*]", 3)) {
		reference.is_list = true;
		at += 3;
	}
	if (braces && at < length && text[at] == '-') {
		while (at < length && text[at] != '}')
			at++;
	}
	if (braces && (at >= length || text[at] != '}'))
		return reference;
	reference.bytes = at + (braces ? 1 : 0);
	reference.value = haproxy_environment_get(environment, text + from, end - from);
	return reference;
}

bool haproxy_environment_expand(const struct haproxy_environment *environment, const char *text,
				char *expanded, size_t bytes)
{
	size_t length = strlen(text), used = 0;

	for (size_t at = 0; at < length;) {
		struct reference reference = { 0 };
		const char *piece = text + at;
		size_t piece_bytes = 1;

		if (text[at] == '$')
			reference = read_reference(text + at, length - at, environment);
		if (reference.bytes)
			piece_bytes = reference.bytes;
		at += piece_bytes;
		if (reference.value) {
			piece = reference.value;
			piece_bytes = strlen(piece);
		}
		if (used + piece_bytes >= bytes) {
			expanded[used] = '\0';
			return false;
		}
		memcpy(expanded + used, piece, piece_bytes);
		used += piece_bytes;
	}
	expanded[used] = '\0';
	return true;
}

struct splitting {
	const char *line;
	size_t length, at;
	const struct haproxy_environment *environment;
	struct haproxy_words *words;
	size_t used; /* bytes of words->text */
	char quote; /* that is open */
	bool in_word;
};

static void begin_word(struct splitting *splitting)
{
	struct haproxy_words *words = splitting->words;

	if (splitting->in_word || words->is_cut)
		return;
	if (words->count == HAPROXY_WORDS_MOST || splitting->used + 1 >= HAPROXY_LINE_BYTES) {
		words->is_cut = true;
		return;
	}
	words->word[words->count++] = words->text + splitting->used;
	splitting->in_word = true;
}

static void end_word(struct splitting *splitting)
{
	if (!splitting->in_word)
		return;
	splitting->words->text[splitting->used++] = '\0';
	splitting->in_word = false;
}

/* Leaves room for the NUL. */
static void emit(struct splitting *splitting, char c)
{
	begin_word(splitting);
	if (splitting->words->is_cut)
		return;
	if (splitting->used + 1 >= HAPROXY_LINE_BYTES) {
		splitting->words->is_cut = true;
		return;
	}
	splitting->words->text[splitting->used++] = c;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static char next_char(const struct splitting *splitting, size_t ahead)
{
	size_t at = splitting->at + ahead;

	return at < splitting->length ? splitting->line[at] : '\0';
}

/* At a backslash outside of single quotes. Combinations without a meaning stay as they are. */
static int take_escape(struct splitting *splitting)
{
	char next = next_char(splitting, 1);
	int high, low;

	splitting->at++;
	switch (next) {
	case 'n':
		emit(splitting, '\n');
		break;
	case 'r':
		emit(splitting, '\r');
		break;
	case 't':
		emit(splitting, '\t');
		break;
	case 'x':
		high = hex_digit(next_char(splitting, 1));
		low = high < 0 ? -1 : hex_digit(next_char(splitting, 2));
		/* A NUL in a word would end it. */
		if (low < 0 || (!high && !low))
			return -EINVAL;
		emit(splitting, (char)(high << 4 | low));
		splitting->at += 2;
		break;
	case ' ':
	case '\\':
	case '#':
	case '"':
	case '\'':
		emit(splitting, next);
		break;
	case '$':
		if (splitting->quote)
			emit(splitting, next);
		if (splitting->quote)
			break;
		/* fallthrough */
	default:
		emit(splitting, '\\');
		return 0;
	}
	splitting->at++;
	return 0;
}

/* At a '$' within double quotes, the only place where variables count. */
static void take_variable(struct splitting *splitting)
{
	struct reference reference =
		read_reference(splitting->line + splitting->at, splitting->length - splitting->at,
			       splitting->environment);
	size_t bytes = reference.bytes ? reference.bytes : 1;
	const char *value = reference.value;

	begin_word(splitting);
	if (!value) {
		for (size_t i = 0; i < bytes; i++)
			emit(splitting, splitting->line[splitting->at + i]);
	}
	for (; value && *value && !splitting->words->is_cut; value++) {
		if (reference.is_list && is_blank(*value))
			end_word(splitting);
		else
			emit(splitting, *value);
	}
	splitting->at += bytes;
}

static int take_char(struct splitting *splitting, char c)
{
	if ((c == '"' || c == '\'') && (!splitting->quote || splitting->quote == c)) {
		begin_word(splitting); /* "" is a word */
		splitting->quote = splitting->quote ? '\0' : c;
	} else if (c == '\\' && splitting->quote != '\'') {
		return take_escape(splitting);
	} else if (c == '$' && splitting->quote == '"') {
		take_variable(splitting);
		return 0;
	} else if (is_blank(c) && !splitting->quote) {
		end_word(splitting);
	} else {
		emit(splitting, c);
	}
	splitting->at++;
	return 0;
}

int haproxy_split(const char *line, size_t length, const struct haproxy_environment *environment,
		  struct haproxy_words *words)
{
	struct splitting splitting = {
		.line = line,
		.length = length,
		.environment = environment,
		.words = words,
	};
	int err = 0;

	words->count = 0;
	words->is_cut = false;
	while (!err && !words->is_cut && splitting.at < length) {
		char c = line[splitting.at];

		if (!c || c == '\n' || c == '\r' || (c == '#' && !splitting.quote))
			break;
		err = take_char(&splitting, c);
	}
	if (splitting.quote && !words->is_cut)
		err = -EINVAL;
	end_word(&splitting);
	words->length = splitting.at < length ? splitting.at : length;
	return err;
}

const char *haproxy_word(const struct haproxy_words *words, size_t index)
{
	return index < words->count ? words->word[index] : "";
}
