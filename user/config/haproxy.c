// SPDX-License-Identifier: GPL-2.0-only
/* HAProxy's configuration: its files, its sections, and what `global` says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"
#include "user/config/haproxy_condition.h"
#include "user/config/haproxy_proxy.h"
#include "user/config/haproxy_words.h"

#define DEFAULTS_MOST 256 /* named ones */
#define PATH_BYTES 1024

enum section_kind {
	SECTION_OTHER, /* without servers that clients' requests go to */
	SECTION_GLOBAL,
	SECTION_DEFAULTS,
	SECTION_FRONTEND,
	SECTION_LISTEN,
	SECTION_BACKEND,
};

struct section_name {
	const char *name;
	enum section_kind kind;
};

static const struct section_name section_names[] = {
	{ "global", SECTION_GLOBAL },	     { "defaults", SECTION_DEFAULTS },
	{ "frontend", SECTION_FRONTEND },    { "listen", SECTION_LISTEN },
	{ "backend", SECTION_BACKEND },	     { "acme", SECTION_OTHER },
	{ "cache", SECTION_OTHER },	     { "crt-store", SECTION_OTHER },
	{ "fcgi-app", SECTION_OTHER },	     { "healthcheck", SECTION_OTHER },
	{ "http-errors", SECTION_OTHER },    { "log-forward", SECTION_OTHER },
	{ "log-profile", SECTION_OTHER },    { "mailers", SECTION_OTHER },
	{ "namespace_list", SECTION_OTHER }, { "peers", SECTION_OTHER },
	{ "program", SECTION_OTHER },	     { "resolvers", SECTION_OTHER },
	{ "ring", SECTION_OTHER },	     { "traces", SECTION_OTHER },
	{ "userlist", SECTION_OTHER },
};

struct reader {
	struct config_files *files;
	const struct config_place *place;
	struct config *config;
	struct haproxy_environment environment;
	struct haproxy_proxy *defaults; /* those with a name */
	size_t defaults_count, defaults_room;
	struct haproxy_proxy latest; /* of the last defaults section */
	enum section_kind kind;
	struct haproxy_section section;
	struct haproxy_conditions conditions;
	struct haproxy_words words;
};

static const struct section_name *find_section(const char *word)
{
	for (size_t i = 0; i < sizeof(section_names) / sizeof(section_names[0]); i++) {
		if (!strcmp(section_names[i].name, word))
			return &section_names[i];
	}
	return NULL;
}

/* The last of that name counts. */
static const struct haproxy_proxy *find_defaults(const struct reader *reader, const char *name)
{
	for (size_t i = reader->defaults_count; i-- > 0;) {
		if (!strcmp(reader->defaults[i].name, name))
			return &reader->defaults[i];
	}
	return NULL;
}

static int remember_defaults(struct reader *reader)
{
	reader->latest = reader->section.proxy;
	if (!*reader->latest.name || reader->defaults_count == DEFAULTS_MOST)
		return 0;
	if (reader->defaults_count == reader->defaults_room) {
		size_t room = reader->defaults_room ? reader->defaults_room * 2 : 4;
		struct haproxy_proxy *defaults;

		defaults = reallocarray(reader->defaults, room, sizeof(*defaults));
		if (!defaults)
			return -ENOMEM;
		reader->defaults = defaults;
		reader->defaults_room = room;
	}
	reader->defaults[reader->defaults_count++] = reader->latest;
	return 0;
}

static int end_section(struct reader *reader)
{
	enum section_kind kind = reader->kind;

	reader->kind = SECTION_OTHER;
	if (kind == SECTION_DEFAULTS)
		return remember_defaults(reader);
	if (kind == SECTION_LISTEN || kind == SECTION_BACKEND)
		haproxy_section_end(&reader->section);
	return 0;
}

/* defaults [NAME] [from NAME], backend NAME [from NAME] */
static int begin_section(struct reader *reader, enum section_kind kind)
{
	const struct haproxy_words *words = &reader->words;
	const char *name = haproxy_word(words, 1);
	size_t from = 2;
	const struct haproxy_proxy *defaults = &reader->latest;
	struct haproxy_proxy none;
	int err = end_section(reader);

	if (err)
		return err;
	if (kind == SECTION_DEFAULTS) {
		haproxy_proxy_init(&none);
		defaults = &none;
		if (!strcmp(name, "from") && words->count == 3) {
			name = "";
			from = 1;
		}
	}
	if (!strcmp(haproxy_word(words, from), "from")) {
		const struct haproxy_proxy *found;

		found = find_defaults(reader, haproxy_word(words, from + 1));
		if (found)
			defaults = found;
	}
	reader->kind = kind;
	haproxy_section_begin(&reader->section, defaults, name);
	return 0;
}

/* stats socket [unix@]PATH ...; others are no Unix sockets with a path. */
static void take_stats_socket(struct reader *reader, const char *word)
{
	struct config *config = reader->config;
	const char *directory = reader->place->directory ? reader->place->directory : "/";
	char text[PATH_BYTES], path[EVENT_HOST_BYTES];
	const char *name = text;

	if (!haproxy_environment_expand(&reader->environment, word, text, sizeof(text)))
		return;
	if (!strncmp(name, "unix@", 5))
		name += 5;
	else if (*name != '/')
		return;
	if (!*name || strchr(name, '$') || config->socket_count == CONFIG_SOCKETS_MOST ||
	    config_path_join(directory, name, path, sizeof(path)))
		return;
	for (size_t i = 0; i < config->socket_count; i++) {
		if (!strcmp(config->sockets[i], path))
			return;
	}
	memcpy(config->sockets[config->socket_count++], path, strlen(path) + 1);
}

