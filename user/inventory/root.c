// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/inventory/process.h"

#define TRIES 8

int root_of_process(int proc, uint32_t tgid)
{
	char path[PROCESS_NAME_BYTES];
	int fd;

	snprintf(path, sizeof(path), "%u/root", tgid);
	fd = openat(proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd;
}

static bool is_same(int left, int right)
{
	const unsigned int mask = STATX_INO | STATX_MNT_ID;
	struct statx first, second;

	return !statx(left, "", AT_EMPTY_PATH, mask, &first) &&
	       !statx(right, "", AT_EMPTY_PATH, mask, &second) && first.stx_ino == second.stx_ino &&
	       first.stx_dev_major == second.stx_dev_major &&
	       first.stx_dev_minor == second.stx_dev_minor && first.stx_mnt_id == second.stx_mnt_id;
}

int root_above(int root)
{
	int above = openat(root, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (above < 0)
		return -errno;
	if (!is_same(root, above))
		return above;
	close(above);
	return -ENOENT;
}

/* EAGAIN: a rename on the way, which the kernel could not rule out to lead outside (openat2(2)). */
int root_find(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long opened = -1;
	int i;

	for (i = 0; i < TRIES; i++) {
		opened = syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (opened >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return opened < 0 ? -errno : (int)opened;
}

bool root_has(int root, const char *path)
{
	int fd = root_find(root, path);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}
