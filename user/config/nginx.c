// SPDX-License-Identifier: GPL-2.0-only
/* nginx's configuration: its files and blocks. What stands in them is the other nginx_*.c's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/nginx.h"

static int parse(struct nginx *nginx, struct nginx_lexer *lexer, const struct nginx_place *place,
		 bool in_block);

int nginx_note(struct nginx *nginx, enum config_note kind, const struct nginx_place *place,
	       const char *text)
{
	return config_add_note(nginx->config, kind, place->file, nginx->statement.line, text);
}

int nginx_note_statement(struct nginx *nginx, const struct nginx_place *place)
{
	char text[EVENT_TEXT_BYTES];

	nginx_statement_text(&nginx->statement, text, sizeof(text));
	return nginx_note(nginx, CONFIG_SKIPPED, place, text);
}

/* The file, which is read once however often it is included. */
static struct nginx_file *find_file(struct nginx *nginx, const char *path, bool needed, int *err)
{
	struct nginx_file *file;

	*err = 0;
	HASH_FIND_STR(nginx->known, path, file);
	if (file)
		return file;
	file = calloc(1, sizeof(*file) + strlen(path) + 1);
	if (!file) {
		*err = -ENOMEM;
		return NULL;
	}
	strcpy(file->path, path);
	HASH_ADD_STR(nginx->known, path, file);
	*err = config_files_read(nginx->files, path, &file->text, &file->length);
	if (*err && *err != -ENOMEM)
		*err = needed || *err != -ENOENT ? config_note_unread(nginx->config, path, *err)
						 : 0;
	return *err ? NULL : file;
}

int nginx_read_file(struct nginx *nginx, const struct nginx_place *place, const char *path,
		    bool needed)
{
	struct nginx_place within = *place;
	struct nginx_lexer lexer;
	struct nginx_file *file;
	int err;

	file = find_file(nginx, path, needed, &err);
	if (!file || !file->text)
		return err;
	if (file->open)
		return nginx_note(nginx, CONFIG_SKIPPED, place, "a file that includes itself");
	if (file->length > nginx->bytes_left)
		return nginx_note(nginx, CONFIG_BOUNDED, place, "more is included than is read");
	nginx->bytes_left -= file->length;
	within.file = file->path;
	within.includes++;
	file->open = true;
	nginx_lexer_open(&lexer, file->text, file->length);
	err = parse(nginx, &lexer, &within, false);
	file->open = false;
	return err;
}

static int include(struct nginx *nginx, const struct nginx_place *place)
{
	uint32_t line = nginx->statement.line;
	char pattern[PATH_MAX], **paths;
	size_t count;
	int err, read_err = 0;

	if (nginx->statement.count != 2 || !*nginx->statement.words[1] ||
	    config_path_join(nginx->conf_prefix, nginx->statement.words[1], pattern,
			     sizeof(pattern)))
		return nginx_note_statement(nginx, place);
	if (place->includes >= CONFIG_DEPTH_MOST || !nginx->includes_left)
		return nginx_note(nginx, CONFIG_BOUNDED, place, "more is included than is read");
	nginx->includes_left--;
	err = config_files_glob(nginx->files, pattern, &paths, &count);
	if (err == -EDQUOT)
		err = nginx_note(nginx, CONFIG_BOUNDED, place, "more files than are looked at");
	for (size_t i = 0; !err && !read_err && i < count; i++) {
		nginx->statement.line = line;
		read_err = nginx_read_file(nginx, place, paths[i], true);
	}
	config_paths_free(paths, count);
	return err ? err : read_err;
}

static int read_statement(struct nginx *nginx, const struct nginx_place *place)
{
	bool taken = false;
	int err;

	if (!strcmp(nginx->statement.words[0], "include"))
		return include(nginx, place);
	if (nginx->scopes[place->scope].block == NGINX_MAIN)
		return 0;
	err = nginx_check_statement(nginx, place, &taken);
	if (err || taken)
		return err;
	if (place->upstream)
		return nginx_upstream_statement(nginx, place);
	err = nginx_pass_statement(nginx, place, &taken);
	if (!err && !taken)
		err = nginx_scope_setting(nginx, place, &taken);
	if (!err && !taken)
		err = nginx_variable_define(nginx, place, &taken);
	return err;
}

/* What a block is that stands in another; false: it has nothing of interest, or is not known. */
static bool find_block(enum nginx_block around, const char *name, enum nginx_block *block)
{
	static const struct {
		const char *name;
		enum nginx_block block;
		uint32_t around; /* 1 << enum nginx_block */
	} blocks[] = {
		{ "http", NGINX_HTTP, 1 << NGINX_MAIN },
		{ "stream", NGINX_STREAM, 1 << NGINX_MAIN },
		{ "server", NGINX_SERVER, 1 << NGINX_HTTP | 1 << NGINX_STREAM },
		{ "upstream", NGINX_UPSTREAM, 1 << NGINX_HTTP | 1 << NGINX_STREAM },
		{ "location", NGINX_LOCATION, 1 << NGINX_SERVER | 1 << NGINX_LOCATION },
		{ "if", NGINX_IF, 1 << NGINX_SERVER | 1 << NGINX_LOCATION },
		{ "limit_except", NGINX_IF, 1 << NGINX_LOCATION },
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (!strcmp(blocks[i].name, name) && blocks[i].around & 1u << around) {
			*block = blocks[i].block;
			return true;
		}
	}
	return false;
}

