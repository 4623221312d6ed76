// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/capture/symbols.h"

#define SYMBOLS_FILE "/proc/kallsyms"
#define SYMBOLS_LINE_BYTES 768 /* KSYM_NAME_LEN is 512 at most */

static void take_name(struct symbol_range *ranges, size_t count, uint64_t address, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!ranges[i].from && !strcmp(ranges[i].name, name))
			ranges[i].from = address;
	}
}

static void take_end(struct symbol_range *ranges, size_t count, uint64_t address)
{
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].from && address > ranges[i].from && address < ranges[i].to)
			ranges[i].to = address;
	}
}

/* The beginnings first: the end of one may stand anywhere. */
static int read_symbols(FILE *file, struct symbol_range *ranges, size_t count, bool ends)
{
	char line[SYMBOLS_LINE_BYTES], name[SYMBOLS_LINE_BYTES];
	uint64_t address;

	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 " %*c %767s", &address, name) != 2)
			continue;
		if (ends)
			take_end(ranges, count, address);
		else
			take_name(ranges, count, address, name);
	}
	return ferror(file) ? -EIO : 0;
}

int symbols_find_in(FILE *file, struct symbol_range *ranges, size_t count)
{
	int err;

	for (size_t i = 0; i < count; i++) {
		ranges[i].from = 0;
		ranges[i].to = UINT64_MAX;
	}
	err = read_symbols(file, ranges, count, false);
	return err ? err : read_symbols(file, ranges, count, true);
}

int symbols_find(struct symbol_range *ranges, size_t count)
{
	FILE *file = fopen(SYMBOLS_FILE, "re");
	int err;

	if (!file)
		return -errno;
	err = symbols_find_in(file, ranges, count);
	fclose(file);
	return err;
}

bool symbol_is_known(const char *name)
{
	struct symbol_range range = { .name = name };

	return !symbols_find(&range, 1) && range.from;
}
