// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/addresses.h"
#include "user/inventory/process.h"

#define LINE_BYTES 128
#define HEX_BYTES 33

static FILE *open_table(int proc, uint32_t tgid, const char *name)
{
	char path[PROCESS_NAME_BYTES];
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%u/net/%s", tgid, name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

/* fib_trie: a line "|-- ADDRESS", and below it a line for each of its entries. */
static bool find_ipv4(FILE *file, const char *wanted)
{
	char line[LINE_BYTES];
	bool inside = false;

	while (fgets(line, sizeof(line), file)) {
		const char *leaf = strstr(line, "|-- ");

		if (leaf) {
			leaf += 4;
			inside = !strncmp(leaf, wanted, strlen(wanted)) &&
				 leaf[strlen(wanted)] == '\n';
		} else if (inside && strstr(line, "/32 host LOCAL")) {
			return true;
		}
	}
	return false;
}

/* if_inet6: the address in hexadecimal, then of what interface it is. */
static bool find_ipv6(FILE *file, const char *wanted)
{
	char line[LINE_BYTES];

	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, wanted, HEX_BYTES - 1))
			return true;
	}
	return false;
}

bool addresses_has(int proc, uint32_t tgid, const struct event_address *address)
{
	char text[INET6_ADDRSTRLEN], hex[HEX_BYTES];
	FILE *file = open_table(proc, tgid, address->family == 4 ? "fib_trie" : "if_inet6");
	bool found;

	if (!file)
		return false;
	if (address->family == 4) {
		found = inet_ntop(AF_INET, address->bytes, text, sizeof(text)) &&
			find_ipv4(file, text);
	} else {
		for (int i = 0; i < 16; i++)
			snprintf(hex + 2 * i, sizeof(hex) - 2 * i, "%02x", address->bytes[i]);
		found = find_ipv6(file, hex);
	}
	fclose(file);
	return found;
}

static uint64_t find_value(char *names, char *values, const char *name)
{
	char *name_rest, *value_rest;
	char *word = strtok_r(names, " \n", &name_rest);
	char *value = strtok_r(values, " \n", &value_rest);

	while (word && value) {
		if (!strcmp(word, name))
			return strtoull(value, NULL, 10);
		word = strtok_r(NULL, " \n", &name_rest);
		value = strtok_r(NULL, " \n", &value_rest);
	}
	return 0;
}

uint64_t addresses_counter(int proc, uint32_t tgid, const char *name)
{
	FILE *file = open_table(proc, tgid, "netstat");
	char *names = NULL, *values = NULL;
	size_t names_bytes = 0, values_bytes = 0;
	uint64_t value = 0;

	if (!file)
		return 0;
	/* The first pair of lines: the names, and the values in the same order. */
	if (getline(&names, &names_bytes, file) > 0 && getline(&values, &values_bytes, file) > 0)
		value = find_value(names, values, name);
	fclose(file);
	free(names);
	free(values);
	return value;
}