static int take_global(struct reader *reader)
{
	const struct haproxy_words *words = &reader->words;
	const char *word = haproxy_word(words, 0);

	if (!strcmp(word, "setenv") && words->count > 2)
		return haproxy_environment_set(&reader->environment, words->word[1],
					       words->word[2]);
	if (!strcmp(word, "stats") && !strcmp(haproxy_word(words, 1), "socket"))
		take_stats_socket(reader, haproxy_word(words, 2));
	return 0;
}

static bool names_server(const struct haproxy_words *words)
{
	const char *word = haproxy_word(words, 0);

	return !strcmp(word, "server") || !strcmp(word, "server-template") ||
	       !strcmp(word, "default-server");
}

static int note_line(struct reader *reader, const struct haproxy_line *line)
{
	char text[EVENT_TEXT_BYTES];
	size_t from = strspn(line->text, " \t");
	size_t length = strcspn(line->text + from, "\r\n");

	snprintf(text, sizeof(text), "%.*s", (int)(length < sizeof(text) ? length : sizeof(text)),
		 line->text + from);
	return haproxy_note_skipped(reader->config, line, text);
}

static int take_words(struct reader *reader, const struct haproxy_line *line)
{
	const struct haproxy_words *words = &reader->words;
	const struct section_name *section;
	enum haproxy_directive directive;

	directive = haproxy_conditions_take(&reader->conditions, words, &reader->environment);
	if (directive == HAPROXY_DIRECTIVE_UNKNOWN)
		return note_line(reader, line);
	if (directive == HAPROXY_DIRECTIVE || !haproxy_conditions_read(&reader->conditions))
		return 0;
	section = find_section(words->word[0]);
	if (section)
		return begin_section(reader, section->kind);
	switch (reader->kind) {
	case SECTION_GLOBAL:
		return take_global(reader);
	case SECTION_DEFAULTS:
		return haproxy_section_take(&reader->section, words, line, false);
	case SECTION_LISTEN:
	case SECTION_BACKEND:
		return haproxy_section_take(&reader->section, words, line, true);
	default:
		return 0;
	}
}

static int take_line(struct reader *reader, const struct haproxy_line *line, size_t length)
{
	struct haproxy_words *words = &reader->words;
	int err = haproxy_split(line->text, length, &reader->environment, words);

	/* HAProxy refuses the line; it is worth a word only where a server is lost by it. */
	if (!err)
		return words->count ? take_words(reader, line) : 0;
	if (!names_server(words) || reader->kind <= SECTION_FRONTEND ||
	    !haproxy_conditions_read(&reader->conditions))
		return 0;
	return note_line(reader, line);
}

/* Sections and conditions end with the file; defaults and variables go on. */
static int take_text(struct reader *reader, const char *path, const char *text, size_t length)
{
	struct haproxy_line line = { .file = path, .text = text };
	const char *end = text + length;
	int err = 0, err_end;

	reader->kind = SECTION_OTHER;
	memset(&reader->conditions, 0, sizeof(reader->conditions));
	while (!err && line.text < end) {
		const char *newline = memchr(line.text, '\n', (size_t)(end - line.text));
		const char *stop = newline ? newline : end;

		line.number++;
		err = take_line(reader, &line, (size_t)(stop - line.text));
		line.text = stop + 1;
	}
	err_end = end_section(reader);
	return err ? err : err_end;
}

static int take_file(struct reader *reader, const char *path)
{
	size_t length;
	char *text;
	int err = config_files_read(reader->files, path, &text, &length);

	if (err == -ENOMEM || err == -EISDIR)
		return err;
	if (err)
		return config_note_unread(reader->config, path, err);
	err = take_text(reader, path, text, length);
	free(text);
	return err;
}

/* The files named *.cfg in it, in order of bytes. */
static int take_directory(struct reader *reader, const char *directory)
{
	char pattern[PATH_BYTES];
	size_t used = 0, count = 0;
	char **paths = NULL;
	int err;

	for (; *directory; directory++) {
		if (used + sizeof("\\x/*.cfg") > sizeof(pattern))
			return config_note_unread(reader->config, pattern, -ENAMETOOLONG);
		if (strchr("*?[", *directory))
			pattern[used++] = '\\';
		pattern[used++] = *directory;
		pattern[used] = '\0';
	}
	strcpy(pattern + used, used && pattern[used - 1] == '/' ? "*.cfg" : "/*.cfg");
	err = config_files_glob(reader->files, pattern, &paths, &count);
	if (err == -EDQUOT)
		err = config_note_unread(reader->config, pattern, err);
	for (size_t i = 0; !err && i < count; i++) {
		err = take_file(reader, paths[i]);
		if (err == -EISDIR)
			err = 0;
	}
	config_paths_free(paths, count);
	return err;
}

int config_read_haproxy(struct config_files *files, const struct config_place *place,
			struct config *config)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int err = 0;

	if (!reader)
		return -ENOMEM;
	reader->files = files;
	reader->place = place;
	reader->config = config;
	reader->section.config = config;
	reader->section.environment = &reader->environment;
	haproxy_proxy_init(&reader->latest);
	for (size_t i = 0; !err && i < place->file_count; i++) {
		err = take_file(reader, place->files[i]);
		if (err == -EISDIR)
			err = take_directory(reader, place->files[i]);
	}
	haproxy_environment_clear(&reader->environment);
	free(reader->defaults);
	free(reader);
	return err;
}
