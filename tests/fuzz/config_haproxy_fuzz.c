// SPDX-License-Identifier: GPL-2.0-only
/* HAProxy's configuration: up to three files, apart by a record separator (0x1e); the first is named
 * itself, the others lie in a directory. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"
#include "user/lib/record.h"

#define FILES_MOST 3
#define SEPARATOR 0x1e

struct input {
	const char *text[FILES_MOST];
	size_t length[FILES_MOST];
	size_t count;
};

static const char *const paths[FILES_MOST] = { "/h/a.cfg", "/h/d/b.cfg", "/h/d/c.cfg" };

static int read_input(void *context, const char *path, size_t bytes, char **text, size_t *length)
{
	const struct input *input = context;

	if (!strcmp(path, "/h/d"))
		return -EISDIR;
	for (size_t i = 0; i < input->count && i < FILES_MOST; i++) {
		if (strcmp(path, paths[i]) != 0)
			continue;
		if (input->length[i] > bytes)
			return -EFBIG;
		*length = input->length[i];
		*text = malloc(*length + 1);
		if (!*text)
			return -ENOMEM;
		memcpy(*text, input->text[i], *length);
		(*text)[*length] = '\0';
		return 0;
	}
	return -ENOENT;
}

static int list_input(void *context, const char *path,
		      int (*entry)(void *entry_context, const char *name), void *entry_context)
{
	const struct input *input = context;
	int result = 0;

	if (strcmp(path, "/h/d") != 0)
		return -ENOENT;
	for (size_t i = 1; !result && i < input->count && i < FILES_MOST; i++)
		result = entry(entry_context, paths[i] + sizeof("/h/d/") - 1);
	return result;
}

static void split(struct input *input, const char *data, size_t size)
{
	const char *end = data + size;

	while (input->count < FILES_MOST) {
		const char *stop = memchr(data, SEPARATOR, (size_t)(end - data));

		input->text[input->count] = data;
		input->length[input->count++] = (size_t)((stop ? stop : end) - data);
		if (!stop)
			break;
		data = stop + 1;
	}
}

static void check(const struct config *config)
{
	if (config->backend_count > CONFIG_BACKENDS_MOST ||
	    config->note_count > CONFIG_NOTES_MOST || config->socket_count > CONFIG_SOCKETS_MOST)
		abort();
	for (size_t i = 0; i < config->backend_count; i++) {
		const struct event_backend *backend = &config->backends[i];

		if (record_check(backend, sizeof(*backend)) != sizeof(*backend) ||
		    backend->index != i || !backend->line || !*backend->host)
			abort();
	}
	for (size_t i = 0; i < config->note_count; i++) {
		if (record_check(&config->notes[i], sizeof(config->notes[i])) !=
		    sizeof(config->notes[i]))
			abort();
	}
	for (size_t i = 0; i < config->socket_count; i++) {
		if (*config->sockets[i] != '/')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config_place place = { .files = { "/h/a.cfg", "/h/d" },
						   .file_count = 2 };
	struct input input = { 0 };
	const struct config_source source = { read_input, list_input, &input };
	struct config config;

	split(&input, (const char *)data, size);
	if (config_read(BALANCER_HAPROXY, &source, &place, &config))
		abort();
	check(&config);
	config_clear(&config);
	return 0;
}
