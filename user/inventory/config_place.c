// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/config_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/process.h"
#include "user/inventory/root.h"

#define OPTIONS_MAX 4
#define PLACES_MAX 6
#define ROOTS_MAX 32 /* of a process in a chroot(), going up */
#define ENVIRON_BYTES (32u << 10)

struct place_rule {
	enum balancer_kind kind;
	bool many; /* options may come more than once; what is behind the last one is all files */
	const char *options[OPTIONS_MAX]; /* each names the file; the first one found counts */
	const char *prefix_option; /* names the directory that relative files are under */
	const char *prefix_marker; /* what stands before that directory in the program */
	const char *file_marker; /* the same of the default file */
	const char *prefixes[PLACES_MAX]; /* such directories when the program does not say */
	const char *defaults[PLACES_MAX]; /* without an option; relative ones: to the prefix */
	const char *backend_options[PLACES_MAX]; /* each names the only backend, without a file */
};

static const struct place_rule rules[] = {
	{
		.kind = BALANCER_NGINX,
		.options = { "-c" },
		.prefix_option = "-p",
		.prefix_marker = " --prefix=",
		.file_marker = " --conf-path=",
		.prefixes = { "/etc/nginx", "/usr/share/nginx", "/usr/local/nginx",
			      "/usr/local/openresty/nginx", "/etc/angie" },
		.defaults = { "conf/nginx.conf", "/etc/nginx/nginx.conf",
			      "/usr/local/nginx/conf/nginx.conf",
			      "/usr/local/openresty/nginx/conf/nginx.conf",
			      "/etc/angie/angie.conf" },
	},
	{
		.kind = BALANCER_HAPROXY,
		.options = { "-f", "--" },
		.many = true,
		.prefix_option = "-C",
	},
	{
		.kind = BALANCER_ENVOY,
		.options = { "-c", "--config-path" },
	},
	{
		.kind = BALANCER_CADDY,
		.options = { "--config", "-c" },
		.defaults = { "Caddyfile", "/etc/caddy/Caddyfile" },
		.backend_options = { "--to", "-t" },
	},
	{
		.kind = BALANCER_APACHE,
		.options = { "-f" },
		.prefix_option = "-d",
		.prefix_marker = " -D HTTPD_ROOT=\"",
		.file_marker = " -D SERVER_CONFIG_FILE=\"",
		.prefixes = { "/etc/apache2", "/etc/httpd", "/usr/local/apache2" },
		.defaults = { "/etc/apache2/apache2.conf", "/etc/httpd/conf/httpd.conf",
			      "/usr/local/apache2/conf/httpd.conf" },
	},
	{
		.kind = BALANCER_VARNISH,
		.options = { "-f" },
		.prefixes = { "/etc/varnish" },
		.backend_options = { "-b" },
	},
	{
		.kind = BALANCER_TRAEFIK,
		.options = { "--configFile", "--configfile" },
		.defaults = { "/etc/traefik/traefik.yml", "/etc/traefik/traefik.yaml",
			      "/etc/traefik/traefik.toml" },
	},
	{
		.kind = BALANCER_LIGHTTPD,
		.options = { "-f" },
	},
	{
		.kind = BALANCER_SQUID,
		.options = { "-f" },
		.defaults = { "/etc/squid/squid.conf" },
	},
};

struct search {
	int proc;
	uint32_t tgid; /* whose command line it is */
	const struct place_rule *rule;
	char words[PLACE_CMDLINE_BYTES + 1];
	size_t length;
	char cwd[EVENT_PATH_BYTES];
	char started[EVENT_PATH_BYTES]; /* the directory it was started in */
	char prefix[EVENT_PATH_BYTES]; /* given by its option; empty: not given */
	char built_prefix[EVENT_PATH_BYTES]; /* empty: not known; likewise the next */
	char built_file[EVENT_PATH_BYTES];
	const char *names[CONFIG_PLACE_FILES]; /* as given, in `words` */
	size_t name_count;
};

/* 0 or -ENAMETOOLONG. */
static int join(const char *directory, const char *name, char path[EVENT_PATH_BYTES])
{
	size_t length = strlen(directory);
	int written;

	while (length && directory[length - 1] == '/')
		length--;
	while (name[0] == '.' && name[1] == '/')
		name += 2;
	written = snprintf(path, EVENT_PATH_BYTES, "%.*s/%s", (int)length, directory, name);
	return written < EVENT_PATH_BYTES ? 0 : -ENAMETOOLONG;
}

