// SPDX-License-Identifier: GPL-2.0-only
/* The TLS library that a process has loaded, and where it can be opened from here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/inventory/process.h"
#include "user/inventory/state.h"

/* Of /proc/PID/maps: a Go program has a hundred lines, a JVM some thousands. */
#define MAPS_BYTES (1024 * 1024)

/* Beginnings of file names; what follows is a version or ".so". */
static const char *const names[] = { "libssl.so", "libssl-", "libssl3.so.", "libgnutls.so" };

static bool is_library(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	}
	return false;
}

/* The sixth field of a line of /proc/PID/maps (proc(5)); NULL: no file. */
static char *path_of(char *line)
{
	return strchr(line, '/');
}

static int find_path(char *maps, char *path, size_t bytes)
{
	static const char deleted[] = " (deleted)";
	char *line, *found, *end;

	while ((line = strsep(&maps, "\n"))) {
		found = path_of(line);
		if (!found || !is_library(found))
			continue;
		end = found + strlen(found);
		if (end - found > (long)strlen(deleted) && !strcmp(end - strlen(deleted), deleted))
			return -ESTALE;
		return (size_t)snprintf(path, bytes, "%s", found) < bytes ? 0 : -ENAMETOOLONG;
	}
	return -ENOENT;
}

int inventory_tls_library(struct inventory *inventory, uint32_t tgid, char *path, size_t bytes)
{
	char *maps = malloc(MAPS_BYTES + 1);
	long length;
	int err;

	if (!maps)
		return -ENOMEM;
	length = process_read_file(inventory->proc, tgid, "maps", maps, MAPS_BYTES);
	err = length < 0 ? (int)length : 0;
	if (!err) {
		maps[length] = '\0';
		err = find_path(maps, path, bytes);
	}
	free(maps);
	return err;
}
