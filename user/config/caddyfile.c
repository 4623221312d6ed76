// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/caddyfile.h"
#include "user/config/caddyfile_tokens.h"

#define ROOM_BYTES 16384 /* of a line's words that are put together */
#define EXPANDED_MOST 1024 /* bytes of a word that arguments are put into */

static void text_free(struct caddy_text *text)
{
	if (!text)
		return;
	free(text->path);
	free(text->text);
	free(text->tokens);
	free(text);
}

void caddy_open(struct caddy *caddy, struct config_files *files, struct config *config)
{
	memset(caddy, 0, sizeof(*caddy));
	caddy->files = files;
	caddy->config = config;
	caddy->work_left = CADDY_WORK_MOST;
}

void caddy_clear(struct caddy *caddy)
{
	while (caddy->text_count > 0)
		text_free(caddy->texts[--caddy->text_count]);
	for (size_t i = 0; i < CADDY_DEPTH_MOST; i++) {
		if (caddy->lines[i])
			free(caddy->lines[i]->room);
		free(caddy->lines[i]);
	}
}

int caddy_load(struct caddy *caddy, const char *path, const struct caddy_text **text)
{
	struct caddy_text *loaded;
	size_t length;
	int err;

	for (size_t i = 0; i < caddy->text_count; i++) {
		*text = caddy->texts[i];
		if (!strcmp((*text)->path, path))
			return 0;
	}
	if (caddy->text_count == CONFIG_FILES_MOST)
		return -EDQUOT;
	loaded = calloc(1, sizeof(*loaded));
	if (!loaded)
		return -ENOMEM;
	loaded->path = strdup(path);
	err = loaded->path ? config_files_read(caddy->files, path, &loaded->text, &length)
			   : -ENOMEM;
	if (!err)
		err = caddyfile_tokens(loaded, length, CADDY_TOKENS_MOST - caddy->token_count);
	if (err) {
		text_free(loaded);
		return err;
	}
	caddy->texts[caddy->text_count++] = loaded;
	caddy->token_count += loaded->token_count;
	*text = loaded;
	return 0;
}

/* What stands between "{args" and "}", as a number or a range of them: ".0", "[0]", "[:]", "[1:]",
 * "[1:3]". Returns the bytes up to and with the brace, 0 when it is none of these. */
static size_t argument(const char *text, size_t count, size_t *first, size_t *last)
{
	int length = -1;
	unsigned int from = 0, to = INT_MAX;

	if (strncmp(text, "{args", strlen("{args")))
		return 0;
	sscanf(text, "{args[:]}%n", &length);
	if (length < 0)
		sscanf(text, "{args[:%9u]}%n", &to, &length);
	if (length < 0)
		sscanf(text, "{args[%9u:]}%n", &from, &length);
	if (length < 0)
		sscanf(text, "{args[%9u:%9u]}%n", &from, &to, &length);
	if (length < 0) {
		sscanf(text, "{args[%9u]}%n", &from, &length);
		if (length < 0)
			sscanf(text, "{args.%9u}%n", &from, &length);
		to = from + 1;
	}
	if (length < 0)
		return 0;
	*first = from < count ? from : count;
	*last = to < count ? to : count;
	return (size_t)length;
}

static void add_word(struct caddy_line *line, const char *word, bool given)
{
	if (line->count < CADDY_WORDS_MOST) {
		line->words[line->count] = word;
		line->given[line->count] = given;
	}
	line->count++;
}

/* The arguments of "import NAME ARGUMENT..." begin at its third word. */
#define ARGUMENTS_FROM 2

static size_t argument_count(const struct caddy_line *import)
{
	return import && import->count > ARGUMENTS_FROM ? import->count - ARGUMENTS_FROM : 0;
}

