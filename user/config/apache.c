// SPDX-License-Identifier: GPL-2.0-only
/* Lines, sections, includes and definitions of Apache httpd's configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/config/apache.h"

int apache_note(struct apache *apache, enum config_note kind, const struct apache_line *line)
{
	return config_add_note(apache->config, kind, line->file, line->line, line->text);
}

static struct apache_define *find_define(struct apache *apache, const char *name, size_t length,
					 bool is_module)
{
	for (size_t i = 0; i < apache->define_count; i++) {
		struct apache_define *define = &apache->defines[i];

		if (define->is_module == is_module && strlen(define->name) == length &&
		    !memcmp(define->name, name, length))
			return define;
	}
	return NULL;
}

static int add_define(struct apache *apache, const char *name, const char *value, bool is_module)
{
	struct apache_define *define = find_define(apache, name, strlen(name), is_module);
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	if (!define && apache->define_count < APACHE_DEFINES_MOST &&
	    strlen(name) < sizeof(define->name)) {
		define = &apache->defines[apache->define_count++];
		define->is_module = is_module;
		strcpy(define->name, name);
		define->value = NULL;
	}
	if (!define) {
		free(copy);
		return 0;
	}
	free(define->value);
	define->value = copy;
	return 0;
}

static void remove_define(struct apache *apache, const char *name)
{
	struct apache_define *define = find_define(apache, name, strlen(name), false);

	if (!define)
		return;
	free(define->value);
	*define = apache->defines[--apache->define_count];
}

/* Copies a line with ${NAME} replaced where NAME is defined; the environment's names are not known.
 * Whether it fits. */
static bool expand(struct apache *apache, const char *text, char *expanded, size_t bytes)
{
	size_t used = 0;

	while (*text && used + 1 < bytes) {
		size_t length = text[0] == '$' && text[1] == '{' ? strcspn(text, "}") : 0;
		const struct apache_define *define =
			length && text[length] ? find_define(apache, text + 2, length - 2, false)
					       : NULL;

		if (!define) {
			expanded[used++] = *text++;
			continue;
		}
		length = strlen(define->value);
		if (length >= bytes - used)
			return false;
		memcpy(expanded + used, define->value, length);
		used += length;
		text += strcspn(text, "}") + 1;
	}
	expanded[used] = '\0';
	return !*text;
}

/* The word at *text, as ap_getword_conf() takes it: in quotes a backslash stands before a quote or
 * itself. Written to *room, which is moved behind it. */
static const char *take_word(const char **text, char **room)
{
	const char *word = *room;
	char quote = '\0';

	if (**text == '"' || **text == '\'')
		quote = *(*text)++;
	for (; **text && (quote ? **text != quote : !strchr(" \t", **text)); (*text)++) {
		if (**text == '\\' && (*text)[1] && quote &&
		    ((*text)[1] == quote || (*text)[1] == '\\'))
			(*text)++;
		*(*room)++ = **text;
	}
	if (quote && **text)
		(*text)++;
	*text += strspn(*text, " \t");
	*(*room)++ = '\0';
	return word;
}

static void take_words(struct apache_line *line, const char *text)
{
	char *room = line->room;

	line->count = 0;
	while (*text && line->count < APACHE_WORDS_MOST)
		line->words[line->count++] = take_word(&text, &room);
}

static int read_file(struct apache *apache, const char *path, bool must);

/* A directory stands for all that is in it. */
static int read_directory(struct apache *apache, const char *path)
{
	char pattern[PATH_MAX];
	char **paths;
	size_t count;
	int err;

	if (config_path_join(path, "*", pattern, sizeof(pattern)))
		return 0;
	err = config_files_glob(apache->files, pattern, &paths, &count);
	if (err == -ENOMEM)
		return err;
	if (err)
		err = config_add_note(apache->config, CONFIG_BOUNDED, path, 0, strerror(-err));
	for (size_t i = 0; !err && i < count; i++)
		err = read_file(apache, paths[i], true);
	config_paths_free(paths, count);
	return err;
}

static int include(struct apache *apache, const struct apache_line *line, bool must)
{
	char pattern[PATH_MAX];
	char **paths;
	size_t count;
	int err;

	if (!line->count || strstr(line->words[0], "${") ||
	    config_path_join(apache->root, line->words[0], pattern, sizeof(pattern)))
		return apache_note(apache, CONFIG_SKIPPED, line);
	err = config_files_glob(apache->files, pattern, &paths, &count);
	if (err == -ENOMEM)
		return err;
	if (err)
		err = apache_note(apache, CONFIG_BOUNDED, line);
	for (size_t i = 0; !err && i < count; i++)
		err = read_file(apache, paths[i], must);
	config_paths_free(paths, count);
	return err;
}

