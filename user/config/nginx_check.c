// SPDX-License-Identifier: GPL-2.0-only
/* Active health checks, as nginx Plus, Angie and Tengine configure them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/nginx.h"

#define PLUS_INTERVAL_MS 5000 /* health_check's and upstream_probe's default */
#define TENGINE_INTERVAL_MS 30000 /* check's */

/* Behind "KEY=" of a statement's word; NULL: it has no such word. */
static const char *parameter(const struct nginx_statement *statement, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 1; i < statement->count; i++) {
		if (!strncmp(statement->words[i], key, length) &&
		    statement->words[i][length] == '=')
			return statement->words[i] + length + 1;
	}
	return NULL;
}

static uint16_t parse_port(const char *text)
{
	unsigned long port = text ? strtoul(text, NULL, 10) : 0;

	return port > UINT16_MAX ? 0 : (uint16_t)port;
}

static uint32_t parse_interval(const char *text, uint32_t unit_ms, uint32_t default_ms)
{
	uint32_t ms;

	return text && !config_parse_time(text, unit_ms, &ms) ? ms : default_ms;
}

/* health_check of nginx Plus, upstream_probe of Angie: both in the block that passes. */
static int add_to_scope(struct nginx *nginx, const struct nginx_place *place)
{
	const struct nginx_statement *statement = &nginx->statement;
	struct nginx_scope *scope = &nginx->scopes[place->scope];
	const char *uri = parameter(statement, "uri");
	const char *method = parameter(statement, "method");
	const char *type = parameter(statement, "type");
	char target[NGINX_URL_BYTES];

	/* Probes have names, so there may be several; the first one is told. */
	if (scope->check)
		return 0;
	scope->check = calloc(1, sizeof(*scope->check));
	if (!scope->check)
		return -ENOMEM;
	scope->check->kind = scope->stream ? CHECK_TCP : CHECK_HTTP;
	if (type)
		scope->check->kind = CHECK_OTHER;
	scope->check->port = parse_port(parameter(statement, "port"));
	scope->check->interval_ms =
		parse_interval(parameter(statement, "interval"), 1000, PLUS_INTERVAL_MS);
	if (scope->check->kind == CHECK_HTTP) {
		snprintf(target, sizeof(target), "%s %s", method ? method : "GET", uri ? uri : "/");
		config_set_text(scope->check->target, sizeof(scope->check->target), target);
	}
	return 0;
}

static void set_tengine(const struct nginx_statement *statement, struct nginx_check *check)
{
	const char *type = parameter(statement, "type");

	check->kind = CHECK_OTHER;
	if (!type || !strcmp(type, "tcp"))
		check->kind = CHECK_TCP;
	else if (!strcmp(type, "http"))
		check->kind = CHECK_HTTP;
	else if (!strcmp(type, "ssl_hello"))
		check->kind = CHECK_TLS;
	check->port = parse_port(parameter(statement, "port"));
	check->interval_ms =
		parse_interval(parameter(statement, "interval"), 1, TENGINE_INTERVAL_MS);
}

/* Of "GET /health HTTP/1.0\r\n\r\n" the method and the target. */
static void set_tengine_request(const char *request, struct nginx_check *check)
{
	char target[EVENT_TEXT_BYTES];
	size_t method = strcspn(request, " \r\n");
	size_t length = method;

	if (request[length] == ' ')
		length += 1 + strcspn(request + length + 1, " \r\n");
	snprintf(target, sizeof(target), "%.*s", (int)(length < sizeof(target) ? length : 0),
		 request);
	config_set_text(check->target, sizeof(check->target), target);
}

int nginx_check_statement(struct nginx *nginx, const struct nginx_place *place, bool *taken)
{
	const struct nginx_statement *statement = &nginx->statement;
	const char *name = statement->words[0];

	*taken = true;
	if (place->upstream && !strcmp(name, "check")) {
		set_tengine(statement, &place->upstream->check);
		return 0;
	}
	if (place->upstream && !strcmp(name, "check_http_send") && statement->count == 2) {
		set_tengine_request(statement->words[1], &place->upstream->check);
		return 0;
	}
	if (!place->upstream && (!strcmp(name, "health_check") || !strcmp(name, "upstream_probe")))
		return add_to_scope(nginx, place);
	*taken = false;
	return 0;
}

void nginx_check_apply(const struct nginx_check *check, struct event_backend *backend)
{
	if (check->kind == CHECK_NONE)
		return;
	backend->header.flags |= BACKEND_CHECKED;
	backend->check = check->kind;
	backend->check_interval_ms = check->interval_ms;
	if (check->port && check->port != backend->address.port) {
		backend->header.flags |= BACKEND_CHECK_ELSEWHERE;
		backend->check_port = check->port;
	}
	if (check->kind == CHECK_HTTP)
		memcpy(backend->check_target, check->target, sizeof(backend->check_target));
}
