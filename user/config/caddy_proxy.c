// SPDX-License-Identifier: GPL-2.0-only
/* reverse_proxy of a Caddyfile, and the directives that are short for one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/caddy.h"
#include "user/config/duration.h"

#define WEIGHTS_MOST 64

struct proxy {
	struct event_backend pattern;
	const char *site;
	size_t first; /* backend of the site */
	char check_method[16];
	char check_path[EVENT_TEXT_BYTES];
	bool check_elsewhere;
	uint32_t weights[WEIGHTS_MOST];
	size_t weight_count;
	size_t upstreams; /* so far, for their weights */
};

bool caddy_is_proxy(const struct caddy_line *line)
{
	static const char *const names[] = { "reverse_proxy", "forward_auth", "php_fastcgi" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (line->count && !strcmp(line->words[0], names[i]))
			return true;
	return false;
}

static uint32_t number(const char *text, uint32_t most)
{
	unsigned long value;
	char *rest;

	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoul(text, &rest, 10);
	return errno || *rest || value > most ? 0 : (uint32_t)value;
}

static uint32_t milliseconds(const char *text)
{
	return duration_ms(text, 0);
}

static int take_transport(struct caddy *caddy, const struct caddy_line *line, void *context)
{
	struct event_backend *pattern = &((struct proxy *)context)->pattern;
	const char *name = line->count ? line->words[0] : "";
	const char *value = line->count > 1 ? line->words[1] : "";

	(void)caddy;
	if (!strcmp(name, "tls") || !strncmp(name, "tls_", 4)) {
		pattern->header.flags |= BACKEND_TLS;
	} else if (!strcmp(name, "dial_timeout")) {
		pattern->connect_timeout_ms = milliseconds(value);
	} else if (!strcmp(name, "response_header_timeout") || !strcmp(name, "read_timeout")) {
		pattern->response_timeout_ms = milliseconds(value);
	} else if (!strcmp(name, "keepalive")) {
		pattern->keepalive_idle_ms = milliseconds(value);
	} else if (!strcmp(name, "max_conns_per_host")) {
		pattern->connections_max = number(value, UINT32_MAX);
	} else if (!strcmp(name, "proxy_protocol")) {
		pattern->header.flags |= BACKEND_SEND_PROXY;
	} else if (!strcmp(name, "versions")) {
		bool has_1 = false;

		for (size_t i = 1; i < line->count; i++)
			has_1 |= line->words[i][0] == '1';
		if (line->count > 1 && !has_1)
			pattern->header.flags |= BACKEND_HTTP2;
	}
	return 0;
}

static void take_weights(struct proxy *proxy, const struct caddy_line *line)
{
	for (size_t i = 2; i < line->count && proxy->weight_count < WEIGHTS_MOST; i++)
		proxy->weights[proxy->weight_count++] = number(line->words[i], UINT16_MAX);
}

static void take_check(struct proxy *proxy, const char *name, const char *value)
{
	struct event_backend *pattern = &proxy->pattern;

	if (!strcmp(name, "uri") || !strcmp(name, "path")) {
		pattern->header.flags |= BACKEND_CHECKED;
		config_set_text(proxy->check_path, sizeof(proxy->check_path), value);
	} else if (!strcmp(name, "port")) {
		pattern->header.flags |= BACKEND_CHECKED;
		pattern->check_port = (uint16_t)number(value, UINT16_MAX);
	} else if (!strcmp(name, "method")) {
		config_set_text(proxy->check_method, sizeof(proxy->check_method), value);
	} else if (!strcmp(name, "interval")) {
		pattern->check_interval_ms = milliseconds(value);
	} else if (!strcmp(name, "upstream")) {
		proxy->check_elsewhere = true;
	}
}

/* What holds for all upstreams. */
static int take_setting(struct caddy *caddy, const struct caddy_line *line, void *context)
{
	struct proxy *proxy = context;
	const char *name = line->count ? line->words[0] : "";
	const char *value = line->count > 1 ? line->words[1] : "";

	if (!strcmp(name, "transport")) {
		if (!strcmp(value, "fastcgi"))
			proxy->pattern.protocol = BACKEND_FASTCGI;
		return caddy_each_inner(caddy, line, take_transport, proxy);
	}
	if (!strncmp(name, "health_", strlen("health_")))
		take_check(proxy, name + strlen("health_"), value);
	else if (!strcmp(name, "lb_policy") && !strcmp(value, "weighted_round_robin"))
		take_weights(proxy, line);
	else if (proxy->pattern.protocol == BACKEND_FASTCGI && strcmp(name, "tls"))
		return take_transport(caddy, line, proxy);
	return 0;
}

static void finish_pattern(struct proxy *proxy)
{
	char target[sizeof(proxy->check_method) + sizeof(proxy->check_path) + 1];
	struct event_backend *pattern = &proxy->pattern;

	if (!pattern->connect_timeout_ms)
		pattern->connect_timeout_ms = CADDY_DIAL_TIMEOUT_MS;
	if (!(pattern->header.flags & BACKEND_CHECKED)) {
		pattern->check_interval_ms = 0;
		return;
	}
	pattern->check = CHECK_HTTP;
	snprintf(target, sizeof(target), "%s %s",
		 proxy->check_method[0] ? proxy->check_method : "GET",
		 proxy->check_path[0] ? proxy->check_path : "/");
	config_set_text(pattern->check_target, sizeof(pattern->check_target), target);
	if (!pattern->check_interval_ms)
		pattern->check_interval_ms = CADDY_CHECK_INTERVAL_MS;
	if (proxy->check_elsewhere)
		pattern->header.flags |= BACKEND_CHECK_ELSEWHERE;
}

/* Where `word` was written: in the import's line, when it is an argument of one. */
static void set_place(struct event_backend *backend, const struct caddy_line *line, size_t word)
{
	while (line->import && line->given[word]) {
		const struct caddy_line *import = line->import;
		size_t given = 0;

		for (size_t i = 1; i < import->count; i++)
			if (strstr(line->words[word], import->words[i]))
				given = i;
		if (!given)
			break;
		line = import;
		word = given;
	}
	backend->line = line->line;
	config_set_text(backend->file, sizeof(backend->file), line->text->path);
	caddy_line_text(line, backend->directive, sizeof(backend->directive));
}

static int add_upstreams(struct caddy *caddy, struct proxy *proxy, const struct caddy_line *line,
			 size_t from)
{
	int err = 0;

	for (size_t i = from; !err && i < line->count; i++) {
		struct event_backend *pattern = &proxy->pattern;

		set_place(pattern, line, i);
		pattern->weight = proxy->upstreams < proxy->weight_count
					  ? proxy->weights[proxy->upstreams]
					  : 0;
		proxy->upstreams++;
		err = caddy_add_upstream(caddy, pattern, proxy->first, line->words[i]);
		if (err == -EINVAL)
			err = caddy_note(caddy, CONFIG_SKIPPED, line);
	}
	return err;
}

struct dynamic {
	const char *source;
	char name[EVENT_HOST_BYTES];
	char service[EVENT_NAME_BYTES];
	char protocol[EVENT_NAME_BYTES];
	uint16_t port;
};

static int take_dynamic_setting(struct caddy *caddy, const struct caddy_line *line, void *context)
{
	struct dynamic *dynamic = context;

	(void)caddy;
	if (line->count < 2)
		return 0;
	if (!strcmp(line->words[0], "name"))
		config_set_text(dynamic->name, sizeof(dynamic->name), line->words[1]);
	else if (!strcmp(line->words[0], "port"))
		dynamic->port = (uint16_t)number(line->words[1], UINT16_MAX);
	else if (!strcmp(line->words[0], "service"))
		config_set_text(dynamic->service, sizeof(dynamic->service), line->words[1]);
	else if (!strcmp(line->words[0], "proto"))
		config_set_text(dynamic->protocol, sizeof(dynamic->protocol), line->words[1]);
	return 0;
}

/* "dynamic a NAME PORT", "dynamic srv NAME", and both with a block. */
static int add_dynamic(struct caddy *caddy, struct proxy *proxy, const struct caddy_line *line)
{
	struct dynamic dynamic = { .source = line->count > 1 ? line->words[1] : "" };
	char name[EVENT_HOST_BYTES * 2];
	int err;

	if (line->count > 2)
		config_set_text(dynamic.name, sizeof(dynamic.name), line->words[2]);
	if (line->count > 3)
		dynamic.port = (uint16_t)number(line->words[3], UINT16_MAX);
	err = caddy_each_inner(caddy, line, take_dynamic_setting, &dynamic);
	if (err)
		return err;
	set_place(&proxy->pattern, line, 0);
	if (!strcmp(dynamic.source, "a") && dynamic.name[0])
		return caddy_add_dynamic(caddy, &proxy->pattern, proxy->first, dynamic.name,
					 dynamic.port ? dynamic.port : 80);
	if (dynamic.service[0])
		snprintf(name, sizeof(name), "_%s._%s.%s", dynamic.service,
			 dynamic.protocol[0] ? dynamic.protocol : "tcp", dynamic.name);
	else
		snprintf(name, sizeof(name), "%s", dynamic.name[0] ? dynamic.name : dynamic.source);
	if (!name[0])
		return caddy_note(caddy, CONFIG_SKIPPED, line);
	return caddy_add_dynamic(caddy, &proxy->pattern, proxy->first, name, 0);
}

/* What adds upstreams, and handlers within. */
static int take_upstreams(struct caddy *caddy, const struct caddy_line *line, void *context)
{
	struct proxy *proxy = context;
	const char *name = line->count ? line->words[0] : "";

	if (!strcmp(name, "to"))
		return add_upstreams(caddy, proxy, line, 1);
	if (!strcmp(name, "dynamic"))
		return add_dynamic(caddy, proxy, line);
	if (!strcmp(name, "handle_response")) {
		struct caddy_site site = { proxy->site, proxy->first };

		return caddy_each_inner(caddy, line, caddy_take_handler, &site);
	}
	return 0;
}

static bool is_matcher(const char *word)
{
	return word[0] == '/' || word[0] == '@' || !strcmp(word, "*");
}

int caddy_take_proxy(struct caddy *caddy, const struct caddy_line *line, const char *site,
		     size_t first)
{
	struct proxy *proxy = calloc(1, sizeof(*proxy));
	size_t from = line->count > 1 && is_matcher(line->words[1]) ? 2 : 1;
	int err;

	if (!proxy)
		return -ENOMEM;
	proxy->site = site;
	proxy->first = first;
	proxy->pattern.keepalive_idle_ms = CADDY_IDLE_MS;
	config_set_text(proxy->pattern.pool, sizeof(proxy->pattern.pool), site);
	if (!strcmp(line->words[0], "php_fastcgi"))
		proxy->pattern.protocol = BACKEND_FASTCGI;
	err = caddy_each_inner(caddy, line, take_setting, proxy);
	if (proxy->pattern.protocol == BACKEND_FASTCGI)
		proxy->pattern.keepalive_idle_ms = 0;
	finish_pattern(proxy);
	if (!err)
		err = add_upstreams(caddy, proxy, line, from);
	if (!err)
		err = caddy_each_inner(caddy, line, take_upstreams, proxy);
	free(proxy);
	return err;
}

int caddy_take_handler(struct caddy *caddy, const struct caddy_line *line, void *context)
{
	struct caddy_site *site = context;

	/* a named matcher has no handlers in it */
	if (line->count && line->words[0][0] == '@')
		return 0;
	if (caddy_is_proxy(line))
		return caddy_take_proxy(caddy, line, site->name, site->first);
	return caddy_each_inner(caddy, line, caddy_take_handler, site);
}