/* A word with arguments of the import put in; *used of line->room are taken. 0 or -ENOMEM. */
static int expand_word(struct caddy_line *line, const char *text, size_t *used)
{
	const struct caddy_line *import = line->import;
	size_t count = argument_count(import), start = *used;
	size_t first, last, bytes = argument(text, count, &first, &last);

	if (bytes && !text[bytes]) {
		for (; first < last; first++)
			add_word(line, import->words[ARGUMENTS_FROM + first], true);
		return 0;
	}
	if (!line->room)
		line->room = malloc(ROOM_BYTES);
	if (!line->room)
		return -ENOMEM;
	while (*text && *used + 1 < ROOM_BYTES) {
		bytes = argument(text, count, &first, &last);
		if (!bytes) {
			line->room[(*used)++] = *text++;
			continue;
		}
		if (first < last) {
			const char *value = import->words[ARGUMENTS_FROM + first];
			size_t room = ROOM_BYTES - 1 - *used;
			size_t length = strnlen(value, room);

			memcpy(line->room + *used, value, length);
			*used += length;
		}
		text += bytes;
	}
	if (*used + 1 >= ROOM_BYTES)
		return 0;
	line->room[(*used)++] = '\0';
	line->work += (uint32_t)(*used - start) / 32;
	add_word(line, line->room + start, true);
	return 0;
}

/* The line at *at of a range, which is moved behind it. 0 or -ENOMEM. */
static int take_line(const struct caddy_range *range, size_t *at, struct caddy_line *line)
{
	const struct caddy_token *tokens = range->text->tokens;
	size_t first = *at, used = 0;
	int err = 0;

	line->text = range->text;
	line->line = tokens[first].line;
	while (!err && *at < range->last) {
		const struct caddy_token *token = &tokens[*at];

		if (*at > first && token->begins_line)
			break;
		if (caddyfile_is_brace(token, "{")) {
			size_t last = token->closed < range->last ? token->closed : range->last;

			line->has_block = true;
			line->block = (struct caddy_range){ range->text, *at + 1, last };
			*at = last < range->last ? last + 1 : last;
			break;
		}
		(*at)++;
		line->work += 1 + (uint32_t)strlen(token->text) / 32;
		/* one too many, or of a block in one line */
		if (caddyfile_is_brace(token, "}"))
			break;
		/* reading numbers from it takes its length each time */
		if (line->import && strstr(token->text, "{args") &&
		    strlen(token->text) < EXPANDED_MOST)
			err = expand_word(line, token->text, &used);
		else
			add_word(line, token->text, false);
	}
	if (line->count > CADDY_WORDS_MOST)
		line->count = CADDY_WORDS_MOST;
	return err;
}

void caddy_line_text(const struct caddy_line *line, char *text, size_t bytes)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < line->count && used + 1 < bytes; i++) {
		int length =
			snprintf(text + used, bytes - used, "%s%s", i ? " " : "", line->words[i]);

		used += length > 0 ? (size_t)length : 0;
	}
}

int caddy_note(struct caddy *caddy, enum config_note kind, const struct caddy_line *line)
{
	char text[EVENT_TEXT_BYTES];

	caddy_line_text(line, text, sizeof(text));
	return config_add_note(caddy->config, kind, line->text->path, line->line, text);
}

/* Whether an import leads to where it is itself seen through. */
static bool is_cycle(const struct caddy_line *line, const char *path)
{
	for (const struct caddy_line *outer = line->import; outer; outer = outer->import)
		if (path ? !strcmp(outer->text->path, path)
			 : !strcmp(outer->words[1], line->words[1]))
			return true;
	return path && !strcmp(line->text->path, path);
}

static int import_file(struct caddy *caddy, const char *path, const struct caddy_line *line,
		       caddy_taker take, void *context)
{
	const struct caddy_text *text;
	struct caddy_range range;
	int err = is_cycle(line, path) ? -ELOOP : caddy_load(caddy, path, &text);

	if (err == -ELOOP)
		return caddy_note(caddy, CONFIG_BOUNDED, line);
	if (err == -ENOMEM)
		return err;
	if (err)
		return config_note_unread(caddy->config, path, err);
	range = (struct caddy_range){ text, 0, text->token_count };
	return caddy_each(caddy, &range, line, take, context);
}

