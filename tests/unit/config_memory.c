// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/config_memory.h"

static size_t length_of(const struct memory_file *file)
{
	return file->length ? file->length : strlen(file->text);
}

static bool is_directory(const struct memory *memory, const char *path)
{
	size_t length = strlen(path);

	for (size_t i = 0; i < memory->count; i++) {
		const char *name = memory->files[i].path;

		if (!strncmp(name, path, length) && name[length] == '/')
			return true;
	}
	return false;
}

static int memory_read(void *context, const char *path, size_t bytes, char **text, size_t *length)
{
	struct memory *memory = context;

	for (size_t i = 0; i < memory->count; i++) {
		const struct memory_file *file = &memory->files[i];

		if (strcmp(file->path, path))
			continue;
		memory->reads++;
		*length = length_of(file);
		if (*length > bytes)
			return -EFBIG;
		/* Just as long as it is, so that a sanitizer sees who reads on. */
		*text = malloc(*length + 1);
		if (!*text)
			return -ENOMEM;
		memcpy(*text, file->text, *length);
		(*text)[*length] = '\0';
		return 0;
	}
	return is_directory(memory, path) ? -EISDIR : -ENOENT;
}

/* The same name twice, for two files below one directory, does no harm. */
static int memory_list(void *context, const char *path,
		       int (*entry)(void *entry_context, const char *name), void *entry_context)
{
	struct memory *memory = context;
	size_t length = strcmp(path, "/") ? strlen(path) : 0;
	const char *last = "";
	int result = 0;

	for (size_t i = 0; !result && i < memory->count; i++) {
		const char *name = memory->files[i].path;
		char *first;

		if (strncmp(name, path, length) || name[length] != '/')
			continue;
		name += length + 1;
		first = strndup(name, strcspn(name, "/"));
		if (!first)
			return -ENOMEM;
		if (strncmp(last, first, strlen(first)))
			result = entry(entry_context, first);
		last = name;
		free(first);
	}
	return result;
}

struct config_source memory_source(struct memory *memory)
{
	return (struct config_source){
		.read = memory_read,
		.list = memory_list,
		.context = memory,
	};
}

void memory_config(enum balancer_kind kind, struct memory *memory, struct config *config)
{
	struct config_source source = memory_source(memory);
	struct config_place place = { .files = { memory->files[0].path }, .file_count = 1 };

	assert_int_equal(config_read(kind, &source, &place, config), 0);
}

void memory_config_text(enum balancer_kind kind, const char *text, struct config *config)
{
	const struct memory_file file = { .path = "/etc/lb/lb.conf", .text = text };
	struct memory memory = { .files = &file, .count = 1 };

	memory_config(kind, &memory, config);
}

static void format_name(const struct event_backend *backend, char *name, size_t bytes)
{
	snprintf(name, bytes, "%s%s%s", backend->pool, *backend->pool ? "/" : "", backend->name);
}

const struct event_backend *memory_backend(const struct config *config, const char *name)
{
	char full[sizeof(config->backends->pool) + sizeof(config->backends->name)];

	for (size_t i = 0; i < config->backend_count; i++) {
		format_name(&config->backends[i], full, sizeof(full));
		if (!strcmp(full, name))
			return &config->backends[i];
	}
	return NULL;
}

static void write_flags(FILE *stream, const struct event_backend *backend)
{
	static const char *const names[] = {
		"named",  "dynamic", "unix",	"tls",	"h2",	     "send-proxy",
		"backup", "down",    "checked", "once", "elsewhere",
	};
	static const char *const protocols[] = {
		[BACKEND_HTTP] = "",
		[BACKEND_TCP] = " =tcp",
		[BACKEND_GRPC] = " =grpc",
		[BACKEND_FASTCGI] = " =fcgi",
		[BACKEND_UWSGI] = " =uwsgi",
		[BACKEND_SCGI] = " =scgi",
		[BACKEND_MEMCACHED] = " =memcached",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (backend->header.flags & 1u << i)
			fprintf(stream, " +%s", names[i]);
	}
	fprintf(stream, "%s\n", protocols[backend->protocol]);
}

char *memory_config_lines(const struct config *config)
{
	static const char *const kinds[] = {
		[CONFIG_UNREADABLE] = "unreadable",
		[CONFIG_SKIPPED] = "skipped",
		[CONFIG_BOUNDED] = "bounded",
	};
	char *lines = NULL;
	size_t length;
	FILE *stream = open_memstream(&lines, &length);

	assert_non_null(stream);
	for (size_t i = 0; i < config->backend_count; i++) {
		const struct event_backend *backend = &config->backends[i];
		char name[sizeof(backend->pool) + sizeof(backend->name)];

		assert_int_equal(backend->index, i);
		format_name(backend, name, sizeof(name));
		fprintf(stream, "%s %s %u %s:%u", name, backend->host, backend->address.port,
			backend->file, backend->line);
		write_flags(stream, backend);
	}
	for (size_t i = 0; i < config->note_count; i++) {
		const struct event_config *note = &config->notes[i];

		fprintf(stream, "! %s %s:%u %s\n", kinds[note->kind], note->file, note->line,
			note->text);
	}
	assert_int_equal(fclose(stream), 0);
	return lines;
}
