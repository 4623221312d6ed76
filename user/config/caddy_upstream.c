// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/config/caddy.h"

#define PORTS_MOST 1024 /* of one range */

struct scheme {
	const char *text;
	uint16_t port;
	uint32_t flags;
};

static const struct scheme schemes[] = {
	{ "http://", 80, 0 },
	{ "https://", 443, BACKEND_TLS },
	{ "h2c://", 80, BACKEND_HTTP2 },
	{ "unix/", 0, 0 },
	{ "unix+h2c/", 0, BACKEND_HTTP2 },
	{ "tcp/", 80, 0 },
	{ "tcp4/", 80, 0 },
	{ "tcp6/", 80, 0 },
};

static int add(struct caddy *caddy, const struct event_backend *backend, size_t first)
{
	const struct event_backend *known = known_find(&caddy->known, caddy->config, backend);
	struct event_backend *added;
	int err;

	/* a range of ports that is imported again and again is much from little */
	if (!caddy->work_left)
		return 0;
	if (!--caddy->work_left)
		return config_add_note(caddy->config, CONFIG_BOUNDED, backend->file, backend->line,
				       "more than is read");
	if (known && known->index >= first)
		return 0;
	added = config_copy_backend(caddy->config, backend, &err);
	if (!added)
		return err;
	if (added->check_port && added->check_port != added->address.port)
		added->header.flags |= BACKEND_CHECK_ELSEWHERE;
	known_add(&caddy->known, caddy->config, added->index);
	return 0;
}

/* "{env.APP}:80" */
static void set_placeholder(struct event_backend *backend, const char *text, uint16_t port)
{
	const char *brace = strrchr(text, '}'), *colon = brace ? strchr(brace, ':') : NULL;
	unsigned int number;
	char rest;

	config_set_text(backend->host, sizeof(backend->host), text);
	backend->header.flags |= BACKEND_DYNAMIC;
	backend->address.port = port;
	if (!colon || sscanf(colon, ":%5u%c", &number, &rest) != 1 || number > UINT16_MAX)
		return;
	backend->address.port = (uint16_t)number;
	if ((size_t)(colon - text) < sizeof(backend->host))
		backend->host[colon - text] = '\0';
}

static int add_host(struct caddy *caddy, const struct event_backend *pattern, size_t first,
		    const char *text, uint16_t port)
{
	struct event_backend backend = *pattern;
	char local[EVENT_HOST_BYTES];
	int err;

	config_set_text(backend.name, sizeof(backend.name), text);
	if (strchr(text, '{')) {
		set_placeholder(&backend, text, port);
		return add(caddy, &backend, first);
	}
	/* to Go an address without a host is this one */
	if (text[0] == ':') {
		snprintf(local, sizeof(local), "localhost%s", text);
		text = local;
	}
	err = config_set_address(&backend, text, port);
	return err ? err : add(caddy, &backend, first);
}

/* "host:8001-8003". 0, -ENOENT when it is no range, or as caddy_add_upstream(). */
static int add_range(struct caddy *caddy, const struct event_backend *pattern, size_t first,
		     const char *text)
{
	const char *colon = strrchr(text, ':');
	unsigned int from, to;
	char name[EVENT_HOST_BYTES], rest;
	int err = 0;

	if (!colon || sscanf(colon, ":%5u-%5u%c", &from, &to, &rest) != 2)
		return -ENOENT;
	if (to < from || to > UINT16_MAX)
		return -EINVAL;
	if (to - from >= PORTS_MOST) {
		to = from + PORTS_MOST - 1;
		err = config_add_note(caddy->config, CONFIG_BOUNDED, pattern->file, pattern->line,
				      text);
	}
	for (; !err && from <= to; from++) {
		if (snprintf(name, sizeof(name), "%.*s:%u", (int)(colon - text), text, from) >=
		    (int)sizeof(name))
			return -EINVAL;
		err = add_host(caddy, pattern, first, name, 0);
	}
	return err;
}

int caddy_add_upstream(struct caddy *caddy, const struct event_backend *pattern, size_t first,
		       const char *text)
{
	struct event_backend backend = *pattern;
	char host[EVENT_HOST_BYTES];
	uint16_t port = backend.header.flags & BACKEND_TLS ? 443 : 80;
	bool is_path = false;
	int err;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t length = strlen(schemes[i].text);

		if (strncmp(text, schemes[i].text, length))
			continue;
		text += length;
		port = schemes[i].port;
		is_path = !port;
		backend.header.flags |= schemes[i].flags;
		break;
	}
	if (is_path)
		snprintf(host, sizeof(host), "unix:%s", text);
	else if (!config_set_text(host, sizeof(host), text) || strstr(text, "://"))
		return -EINVAL;
	/* what stands behind an authority is no part of it */
	if (!is_path && !strchr(host, '{'))
		host[strcspn(host, "/")] = '\0';
	err = add_range(caddy, &backend, first, host);
	return err == -ENOENT ? add_host(caddy, &backend, first, host, port) : err;
}

int caddy_add_dynamic(struct caddy *caddy, const struct event_backend *pattern, size_t first,
		      const char *name, uint16_t port)
{
	struct event_backend backend = *pattern;
	char text[EVENT_HOST_BYTES];

	snprintf(text, sizeof(text), port ? "%s:%u" : "%s", name, port);
	config_set_text(backend.name, sizeof(backend.name), text);
	if (!port || strchr(name, '{') || config_set_address(&backend, text, 0)) {
		config_set_text(backend.host, sizeof(backend.host), name);
		backend.address.port = port;
		backend.header.flags |= BACKEND_DYNAMIC;
	}
	return add(caddy, &backend, first);
}

void caddy_add_admin(struct config *config, const char *address)
{
	if (config->socket_count == CONFIG_SOCKETS_MOST)
		return;
	config_set_text(config->sockets[config->socket_count++], EVENT_HOST_BYTES, address);
}