/* Blocks that name no backend. */
static bool is_harmless(const char *name)
{
	static const char *const names[] = {
		"events", "mail",	 "types", "map",	   "geo",  "split_clients",
		"match",  "charset_map", "acme",  "otel_exporter", "rtmp", "mgmt",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

static int skip_block(struct nginx *nginx, struct nginx_lexer *lexer,
		      const struct nginx_place *place)
{
	struct nginx_statement *statement = &nginx->statement;
	uint32_t line = statement->line;
	bool taken;
	int err = 0;

	if (statement->count)
		err = nginx_variable_define(nginx, place, &taken);
	if (!err && nginx_statement_is_lua(statement)) {
		if (place->upstream)
			err = nginx_upstream_statement(nginx, place);
	} else if (!err && !(statement->count && is_harmless(statement->words[0]))) {
		err = nginx_note_statement(nginx, place);
	}
	if (err || nginx_lexer_skip_block(lexer, statement))
		return err;
	statement->line = line;
	return nginx_note(nginx, CONFIG_SKIPPED, place, "a block without an end");
}

static int read_block(struct nginx *nginx, struct nginx_lexer *lexer,
		      const struct nginx_place *place)
{
	struct nginx_place within = *place;
	enum nginx_block block;
	int err;

	if (nginx->statement.broken || !nginx->statement.count ||
	    !find_block((enum nginx_block)nginx->scopes[place->scope].block,
			nginx->statement.words[0], &block))
		return skip_block(nginx, lexer, place);
	err = place->depth < CONFIG_DEPTH_MOST ? nginx_scope_add(nginx, place, block, &within.scope)
					       : -EDQUOT;
	if (err == -EDQUOT) {
		err = nginx_note(nginx, CONFIG_BOUNDED, place, "more blocks than are followed");
		nginx_lexer_skip_block(lexer, &nginx->statement);
		return err;
	}
	if (!err && block == NGINX_UPSTREAM) {
		err = nginx_upstream_open(nginx, place, &within.upstream);
		if (!err && !within.upstream) {
			nginx_lexer_skip_block(lexer, &nginx->statement);
			return 0;
		}
	}
	within.depth++;
	return err ? err : parse(nginx, lexer, &within, true);
}

/* Up to the end of the block, or of the file. Blocks and files bound how deep this goes. */
static int parse(struct nginx *nginx, struct nginx_lexer *lexer, const struct nginx_place *place,
		 bool in_block)
{
	struct nginx_statement *statement = &nginx->statement;
	enum nginx_end end;
	int err = 0;

	do {
		nginx_lexer_next(lexer, statement);
		/* What stands in a block or in an included file comes over it. */
		end = statement->end;
		if (end == NGINX_END_OPEN)
			err = read_block(nginx, lexer, place);
		else if (statement->broken || (statement->count && end == NGINX_END_CLOSE))
			err = nginx_note_statement(nginx, place);
		else if (end == NGINX_END_STATEMENT && statement->count)
			err = read_statement(nginx, place);
		else if (end == NGINX_END_FILE && in_block)
			err = nginx_note(nginx, CONFIG_SKIPPED, place, "a block without an end");
		else if (end == NGINX_END_CLOSE && !in_block)
			err = nginx_note(nginx, CONFIG_SKIPPED, place, "}");
	} while (!err && end != NGINX_END_FILE && !(end == NGINX_END_CLOSE && in_block));
	return err;
}

static int set_prefixes(struct nginx *nginx, const struct config_place *place)
{
	const char *slash = strrchr(place->files[0], '/');
	size_t length = slash ? (size_t)(slash - place->files[0]) : 0;

	if (length >= sizeof(nginx->conf_prefix))
		return -ENAMETOOLONG;
	memcpy(nginx->conf_prefix, place->files[0], length);
	nginx->conf_prefix[length] = '\0';
	return config_path_join("/", place->prefix ? place->prefix : nginx->conf_prefix,
				nginx->prefix, sizeof(nginx->prefix));
}

static void clear(struct nginx *nginx)
{
	struct nginx_file *file, *next;

	nginx_passes_clear(nginx);
	nginx_upstreams_clear(nginx);
	nginx_variable_clear(nginx);
	for (uint32_t i = 0; i < nginx->scope_count; i++)
		free(nginx->scopes[i].check);
	free(nginx->scopes);
	free(nginx->settings);
	HASH_ITER(hh, nginx->known, file, next) {
		HASH_DEL(nginx->known, file);
		free(file->text);
		free(file);
	}
	free(nginx);
}

int config_read_nginx(struct config_files *files, const struct config_place *place,
		      struct config *config)
{
	struct nginx_place top = { .file = "" };
	struct nginx *nginx;
	int err;

	if (!place->file_count)
		return 0;
	nginx = calloc(1, sizeof(*nginx));
	if (!nginx)
		return -ENOMEM;
	nginx->files = files;
	nginx->config = config;
	nginx->includes_left = NGINX_INCLUDES_MOST;
	nginx->bytes_left = NGINX_PARSED_BYTES;
	if (set_prefixes(nginx, place))
		err = config_note_unread(nginx->config, place->files[0], -ENAMETOOLONG);
	else
		err = nginx_scope_add(nginx, &top, NGINX_MAIN, &top.scope);
	if (!err && nginx->scope_count)
		err = nginx_read_file(nginx, &top, place->files[0], true);
	if (!err)
		err = nginx_passes_finish(nginx);
	if (!err)
		nginx_upstreams_finish(nginx);
	clear(nginx);
	return err;
}
