// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/root_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Files grow while they are read. */
#define ROOM_FIRST_BYTES 4096

int root_file_open(int root, const char *path, struct stat *status)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int file = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	int err = 0;

	if (file < 0)
		return -errno;
	if (fstat(file, status))
		err = -errno;
	else if (!S_ISREG(status->st_mode))
		err = -EINVAL;
	if (!err)
		return file;
	close(file);
	return err;
}

/* Makes room for more, and a NUL. 0 or -ENOMEM. */
static int grow(char **text, size_t *room, size_t most)
{
	size_t wanted = *room ? *room * 2 : ROOM_FIRST_BYTES;
	char *more;

	if (wanted > most)
		wanted = most;
	more = realloc(*text, wanted + 1);
	if (!more)
		return -ENOMEM;
	*text = more;
	*room = wanted;
	return 0;
}

int root_file_read(int file, size_t bytes, char **text, size_t *length)
{
	char *content = NULL;
	size_t room = 0, used = 0;
	ssize_t got = 1;
	int err = 0;

	while (!err && got > 0 && (used < bytes || !content)) {
		if (used == room)
			err = grow(&content, &room, bytes);
		if (err)
			break;
		got = read(file, content + used, room - used);
		if (got > 0)
			used += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			err = -errno;
	}
	if (err) {
		free(content);
		return err;
	}
	content[used] = '\0';
	*text = content;
	*length = used;
	return 0;
}
