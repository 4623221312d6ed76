// SPDX-License-Identifier: GPL-2.0-only
/* What a backend of VCL has in its block, its probe included. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/duration.h"
#include "user/config/vcl.h"

#define CONNECT_TIMEOUT_MS 3500 /* varnishd's parameters, when nothing is said */
#define RESPONSE_TIMEOUT_MS 60000
#define IDLE_MS 60000
#define PROBE_INTERVAL_MS 5000

struct member {
	char name[VCL_NAME_BYTES]; /* without the dot */
	char value[EVENT_HOST_BYTES]; /* of several strings in a row, the first; of a number the unit, too */
	bool is_block; /* its opening brace was read */
};

/* Reads "NAME = VALUE ;", and the latter only if it is no block. Whether there was one. */
static bool read_member(struct vcl_reader *reader, struct member *member)
{
	memset(member, 0, sizeof(*member));
	vcl_next(reader);
	if (reader->token.kind != VCL_WORD || *reader->token.text != '.')
		return false;
	vcl_copy(&reader->token, member->name, sizeof(member->name));
	memmove(member->name, member->name + 1, strlen(member->name));
	vcl_next(reader);
	if (!vcl_is_mark(&reader->token, '='))
		return false;
	vcl_next(reader);
	member->is_block = vcl_is_mark(&reader->token, '{');
	if (member->is_block)
		return true;
	vcl_copy(&reader->token, member->value, sizeof(member->value));
	if (reader->token.kind != VCL_TEXT && reader->token.kind != VCL_WORD)
		return false;
	vcl_next(reader);
	/* "3.5 s" */
	if (reader->token.kind == VCL_WORD && isdigit((unsigned char)member->value[0]) &&
	    strlen(member->value) + reader->token.length < sizeof(member->value))
		vcl_copy(&reader->token, member->value + strlen(member->value),
			 sizeof(member->value) - strlen(member->value));
	vcl_skip_statement(reader);
	return true;
}

/* Behind a block that is a member: its brace ends no block around it. A semicolon may follow. */
static void end_member(struct vcl_reader *reader)
{
	if (reader->token.kind == VCL_END)
		return;
	reader->token.kind = VCL_MARK;
	reader->token.text = ";";
}

void vcl_read_probe(struct vcl_reader *reader, struct vcl_probe *probe)
{
	char target[EVENT_HOST_BYTES + 8];
	struct member member;

	probe->interval_ms = PROBE_INTERVAL_MS;
	strcpy(probe->target, "GET /");
	while (reader->token.kind != VCL_END && !vcl_is_mark(&reader->token, '}')) {
		if (!read_member(reader, &member)) {
			vcl_skip_statement(reader);
			continue;
		}
		if (member.is_block) {
			vcl_skip_block(reader);
			end_member(reader);
		} else if (!strcmp(member.name, "url")) {
			snprintf(target, sizeof(target), "GET %s", member.value);
			config_set_text(probe->target, sizeof(probe->target), target);
		} else if (!strcmp(member.name, "request")) {
			/* "GET / HTTP/1.1" */
			char *space = strchr(member.value, ' ');

			space = space ? strchr(space + 1, ' ') : NULL;
			if (space)
				*space = '\0';
			config_set_text(probe->target, sizeof(probe->target), member.value);
		} else if (!strcmp(member.name, "interval")) {
			probe->interval_ms = duration_ms(member.value, 0);
		}
	}
}

static uint32_t number(const char *text)
{
	unsigned long value;
	char *rest;

	if (!isdigit((unsigned char)*text))
		return 0;
	errno = 0;
	value = strtoul(text, &rest, 10);
	return errno || *rest || value > UINT32_MAX ? 0 : (uint32_t)value;
}

/* The address's two halves, until both are known. */
struct where {
	char host[EVENT_HOST_BYTES];
	char port[32];
	char path[EVENT_HOST_BYTES];
};

static void take_member(struct event_backend *backend, struct where *where, struct vcl_probe *probe,
			bool *has_probe, const struct member *member)
{
	const char *name = member->name, *value = member->value;

	if (!strcmp(name, "host")) {
		strcpy(where->host, value);
	} else if (!strcmp(name, "port")) {
		config_set_text(where->port, sizeof(where->port), value);
	} else if (!strcmp(name, "path")) {
		strcpy(where->path, value);
	} else if (!strcmp(name, "connect_timeout")) {
		backend->connect_timeout_ms = duration_ms(value, 0);
	} else if (!strcmp(name, "first_byte_timeout")) {
		backend->response_timeout_ms = duration_ms(value, 0);
	} else if (!strcmp(name, "max_connections")) {
		backend->connections_max = number(value);
	} else if (!strcmp(name, "proxy_header")) {
		backend->header.flags |= BACKEND_SEND_PROXY;
	} else if (!strcmp(name, "probe")) {
		config_set_text(probe->name, sizeof(probe->name), value);
		*has_probe = true;
	} else if (!strcmp(name, "ssl") && number(value)) {
		backend->header.flags |= BACKEND_TLS; /* Varnish Enterprise */
	}
}

static void set_address(struct event_backend *backend, const struct where *where)
{
	char text[EVENT_HOST_BYTES * 2];
	uint16_t port = backend->header.flags & BACKEND_TLS ? 443 : 80;
	bool is_ipv6 = strchr(where->host, ':') && where->host[0] != '[';

	if (where->path[0])
		snprintf(text, sizeof(text), "unix:%s", where->path);
	else if (where->port[0])
		snprintf(text, sizeof(text), is_ipv6 ? "[%s]:%s" : "%s:%s", where->host,
			 where->port);
	else
		snprintf(text, sizeof(text), is_ipv6 ? "[%s]" : "%s", where->host);
	/* a service's name for a port, a host with a port in it: what is not known stays open */
	if (config_set_address(backend, text, port) &&
	    config_set_address(backend, where->host, port))
		config_set_text(backend->host, sizeof(backend->host), where->host);
	if (backend->header.flags & BACKEND_NAMED)
		backend->header.flags |= BACKEND_RESOLVED_ONCE;
}

void vcl_read_backend(struct vcl_reader *reader, struct event_backend *backend,
		      struct vcl_probe *probe, bool *has_probe)
{
	struct where where = { 0 };
	struct member member;

	backend->connect_timeout_ms = CONNECT_TIMEOUT_MS;
	backend->response_timeout_ms = RESPONSE_TIMEOUT_MS;
	backend->keepalive_idle_ms = IDLE_MS;
	while (reader->token.kind != VCL_END && !vcl_is_mark(&reader->token, '}')) {
		if (!read_member(reader, &member)) {
			vcl_skip_statement(reader);
			continue;
		}
		if (!member.is_block) {
			take_member(backend, &where, probe, has_probe, &member);
			continue;
		}
		if (!strcmp(member.name, "probe")) {
			vcl_read_probe(reader, probe);
			*has_probe = true;
		} else {
			vcl_skip_block(reader);
		}
		end_member(reader);
	}
	set_address(backend, &where);
}
