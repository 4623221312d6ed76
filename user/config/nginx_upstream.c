// SPDX-License-Identifier: GPL-2.0-only
/* upstream { server ...; } */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/nginx.h"

#define SERVER_PORT 80 /* of a server without one, whatever the scheme of those who pass to it */
#define KEEPALIVE_MS 60000 /* keepalive_timeout's default */
#define HTTP_TIMEOUT_MS 60000 /* of an upstream that nobody passes to */
#define STREAM_TIMEOUT_MS 600000

/* http and stream have upstreams of their own; case does not count (ngx_http_upstream_add()). */
static void make_key(bool stream, const char *name, char key[EVENT_POOL_BYTES + 1])
{
	key[0] = stream ? 's' : 'h';
	config_set_text(key + 1, EVENT_POOL_BYTES, name);
	for (char *at = key + 1; *at; at++)
		*at = (char)tolower((unsigned char)*at);
}

struct nginx_upstream *nginx_upstream_find(const struct nginx *nginx, bool stream, const char *name)
{
	char key[EVENT_POOL_BYTES + 1];
	struct nginx_upstream *upstream;

	make_key(stream, name, key);
	HASH_FIND_STR(nginx->upstreams, key, upstream);
	return upstream;
}

int nginx_upstream_open(struct nginx *nginx, const struct nginx_place *place,
			struct nginx_upstream **upstream)
{
	const struct nginx_statement *statement = &nginx->statement;
	bool stream = nginx->scopes[place->scope].stream;
	struct nginx_upstream *opened;

	*upstream = NULL;
	if (statement->count != 2 || nginx_upstream_find(nginx, stream, statement->words[1]))
		return nginx_note_statement(nginx, place);
	if (HASH_COUNT(nginx->upstreams) >= NGINX_UPSTREAMS_MOST)
		return nginx_note(nginx, CONFIG_BOUNDED, place, "more upstreams than are followed");
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return -ENOMEM;
	make_key(stream, statement->words[1], opened->key);
	config_set_text(opened->pool, sizeof(opened->pool), statement->words[1]);
	opened->first = nginx->config->backend_count;
	opened->stream = stream;
	opened->keepalive_ms = KEEPALIVE_MS;
	HASH_ADD_STR(nginx->upstreams, key, opened);
	*upstream = opened;
	return 0;
}

static bool parse_number(const char *text, uint32_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > UINT32_MAX)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

/* Those whose values no record has a field for; some are Angie's, Tengine's and nginx Plus's. */
static bool is_other_parameter(const char *word)
{
	static const char *const names[] = {
		"max_fails=", "fail_timeout=", "slow_start=", "route=", "sid=", "id=", "drain",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strncmp(word, names[i], strlen(names[i])))
			return true;
	}
	return false;
}

/* Whether the word is a parameter of `server`. */
static bool set_parameter(struct event_backend *backend, const char *word, bool *resolved)
{
	if (!strncmp(word, "weight=", 7))
		return parse_number(word + 7, &backend->weight);
	if (!strncmp(word, "max_conns=", 10))
		return parse_number(word + 10, &backend->connections_max);
	if (!strcmp(word, "backup"))
		backend->header.flags |= BACKEND_BACKUP;
	else if (!strcmp(word, "down"))
		backend->header.flags |= BACKEND_DISABLED;
	else if (!strcmp(word, "resolve"))
		*resolved = true;
	else if (!strncmp(word, "service=", 8))
		/* Its hosts and ports are of SRV records. */
		backend->header.flags |= BACKEND_DYNAMIC;
	else
		return is_other_parameter(word);
	return true;
}

