// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"
#include "user/lib/endpoint.h"
#include "user/lib/text.h"

#define BACKENDS_FIRST 16
#define NAME_MOST 253 /* characters of a DNS name, RFC 1035 2.3.4 */

static bool same_note(const struct event_config *left, const struct event_config *right)
{
	return left->kind == right->kind && left->line == right->line &&
	       !strcmp(left->file, right->file) && !strcmp(left->text, right->text);
}

/* Where the next note goes. That something is left out altogether outweighs one statement more. */
static struct event_config *note_room(struct config *config, enum config_note kind)
{
	if (!config->notes)
		config->notes = calloc(CONFIG_NOTES_MOST, sizeof(*config->notes));
	if (!config->notes)
		return NULL;
	if (config->note_count < CONFIG_NOTES_MOST)
		return &config->notes[config->note_count++];
	return kind == CONFIG_BOUNDED ? &config->notes[CONFIG_NOTES_MOST - 1] : NULL;
}

int config_add_note(struct config *config, enum config_note kind, const char *file, uint32_t line,
		    const char *text)
{
	struct event_config note = {
		.header = { .type = EVENT_CONFIG, .size_bytes = sizeof(note) },
		.line = line,
		.kind = kind,
	};
	struct event_config *room;

	text_escape(file, note.file, sizeof(note.file));
	text_escape(text, note.text, sizeof(note.text));
	/* A file that is included twice says everything twice. */
	for (size_t i = 0; i < config->note_count; i++) {
		if (same_note(&config->notes[i], &note))
			return 0;
	}
	room = note_room(config, kind);
	if (room)
		*room = note;
	return config->notes ? 0 : -ENOMEM;
}

int config_note_unread(struct config *config, const char *path, int err)
{
	if (err == -EDQUOT)
		return config_add_note(config, CONFIG_BOUNDED, path, 0, "more files than are read");
	if (err == -EFBIG)
		return config_add_note(config, CONFIG_BOUNDED, path, 0,
				       "a larger file than is read");
	return config_add_note(config, CONFIG_UNREADABLE, path, 0, strerror(-err));
}

static int grow(struct config *config)
{
	size_t room = config->backend_room ? config->backend_room * 2 : BACKENDS_FIRST;
	struct event_backend *backends;

	backends = reallocarray(config->backends, room, sizeof(*backends));
	if (!backends)
		return -ENOMEM;
	config->backends = backends;
	config->backend_room = room;
	return 0;
}

struct event_backend *config_add_backend(struct config *config, int *err)
{
	struct event_backend *backend;

	*err = 0;
	if (config->backend_count == CONFIG_BACKENDS_MOST) {
		*err = config_add_note(config, CONFIG_BOUNDED, "", 0,
				       "more servers than are followed");
		return NULL;
	}
	if (config->backend_count == config->backend_room)
		*err = grow(config);
	if (*err)
		return NULL;
	backend = &config->backends[config->backend_count];
	memset(backend, 0, sizeof(*backend));
	backend->header.type = EVENT_BACKEND;
	backend->header.size_bytes = sizeof(*backend);
	backend->index = (uint32_t)config->backend_count++;
	return backend;
}

struct event_backend *config_copy_backend(struct config *config, const struct event_backend *model,
					  int *err)
{
	struct event_backend *added = config_add_backend(config, err);
	struct event_header header;
	uint32_t index;

	if (!added)
		return NULL;
	header = added->header;
	index = added->index;
	*added = *model;
	added->header = header;
	added->header.flags = model->header.flags;
	added->index = index;
	return added;
}

void config_clear(struct config *config)
{
	free(config->backends);
	free(config->notes);
	memset(config, 0, sizeof(*config));
}

bool config_set_text(char *field, size_t bytes, const char *text)
{
	size_t used = 0;

	while (text[used]) {
		size_t length = text_character_bytes(text + used);

		/* What is no UTF-8 is copied as it is: it may be a file's name. */
		if (!length)
			length = 1;
		if (used + length >= bytes)
			break;
		used += length;
	}
	memcpy(field, text, used);
	field[used] = '\0';
	return !text[used];
}

static bool is_name(const char *text, size_t length)
{
	if (!length || length > NAME_MOST)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_' && c != '.')
			return false;
	}
	return text[0] != '.';
}

/* Decimal digits up to the end. */
static bool parse_port(const char *text, uint16_t *port)
{
	uint32_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint32_t)(*text - '0');
		if (value > UINT16_MAX)
			return false;
	}
	*port = (uint16_t)value;
	return true;
}