/* "mod_proxy.c", as <IfModule> may name it, for "proxy_module". */
static bool is_loaded(struct apache *apache, const char *name)
{
	char module[EVENT_NAME_BYTES * 2];
	size_t length = strlen(name);

	if (length < 7 || length > EVENT_NAME_BYTES || strncmp(name, "mod_", 4) ||
	    strcmp(name + length - 2, ".c"))
		return find_define(apache, name, length, true);
	snprintf(module, sizeof(module), "%.*s_module", (int)length - 6, name + 4);
	return find_define(apache, module, strlen(module), true);
}

/* Whether a condition is known not to hold. What is compiled in, or defined on the command line, is
 * not known: then both ways are read. */
static bool is_false(struct apache *apache, const char *section, const char *condition)
{
	bool negated = condition[0] == '!';
	bool is_known;

	if (!strcasecmp(section, "IfModule"))
		is_known = is_loaded(apache, condition + negated);
	else if (!strcasecmp(section, "IfDefine"))
		is_known = find_define(apache, condition + negated, strlen(condition + negated),
				       false);
	else
		return false;
	return negated && is_known;
}

static void open_host(struct apache *apache, struct apache_section *section)
{
	if (apache->host_count == APACHE_HOSTS_MOST)
		return;
	section->host = (uint32_t)apache->host_count++;
	apache->hosts[section->host] = (struct apache_host){
		.first = apache->config->backend_count,
		.last = apache->config->backend_count,
	};
}

/* `name` without "<", its words without ">". */
static void open_section(struct apache *apache, const char *name, const struct apache_line *line)
{
	const struct apache_section *outer = &apache->sections[apache->section_count - 1];
	const char *argument = line->count ? line->words[0] : "";
	struct apache_section *section;

	if (apache->section_count == APACHE_SECTIONS_MOST) {
		apache->sections_beyond++;
		return;
	}
	section = &apache->sections[apache->section_count++];
	*section = *outer;
	config_set_text(section->name, sizeof(section->name), name);
	/* a macro's lines are none until it is used */
	if (is_false(apache, name, argument) || !strcasecmp(name, "Macro"))
		section->skipped = true;
	if (!strcasecmp(name, "VirtualHost") && !section->skipped)
		open_host(apache, section);
	if (!strcasecmp(name, "Proxy")) {
		config_set_text(section->proxy, sizeof(section->proxy), argument);
		section->first = apache->config->backend_count;
	}
}

static void close_section(struct apache *apache)
{
	const struct apache_section *section = &apache->sections[apache->section_count - 1];

	if (apache->sections_beyond) {
		apache->sections_beyond--;
		return;
	}
	if (apache->section_count == 1)
		return;
	if (section->host)
		apache->hosts[section->host].last = apache->config->backend_count;
	apache->section_count--;
}

/* What is no proxy's. */
static int take_other(struct apache *apache, const char *name, const struct apache_line *line)
{
	if (!strcasecmp(name, "Include"))
		return include(apache, line, true);
	if (!strcasecmp(name, "IncludeOptional"))
		return include(apache, line, false);
	if (!strcasecmp(name, "ServerRoot") && line->count && line->words[0][0] == '/') {
		config_set_text(apache->root, sizeof(apache->root), line->words[0]);
		return 0;
	}
	if (!strcasecmp(name, "Define") && line->count)
		return add_define(apache, line->words[0], line->count > 1 ? line->words[1] : "",
				  false);
	if (!strcasecmp(name, "UnDefine") && line->count)
		remove_define(apache, line->words[0]);
	if (!strcasecmp(name, "LoadModule") && line->count)
		return add_define(apache, line->words[0], "", true);
	/* what mod_macro puts in is not known */
	if (!strcasecmp(name, "Use"))
		return apache_note(apache, CONFIG_SKIPPED, line);
	return 0;
}