/* Whether `name` exists under `directory`; its path then stands in `path`. */
static bool look_in(int root, const char *directory, const char *name, char *path)
{
	return directory[0] == '/' && !join(directory, name, path) && root_has(root, path);
}

static bool find_relative(const struct search *search, int root, const char *name, char *path)
{
	int i;

	if (search->prefix[0])
		return look_in(root, search->prefix, name, path);
	if (look_in(root, search->built_prefix, name, path))
		return true;
	for (i = 0; i < PLACES_MAX && search->rule->prefixes[i]; i++)
		if (look_in(root, search->rule->prefixes[i], name, path))
			return true;
	return look_in(root, search->cwd, name, path) || look_in(root, search->started, name, path);
}

static bool find_file(const struct search *search, int root, const char *name, char *path)
{
	return name[0] == '/' ? look_in(root, "/", name + 1, path)
			      : find_relative(search, root, name, path);
}

static bool find_default(const struct search *search, int root, char *path)
{
	int i;

	if (search->built_file[0] && find_file(search, root, search->built_file, path))
		return true;
	for (i = 0; i < PLACES_MAX && search->rule->defaults[i]; i++)
		if (find_file(search, root, search->rule->defaults[i], path))
			return true;
	return false;
}

/* Whether the first file is below `root`; then all of them stand in *place. */
static bool look_below(const struct search *search, int root, struct place *place)
{
	size_t i;

	place->file_count = 0;
	if (!search->name_count) {
		place->file_count = find_default(search, root, place->files[0]);
		return place->file_count;
	}
	for (i = 0; i < search->name_count; i++) {
		char *path = place->files[place->file_count];

		if (find_file(search, root, search->names[i], path))
			place->file_count++;
		else if (!i)
			return false;
		else if (search->names[i][0] == '/' && strlen(search->names[i]) < EVENT_PATH_BYTES)
			strcpy(place->files[place->file_count++], search->names[i]);
	}
	return true;
}

/* Nothing is where it should be: what is named by a whole path is still known. */
static void name_unfound(const struct search *search, struct place *place)
{
	size_t i;

	memset(place->files, 0, sizeof(place->files));
	place->file_count = 0;
	place->is_missing = search->name_count;
	for (i = 0; i < search->name_count; i++)
		if (search->names[i][0] == '/' && strlen(search->names[i]) < EVENT_PATH_BYTES)
			strcpy(place->files[place->file_count++], search->names[i]);
}

static void find_root(const struct search *search, struct place *place)
{
	int root = place->root, i;

	for (i = 0; i < ROOTS_MAX && root >= 0; i++) {
		int above;

		if (look_below(search, root, place)) {
			if (root != place->root)
				close(place->root);
			place->root = root;
			return;
		}
		above = root_above(root);
		if (root != place->root)
			close(root);
		root = above;
	}
	if (root >= 0)
		close(root);
	name_unfound(search, place);
}

static const struct place_rule *find_rule(enum balancer_kind kind)
{
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].kind == kind)
			return &rules[i];
	return NULL;
}

/* The kernel gives both links as seen from the root of the mount namespace. */
static void read_cwd(struct search *search)
{
	char root[EVENT_PATH_BYTES];
	long length;

	if (process_read_link(search->proc, search->tgid, "cwd", search->cwd, sizeof(search->cwd)) <
	    0)
		search->cwd[0] = '\0';
	length = process_read_link(search->proc, search->tgid, "root", root, sizeof(root));
	if (length <= 1 || strncmp(search->cwd, root, (size_t)length))
		return;
	if (search->cwd[length] == '/')
		memmove(search->cwd, search->cwd + length, strlen(search->cwd + length) + 1);
	else if (!search->cwd[length])
		strcpy(search->cwd, "/");
}

/* $PWD as of its start: chroot() goes with chdir("/"), after which the directory is lost. */
static void read_started(struct search *search)
{
	char text[ENVIRON_BYTES + 1];
	long got = process_read_file(search->proc, search->tgid, "environ", text, ENVIRON_BYTES);
	const char *word = text;

	if (got <= 0)
		return;
	text[got] = '\0';
	while (word < text + got) {
		size_t length = strlen(word);

		if (!strncmp(word, "PWD=/", 5) && length - 4 < sizeof(search->started)) {
			strcpy(search->started, word + 4);
			return;
		}
		word += length + 1;
	}
}

