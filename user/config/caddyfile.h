/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Caddyfile's syntax, as caddyconfig/caddyfile of Caddy 2 reads it: tokens, lines of them with
 * blocks, imports of files and snippets with their arguments. What a line means is caddy_*.c's.
 */
#ifndef LBTRACE_USER_CONFIG_CADDYFILE_H
#define LBTRACE_USER_CONFIG_CADDYFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/config/config.h"
#include "user/config/known.h"

#define CADDY_WORDS_MOST 512 /* of a line; more of them are cut off, and noted */
#define CADDY_SNIPPETS_MOST 256
#define CADDY_DEPTH_MOST 32 /* blocks and imports within each other */
#define CADDY_TOKENS_MOST (512u << 10) /* of all files */
/* What is done in all, however often lines are imported: about one each for a token and for 32 bytes. */
#define CADDY_WORK_MOST 200000

struct caddy_token {
	char *text;
	uint32_t line;
	uint32_t closed; /* of a brace that opens: the token that closes it, or how many there are */
	bool begins_line; /* the first of a line, one that was continued by a backslash counts as one */
	bool quoted; /* then a brace is no brace */
};

struct caddy_text {
	char *path;
	char *text; /* which the tokens lie in */
	struct caddy_token *tokens;
	size_t token_count;
};

/* Tokens of a text, the last excluded. */
struct caddy_range {
	const struct caddy_text *text;
	size_t first, last;
};

struct caddy_line {
	const struct caddy_text *text;
	uint32_t line;
	const char *words[CADDY_WORDS_MOST]; /* with the arguments of imports put in */
	bool given[CADDY_WORDS_MOST]; /* the word holds such an argument */
	size_t count;
	uint32_t work;
	bool has_block;
	struct caddy_range block; /* without its braces */
	const struct caddy_line *import; /* the import that it is seen through, NULL: none */
	char *room; /* what holds the words that were put together; NULL: none was yet */
};

struct caddy_snippet {
	const char *name; /* with parentheses */
	struct caddy_range block;
};

struct caddy {
	struct config_files *files;
	struct config *config;
	struct known known;
	struct caddy_text *texts[CONFIG_FILES_MOST];
	size_t text_count;
	struct caddy_snippet snippets[CADDY_SNIPPETS_MOST];
	size_t snippet_count;
	size_t token_count;
	size_t work_left;
	size_t depth;
	struct caddy_line *lines[CADDY_DEPTH_MOST]; /* one for each depth, NULL: not needed yet */
};

/* Called for each line; 0 or a negative errno, which ends it all. The line lasts for the call only. */
typedef int (*caddy_taker)(struct caddy *caddy, const struct caddy_line *line, void *context);

void caddy_open(struct caddy *caddy, struct config_files *files, struct config *config);

/* A file's tokens; it is read once. 0, -ENOMEM, or why it could not be read. */
int caddy_load(struct caddy *caddy, const char *path, const struct caddy_text **text);
void caddy_clear(struct caddy *caddy);

/* Calls `take` for each line of a range, with the lines of what it imports in its place. `through`:
 * the line that the range is the block of, NULL: none. 0, or what `take` returned, or -ENOMEM. */
int caddy_each(struct caddy *caddy, const struct caddy_range *range,
	       const struct caddy_line *through, caddy_taker take, void *context);
/* The same for a line's own block, which may be none. */
int caddy_each_inner(struct caddy *caddy, const struct caddy_line *line, caddy_taker take,
		     void *context);

int caddy_note(struct caddy *caddy, enum config_note kind, const struct caddy_line *line);

/* The words parted by spaces, cut. */
void caddy_line_text(const struct caddy_line *line, char *text, size_t bytes);

#endif
