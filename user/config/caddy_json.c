// SPDX-License-Identifier: GPL-2.0-only
/* Caddy's own form. Routes hold handlers, which hold routes again: they are looked for at any depth. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/config/caddy.h"
#include "user/config/duration.h"
#include "user/config/tree.h"

#define MISSES_MOST 16 /* each costs a look through all of the text */
#define WALK_MOST 500000 /* nodes: an alias of YAML lets a small text stand for many */

struct walk {
	struct caddy *caddy;
	const char *path;
	const char *text;
	const char *from; /* where the next upstream is looked for in the text */
	uint32_t line; /* of `from` */
	unsigned int missed; /* looks that were costly */
	const char *site;
	size_t first; /* its first backend */
	size_t left;
	size_t depth;
};

/* A duration: nanoseconds, or text with units. */
static uint32_t milliseconds(const json_t *node, const char *path)
{
	const json_t *found = tree_at(node, path);
	char number[32];

	if (!json_is_integer(found))
		return json_is_string(found) ? duration_ms(json_string_value(found), 1e-6) : 0;
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(found));
	return duration_ms(number, 1e-6);
}

/* The line that `value`, quoted, stands in: behind where `node` begins, or what was found last. */
static uint32_t find_line(struct walk *walk, const json_t *node, const char *value)
{
	uint32_t begins = tree_line(node);
	char quoted[EVENT_HOST_BYTES];
	const char *found;

	if (snprintf(quoted, sizeof(quoted), "\"%s\"", value) >= (int)sizeof(quoted) ||
	    walk->missed == MISSES_MOST)
		return begins;
	if (begins && begins < walk->line) {
		walk->missed++;
		walk->from = walk->text;
		walk->line = 1;
	}
	for (; walk->line < begins && *walk->from; walk->from++)
		walk->line += *walk->from == '\n';
	found = strstr(walk->from, quoted);
	if (!found) {
		walk->missed++;
		return begins;
	}
	for (; walk->from < found; walk->from++)
		walk->line += *walk->from == '\n';
	return walk->line;
}

static void set_transport(struct event_backend *pattern, const json_t *transport)
{
	const char *protocol = tree_text(transport, "protocol");
	const json_t *versions = tree_at(transport, "versions"), *version;
	bool has_1 = !json_array_size(versions);
	size_t i;

	if (protocol && !strcmp(protocol, "fastcgi"))
		pattern->protocol = BACKEND_FASTCGI;
	if (tree_at(transport, "tls"))
		pattern->header.flags |= BACKEND_TLS;
	if (tree_at(transport, "proxy_protocol"))
		pattern->header.flags |= BACKEND_SEND_PROXY;
	json_array_foreach(versions, i, version)
		has_1 |= !strncmp(json_string_value(version) ? json_string_value(version) : "", "1",
				  1);
	if (!has_1)
		pattern->header.flags |= BACKEND_HTTP2;
	pattern->connect_timeout_ms = milliseconds(transport, "dial_timeout");
	if (!pattern->connect_timeout_ms)
		pattern->connect_timeout_ms = CADDY_DIAL_TIMEOUT_MS;
	pattern->response_timeout_ms = milliseconds(transport, "response_header_timeout");
	if (!pattern->response_timeout_ms)
		pattern->response_timeout_ms = milliseconds(transport, "read_timeout");
	pattern->connections_max = tree_number(transport, "max_conns_per_host", UINT32_MAX);
	pattern->keepalive_idle_ms = milliseconds(transport, "keep_alive.idle_timeout");
	if (!pattern->keepalive_idle_ms && pattern->protocol == BACKEND_HTTP &&
	    !json_is_false(tree_at(transport, "keep_alive.enabled")))
		pattern->keepalive_idle_ms = CADDY_IDLE_MS;
}

static void set_check(struct event_backend *pattern, const json_t *check)
{
	const char *method = tree_text(check, "method"), *path = tree_text(check, "uri");
	char target[EVENT_TEXT_BYTES * 2];

	if (!path)
		path = tree_text(check, "path");
	pattern->check_port = (uint16_t)tree_number(check, "port", UINT16_MAX);
	if (!path && !pattern->check_port)
		return;
	snprintf(target, sizeof(target), "%s %s", method ? method : "GET", path ? path : "/");
	config_set_text(pattern->check_target, sizeof(pattern->check_target), target);
	pattern->check = CHECK_HTTP;
	pattern->header.flags |= BACKEND_CHECKED;
	if (tree_at(check, "upstream"))
		pattern->header.flags |= BACKEND_CHECK_ELSEWHERE;
	pattern->check_interval_ms = milliseconds(check, "interval");
	if (!pattern->check_interval_ms)
		pattern->check_interval_ms = CADDY_CHECK_INTERVAL_MS;
}

static int add_upstream(struct walk *walk, struct event_backend *pattern, const json_t *upstream,
			const char *dial)
{
	char text[EVENT_TEXT_BYTES * 2];
	int err;

	if (!dial)
		return 0;
	pattern->line = find_line(walk, upstream, dial);
	snprintf(text, sizeof(text), "\"dial\": \"%s\"", dial);
	config_set_text(pattern->directive, sizeof(pattern->directive), text);
	err = caddy_add_upstream(walk->caddy, pattern, walk->first, dial);
	return err == -EINVAL ? config_add_note(walk->caddy->config, CONFIG_SKIPPED, walk->path,
						pattern->line, dial)
			      : err;
}

