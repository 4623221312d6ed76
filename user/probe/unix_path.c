// SPDX-License-Identifier: GPL-2.0-only
#include "user/probe/unix_path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define ROOT_BYTES 32

static int open_socket_file(uint32_t tgid, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	char name[ROOT_BYTES];
	int root, file, err;

	snprintf(name, sizeof(name), "/proc/%" PRIu32 "/root", tgid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	file = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	err = -errno;
	close(root);
	return file < 0 ? err : file;
}

int unix_path_connect(int socket, uint32_t tgid, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int file = open_socket_file(tgid, path), err = 0;

	if (file < 0)
		return file;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", file);
	if (connect(socket, (const struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	close(file);
	return err;
}