static int add_server(struct nginx *nginx, const struct nginx_place *place)
{
	const struct nginx_statement *statement = &nginx->statement;
	struct event_backend server = { .weight = 1, .line = statement->line }, *added;
	bool resolved = false;
	int err = 0;

	if (statement->count < 2 || config_set_address(&server, statement->words[1],
						       place->upstream->stream ? 0 : SERVER_PORT))
		return nginx_note_statement(nginx, place);
	for (size_t i = 2; !err && i < statement->count; i++) {
		/* One that is not understood does not make the server go. */
		if (!set_parameter(&server, statement->words[i], &resolved))
			err = nginx_note_statement(nginx, place);
	}
	if (server.header.flags & BACKEND_DYNAMIC)
		server.header.flags &= ~(uint32_t)BACKEND_NAMED;
	else if (server.header.flags & BACKEND_NAMED && !resolved)
		server.header.flags |= BACKEND_RESOLVED_ONCE;
	added = err ? NULL : config_add_backend(nginx->config, &err);
	if (!added)
		return err;
	server.header.type = added->header.type;
	server.header.size_bytes = added->header.size_bytes;
	server.index = added->index;
	memcpy(server.pool, place->upstream->pool, sizeof(server.pool));
	config_set_text(server.name, sizeof(server.name), statement->words[1]);
	config_set_text(server.file, sizeof(server.file), place->file);
	nginx_statement_text(statement, server.directive, sizeof(server.directive));
	*added = server;
	place->upstream->count++;
	return 0;
}

/* What the load balancer keeps of servers that were set at run time. */
static int read_state(struct nginx *nginx, const struct nginx_place *place)
{
	char path[PATH_MAX];

	place->upstream->told_elsewhere = true;
	if (nginx->statement.count != 2 ||
	    config_path_join(nginx->prefix, nginx->statement.words[1], path, sizeof(path)))
		return nginx_note_statement(nginx, place);
	return nginx_read_file(nginx, place, path, false);
}

int nginx_upstream_statement(struct nginx *nginx, const struct nginx_place *place)
{
	const struct nginx_statement *statement = &nginx->statement;
	struct nginx_upstream *upstream = place->upstream;
	const char *name = statement->words[0];

	if (!strcmp(name, "server"))
		return add_server(nginx, place);
	if (!strcmp(name, "state"))
		return read_state(nginx, place);
	if (!strncmp(name, "balancer_by_lua", strlen("balancer_by_lua")))
		upstream->told_elsewhere = true;
	else if (!strcmp(name, "keepalive") && statement->count > 1)
		upstream->has_keepalive = strcmp(statement->words[1], "0");
	else if (!strcmp(name, "keepalive_timeout") && statement->count > 1 &&
		 config_parse_time(statement->words[1], 1000, &upstream->keepalive_ms))
		return nginx_note_statement(nginx, place);
	return 0;
}

static void finish_server(const struct nginx_upstream *upstream, struct event_backend *server)
{
	const struct nginx_use *use = &upstream->use;
	uint32_t timeout_ms = upstream->stream ? STREAM_TIMEOUT_MS : HTTP_TIMEOUT_MS;

	server->connect_timeout_ms = use->uses ? use->connect_ms : HTTP_TIMEOUT_MS;
	server->response_timeout_ms = use->uses ? use->read_ms : timeout_ms;
	server->protocol = upstream->stream ? BACKEND_TCP : BACKEND_HTTP;
	if (use->uses && !use->protocols_differ)
		server->protocol = use->protocol;
	if (use->uses && use->tls == use->uses)
		server->header.flags |= BACKEND_TLS;
	if (use->uses && use->http2 == use->uses)
		server->header.flags |= BACKEND_HTTP2;
	if (use->uses && use->send_proxy == use->uses)
		server->header.flags |= BACKEND_SEND_PROXY;
	if (upstream->told_elsewhere)
		server->header.flags |= BACKEND_DYNAMIC;
	if (upstream->has_keepalive && !upstream->stream)
		server->keepalive_idle_ms = upstream->keepalive_ms;
	nginx_check_apply(use->check ? use->check : &upstream->check, server);
}

void nginx_upstreams_finish(struct nginx *nginx)
{
	struct nginx_upstream *upstream, *next;

	HASH_ITER(hh, nginx->upstreams, upstream, next) {
		for (size_t i = 0; i < upstream->count; i++)
			finish_server(upstream, &nginx->config->backends[upstream->first + i]);
	}
}

void nginx_upstreams_clear(struct nginx *nginx)
{
	struct nginx_upstream *upstream, *next;

	HASH_ITER(hh, nginx->upstreams, upstream, next) {
		HASH_DEL(nginx->upstreams, upstream);
		free(upstream);
	}
}
