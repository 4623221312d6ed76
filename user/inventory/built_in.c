// SPDX-License-Identifier: GPL-2.0-only
/* What a program was built with. nginx and Apache hold the text that -V prints. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/config_place.h"
#include "user/inventory/process.h"

#define BLOCK_BYTES (64u << 10)
#define PROGRAM_BYTES (32u << 20) /* no more is looked through */
/* At most so much of a block is looked at again with the next, so that nothing lies on a border. */
#define OVERLAP_BYTES 1024u

static bool ends_value(char c)
{
	return c == '\0' || c == ' ' || c == '\'' || c == '"' || c == '\n';
}

/* Takes the value at `text`, which ends with `left` bytes. */
static int take_value(const char *text, size_t left, char *value, size_t bytes)
{
	size_t length = 0;

	while (length < left && !ends_value(text[length]))
		length++;
	if (!length || length == left || length >= bytes)
		return -ENOENT;
	memcpy(value, text, length);
	value[length] = '\0';
	return 0;
}

static int search(int fd, const char *marker, char *block, char *value, size_t bytes)
{
	size_t kept = 0, total = 0, marker_bytes = strlen(marker);

	while (total < PROGRAM_BYTES) {
		ssize_t got = read(fd, block + kept, BLOCK_BYTES - kept);
		const char *found;
		size_t have;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -ENOENT;
		total += (size_t)got;
		have = kept + (size_t)got;
		found = memmem(block, have, marker, marker_bytes);
		if (found &&
		    !take_value(found + marker_bytes, have - (size_t)(found - block) - marker_bytes,
				value, bytes))
			return 0;
		kept = have < OVERLAP_BYTES ? have : OVERLAP_BYTES;
		memmove(block, block + have - kept, kept);
	}
	return -ENOENT;
}

int built_in_value(int proc, uint32_t tgid, const char *marker, char *value, size_t bytes)
{
	char path[PROCESS_NAME_BYTES];
	char *block;
	int fd, err;

	snprintf(path, sizeof(path), "%u/exe", tgid);
	fd = openat(proc, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	block = malloc(BLOCK_BYTES);
	err = block ? search(fd, marker, block, value, bytes) : -ENOMEM;
	free(block);
	close(fd);
	return err;
}