/* `text` is one line, trimmed, with continuations joined and definitions put in. */
static int take_line(struct apache *apache, struct apache_line *line, char *text)
{
	char name[EVENT_NAME_BYTES];
	size_t length = strcspn(text, " \t"), bytes = strlen(text);
	bool is_section = text[0] == '<', skipped;
	int err = 0;

	line->text = text;
	if (length >= sizeof(name))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)length, text);
	if (is_section && text[1] == '/') {
		close_section(apache);
		return 0;
	}
	if (is_section && text[bytes - 1] == '>')
		text[bytes - 1] = '\0';
	take_words(line, text + strcspn(text, " \t") + strspn(text + strcspn(text, " \t"), " \t"));
	if (is_section) {
		name[strcspn(name, ">")] = '\0';
		open_section(apache, name + 1, line);
		return 0;
	}
	skipped = apache->sections[apache->section_count - 1].skipped;
	if (skipped || apache->sections_beyond || apache_take_proxy(apache, name, line, &err))
		return err;
	return take_other(apache, name, line);
}

/* The next line of *text, which is moved behind it, with those that a backslash continues it by.
 * Returns its length, of which what does not fit into `bytes` is left out; *lines is how many. */
static size_t next_line(char **text, char *joined, size_t bytes, uint32_t *lines)
{
	size_t used = 0;
	bool goes_on;

	*lines = 0;
	do {
		size_t length = strcspn(*text, "\n");
		const char *line = *text;

		*text += length + ((*text)[length] == '\n');
		(*lines)++;
		if (length && line[length - 1] == '\r')
			length--;
		goes_on = length && line[length - 1] == '\\';
		length -= goes_on;
		if (used + length < bytes)
			memcpy(joined + used, line, length);
		used += length;
	} while (goes_on && **text);
	if (used >= bytes)
		return used;
	while (used && strchr(" \t", joined[used - 1]))
		used--;
	joined[used] = '\0';
	return used;
}

static int take_text(struct apache *apache, const char *path, char *text)
{
	struct {
		struct apache_line line;
		char joined[APACHE_LINE_BYTES];
		char expanded[APACHE_LINE_BYTES /
			      2]; /* half: each word takes a byte more in `room` */
	} *room = calloc(1, sizeof(*room));
	uint32_t number = 1, lines;
	int err = 0;

	if (!room)
		return -ENOMEM;
	while (!err && *text) {
		size_t length = next_line(&text, room->joined, sizeof(room->joined), &lines);
		const char *start = room->joined;

		room->line.file = path;
		room->line.line = number;
		number += lines;
		if (length < sizeof(room->joined))
			start += strspn(start, " \t");
		if (length >= sizeof(room->joined) ||
		    (*start != '#' &&
		     !expand(apache, start, room->expanded, sizeof(room->expanded))))
			err = config_add_note(apache->config, CONFIG_BOUNDED, path, room->line.line,
					      "a line longer than is read");
		else if (*start && *start != '#')
			err = take_line(apache, &room->line, room->expanded);
	}
	free(room);
	return err;
}

static int read_file(struct apache *apache, const char *path, bool must)
{
	size_t sections = apache->section_count, length;
	char *text;
	int err;

	if (apache->depth == CONFIG_DEPTH_MOST)
		return config_add_note(apache->config, CONFIG_BOUNDED, path, 0,
				       "includes within includes");
	err = config_files_read(apache->files, path, &text, &length);
	apache->depth++;
	if (err == -EISDIR)
		err = read_directory(apache, path);
	else if (err && err != -ENOMEM)
		err = must || err != -ENOENT ? config_note_unread(apache->config, path, err) : 0;
	else if (!err)
		err = take_text(apache, path, text);
	free(text);
	apache->depth--;
	/* a section ends in the file that it begins in */
	apache->sections_beyond = 0;
	while (apache->section_count > sections)
		close_section(apache);
	return err;
}

static void set_root(struct apache *apache, const struct config_place *place)
{
	const char *slash = strrchr(place->files[0], '/');

	if (place->prefix)
		config_set_text(apache->root, sizeof(apache->root), place->prefix);
	else
		snprintf(apache->root, sizeof(apache->root), "%.*s",
			 slash ? (int)(slash - place->files[0]) : 0, place->files[0]);
}

int config_read_apache(struct config_files *files, const struct config_place *place,
		       struct config *config)
{
	struct apache *apache;
	int err = 0;

	if (!place->file_count)
		return 0;
	apache = calloc(1, sizeof(*apache));
	if (!apache)
		return -ENOMEM;
	apache->files = files;
	apache->config = config;
	apache->section_count = 1;
	apache->host_count = 1;
	set_root(apache, place);
	for (size_t i = 0; !err && i < place->file_count; i++)
		err = read_file(apache, place->files[i], true);
	if (!err)
		apache_finish(apache);
	for (size_t i = 0; i < apache->define_count; i++)
		free(apache->defines[i].value);
	free(apache);
	return err;
}
