// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/caddy.h"

/* The top of a Caddyfile, which imported files go on with. */
struct top {
	char *site; /* the address that was the first of a list which goes on in the next line */
	size_t first; /* backend of the site */
	bool braceless; /* one site, and all the rest is in it */
	bool admin_told;
};

static int take_option(struct caddy *caddy, const struct caddy_line *line, void *context)
{
	struct top *top = context;

	if (line->count < 2 || strcmp(line->words[0], "admin"))
		return 0;
	top->admin_told = true;
	if (strcmp(line->words[1], "off"))
		caddy_add_admin(caddy->config, line->words[1]);
	return 0;
}

/* "(NAME)". The tokens last as long as the reading. */
static int take_snippet(struct caddy *caddy, const struct caddy_line *line)
{
	size_t length = strlen(line->words[0]);

	if (length < 3 || line->words[0][length - 1] != ')' || line->count > 1 || line->given[0])
		return caddy_note(caddy, CONFIG_SKIPPED, line);
	if (caddy->snippet_count == CADDY_SNIPPETS_MOST)
		return caddy_note(caddy, CONFIG_BOUNDED, line);
	caddy->snippets[caddy->snippet_count].name = line->words[0];
	caddy->snippets[caddy->snippet_count++].block = line->block;
	return 0;
}

/* Moves the first address of a site to top->site; whether its list goes on in the next line. */
static int take_addresses(struct top *top, const struct caddy_line *line, bool *goes_on)
{
	const char *last = line->words[line->count - 1];
	size_t length = strlen(last);

	*goes_on = length && last[length - 1] == ',' && !line->has_block;
	if (top->site)
		return 0;
	top->site = strndup(line->words[0], strcspn(line->words[0], ","));
	return top->site ? 0 : -ENOMEM;
}

static int take_top(struct caddy *caddy, const struct caddy_line *line, void *context)
{
	struct top *top = context;
	struct caddy_site site = { top->site, top->first };
	bool goes_on;
	int err;

	if (top->braceless)
		return caddy_take_handler(caddy, line, &site);
	if (!line->count)
		return caddy_each_inner(caddy, line, take_option, top);
	if (line->words[0][0] == '(' && line->has_block)
		return take_snippet(caddy, line);
	err = take_addresses(top, line, &goes_on);
	if (err || goes_on)
		return err;
	top->first = caddy->config->backend_count;
	if (!line->has_block) {
		top->braceless = true;
		return 0;
	}
	site.name = !strncmp(top->site, "&(", 2) ? "" : top->site;
	site.first = top->first;
	err = caddy_each_inner(caddy, line, caddy_take_handler, &site);
	free(top->site);
	top->site = NULL;
	return err;
}

static int read_caddyfile(struct caddy *caddy, const char *path, struct top *top)
{
	const struct caddy_text *text;
	struct caddy_range range;
	int err = caddy_load(caddy, path, &text);

	if (err == -ENOMEM)
		return err;
	if (err)
		return config_note_unread(caddy->config, path, err);
	range = (struct caddy_range){ text, 0, text->token_count };
	return caddy_each(caddy, &range, NULL, take_top, top);
}

/* JSON has its keys in quotes. */
static bool is_json(const char *text)
{
	text += strspn(text, " \t\r\n\xef\xbb\xbf");
	if (*text != '{')
		return false;
	text++;
	text += strspn(text, " \t\r\n");
	return *text == '"' || *text == '}';
}

static int read_file(struct caddy *caddy, const char *path)
{
	struct top top = { 0 };
	size_t length;
	char *text;
	int err;

	err = config_files_read(caddy->files, path, &text, &length);
	if (err == -ENOMEM)
		return err;
	if (err)
		return config_note_unread(caddy->config, path, err);
	if (is_json(text)) {
		err = caddy_read_json(caddy, path, text, length);
		free(text);
		return err;
	}
	free(text);
	err = read_caddyfile(caddy, path, &top);
	if (!err && !top.admin_told)
		caddy_add_admin(caddy->config, CADDY_ADMIN);
	free(top.site);
	return err;
}

int config_read_caddy(struct config_files *files, const struct config_place *place,
		      struct config *config)
{
	struct caddy *caddy = malloc(sizeof(*caddy));
	int err = 0;

	if (!caddy)
		return -ENOMEM;
	caddy_open(caddy, files, config);
	for (size_t i = 0; !err && i < place->file_count; i++)
		err = read_file(caddy, place->files[i]);
	caddy_clear(caddy);
	free(caddy);
	return err;
}