static int import_files(struct caddy *caddy, const struct caddy_line *line, caddy_taker take,
			void *context)
{
	const char *slash = strrchr(line->text->path, '/');
	char directory[PATH_MAX], pattern[PATH_MAX];
	char **paths;
	size_t count;
	int err;

	snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - line->text->path) : 0,
		 line->text->path);
	if (config_path_join(directory, line->words[1], pattern, sizeof(pattern)))
		return caddy_note(caddy, CONFIG_SKIPPED, line);
	err = config_files_glob(caddy->files, pattern, &paths, &count);
	if (err == -ENOMEM)
		return err;
	if (err)
		err = caddy_note(caddy, CONFIG_BOUNDED, line);
	for (size_t i = 0; !err && i < count; i++)
		err = import_file(caddy, paths[i], line, take, context);
	config_paths_free(paths, count);
	return err;
}

static int import(struct caddy *caddy, const struct caddy_line *line, caddy_taker take,
		  void *context)
{
	size_t length;

	if (line->count < 2)
		return caddy_note(caddy, CONFIG_SKIPPED, line);
	length = strlen(line->words[1]);
	for (size_t i = 0; i < caddy->snippet_count; i++) {
		const char *name = caddy->snippets[i].name;

		if (strlen(name) == length + 2 && !memcmp(name + 1, line->words[1], length))
			return is_cycle(line, NULL) ? caddy_note(caddy, CONFIG_BOUNDED, line)
						    : caddy_each(caddy, &caddy->snippets[i].block,
								 line, take, context);
	}
	if (strchr(line->words[1], '{'))
		return caddy_note(caddy, CONFIG_SKIPPED, line);
	return import_files(caddy, line, take, context);
}

/* Says once that there is more than is read. */
static int bounded(struct caddy *caddy, const struct caddy_line *line)
{
	if (line->count >= CADDY_WORDS_MOST)
		return caddy_note(caddy, CONFIG_BOUNDED, line);
	if (caddy->work_left > line->work + 1) {
		caddy->work_left -= line->work + 1;
		return 0;
	}
	caddy->work_left = 0;
	return caddy_note(caddy, CONFIG_BOUNDED, line);
}

/* The line of the depth that is being read: those that it is within stay as they are. */
static struct caddy_line *line_at(struct caddy *caddy)
{
	struct caddy_line **line = &caddy->lines[caddy->depth - 1];

	if (!*line)
		*line = calloc(1, sizeof(**line));
	return *line;
}

static int each_line(struct caddy *caddy, const struct caddy_range *range, size_t *at,
		     const struct caddy_line *through, caddy_taker take, void *context)
{
	struct caddy_line *line = line_at(caddy);
	int err;

	if (!line)
		return -ENOMEM;
	/* its words are valid up to `count` only */
	line->count = 0;
	line->work = 0;
	line->has_block = false;
	line->import = through;
	err = take_line(range, at, line);
	if (!err)
		err = bounded(caddy, line);
	if (!err && line->count && !strcmp(line->words[0], "import"))
		err = import(caddy, line, take, context);
	else if (!err && (line->count || line->has_block))
		err = take(caddy, line, context);
	return err;
}

int caddy_each(struct caddy *caddy, const struct caddy_range *range,
	       const struct caddy_line *through, caddy_taker take, void *context)
{
	size_t at = range->first;
	int err = 0;

	if (caddy->depth == CADDY_DEPTH_MOST)
		return through ? caddy_note(caddy, CONFIG_BOUNDED, through) : 0;
	caddy->depth++;
	while (!err && at < range->last && caddy->work_left)
		err = each_line(caddy, range, &at, through, take, context);
	caddy->depth--;
	return err;
}

int caddy_each_inner(struct caddy *caddy, const struct caddy_line *line, caddy_taker take,
		     void *context)
{
	return line->has_block ? caddy_each(caddy, &line->block, line->import, take, context) : 0;
}