/* {"source": "a" or "srv", "name": ...}, or "multi" with a list of such. */
static int add_dynamic(struct walk *walk, struct event_backend *pattern, const json_t *dynamic)
{
	const char *source = tree_text(dynamic, "source"), *name = tree_text(dynamic, "name");
	const char *service = tree_text(dynamic, "service"), *proto = tree_text(dynamic, "proto");
	char text[EVENT_HOST_BYTES * 2];
	uint16_t port = (uint16_t)tree_number(dynamic, "port", UINT16_MAX);

	if (!source || !name || !*name)
		return 0;
	pattern->line = find_line(walk, dynamic, name);
	snprintf(text, sizeof(text), "\"name\": \"%s\"", name);
	config_set_text(pattern->directive, sizeof(pattern->directive), text);
	if (!strcmp(source, "a"))
		return caddy_add_dynamic(walk->caddy, pattern, walk->first, name, port ? port : 80);
	snprintf(text, sizeof(text), "%s", name);
	if (service)
		snprintf(text, sizeof(text), "_%s._%s.%s", service, proto ? proto : "tcp", name);
	return caddy_add_dynamic(walk->caddy, pattern, walk->first, text, 0);
}

/* The handler "reverse_proxy", and "proxy" of the layer 4 module, whose dials are lists. */
static int take_proxy(struct walk *walk, const json_t *handler, bool is_stream)
{
	const json_t *upstream, *dynamic = tree_at(handler, "dynamic_upstreams"), *dial;
	struct event_backend pattern = { .protocol = is_stream ? BACKEND_TCP : BACKEND_HTTP };
	size_t i, j;
	int err = 0;

	config_set_text(pattern.pool, sizeof(pattern.pool), walk->site ? walk->site : "");
	config_set_text(pattern.file, sizeof(pattern.file), walk->path);
	set_transport(&pattern, tree_at(handler, "transport"));
	if (is_stream)
		pattern.keepalive_idle_ms = 0;
	else
		set_check(&pattern, tree_at(handler, "health_checks.active"));
	json_array_foreach(tree_at(handler, "upstreams"), i, upstream) {
		uint32_t flags = pattern.header.flags;

		dial = tree_at(upstream, "dial");
		if (tree_at(upstream, "tls"))
			pattern.header.flags |= BACKEND_TLS;
		if (!json_is_array(dial))
			err = add_upstream(walk, &pattern, upstream, json_string_value(dial));
		for (j = 0; !err && j < json_array_size(dial); j++)
			err = add_upstream(walk, &pattern, upstream,
					   json_string_value(json_array_get(dial, j)));
		pattern.header.flags = flags;
		if (err)
			return err;
	}
	err = add_dynamic(walk, &pattern, dynamic);
	json_array_foreach(tree_at(dynamic, "sources"), i, upstream)
		if (!err)
			err = add_dynamic(walk, &pattern, upstream);
	return err;
}

static int walk_node(struct walk *walk, const json_t *node);

static int walk_members(struct walk *walk, const json_t *node)
{
	const char *key;
	json_t *member;
	int err = 0;

	json_object_foreach((json_t *)(uintptr_t)node, key, member) {
		err = walk_node(walk, member);
		if (err || !walk->left)
			break;
	}
	return err;
}

/* A route's or a server's name holds for what is in it. */
static const char *site_of(const json_t *node)
{
	const json_t *match;
	const char *site;
	size_t i;

	json_array_foreach(tree_at(node, "match"), i, match) {
		site = json_string_value(json_array_get(tree_at(match, "host"), 0));
		if (site)
			return site;
	}
	return json_string_value(json_array_get(tree_at(node, "listen"), 0));
}

static int walk_object(struct walk *walk, const json_t *node)
{
	const char *outer = walk->site, *site = site_of(node),
		   *handler = tree_text(node, "handler");
	int err = 0;

	if (site) {
		walk->site = site;
		walk->first = walk->caddy->config->backend_count;
	}
	if (handler && !strcmp(handler, "reverse_proxy"))
		err = take_proxy(walk, node, false);
	else if (handler && !strcmp(handler, "proxy"))
		err = take_proxy(walk, node, true);
	if (!err)
		err = walk_members(walk, node);
	walk->site = outer;
	return err;
}

static int walk_node(struct walk *walk, const json_t *node)
{
	int err = 0;
	size_t i;

	if (!json_is_object(node) && !json_is_array(node))
		return 0;
	if (!walk->left)
		return 0;
	if (!--walk->left || walk->depth == TREE_DEPTH_MOST)
		return config_add_note(walk->caddy->config, CONFIG_BOUNDED, walk->path,
				       tree_line(node), "more than is read");
	walk->depth++;
	if (json_is_object(node))
		err = walk_object(walk, node);
	for (i = 0; !err && walk->left && i < json_array_size(node); i++)
		err = walk_node(walk, json_array_get(node, i));
	walk->depth--;
	return err;
}

static void read_admin(struct config *config, const json_t *tree)
{
	const char *address = tree_text(tree, "admin.listen");

	if (!tree_true(tree, "admin.disabled"))
		caddy_add_admin(config, address ? address : CADDY_ADMIN);
}

int caddy_read_json(struct caddy *caddy, const char *path, const char *text, size_t length)
{
	struct walk walk = {
		.caddy = caddy,
		.path = path,
		.text = text,
		.from = text,
		.line = 1,
		.left = WALK_MOST,
	};
	uint32_t line;
	json_t *tree;
	int err = tree_read(text, length, &tree, &line);

	if (err == -ENOMEM)
		return err;
	if (err)
		return config_add_note(caddy->config,
				       err == -EFBIG ? CONFIG_BOUNDED : CONFIG_SKIPPED, path, line,
				       "no JSON that can be read");
	read_admin(caddy->config, tree);
	err = walk_node(&walk, tree_at(tree, "apps"));
	json_decref(tree);
	return err;
}
