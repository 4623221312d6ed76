// SPDX-License-Identifier: GPL-2.0-only
/* The blocks that settings are inherited through. A setting holds in its whole block, in front of it
 * as behind it, so nothing is looked up before all is read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/nginx.h"

#define CONNECT_MS 60000 /* the defaults: of ngx_http_proxy_module and its kin */
#define READ_MS 60000
#define STREAM_TIMEOUT_MS 600000 /* of ngx_stream_proxy_module */

static const char *const prefixes[NGINX_FAMILIES] = {
	[NGINX_PROXY] = "proxy_", [NGINX_GRPC] = "grpc_", [NGINX_FASTCGI] = "fastcgi_",
	[NGINX_UWSGI] = "uwsgi_", [NGINX_SCGI] = "scgi_", [NGINX_MEMCACHED] = "memcached_",
};

/* Room for one more: doubles the array. NULL: none. */
static void *grow(void *array, uint32_t count, uint32_t *room, size_t bytes)
{
	uint32_t larger = *room ? *room * 2 : 16;

	if (count < *room)
		return array;
	array = reallocarray(array, larger, bytes);
	if (array)
		*room = larger;
	return array;
}

int nginx_scope_add(struct nginx *nginx, const struct nginx_place *place, enum nginx_block block,
		    uint32_t *scope)
{
	struct nginx_scope *scopes, *parent;

	if (nginx->scope_count == NGINX_SCOPES_MOST)
		return -EDQUOT;
	scopes = grow(nginx->scopes, nginx->scope_count, &nginx->scope_room, sizeof(*scopes));
	if (!scopes)
		return -ENOMEM;
	nginx->scopes = scopes;
	*scope = nginx->scope_count++;
	parent = &scopes[place->scope];
	scopes[*scope] = (struct nginx_scope){
		.parent = place->scope,
		.block = (uint16_t)block,
		.stream = block == NGINX_STREAM || (*scope && parent->stream),
	};
	return 0;
}

/* The scope's own settings, for one of them to be set. */
static struct nginx_settings *own_settings(struct nginx *nginx, uint32_t scope)
{
	struct nginx_scope *own = &nginx->scopes[scope];

	if (!own->has_settings) {
		struct nginx_settings *settings;

		settings = grow(nginx->settings, nginx->settings_count, &nginx->settings_room,
				sizeof(*settings));
		if (!settings)
			return NULL;
		nginx->settings = settings;
		own->settings = nginx->settings_count++;
		own->has_settings = true;
		/* NGINX_UNSET is all ones. */
		memset(&settings[own->settings], 0xff, sizeof(*settings));
	}
	return &nginx->settings[own->settings];
}

static uint32_t *find_time(struct nginx_settings *settings, bool stream, const char *name)
{
	if (stream && !strcmp(name, "proxy_timeout"))
		return &settings->read_ms[NGINX_PROXY];
	for (size_t i = 0; i < NGINX_FAMILIES; i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], length))
			continue;
		if (!strcmp(name + length, "connect_timeout"))
			return &settings->connect_ms[i];
		if (!stream && !strcmp(name + length, "read_timeout"))
			return &settings->read_ms[i];
	}
	return NULL;
}

/* "on" and "off", or a version's first number; others change nothing. */
static bool set_word(struct nginx_settings *settings, bool stream, const char *name,
		     const char *value)
{
	uint32_t *flag = NULL;

	if (!stream && !strcmp(name, "proxy_http_version")) {
		settings->http_major =
			*value >= '1' && *value <= '9' ? (uint32_t)(*value - '0') : NGINX_UNSET;
		return true;
	}
	if (stream && !strcmp(name, "proxy_ssl"))
		flag = &settings->tls;
	if (stream && !strcmp(name, "proxy_protocol"))
		flag = &settings->send_proxy;
	if (flag)
		*flag = !strcmp(value, "on");
	return flag;
}

int nginx_scope_setting(struct nginx *nginx, const struct nginx_place *place, bool *taken)
{
	const struct nginx_statement *statement = &nginx->statement;
	const char *name = statement->words[0];
	bool stream = nginx->scopes[place->scope].stream;
	struct nginx_settings probe, *settings;
	uint32_t *time;

	*taken = find_time(&probe, stream, name) || set_word(&probe, stream, name, "");
	if (!*taken)
		return 0;
	if (statement->count != 2)
		return nginx_note_statement(nginx, place);
	settings = own_settings(nginx, place->scope);
	if (!settings)
		return -ENOMEM;
	time = find_time(settings, stream, name);
	if (time && config_parse_time(statement->words[1], 1000, time))
		return nginx_note_statement(nginx, place);
	if (!time)
		set_word(settings, stream, name, statement->words[1]);
	return 0;
}

static void inherit(uint32_t *setting, uint32_t outer)
{
	if (*setting == NGINX_UNSET)
		*setting = outer;
}

static void inherit_all(struct nginx_settings *settings, const struct nginx_settings *outer)
{
	for (size_t i = 0; i < NGINX_FAMILIES; i++) {
		inherit(&settings->connect_ms[i], outer->connect_ms[i]);
		inherit(&settings->read_ms[i], outer->read_ms[i]);
	}
	inherit(&settings->http_major, outer->http_major);
	inherit(&settings->tls, outer->tls);
	inherit(&settings->send_proxy, outer->send_proxy);
}

void nginx_scope_settings(const struct nginx *nginx, uint32_t scope,
			  struct nginx_settings *settings)
{
	struct nginx_settings defaults = { .http_major = 1 };
	bool stream = nginx->scopes[scope].stream;

	for (size_t i = 0; i < NGINX_FAMILIES; i++) {
		defaults.connect_ms[i] = CONNECT_MS;
		defaults.read_ms[i] = stream ? STREAM_TIMEOUT_MS : READ_MS;
	}
	memset(settings, 0xff, sizeof(*settings));
	for (;; scope = nginx->scopes[scope].parent) {
		if (nginx->scopes[scope].has_settings)
			inherit_all(settings, &nginx->settings[nginx->scopes[scope].settings]);
		if (!scope)
			break;
	}
	inherit_all(settings, &defaults);
}

bool nginx_scope_holds(const struct nginx *nginx, uint32_t outer, uint32_t inner)
{
	/* A scope comes behind the one around it. */
	while (inner > outer)
		inner = nginx->scopes[inner].parent;
	return inner == outer;
}