static void set_host(struct event_backend *backend, const char *text, size_t length, uint32_t flag,
		     uint16_t port)
{
	memcpy(backend->host, text, length);
	backend->host[length] = '\0';
	backend->header.flags |= flag;
	backend->address.port = port;
}

/* "$host:8080" has a port, "$host:$port" has not, as far as anybody can tell. */
static void set_dynamic(struct event_backend *backend, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t length = strlen(text);
	uint16_t port = 0;

	if (colon && parse_port(colon + 1, &port))
		length = (size_t)(colon - text);
	set_host(backend, text, length, BACKEND_DYNAMIC, port);
}

static int set_name(struct event_backend *backend, const char *text, uint16_t default_port)
{
	size_t length = strcspn(text, ":");
	uint16_t port = default_port;

	if (!is_name(text, length) || (text[length] && !parse_port(text + length + 1, &port)))
		return -EINVAL;
	set_host(backend, text, length, BACKEND_NAMED, port);
	return 0;
}

/* Of an address that is well-formed: what stands before the port, brackets included. */
static size_t host_length(const char *text)
{
	const char *bracket = strchr(text, ']');
	const char *colon = strchr(bracket ? bracket : text, ':');

	if (!colon || (!bracket && strchr(colon + 1, ':')))
		return strlen(text);
	return (size_t)(colon - text);
}

int config_set_address(struct event_backend *backend, const char *text, uint16_t default_port)
{
	const char *path = strncmp(text, "unix:", 5) ? text : text + 5;
	bool fits = config_set_text(backend->host, sizeof(backend->host), text);
	struct event_address address;

	if (!fits || !*text)
		return -EINVAL;
	if (strpbrk(text, "$%")) {
		set_dynamic(backend, text);
		return 0;
	}
	if (path != text || *path == '/') {
		if (!*path)
			return -EINVAL;
		set_host(backend, path, strlen(path), BACKEND_UNIX, 0);
		return 0;
	}
	if (endpoint_parse(text, &address) || !address.family)
		return set_name(backend, text, default_port);
	set_host(backend, text, host_length(text), 0, 0);
	if (!text[host_length(text)])
		address.port = default_port;
	backend->address = address;
	return 0;
}

struct time_unit {
	const char *name;
	uint64_t us;
};

/* The longest names first. */
static const struct time_unit time_units[] = {
	{ "us", 1 },
	{ "ms", 1000 },
	{ "s", 1000000 },
	{ "m", 60 * 1000000ull },
	{ "h", 3600 * 1000000ull },
	{ "d", 86400 * 1000000ull },
	{ "w", 7 * 86400 * 1000000ull },
	{ "M", 30 * 86400 * 1000000ull },
	{ "y", 365 * 86400 * 1000000ull },
};

/* Beyond what *ms can hold, so that nothing below overflows. */
#define TIME_MOST_US ((UINT32_MAX + 1ull) * 1000)

/* The unit at *text, which is moved behind it; without one `unit_ms`, which only the end may follow. */
static uint64_t parse_unit(const char **text, uint32_t unit_ms)
{
	for (size_t i = 0; i < sizeof(time_units) / sizeof(time_units[0]); i++) {
		size_t length = strlen(time_units[i].name);

		if (!strncmp(*text, time_units[i].name, length)) {
			*text += length;
			return time_units[i].us;
		}
	}
	return **text ? 0 : unit_ms * 1000ull;
}

int config_parse_time(const char *text, uint32_t unit_ms, uint32_t *ms)
{
	uint64_t total = 0;

	do {
		uint64_t value = 0, unit;

		if (*text < '0' || *text > '9')
			return -EINVAL;
		for (; *text >= '0' && *text <= '9'; text++) {
			value = value * 10 + (uint64_t)(*text - '0');
			if (value > TIME_MOST_US)
				value = TIME_MOST_US;
		}
		unit = parse_unit(&text, unit_ms);
		if (!unit)
			return -EINVAL;
		total += value > TIME_MOST_US / unit ? TIME_MOST_US : value * unit;
		if (total > TIME_MOST_US)
			total = TIME_MOST_US;
		while (*text == ' ')
			text++;
	} while (*text);
	total = (total + 999) / 1000;
	*ms = total > UINT32_MAX ? UINT32_MAX : (uint32_t)total;
	return 0;
}
