// SPDX-License-Identifier: GPL-2.0-only
/* proxy_pass and its kin: to an upstream by its name, straight to an address, or to what a variable
 * holds when a request comes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/config/nginx.h"

#define KEY_BYTES (EVENT_HOST_BYTES + EVENT_POOL_BYTES + 64)

struct scheme {
	const char *prefix;
	uint16_t port; /* 0: it has to be told */
	bool tls;
};

struct nginx_pass_kind {
	const char *directive;
	bool stream;
	bool needs_scheme;
	bool has_uri; /* behind the address */
	uint16_t protocol; /* enum backend_protocol */
	enum nginx_family family;
	struct scheme schemes[3];
};

static const struct nginx_pass_kind kinds[] = {
	{ .directive = "proxy_pass",
	  .needs_scheme = true,
	  .has_uri = true,
	  .protocol = BACKEND_HTTP,
	  .family = NGINX_PROXY,
	  .schemes = { { "http://", 80, false }, { "https://", 443, true } } },
	{ .directive = "grpc_pass",
	  .has_uri = true,
	  .protocol = BACKEND_GRPC,
	  .family = NGINX_GRPC,
	  .schemes = { { "grpc://", 0, false }, { "grpcs://", 0, true } } },
	{ .directive = "fastcgi_pass", .protocol = BACKEND_FASTCGI, .family = NGINX_FASTCGI },
	{ .directive = "uwsgi_pass",
	  .protocol = BACKEND_UWSGI,
	  .family = NGINX_UWSGI,
	  .schemes = { { "uwsgi://", 0, false }, { "suwsgi://", 0, true } } },
	{ .directive = "scgi_pass", .protocol = BACKEND_SCGI, .family = NGINX_SCGI },
	{ .directive = "memcached_pass", .protocol = BACKEND_MEMCACHED, .family = NGINX_MEMCACHED },
	{ .directive = "proxy_pass",
	  .stream = true,
	  .protocol = BACKEND_TCP,
	  .family = NGINX_PROXY },
};

/* An address that was passed to before. */
struct direct {
	UT_hash_handle hh;
	size_t backend;
	char key[KEY_BYTES];
};

/* While all passes are gone through. */
struct joining {
	struct nginx *nginx;
	struct direct *directs;
	struct nginx_use dynamic[2]; /* [stream]: of those that may lead anywhere */
};

/* Where a pass leads. */
struct target {
	char authority[NGINX_URL_BYTES]; /* the address, without scheme and URI */
	uint16_t port; /* without one in it */
	bool tls;
};

int nginx_pass_statement(struct nginx *nginx, const struct nginx_place *place, bool *taken)
{
	const struct nginx_statement *statement = &nginx->statement;
	bool stream = nginx->scopes[place->scope].stream;
	const struct nginx_pass_kind *kind = NULL;
	struct nginx_pass *pass;

	for (size_t i = 0; !kind && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].stream == stream && !strcmp(kinds[i].directive, statement->words[0]))
			kind = &kinds[i];
	}
	*taken = kind;
	if (!kind)
		return 0;
	if (statement->count != 2)
		return nginx_note_statement(nginx, place);
	if (nginx->pass_count == NGINX_PASSES_MOST)
		return nginx_note(nginx, CONFIG_BOUNDED, place, "more passes than are followed");
	if (nginx->pass_count == nginx->pass_room) {
		size_t room = nginx->pass_room ? nginx->pass_room * 2 : 16;

		pass = reallocarray(nginx->passes, room, sizeof(*pass));
		if (!pass)
			return -ENOMEM;
		nginx->passes = pass;
		nginx->pass_room = room;
	}
	pass = &nginx->passes[nginx->pass_count];
	*pass = (struct nginx_pass){
		.kind = kind, .scope = place->scope, .line = statement->line, .file = place->file
	};
	pass->url = strdup(statement->words[1]);
	if (!pass->url)
		return -ENOMEM;
	nginx_statement_text(statement, pass->directive, sizeof(pass->directive));
	nginx->pass_count++;
	return 0;
}

