// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads any bytes as an nginx configuration. 0x01 ends a file and begins the next: the first is
 * /etc/nginx/nginx.conf, the others are /etc/nginx/1, /etc/nginx/2 and so on, to be included.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"
#include "user/lib/record.h"

#define DIRECTORY "/etc/nginx"
#define MAIN DIRECTORY "/nginx.conf"
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

static int input_read(void *context, const char *path, size_t bytes, char **text, size_t *length)
{
	const struct input *input = context;
	size_t file = 0;

	if (strcmp(path, MAIN)) {
		if (strncmp(path, DIRECTORY "/", sizeof(DIRECTORY)))
			return -ENOENT;
		path += sizeof(DIRECTORY);
		if (*path < '1' || *path > '8' || path[1])
			return -ENOENT;
		file = (size_t)(*path - '0');
	}
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

static int input_list(void *context, const char *path,
		      int (*entry)(void *entry_context, const char *name), void *entry_context)
{
	const struct input *input = context;
	char name[2] = "1";
	int result = 0;

	if (strcmp(path, DIRECTORY))
		return -ENOENT;
	for (size_t i = 1; !result && i < input->count; i++, name[0]++)
		result = entry(entry_context, name);
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
		    backend->index != i || !*backend->name || !*backend->host || !backend->line)
			abort();
	}
	for (size_t i = 0; i < config->note_count; i++) {
		if (record_check(&config->notes[i], sizeof(*config->notes)) !=
		    sizeof(*config->notes))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config_place place = { .files = { MAIN }, .file_count = 1 };
	struct input input = { 0 };
	const struct config_source source = { input_read, input_list, &input };
	struct config config;

	split(data, size, &input);
	if (config_read(BALANCER_NGINX, &source, &place, &config))
		abort();
	check(&config);
	config_clear(&config);
	return 0;
}
