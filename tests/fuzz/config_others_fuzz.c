// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads any bytes as the configuration of Caddy, Apache, Varnish or Envoy, as the first byte says, or as
 * what tells of a container. 0x01 ends a file and begins the next: the first is /etc/lb/lb, the
 * others are /etc/lb/1, /etc/lb/2 and so on, to be included. Of a container the first file is its
 * control groups and mounts, the second is every file on the host.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"
#include "user/inventory/container.h"
#include "user/lib/record.h"

#define DIRECTORY "/etc/lb"
#define MAIN DIRECTORY "/lb"
#define FILES_MOST 9
#define FILE_END 0x01

struct input {
	const char *texts[FILES_MOST];
	size_t lengths[FILES_MOST];
	size_t count;
};

static void split(const uint8_t *data, size_t size, struct input *input)
{
	const char *at = (const char *)data, *limit = at + size;

	while (input->count < FILES_MOST) {
		const char *end = memchr(at, FILE_END, (size_t)(limit - at));
		size_t length = (size_t)((end ? end : limit) - at);

		input->texts[input->count] = at;
		input->lengths[input->count++] = length;
		if (!end)
			break;
		at = end + 1;
	}
}

static int give(const struct input *input, size_t file, size_t bytes, char **text, size_t *length)
{
	if (file >= input->count)
		return -ENOENT;
	*length = input->lengths[file];
	if (*length > bytes)
		return -EFBIG;
	*text = malloc(*length + 1);
	if (!*text)
		return -ENOMEM;
	memcpy(*text, input->texts[file], *length);
	(*text)[*length] = '\0';
	return 0;
}

static int input_read(void *context, const char *path, size_t bytes, char **text, size_t *length)
{
	size_t file = 0;

	if (strcmp(path, MAIN)) {
		if (strncmp(path, DIRECTORY "/", sizeof(DIRECTORY)))
			return -ENOENT;
		path += sizeof(DIRECTORY);
		if (*path < '1' || *path > '8' || path[1])
			return -ENOENT;
		file = (size_t)(*path - '0');
	}
	return give(context, file, bytes, text, length);
}

static int input_list(void *context, const char *path,
		      int (*entry)(void *entry_context, const char *name), void *entry_context)
{
	const struct input *input = context;
	int result = 0;

	if (strcmp(path, DIRECTORY))
		return -ENOENT;
	for (size_t i = 1; !result && i < input->count; i++) {
		char name[2] = { (char)('0' + i), '\0' };

		result = entry(entry_context, name);
	}
	return result;
}

/* Whatever comes out is a whole record, and the next part may rely on its index. */
static void check(const struct config *config)
{
	if (config->backend_count > CONFIG_BACKENDS_MOST || config->note_count > CONFIG_NOTES_MOST)
		abort();
	for (size_t i = 0; i < config->backend_count; i++) {
		const struct event_backend *backend = &config->backends[i];

		if (record_check(backend, sizeof(*backend)) != sizeof(*backend) ||
		    backend->index != i || !*backend->name || !*backend->host)
			abort();
	}
	for (size_t i = 0; i < config->note_count; i++) {
		if (record_check(&config->notes[i], sizeof(*config->notes)) !=
		    sizeof(*config->notes))
			abort();
	}
}

static void read_config(enum balancer_kind kind, struct input *input)
{
	const struct config_source source = { input_read, input_list, input };
	const struct config_place place = { .files = { MAIN },
					    .file_count = 1,
					    .directory = DIRECTORY };
	struct config config;

	if (config_read(kind, &source, &place, &config))
		abort();
	check(&config);
	config_clear(&config);
}

static int host_read(void *context, const char *path, size_t bytes, char **text, size_t *length)
{
	(void)path;
	return give(context, 1, bytes, text, length);
}

static int host_list(void *context, const char *path,
		     int (*entry)(void *entry_context, const char *name), void *entry_context)
{
	const struct input *input = context;
	char name[256];

	(void)path;
	if (input->count < 3)
		return -ENOENT;
	snprintf(name, sizeof(name), "%.*s", (int)input->lengths[2], input->texts[2]);
	return entry(entry_context, name);
}

static void read_container(struct input *input)
{
	const struct config_source host = { host_read, host_list, input };
	struct container_place place;
	struct event_container found;
	char *text;
	size_t length;

	if (give(input, 0, SIZE_MAX, &text, &length))
		abort();
	memset(&found, 0xff, sizeof(found));
	if (container_parse_cgroup(text, &place) || container_parse_mounts(text, &place)) {
		if (strchr(place.id, '/') || place.id[0] == '.')
			abort();
		container_name(&host, &place, &found);
		if (strnlen(found.pod, sizeof(found.pod)) == sizeof(found.pod) ||
		    strnlen(found.name, sizeof(found.name)) == sizeof(found.name))
			abort();
	}
	free(text);
}

/* Many inputs grow a large table; what was freed is not to count as used. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=16";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum balancer_kind kinds[] = { BALANCER_CADDY, BALANCER_APACHE,
						    BALANCER_VARNISH, BALANCER_ENVOY };
	struct input input = { .count = 0 };
	size_t kind;

	if (!size)
		return 0;
	kind = (size_t)(data[0] - '0');
	split(data + 1, size - 1, &input);
	if (kind < sizeof(kinds) / sizeof(kinds[0]))
		read_config(kinds[kind], &input);
	else
		read_container(&input);
	return 0;
}
