// SPDX-License-Identifier: GPL-2.0-only
/* Envoy's bootstrap, in YAML or JSON, and the files that it takes clusters and endpoints from. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"
#include "user/config/duration.h"
#include "user/config/tree.h"

#define CONNECT_TIMEOUT_MS 5000 /* when nothing is said */
#define IDLE_MS 3600000
#define WORK_MOST 500000 /* nodes that are looked at: an alias lets a small text stand for many */
#define FILES_MOST 16
#define TCP_CLUSTERS_MOST 4096

/* A file and what it says; clusters of it are read when all files are known. */
struct envoy_file {
	char path[PATH_MAX];
	json_t *tree;
};

struct envoy {
	struct config_files *files;
	struct config *config;
	const char *directory;
	struct envoy_file read[FILES_MOST];
	size_t read_count;
	const char *tcp[TCP_CLUSTERS_MOST]; /* clusters of listeners that know no requests */
	size_t tcp_count;
	size_t work_left;
	const char *path; /* of what is being read */
};

static bool work(struct envoy *envoy)
{
	if (!envoy->work_left)
		return false;
	envoy->work_left--;
	return true;
}

static int note(struct envoy *envoy, enum config_note kind, const json_t *node, const char *text)
{
	return config_add_note(envoy->config, kind, envoy->path, tree_line(node), text);
}

static bool contains(const json_t *node, const char *path, const char *part)
{
	const char *text = tree_text(node, path);

	return text && strstr(text, part);
}

static uint32_t milliseconds(const json_t *node, const char *path)
{
	const char *text = tree_text(node, path);

	return text ? duration_ms(text, 0) : 0;
}

/* Reads a file once. The trees of all stay until the end. 0 or -ENOMEM; *file NULL: not read. */
static int read_file(struct envoy *envoy, const char *name, const struct envoy_file **file)
{
	struct envoy_file *next = &envoy->read[envoy->read_count];
	uint32_t line = 0;
	size_t length;
	char *text;
	int err;

	*file = NULL;
	if (envoy->read_count == FILES_MOST)
		return note(envoy, CONFIG_BOUNDED, NULL, name);
	if (config_path_join(envoy->directory, name, next->path, sizeof(next->path)))
		return note(envoy, CONFIG_SKIPPED, NULL, name);
	for (size_t i = 0; i < envoy->read_count; i++) {
		*file = &envoy->read[i];
		if (!strcmp((*file)->path, next->path))
			return 0;
	}
	*file = NULL;
	err = config_files_read(envoy->files, next->path, &text, &length);
	if (!err) {
		err = tree_read(text, length, &next->tree, &line);
		free(text);
		if (err && err != -ENOMEM)
			return config_add_note(envoy->config,
					       err == -EFBIG ? CONFIG_BOUNDED : CONFIG_SKIPPED,
					       next->path, line, "no YAML that can be read");
	} else if (err != -ENOMEM) {
		return config_note_unread(envoy->config, next->path, err);
	}
	if (err)
		return err;
	envoy->read_count++;
	*file = next;
	return 0;
}

static void set_check(struct event_backend *backend, const json_t *check)
{
	const json_t *http = tree_at(check, "http_health_check");
	const char *path = tree_text(http, "path"), *method = tree_text(http, "method");
	char target[EVENT_TEXT_BYTES * 2];

	backend->header.flags |= BACKEND_CHECKED;
	backend->check_interval_ms = milliseconds(check, "interval");
	backend->check = http				      ? CHECK_HTTP
			 : tree_at(check, "tcp_health_check") ? CHECK_TCP
							      : CHECK_OTHER;
	if (!http)
		return;
	snprintf(target, sizeof(target), "%s %s", method ? method : "GET", path ? path : "/");
	config_set_text(backend->check_target, sizeof(backend->check_target), target);
}

/* A transport socket may wrap another: PROXY protocol around TLS. */
static void set_transport(struct event_backend *backend, const json_t *cluster)
{
	const json_t *socket = tree_at(cluster, "transport_socket");

	if (tree_at(cluster, "tls_context"))
		backend->header.flags |= BACKEND_TLS;
	for (int depth = 0; socket && depth < 4; depth++) {
		if (contains(socket, "name", "proxy_protocol") ||
		    contains(socket, "typed_config.@type", "ProxyProtocol"))
			backend->header.flags |= BACKEND_SEND_PROXY;
		else if (contains(socket, "name", "tls") ||
			 contains(socket, "typed_config.@type", "TlsContext"))
			backend->header.flags |= BACKEND_TLS;
		socket = tree_at(socket, "typed_config.transport_socket");
	}
}