/* Variables that begin with '/' or '?', or are empty: in front of them the address is whole. */
static bool is_uri_variable(const char *text)
{
	static const char *const names[] = { "request_uri", "uri", "document_uri", "is_args" };
	size_t braced = text[1] == '{';

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);
		char next;

		if (strncmp(text + 1 + braced, names[i], length))
			continue;
		next = text[1 + braced + length];
		/* Not "$uri_of_another". */
		return braced ? next == '}' : !next || strchr("/?$.:-&=", next);
	}
	return false;
}

static size_t authority_length(const struct nginx_pass_kind *kind, const char *text)
{
	size_t length;

	if (!kind->has_uri)
		return strlen(text);
	if (!strncmp(text, "unix:", 5))
		return 5 + strcspn(text + 5, ":");
	for (length = 0; text[length] && text[length] != '/' && text[length] != '?'; length++) {
		if (text[length] == '$' && is_uri_variable(text + length))
			break;
	}
	return length;
}

/* 0, or -EINVAL when there is no scheme where there has to be one. */
static int split_url(const struct nginx_pass_kind *kind, const char *url, struct target *target)
{
	const struct scheme *scheme = kind->schemes;
	const char *from = url, *variable;
	size_t length;

	while (scheme->prefix && strncasecmp(url, scheme->prefix, strlen(scheme->prefix)))
		scheme++;
	if (scheme->prefix) {
		from += strlen(scheme->prefix);
	} else if (kind->needs_scheme) {
		/* "$scheme://10.0.0.1" */
		variable = strstr(url, "://");
		if (!strchr(url, '$'))
			return -EINVAL;
		if (variable)
			from = variable + 3;
	}
	target->tls = scheme->prefix && scheme->tls;
	target->port = scheme->prefix ? scheme->port : 0;
	length = authority_length(kind, from);
	if (!length || length >= sizeof(target->authority))
		return -EINVAL;
	memcpy(target->authority, from, length);
	target->authority[length] = '\0';
	return 0;
}

static uint32_t least(uint32_t left, uint32_t right)
{
	return left < right ? left : right;
}

static void merge(struct nginx_use *use, const struct nginx_use *other)
{
	if (!use->uses) {
		*use = *other;
		return;
	}
	use->uses += other->uses;
	use->tls += other->tls;
	use->http2 += other->http2;
	use->send_proxy += other->send_proxy;
	use->connect_ms = least(use->connect_ms, other->connect_ms);
	use->read_ms = least(use->read_ms, other->read_ms);
	use->protocols_differ |= use->protocol != other->protocol;
	if (!use->check)
		use->check = other->check;
}

static struct nginx_use one_use(const struct nginx *nginx, const struct nginx_pass *pass,
				const struct target *target)
{
	const struct nginx_pass_kind *kind = pass->kind;
	struct nginx_settings settings;

	nginx_scope_settings(nginx, pass->scope, &settings);
	return (struct nginx_use){
		.uses = 1,
		.tls = target->tls || (kind->stream && settings.tls == 1),
		.http2 = kind->protocol == BACKEND_GRPC ||
			 (kind->protocol == BACKEND_HTTP && settings.http_major == 2),
		.send_proxy = kind->stream && settings.send_proxy == 1,
		.connect_ms = settings.connect_ms[kind->family],
		.read_ms = settings.read_ms[kind->family],
		.protocol = kind->protocol,
		.check = nginx->scopes[pass->scope].check,
	};
}

static void apply(const struct nginx_use *use, struct event_backend *backend)
{
	backend->protocol = use->protocol;
	backend->connect_timeout_ms = use->connect_ms;
	backend->response_timeout_ms = use->read_ms;
	if (use->tls)
		backend->header.flags |= BACKEND_TLS;
	if (use->http2)
		backend->header.flags |= BACKEND_HTTP2;
	if (use->send_proxy)
		backend->header.flags |= BACKEND_SEND_PROXY;
	if (use->check)
		nginx_check_apply(use->check, backend);
}

/* The same address again: the first one that passed to it stands for it. */
static bool known_before(struct joining *joining, const char *key, const struct nginx_use *use)
{
	struct event_backend *backend;
	struct direct *direct;

	HASH_FIND_STR(joining->directs, key, direct);
	if (!direct)
		return false;
	backend = &joining->nginx->config->backends[direct->backend];
	backend->connect_timeout_ms = least(backend->connect_timeout_ms, use->connect_ms);
	backend->response_timeout_ms = least(backend->response_timeout_ms, use->read_ms);
	if (use->check)
		nginx_check_apply(use->check, backend);
	return true;
}

