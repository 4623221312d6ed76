// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/sentences.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "user/lib/endpoint.h"
#include "user/lib/text.h"

#define NUMBER_TEXT_BYTES 16
#define NAME_TEXT_BYTES (EVENT_COMM_BYTES * TEXT_ESCAPE_FACTOR)
/* Longer ones leave no room for the sentence. */
#define BACKEND_NAME_MOST 96
#define WORD_BYTES (BACKEND_NAME_MOST + ENDPOINT_TEXT_BYTES + 4)

struct word {
	const char *placeholder;
	char value[WORD_BYTES];
};

enum {
	WORD_HOST,
	WORD_PORT,
	WORD_ADDRESS,
	WORD_BALANCER,
	WORD_PID,
	WORD_COUNT,
};

_Static_assert(NAME_TEXT_BYTES <= WORD_BYTES, "a word's value holds an escaped name");

static bool backend_is_known(const struct sentence_subject *subject)
{
	return subject->backend && (subject->backend->family == 4 || subject->backend->family == 6);
}

static void words_fill(struct word words[WORD_COUNT], const struct sentence_subject *subject)
{
	static const struct word unknown[WORD_COUNT] = {
		[WORD_HOST] = { "{host}", "HOST" },
		[WORD_PORT] = { "{port}", "PORT" },
		[WORD_ADDRESS] = { "{address}", "HOST:PORT" },
		[WORD_BALANCER] = { "{lb}", "the load balancer" },
		[WORD_PID] = { "{pid}", "PID" },
	};
	char name[EVENT_COMM_BYTES + 1] = "";

	memcpy(words, unknown, sizeof(unknown));
	if (backend_is_known(subject)) {
		endpoint_format_host(subject->backend, words[WORD_HOST].value);
		endpoint_format(subject->backend, words[WORD_ADDRESS].value);
		snprintf(words[WORD_PORT].value, NUMBER_TEXT_BYTES, "%u", subject->backend->port);
	}
	if (!subject->owner)
		return;
	memcpy(name, subject->owner->comm, EVENT_COMM_BYTES);
	if (name[0])
		text_escape(name, words[WORD_BALANCER].value, sizeof(words[WORD_BALANCER].value));
	if (subject->owner->group)
		snprintf(words[WORD_PID].value, NUMBER_TEXT_BYTES, "%u", subject->owner->group);
}

/* The word whose placeholder `template` begins with, or NULL. */
static const struct word *word_at(const struct word words[WORD_COUNT], const char *template)
{
	for (size_t i = 0; i < WORD_COUNT; i++) {
		if (!strncmp(template, words[i].placeholder, strlen(words[i].placeholder)))
			return &words[i];
	}
	return NULL;
}

/* Appends the first `count` bytes of `piece` if they fit with a NUL behind them. */
static bool append(char *text, size_t text_bytes, size_t *length, const char *piece, size_t count)
{
	if (count >= text_bytes - *length)
		return false;
	memcpy(text + *length, piece, count);
	*length += count;
	text[*length] = '\0';
	return true;
}

/* In prose a backend goes by its name, and by its address for whoever does not know the name. */
static void words_name(struct word words[WORD_COUNT], const struct sentence_subject *subject)
{
	size_t name = subject->name ? strlen(subject->name) : 0, address;
	char label[WORD_BYTES];

	if (!name || name > BACKEND_NAME_MOST || !backend_is_known(subject))
		return;
	address = strlen(words[WORD_ADDRESS].value);
	/* nginx's servers often have no other name than their address. */
	if (name >= address && !strcmp(subject->name + name - address, words[WORD_ADDRESS].value))
		snprintf(label, sizeof(label), "%s", subject->name);
	else
		snprintf(label, sizeof(label), "%s (%.*s)", subject->name, ENDPOINT_TEXT_BYTES - 1,
			 words[WORD_ADDRESS].value);
	memcpy(words[WORD_ADDRESS].value, label, sizeof(label));
	memcpy(words[WORD_HOST].value, label, sizeof(label));
}

static const char *fill(const char *template, const struct word words[WORD_COUNT], char *text,
			size_t text_bytes)
{
	size_t length = 0;

	text[0] = '\0';
	while (*template) {
		const struct word *word = word_at(words, template);
		size_t count = text_character_bytes(template);

		if (!count)
			count = 1;
		if (!append(text, text_bytes, &length, word ? word->value : template,
			    word ? strlen(word->value) : count))
			break;
		template += word ? strlen(word->placeholder) : count;
	}
	return text;
}

const char *sentence_fill(const char *template, const struct sentence_subject *subject, char *text,
			  size_t text_bytes)
{
	struct word words[WORD_COUNT];

	words_fill(words, subject);
	return fill(template, words, text, text_bytes);
}

const char *sentence_summary(enum cause_id cause, const struct sentence_subject *subject,
			     char *text)
{
	const struct cause *row = catalogue_cause(cause);

	struct word words[WORD_COUNT];

	words_fill(words, subject);
	words_name(words, subject);
	return fill(row ? row->summary : "", words, text, MODEL_TEXT_BYTES);
}

const char *sentence_confirm(enum cause_id cause, size_t n, const struct sentence_subject *subject,
			     char *text)
{
	const struct cause *row = catalogue_cause(cause);
	const char *template = row && n < CATALOGUE_LINES ? row->confirm[n] : NULL;

	return sentence_fill(template ? template : "", subject, text, MODEL_TEXT_BYTES);
}

/* Fills `lines` from the templates, each behind `who`. Returns how many. */
static size_t fill_lines(const char *const templates[CATALOGUE_LINES], const char *who,
			 const struct sentence_subject *subject, char lines[][MODEL_TEXT_BYTES])
{
	size_t count = 0, length = strlen(who);

	for (; count < CATALOGUE_LINES && templates[count]; count++) {
		memcpy(lines[count], who, length);
		sentence_fill(templates[count], subject, lines[count] + length,
			      MODEL_TEXT_BYTES - length);
	}
	return count;
}

size_t sentence_fix(enum cause_id cause, const struct sentence_subject *subject,
		    char lines[][MODEL_TEXT_BYTES])
{
	const struct cause *row = catalogue_cause(cause);
	uint32_t kind = subject->owner ? subject->owner->kind : BALANCER_OTHER;
	size_t count;

	if (!row)
		return 0;
	count = fill_lines(row->fix, "", subject, lines);
	if (kind == BALANCER_NGINX)
		count += fill_lines(row->fix_nginx, "nginx: ", subject, lines + count);
	else if (kind == BALANCER_HAPROXY)
		count += fill_lines(row->fix_haproxy, "HAProxy: ", subject, lines + count);
	return count;
}
