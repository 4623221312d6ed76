/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is gathered of an nginx configuration (angie's and OpenResty's alike) until all of it is read:
 * only then is known which settings hold where, and who uses an upstream. Between the parts of
 * this parser only.
 */
#ifndef LBTRACE_USER_CONFIG_NGINX_H
#define LBTRACE_USER_CONFIG_NGINX_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/config/config.h"
#include "user/config/nginx_lexer.h"
#include "user/lib/table.h"

#define NGINX_SCOPES_MOST 65536
#define NGINX_PASSES_MOST 32768
#define NGINX_UPSTREAMS_MOST CONFIG_BACKENDS_MOST
#define NGINX_SETS_MOST 8192
#define NGINX_INCLUDES_MOST 16384
#define NGINX_PARSED_BYTES CONFIG_TOTAL_BYTES /* a file counts whenever it is included */
#define NGINX_UNSET UINT32_MAX
#define NGINX_URL_BYTES 1024

/* The directives' prefixes: proxy_read_timeout, grpc_read_timeout, ... */
enum nginx_family {
	NGINX_PROXY,
	NGINX_GRPC,
	NGINX_FASTCGI,
	NGINX_UWSGI,
	NGINX_SCGI,
	NGINX_MEMCACHED,
	NGINX_FAMILIES,
};

enum nginx_block {
	NGINX_MAIN,
	NGINX_HTTP,
	NGINX_STREAM,
	NGINX_SERVER,
	NGINX_LOCATION,
	NGINX_IF, /* and limit_except */
	NGINX_UPSTREAM,
};

/* NGINX_UNSET: as the block around has it. */
struct nginx_settings {
	uint32_t connect_ms[NGINX_FAMILIES];
	uint32_t read_ms[NGINX_FAMILIES]; /* of NGINX_PROXY in stream: proxy_timeout */
	uint32_t http_major; /* proxy_http_version */
	uint32_t tls; /* stream's proxy_ssl */
	uint32_t send_proxy; /* stream's proxy_protocol */
};

/* Active checks: health_check of nginx Plus, upstream_probe of Angie, check of Tengine. */
struct nginx_check {
	uint16_t kind; /* enum backend_check; CHECK_NONE: none */
	uint16_t port;
	uint32_t interval_ms;
	char target[EVENT_TEXT_BYTES];
};

struct nginx_scope {
	uint32_t parent; /* of the first, itself */
	uint16_t block; /* enum nginx_block */
	bool stream; /* is in one */
	bool has_settings;
	uint32_t settings; /* its place among them, with has_settings */
	struct nginx_check *check; /* NULL: none */
};

struct nginx_pass_kind;

struct nginx_pass {
	const struct nginx_pass_kind *kind;
	uint32_t scope;
	uint32_t line;
	const char *file; /* of struct nginx_file */
	char *url;
	char directive[EVENT_TEXT_BYTES];
};

/* What those who pass to a backend have in common. */
struct nginx_use {
	uint32_t uses;
	uint32_t tls, http2, send_proxy; /* of the uses */
	uint32_t connect_ms, read_ms; /* the shortest */
	uint16_t protocol;
	bool protocols_differ;
	const struct nginx_check *check;
};

struct nginx_upstream {
	UT_hash_handle hh;
	char key[EVENT_POOL_BYTES + 1]; /* in lower case, behind 's' (stream) or 'h' */
	char pool[EVENT_POOL_BYTES]; /* its name, as written */
	size_t first, count; /* of config->backends */
	bool stream;
	bool told_elsewhere; /* balancer_by_lua, or a state file */
	bool has_keepalive;
	uint32_t keepalive_ms;
	struct nginx_check check;
	struct nginx_use use;
};

/* A variable that `set` gives a value. */
struct nginx_set {
	UT_hash_handle hh;
	char name[EVENT_NAME_BYTES];
	uint32_t definitions; /* exact with one only */
	uint32_t scope;
	char *value; /* NULL: known to the load balancer only */
};