static int remember(struct joining *joining, const char *key, size_t backend)
{
	struct direct *direct = calloc(1, sizeof(*direct));

	if (!direct)
		return -ENOMEM;
	strcpy(direct->key, key);
	direct->backend = backend;
	HASH_ADD_STR(joining->directs, key, direct);
	return 0;
}

/* `filled` has its address and name. */
static int add_direct(struct joining *joining, const struct nginx_pass *pass,
		      const struct nginx_use *use, struct event_backend *filled)
{
	uint32_t dynamic = filled->header.flags & BACKEND_DYNAMIC;
	struct event_backend *added;
	char key[KEY_BYTES];
	int err;

	snprintf(key, sizeof(key), "%u %u %u %s %s", use->tls, use->protocol, filled->address.port,
		 filled->host, dynamic ? filled->name : "");
	if (known_before(joining, key, use))
		return 0;
	added = config_add_backend(joining->nginx->config, &err);
	if (!added)
		return err;
	filled->header.type = added->header.type;
	filled->header.size_bytes = added->header.size_bytes;
	filled->index = added->index;
	filled->line = pass->line;
	config_set_text(filled->file, sizeof(filled->file), pass->file);
	memcpy(filled->directive, pass->directive, sizeof(filled->directive));
	apply(use, filled);
	*added = *filled;
	return remember(joining, key, filled->index);
}

static int join_direct(struct joining *joining, const struct nginx_pass *pass,
		       const struct target *written, const struct target *target)
{
	struct nginx_use use = one_use(joining->nginx, pass, target);
	struct event_backend backend = { 0 };

	if (config_set_address(&backend, target->authority, target->port))
		return config_add_note(joining->nginx->config, CONFIG_SKIPPED, pass->file,
				       pass->line, pass->directive);
	if (strchr(target->authority, '$'))
		merge(&joining->dynamic[pass->kind->stream], &use);
	/* A name among variables is asked for again and again. */
	if (strchr(written->authority, '$'))
		backend.header.flags |= BACKEND_DYNAMIC;
	else if (backend.header.flags & BACKEND_NAMED && !strchr(pass->url, '$'))
		backend.header.flags |= BACKEND_RESOLVED_ONCE;
	config_set_text(backend.name, sizeof(backend.name), written->authority);
	return add_direct(joining, pass, &use, &backend);
}

static int join(struct joining *joining, const struct nginx_pass *pass)
{
	struct nginx *nginx = joining->nginx;
	struct target written, target;
	struct nginx_upstream *upstream;
	char url[NGINX_URL_BYTES];

	nginx_variable_expand(nginx, pass->scope, pass->url, url);
	if (split_url(pass->kind, pass->url, &written) || split_url(pass->kind, url, &target))
		return config_add_note(nginx->config, CONFIG_SKIPPED, pass->file, pass->line,
				       pass->directive);
	upstream = nginx_upstream_find(nginx, pass->kind->stream, target.authority);
	if (upstream) {
		struct nginx_use use = one_use(nginx, pass, &target);

		merge(&upstream->use, &use);
		return 0;
	}
	return join_direct(joining, pass, &written, &target);
}

int nginx_passes_finish(struct nginx *nginx)
{
	struct joining joining = { .nginx = nginx };
	struct nginx_upstream *upstream, *next_upstream;
	struct direct *direct, *next;
	int err = 0;

	for (size_t i = 0; !err && i < nginx->pass_count; i++)
		err = join(&joining, &nginx->passes[i]);
	/* Whoever uses an upstream that no pass names does it through a variable. */
	HASH_ITER(hh, nginx->upstreams, upstream, next_upstream) {
		if (!upstream->use.uses)
			upstream->use = joining.dynamic[upstream->stream];
	}
	HASH_ITER(hh, joining.directs, direct, next) {
		HASH_DEL(joining.directs, direct);
		free(direct);
	}
	return err;
}

void nginx_passes_clear(struct nginx *nginx)
{
	for (size_t i = 0; i < nginx->pass_count; i++)
		free(nginx->passes[i].url);
	free(nginx->passes);
}
