/* SPDX-License-Identifier: GPL-2.0-only */
/* Apache httpd's configuration, between the parts of its parser only. */
#ifndef LBTRACE_USER_CONFIG_APACHE_H
#define LBTRACE_USER_CONFIG_APACHE_H

#include <limits.h>

#include "user/config/config.h"
#include "user/config/known.h"

#define APACHE_LINE_BYTES 16384 /* a longer one is skipped */
#define APACHE_WORDS_MOST 64
#define APACHE_SECTIONS_MOST 32 /* within each other */
#define APACHE_DEFINES_MOST 256
#define APACHE_HOSTS_MOST 8192
#define APACHE_TEMPLATES_MOST 64
#define APACHE_WORKERS_MOST 256

/* Of a virtual host, or of the server itself: 0 is not told. */
struct apache_host {
	size_t first, last; /* its backends */
	uint32_t proxy_timeout_ms;
	uint32_t timeout_ms;
};

struct apache_section {
	char name[24];
	bool skipped; /* and all that is in it */
	char proxy[EVENT_HOST_BYTES]; /* URL of the <Proxy> around; empty: none */
	size_t first; /* backend of that <Proxy> */
	uint32_t host; /* index of the virtual host around; 0 the server itself */
};

/* A name, and what it stands for: of Define, of LoadModule. */
struct apache_define {
	char name[EVENT_NAME_BYTES];
	char *value;
	bool is_module;
};

/* ProxyHCTemplate: settings by name. */
struct apache_template {
	char name[EVENT_NAME_BYTES];
	struct event_backend pattern;
};

struct apache_line {
	const char *file;
	uint32_t line;
	const char *text; /* trimmed, with what is defined put in */
	const char *words[APACHE_WORDS_MOST]; /* but the directive's name */
	size_t count;
	char room[APACHE_LINE_BYTES];
};

struct apache {
	struct config_files *files;
	struct config *config;
	struct known known;
	char root[PATH_MAX];
	size_t depth; /* of files */
	struct apache_section sections[APACHE_SECTIONS_MOST];
	size_t section_count; /* at least 1: the server itself */
	size_t sections_beyond; /* open ones that there was no room for */
	struct apache_define defines[APACHE_DEFINES_MOST];
	size_t define_count;
	struct apache_host hosts[APACHE_HOSTS_MOST];
	size_t host_count;
	struct apache_template templates[APACHE_TEMPLATES_MOST];
	size_t template_count;
	/* what <Proxy URL> sets for a worker, wherever it is used */
	struct event_backend workers[APACHE_WORKERS_MOST];
	size_t worker_count;
};

/* Of apache_proxy.c: takes a directive that has to do with backends; whether it was one. *err: 0 or
 * -ENOMEM. */
bool apache_take_proxy(struct apache *apache, const char *name, const struct apache_line *line,
		       int *err);
/* When all is read: what is set elsewhere than where a backend is named. */
void apache_finish(struct apache *apache);

int apache_note(struct apache *apache, enum config_note kind, const struct apache_line *line);

#endif
