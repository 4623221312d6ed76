// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/hosts_file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/lib/endpoint.h"

#define NAMES_FIRST 64
#define BLANKS " \t\r\v\f"

struct hosts_name {
	const char *name;
	struct event_address address;
	size_t order; /* in the file */
};

struct hosts_file {
	struct hosts_name *names; /* sorted by name, then order */
	size_t count, room;
};

static int compare(const void *left, const void *right)
{
	const struct hosts_name *one = left, *other = right;
	int order = strcasecmp(one->name, other->name);

	if (order)
		return order;
	return one->order < other->order ? -1 : one->order > other->order;
}

static int add(struct hosts_file *hosts, const char *name, const struct event_address *address)
{
	struct hosts_name *entry;

	if (hosts->count == hosts->room) {
		size_t room = hosts->room ? hosts->room * 2 : NAMES_FIRST;
		struct hosts_name *names = realloc(hosts->names, room * sizeof(*names));

		if (!names)
			return -ENOMEM;
		hosts->names = names;
		hosts->room = room;
	}
	entry = &hosts->names[hosts->count];
	entry->name = name;
	entry->address = *address;
	entry->order = hosts->count++;
	return 0;
}

static bool parse_address(char *text, struct event_address *address)
{
	char *scope = strchr(text, '%');

	if (scope)
		*scope = '\0';
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, address->bytes) == 1)
		address->family = 4;
	else if (inet_pton(AF_INET6, text, address->bytes) == 1)
		address->family = 6;
	return address->family;
}

static int parse_line(struct hosts_file *hosts, char *line)
{
	struct event_address address;
	char *rest = line, *word;
	int err = 0;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, BLANKS, &rest);
	if (!word || !parse_address(word, &address))
		return 0;
	while (!err && hosts->count < HOSTS_FILE_NAMES && (word = strtok_r(NULL, BLANKS, &rest)))
		err = add(hosts, word, &address);
	return err;
}

int hosts_file_parse(char *text, size_t length, struct hosts_file **hosts)
{
	struct hosts_file *made = calloc(1, sizeof(*made));
	char *end = text + length;
	int err = 0;

	if (!made)
		return -ENOMEM;
	while (!err && text < end && made->count < HOSTS_FILE_NAMES) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		char *next = newline ? newline + 1 : end;

		if (newline)
			*newline = '\0';
		err = parse_line(made, text);
		text = next;
	}
	if (err) {
		hosts_file_free(made);
		return err;
	}
	if (made->count)
		qsort(made->names, made->count, sizeof(*made->names), compare);
	*hosts = made;
	return 0;
}

void hosts_file_free(struct hosts_file *hosts)
{
	if (!hosts)
		return;
	free(hosts->names);
	free(hosts);
}

/* As strcmp(), of `name` without the dot at its end: `length` bytes of it. */
static int compare_name(const struct hosts_name *entry, const char *name, size_t length)
{
	int order = strncasecmp(entry->name, name, length);

	return order ? order : entry->name[length] != '\0';
}

static bool holds(const struct event_address *addresses, size_t count,
		  const struct event_address *address)
{
	for (size_t i = 0; i < count; i++) {
		if (endpoint_equal(&addresses[i], address))
			return true;
	}
	return false;
}

size_t hosts_file_find(const struct hosts_file *hosts, const char *name,
		       struct event_address *addresses, size_t most)
{
	size_t low = 0, high = hosts ? hosts->count : 0, count = 0, length = strlen(name);

	if (length > 1 && name[length - 1] == '.')
		length--;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_name(&hosts->names[middle], name, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; hosts && low < hosts->count && count < most; low++) {
		const struct hosts_name *entry = &hosts->names[low];

		if (compare_name(entry, name, length))
			break;
		if (!holds(addresses, count, &entry->address))
			addresses[count++] = entry->address;
	}
	return count;
}
