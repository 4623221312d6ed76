// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "user/inventory/inventory.h"
#include "user/inventory/process.h"
#include "user/lib/message.h"

/* 0, -EINVAL when the path is no network namespace, or -errno. */
static int read_inode(const char *path, uint32_t *inode)
{
	struct statfs where;
	struct stat status;
	int err = 0, fd;

	/* not blocked by what is a FIFO, and no terminal taken */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &where) < 0 || fstat(fd, &status) < 0)
		err = -errno;
	else if (where.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		err = -EINVAL;
	else
		*inode = (uint32_t)status.st_ino;
	close(fd);
	return err;
}

static int read_below(const char *directory, const char *name, uint32_t *inode)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s", directory, name);

	return length < (int)sizeof(path) ? read_inode(path, inode) : -ENAMETOOLONG;
}

/* A name of `ip netns` comes before a pid: it was chosen to be meant. */
static int read_any(const char *text, uint32_t *inode)
{
	char path[PROCESS_NAME_BYTES];
	uint32_t tgid;
	int err;

	if (!*text)
		return -EINVAL;
	if (strchr(text, '/'))
		return read_inode(text, inode);
	err = read_below("/run/netns", text, inode);
	if (err == -ENOENT)
		err = read_below("/var/run/netns", text, inode);
	tgid = process_parse_tgid(text);
	if (err != -ENOENT || !tgid)
		return err;
	snprintf(path, sizeof(path), "/proc/%u/ns/net", tgid);
	return read_inode(path, inode);
}

static const char *advice(int err)
{
	switch (err) {
	case -ENOENT:
		return "give a name that `ip netns` lists, the path of a namespace, or a pid";
	case -EINVAL:
		return "that is no network namespace";
	case -EACCES:
	case -EPERM:
		return "run lbtrace as root";
	default:
		return "check the name";
	}
}

int inventory_netns(const char *text, uint32_t *inode)
{
	int err = read_any(text, inode);

	if (err)
		message_error("cannot open network namespace '%s': %s; %s", text, strerror(-err),
			      advice(err));
	return err;
}