struct nginx_file {
	UT_hash_handle hh;
	char *text; /* NULL: could not be read */
	size_t length;
	bool open; /* is being read: to include it is a loop */
	char path[];
};

struct nginx {
	struct config_files *files;
	struct config *config;
	char conf_prefix[PATH_MAX]; /* include's */
	char prefix[PATH_MAX]; /* other files' */
	struct nginx_file *known;
	struct nginx_scope *scopes;
	uint32_t scope_count, scope_room;
	struct nginx_settings *settings;
	uint32_t settings_count, settings_room;
	struct nginx_pass *passes;
	size_t pass_count, pass_room;
	struct nginx_upstream *upstreams;
	struct nginx_set *sets;
	size_t includes_left;
	size_t bytes_left;
	struct nginx_statement statement; /* one is read at a time */
};

/* Where a statement stands. */
struct nginx_place {
	const char *file;
	uint32_t scope;
	struct nginx_upstream *upstream; /* NULL: in none */
	uint32_t depth; /* of blocks */
	uint32_t includes; /* within includes */
};

/* Of nginx.c. All functions: 0 or -ENOMEM, where nothing else is said. */
int nginx_note(struct nginx *nginx, enum config_note kind, const struct nginx_place *place,
	       const char *text);
/* Notes the statement as one that is skipped. */
int nginx_note_statement(struct nginx *nginx, const struct nginx_place *place);
/* Reads what the file says as if it stood in `place`. A file that is not there is noted if `needed`. */
int nginx_read_file(struct nginx *nginx, const struct nginx_place *place, const char *path,
		    bool needed);

/* Of nginx_scope.c. */
int nginx_scope_add(struct nginx *nginx, const struct nginx_place *place, enum nginx_block block,
		    uint32_t *scope); /* -EDQUOT: no more */
/* Takes the statement when it is one of the settings. */
int nginx_scope_setting(struct nginx *nginx, const struct nginx_place *place, bool *taken);
/* What holds in a scope, everything set. */
void nginx_scope_settings(const struct nginx *nginx, uint32_t scope,
			  struct nginx_settings *settings);
/* Whether `outer` is `inner` or around it. */
bool nginx_scope_holds(const struct nginx *nginx, uint32_t outer, uint32_t inner);

/* Of nginx_variable.c. Takes the statement, a block's too, when it gives a variable its value. */
int nginx_variable_define(struct nginx *nginx, const struct nginx_place *place, bool *taken);
/* `text`, cut, with those variables replaced whose value in `scope` the configuration tells. */
void nginx_variable_expand(const struct nginx *nginx, uint32_t scope, const char *text,
			   char expanded[NGINX_URL_BYTES]);
void nginx_variable_clear(struct nginx *nginx);

/* Of nginx_upstream.c. */
int nginx_upstream_open(struct nginx *nginx, const struct nginx_place *place,
			struct nginx_upstream **upstream); /* *upstream NULL: skip it */
int nginx_upstream_statement(struct nginx *nginx, const struct nginx_place *place);
struct nginx_upstream *nginx_upstream_find(const struct nginx *nginx, bool stream,
					   const char *name);
/* Fills what is common to the servers of each. */
void nginx_upstreams_finish(struct nginx *nginx);
void nginx_upstreams_clear(struct nginx *nginx);

/* Of nginx_check.c. Takes the statement when it configures active checks. */
int nginx_check_statement(struct nginx *nginx, const struct nginx_place *place, bool *taken);
void nginx_check_apply(const struct nginx_check *check, struct event_backend *backend);

/* Of nginx_pass.c. Takes the statement when it is proxy_pass or one of its kin. */
int nginx_pass_statement(struct nginx *nginx, const struct nginx_place *place, bool *taken);
/* Joins all passes with their upstreams, or makes backends of them. */
int nginx_passes_finish(struct nginx *nginx);
void nginx_passes_clear(struct nginx *nginx);

#endif