/* The options of HTTP, of which the type's name is a key with dots. */
static const json_t *http_options(const json_t *cluster)
{
	return json_object_get(tree_at(cluster, "typed_extension_protocol_options"),
			       "envoy.extensions.upstreams.http.v3.HttpProtocolOptions");
}

static void set_protocol(struct event_backend *backend, const json_t *cluster)
{
	const json_t *options = http_options(cluster);

	if (tree_at(cluster, "http2_protocol_options") ||
	    tree_at(options, "explicit_http_config.http2_protocol_options"))
		backend->header.flags |= BACKEND_HTTP2;
	backend->keepalive_idle_ms =
		milliseconds(options, "common_http_protocol_options.idle_timeout");
	if (!backend->keepalive_idle_ms)
		backend->keepalive_idle_ms =
			milliseconds(cluster, "common_http_protocol_options.idle_timeout");
	if (!backend->keepalive_idle_ms)
		backend->keepalive_idle_ms = IDLE_MS;
}

static void add_tcp(struct envoy *envoy, const char *name)
{
	if (name && envoy->tcp_count < TCP_CLUSTERS_MOST)
		envoy->tcp[envoy->tcp_count++] = name;
}

static void take_filter(struct envoy *envoy, const json_t *filter)
{
	const json_t *config = tree_at(filter, "typed_config"), *weighted;

	if (!contains(filter, "name", "tcp_proxy") && !contains(config, "@type", "TcpProxy"))
		return;
	if (!config)
		config = tree_at(filter, "config");
	weighted = tree_at(config, "weighted_clusters.clusters");
	add_tcp(envoy, tree_text(config, "cluster"));
	for (size_t i = 0; i < json_array_size(weighted) && work(envoy); i++)
		add_tcp(envoy, tree_text(json_array_get(weighted, i), "name"));
}

/* Notes which clusters a listener hands bytes to, not requests. */
static void take_listeners(struct envoy *envoy, const json_t *listeners)
{
	for (size_t i = 0; i < json_array_size(listeners) && work(envoy); i++) {
		const json_t *chains = tree_at(json_array_get(listeners, i), "filter_chains");

		for (size_t j = 0; j < json_array_size(chains) && work(envoy); j++) {
			const json_t *filters = tree_at(json_array_get(chains, j), "filters");

			for (size_t k = 0; k < json_array_size(filters) && work(envoy); k++)
				take_filter(envoy, json_array_get(filters, k));
		}
	}
}

static bool is_tcp(const struct envoy *envoy, const char *name)
{
	for (size_t i = 0; i < envoy->tcp_count; i++)
		if (!strcmp(envoy->tcp[i], name))
			return true;
	return false;
}

/* What all backends of a cluster have in common. */
static void set_cluster(struct envoy *envoy, struct event_backend *pattern, const json_t *cluster)
{
	const char *type = tree_text(cluster, "type");
	const json_t *checks = tree_at(cluster, "health_checks");
	const json_t *limits = tree_at(cluster, "circuit_breakers.thresholds");

	memset(pattern, 0, sizeof(*pattern));
	config_set_text(pattern->pool, sizeof(pattern->pool), tree_text(cluster, "name"));
	config_set_text(pattern->file, sizeof(pattern->file), envoy->path);
	pattern->connect_timeout_ms = milliseconds(cluster, "connect_timeout");
	if (!pattern->connect_timeout_ms)
		pattern->connect_timeout_ms = CONNECT_TIMEOUT_MS;
	pattern->connections_max =
		tree_number(json_array_get(limits, 0), "max_connections", UINT32_MAX);
	set_transport(pattern, cluster);
	set_protocol(pattern, cluster);
	if (json_array_size(checks))
		set_check(pattern, json_array_get(checks, 0));
	if (is_tcp(envoy, tree_text(cluster, "name"))) {
		pattern->protocol = BACKEND_TCP;
		pattern->keepalive_idle_ms = 0;
	}
	/* to what a client asked for, which is not configured */
	if (type && !strcmp(type, "ORIGINAL_DST"))
		pattern->header.flags |= BACKEND_DYNAMIC;
}

