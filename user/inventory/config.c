// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "user/inventory/config.h"
#include "user/inventory/process.h"

#define OPTIONS_MAX 4
#define PLACES_MAX 6

struct config_rule {
	enum balancer_kind kind;
	const char *options[OPTIONS_MAX]; /* each names the file; the first one found counts */
	const char *prefix_option; /* names the directory that relative files are under */
	const char *prefixes[PLACES_MAX]; /* such directories when built in */
	const char *
		defaults[PLACES_MAX]; /* without an option; relative ones: with prefix_option only */
};

static const struct config_rule rules[] = {
	{
		.kind = BALANCER_NGINX,
		.options = { "-c" },
		.prefix_option = "-p",
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
		.prefix_option = "-C",
	},
	{
		.kind = BALANCER_ENVOY,
		.options = { "-c", "--config-path" },
	},
	{
		.kind = BALANCER_CADDY,
		.options = { "--config", "-c" },
		.defaults = { "/etc/caddy/Caddyfile" },
	},
	{
		.kind = BALANCER_APACHE,
		.options = { "-f" },
		.prefix_option = "-d",
		.prefixes = { "/etc/apache2", "/etc/httpd", "/usr/local/apache2" },
		.defaults = { "/etc/apache2/apache2.conf", "/etc/httpd/conf/httpd.conf",
			      "/usr/local/apache2/conf/httpd.conf" },
	},
	{
		.kind = BALANCER_VARNISH,
		.options = { "-f" },
		.prefixes = { "/etc/varnish" },
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

size_t config_words(char *cmdline, size_t length)
{
	static const char title[] = ": master process ";
	char *start;
	size_t i;

	cmdline[length] = '\0';
	start = strstr(cmdline, title);
	if (!start)
		return length;
	start += sizeof(title) - 1;
	length = strlen(start);
	memmove(cmdline, start, length + 1);
	if (length && cmdline[length - 1] == ']')
		cmdline[--length] = '\0';
	for (i = 0; i < length; i++)
		if (cmdline[i] == ' ')
			cmdline[i] = '\0';
	return length;
}

/* The value within the word of the option itself, or NULL. */
static const char *attached_value(const char *word, const char *option)
{
	size_t length = strlen(option);
	bool is_long = option[1] == '-' && option[2];

	if (strncmp(word, option, length))
		return NULL;
	if (is_long)
		return word[length] == '=' ? word + length + 1 : NULL;
	return word[length] == '/' ? word + length : NULL;
}

int config_option(const char *words, size_t length, const char *option, char *value, size_t bytes)
{
	size_t at = 0;

	while (at < length) {
		const char *word = words + at;
		const char *found = attached_value(word, option);

		at += strlen(word) + 1;
		if (!found && at < length && !strcmp(word, option))
			found = words + at;
		if (!found || !*found)
			continue;
		if (strlen(found) >= bytes)
			return -ENAMETOOLONG;
		strcpy(value, found);
		return 0;
	}
	return -ENOENT;
}

struct place {
	int proc;
	uint32_t tgid;
	const struct config_rule *rule;
	char cwd[EVENT_PATH_BYTES];
	char prefix[EVENT_PATH_BYTES]; /* given by its option; empty: not given */
};

/* Links inside the root are not followed: an absolute one would lead into this process's root. */
static bool exists(const struct place *place, const char *path)
{
	char full[PATH_MAX];
	struct stat status;
	int length;

	length = snprintf(full, sizeof(full), "%u/root/%s", place->tgid, path + 1);
	return length > 0 && (size_t)length < sizeof(full) &&
	       !fstatat(place->proc, full, &status, AT_SYMLINK_NOFOLLOW);
}

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
static bool look_in(const struct place *place, const char *directory, const char *name, char *path)
{
	return directory[0] == '/' && !join(directory, name, path) && exists(place, path);
}

static bool find_relative(const struct place *place, const char *name, char *path)
{
	int i;

	if (place->prefix[0])
		return look_in(place, place->prefix, name, path);
	for (i = 0; i < PLACES_MAX && place->rule->prefixes[i]; i++)
		if (look_in(place, place->rule->prefixes[i], name, path))
			return true;
	return look_in(place, place->cwd, name, path);
}

static bool find_default(const struct place *place, char *path)
{
	int i;

	for (i = 0; i < PLACES_MAX && place->rule->defaults[i]; i++) {
		const char *name = place->rule->defaults[i];

		if (look_in(place, name[0] == '/' ? "/" : place->prefix, name + (name[0] == '/'),
			    path))
			return true;
	}
	return false;
}

static void read_prefix(struct place *place, const char *words, size_t length)
{
	char value[EVENT_PATH_BYTES];
	const char *option = place->rule->prefix_option;

	if (!option || config_option(words, length, option, value, sizeof(value)))
		return;
	if (value[0] == '/')
		strcpy(place->prefix, value);
	else if (join(place->cwd, value, place->prefix))
		place->prefix[0] = '\0';
}

static const struct config_rule *find_rule(enum balancer_kind kind)
{
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].kind == kind)
			return &rules[i];
	return NULL;
}

void config_path(int proc, uint32_t tgid, enum balancer_kind kind, char path[EVENT_PATH_BYTES])
{
	struct place place = { .proc = proc, .tgid = tgid, .rule = find_rule(kind) };
	char words[CONFIG_CMDLINE_BYTES + 1], value[EVENT_PATH_BYTES];
	int i, err = -ENOENT;
	size_t length;
	long got;

	path[0] = '\0';
	if (!place.rule)
		return;
	got = process_read_file(proc, tgid, "cmdline", words, CONFIG_CMDLINE_BYTES);
	if (got <= 0)
		return;
	length = config_words(words, (size_t)got);
	if (process_read_link(proc, tgid, "cwd", place.cwd, sizeof(place.cwd)) < 0)
		place.cwd[0] = '\0';
	read_prefix(&place, words, length);

	for (i = 0; i < OPTIONS_MAX && place.rule->options[i] && err == -ENOENT; i++)
		err = config_option(words, length, place.rule->options[i], value, sizeof(value));
	if (!err && value[0] == '/')
		strcpy(path, value);
	else if (err == -ENAMETOOLONG || (!err && !find_relative(&place, value, path)) ||
		 (err == -ENOENT && !find_default(&place, path)))
		path[0] = '\0';
}