/* A worker's own command line says nothing: its parent's does. */
static long read_cmdline(struct search *search)
{
	static const char worker[] = ": worker process";
	struct process_stat stat;
	int tries;

	for (tries = 0; tries < 2; tries++) {
		long got = process_read_file(search->proc, search->tgid, "cmdline", search->words,
					     PLACE_CMDLINE_BYTES);

		if (got <= 0)
			return got;
		search->words[got] = '\0';
		if (!strstr(search->words, worker))
			return got;
		if (process_read_stat(search->proc, search->tgid, &stat) || !stat.parent)
			return got;
		search->tgid = stat.parent;
	}
	return 0;
}

static void take_name(struct search *search, const char *name, struct place *place)
{
	if (search->name_count == CONFIG_PLACE_FILES)
		place->has_more = true;
	else
		search->names[search->name_count++] = name;
}

static void take_names(struct search *search, struct place *place)
{
	const struct place_rule *rule = search->rule;
	const char *name;
	int i;

	for (i = 0; i < OPTIONS_MAX && rule->options[i]; i++) {
		size_t at = 0;

		while ((name = cmdline_option(search->words, search->length, rule->options[i],
					      &at))) {
			take_name(search, name, place);
			if (!rule->many)
				return;
		}
	}
}

/* HAProxy: what follows "--" are files, too. The first one was taken with the option. */
static void take_rest(struct search *search, struct place *place)
{
	size_t at = 0;

	if (!search->rule->many || !cmdline_option(search->words, search->length, "--", &at))
		return;
	while (at < search->length) {
		const char *name = search->words + at;

		at += strlen(name) + 1;
		if (*name)
			take_name(search, name, place);
	}
}

static void take_prefix(struct search *search, struct place *place)
{
	const struct place_rule *rule = search->rule;
	const char *value = NULL;
	size_t at = 0;

	if (rule->prefix_option)
		value = cmdline_option(search->words, search->length, rule->prefix_option, &at);
	if (value && value[0] == '/' && strlen(value) < sizeof(search->prefix))
		strcpy(search->prefix, value);
	else if (value && value[0] != '/' && join(search->cwd, value, search->prefix))
		search->prefix[0] = '\0';
	if (rule->prefix_marker && built_in_value(search->proc, search->tgid, rule->prefix_marker,
						  search->built_prefix, EVENT_PATH_BYTES))
		search->built_prefix[0] = '\0';
	if (rule->file_marker && built_in_value(search->proc, search->tgid, rule->file_marker,
						search->built_file, EVENT_PATH_BYTES))
		search->built_file[0] = '\0';
	if (rule->kind == BALANCER_HAPROXY)
		strcpy(place->directory, search->prefix[0] ? search->prefix : search->cwd);
	else
		strcpy(place->directory, search->cwd);
	if (rule->prefix_marker)
		strcpy(place->prefix, search->prefix[0] ? search->prefix : search->built_prefix);
}

static void take_backend(struct search *search, struct place *place)
{
	const char *const *options = search->rule->backend_options;
	const char *value = NULL;
	int i;

	for (i = 0; i < PLACES_MAX && options[i] && !value; i++) {
		size_t at = 0;

		value = cmdline_option(search->words, search->length, options[i], &at);
	}
	if (value && strlen(value) < sizeof(place->backend))
		strcpy(place->backend, value);
}

void place_find(int proc, uint32_t tgid, enum balancer_kind kind, struct place *place)
{
	struct search search = { .proc = proc, .tgid = tgid, .rule = find_rule(kind) };
	long got;

	memset(place, 0, sizeof(*place));
	place->root = root_of_process(proc, tgid);
	if (!search.rule)
		return;
	got = read_cmdline(&search);
	if (got <= 0) {
		place->err = (int)got;
		return;
	}
	search.length = cmdline_words(search.words, (size_t)got);
	read_cwd(&search);
	read_started(&search);
	take_prefix(&search, place);
	take_names(&search, place);
	take_rest(&search, place);
	if (!search.name_count)
		take_backend(&search, place);
	if (!place->backend[0])
		find_root(&search, place);
}

void place_clear(struct place *place)
{
	if (place->root >= 0)
		close(place->root);
	place->root = -ENOENT;
}

struct config_place place_for_config(const struct place *place)
{
	struct config_place config = {
		.file_count = place->file_count,
		.directory = place->directory[0] ? place->directory : NULL,
		.prefix = place->prefix[0] ? place->prefix : NULL,
	};
	size_t i;

	for (i = 0; i < place->file_count; i++)
		config.files[i] = place->files[i];
	return config;
}