static int add(struct envoy *envoy, const struct event_backend *backend)
{
	int err;

	return config_copy_backend(envoy->config, backend, &err) ? 0 : err;
}

/* {socket_address: {address, port_value}} or {pipe: {path}}. 0 or -EINVAL. */
static int set_address(struct event_backend *backend, const json_t *address)
{
	const json_t *socket = tree_at(address, "socket_address");
	const char *host = tree_text(socket, "address"), *path = tree_text(address, "pipe.path");
	uint32_t port = tree_number(socket, "port_value", UINT16_MAX);
	const json_t *place = socket ? socket : tree_at(address, "pipe");
	char text[EVENT_HOST_BYTES];
	int written;

	if (path)
		written = snprintf(text, sizeof(text), "unix:%s", path);
	else if (host && port)
		written = snprintf(text, sizeof(text), strchr(host, ':') ? "[%s]:%u" : "%s:%u",
				   host, port);
	else
		return -EINVAL;
	if (written >= (int)sizeof(text))
		return -EINVAL;
	backend->line = tree_line(place);
	config_set_text(backend->name, sizeof(backend->name), text);
	snprintf(backend->directive, sizeof(backend->directive),
		 path ? "pipe: { path: %.90s }"
		      : "socket_address: { address: %.60s, port_value: %u }",
		 path ? path : host, port);
	return config_set_address(backend, text, 0);
}

static int add_endpoint(struct envoy *envoy, const struct event_backend *pattern,
			const json_t *endpoint, const json_t *address)
{
	struct event_backend backend = *pattern;

	backend.weight = tree_number(endpoint, "load_balancing_weight", UINT32_MAX);
	backend.check_port = (uint16_t)tree_number(
		endpoint, "endpoint.health_check_config.port_value", UINT16_MAX);
	if (backend.check_port)
		backend.header.flags |= BACKEND_CHECK_ELSEWHERE;
	if (set_address(&backend, address))
		return note(envoy, CONFIG_SKIPPED, endpoint, "endpoint without an address");
	return add(envoy, &backend);
}

/* A ClusterLoadAssignment: [{priority, lb_endpoints: [{endpoint: {address}}]}]. */
static int add_assignment(struct envoy *envoy, const struct event_backend *pattern,
			  const json_t *assignment)
{
	const json_t *localities = tree_at(assignment, "endpoints");
	int err = 0;

	for (size_t i = 0; !err && i < json_array_size(localities) && work(envoy); i++) {
		const json_t *locality = json_array_get(localities, i);
		const json_t *endpoints = tree_at(locality, "lb_endpoints");
		struct event_backend backend = *pattern;

		if (tree_number(locality, "priority", UINT32_MAX))
			backend.header.flags |= BACKEND_BACKUP;
		for (size_t j = 0; !err && j < json_array_size(endpoints) && work(envoy); j++) {
			const json_t *endpoint = json_array_get(endpoints, j);

			err = add_endpoint(envoy, &backend, endpoint,
					   tree_at(endpoint, "endpoint.address"));
		}
	}
	return err;
}

/* The file of a config source, of either age of the interface; NULL: it is no file. */
static const char *source_path(const json_t *source)
{
	const char *path = tree_text(source, "path_config_source.path");

	return path ? path : tree_text(source, "path");
}

/* Endpoints that are told elsewhere: in a file, or by a server. */
static int add_discovered(struct envoy *envoy, const struct event_backend *pattern,
			  const json_t *cluster)
{
	const json_t *eds = tree_at(cluster, "eds_cluster_config"), *resources;
	const char *service = tree_text(eds, "service_name"), *name = pattern->pool;
	const char *path = source_path(tree_at(eds, "eds_config")), *outer = envoy->path;
	struct event_backend backend = *pattern;
	const struct envoy_file *file = NULL;
	int err = path ? read_file(envoy, path, &file) : 0;

	resources = file ? tree_at(file->tree, "resources") : NULL;
	for (size_t i = 0; !err && i < json_array_size(resources) && work(envoy); i++) {
		const json_t *resource = json_array_get(resources, i);
		const char *of = tree_text(resource, "cluster_name");

		if (!of || strcmp(of, service ? service : name))
			continue;
		envoy->path = file->path;
		config_set_text(backend.file, sizeof(backend.file), envoy->path);
		err = add_assignment(envoy, &backend, resource);
		envoy->path = outer;
		return err;
	}
	if (err)
		return err;
	backend.header.flags |= BACKEND_DYNAMIC;
	backend.line = tree_line(cluster);
	config_set_text(backend.host, sizeof(backend.host), service ? service : name);
	config_set_text(backend.name, sizeof(backend.name), service ? service : name);
	snprintf(backend.directive, sizeof(backend.directive), "name: %.100s", name);
	return add(envoy, &backend);
}

static int read_cluster(struct envoy *envoy, const json_t *cluster)
{
	const json_t *assignment = tree_at(cluster, "load_assignment");
	const json_t *hosts = tree_at(cluster, "hosts"); /* of the interface's second version */
	const char *type = tree_text(cluster, "type");
	struct event_backend pattern;
	int err = 0;

	if (!tree_text(cluster, "name"))
		return note(envoy, CONFIG_SKIPPED, cluster, "cluster without a name");
	set_cluster(envoy, &pattern, cluster);
	for (size_t i = 0; !err && i < json_array_size(hosts) && work(envoy); i++)
		err = add_endpoint(envoy, &pattern, NULL, json_array_get(hosts, i));
	if (err || json_array_size(hosts))
		return err;
	if (!assignment || (type && !strcmp(type, "EDS")))
		return add_discovered(envoy, &pattern, cluster);
	return add_assignment(envoy, &pattern, assignment);
}

static int read_clusters(struct envoy *envoy, const struct envoy_file *file, const json_t *clusters)
{
	int err = 0;

	for (size_t i = 0; !err && i < json_array_size(clusters) && work(envoy); i++) {
		envoy->path = file->path;
		err = read_cluster(envoy, json_array_get(clusters, i));
	}
	return err;
}

static int read_admin(struct envoy *envoy, const json_t *tree)
{
	const json_t *socket = tree_at(tree, "admin.address.socket_address");
	const char *host = tree_text(socket, "address");
	struct config *config = envoy->config;
	char text[EVENT_HOST_BYTES * 2];

	if (!host || config->socket_count == CONFIG_SOCKETS_MOST)
		return 0;
	snprintf(text, sizeof(text), strchr(host, ':') ? "[%.200s]:%u" : "%.200s:%u", host,
		 tree_number(socket, "port_value", UINT16_MAX));
	config_set_text(config->sockets[config->socket_count++], EVENT_HOST_BYTES, text);
	return 0;
}

static int read_bootstrap(struct envoy *envoy, const char *name)
{
	const struct envoy_file *file, *clusters = NULL, *listeners = NULL;
	const char *path;
	int err = read_file(envoy, name, &file);

	if (err || !file)
		return err;
	envoy->path = file->path;
	read_admin(envoy, file->tree);
	take_listeners(envoy, tree_at(file->tree, "static_resources.listeners"));
	path = source_path(tree_at(file->tree, "dynamic_resources.lds_config"));
	err = path ? read_file(envoy, path, &listeners) : 0;
	if (listeners)
		take_listeners(envoy, tree_at(listeners->tree, "resources"));
	if (!err)
		err = read_clusters(envoy, file, tree_at(file->tree, "static_resources.clusters"));
	envoy->path = file->path;
	path = source_path(tree_at(file->tree, "dynamic_resources.cds_config"));
	if (!err && path)
		err = read_file(envoy, path, &clusters);
	if (!err && clusters)
		err = read_clusters(envoy, clusters, tree_at(clusters->tree, "resources"));
	if (!err && !envoy->work_left)
		err = note(envoy, CONFIG_BOUNDED, NULL, "more than is read");
	return err;
}

int config_read_envoy(struct config_files *files, const struct config_place *place,
		      struct config *config)
{
	struct envoy *envoy = calloc(1, sizeof(*envoy));
	int err = 0;

	if (!envoy)
		return -ENOMEM;
	envoy->files = files;
	envoy->config = config;
	envoy->directory = place->directory;
	envoy->work_left = WORK_MOST;
	for (size_t i = 0; !err && i < place->file_count; i++) {
		envoy->path = place->files[i];
		err = read_bootstrap(envoy, place->files[i]);
	}
	while (envoy->read_count > 0)
		json_decref(envoy->read[--envoy->read_count].tree);
	free(envoy);
	return err;
}
