// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/inventory/process.h"
#include "user/lib/message.h"

static bool is_namespace(int fd, uint32_t netns)
{
	struct stat status;

	return !fstat(fd, &status) && (uint32_t)status.st_ino == netns;
}

static int open_namespace(int proc, uint32_t tgid, uint32_t netns)
{
	char path[PROCESS_NAME_BYTES];
	int fd;

	snprintf(path, sizeof(path), "%u/ns/net", tgid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (is_namespace(fd, netns))
		return fd;
	close(fd);
	return -ESTALE;
}

static int call_there(int own, int there, int (*act)(const void *context), const void *context)
{
	int result, lost;

	if (setns(there, CLONE_NEWNET) < 0)
		return -errno;
	result = act(context);
	if (!setns(own, CLONE_NEWNET))
		return result;
	lost = -errno;
	message_error("cannot return to the own network namespace: %s; restart lbtrace",
		      strerror(-lost));
	if (result >= 0)
		close(result);
	return lost;
}

/* Makes CAP_SYS_ADMIN effective, where it is permitted only, or not effective again. Returns whether it
 * was changed. By the system calls themselves: a look does this often, and libcap-ng reads all there is
 * to know first. */
static bool set_admin(bool effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct *set = &sets[CAP_TO_INDEX(CAP_SYS_ADMIN)];
	const uint32_t mask = CAP_TO_MASK(CAP_SYS_ADMIN);

	if (syscall(SYS_capget, &header, sets) || !(set->permitted & mask) ||
	    !(set->effective & mask) != effective)
		return false;
	set->effective ^= mask;
	return !syscall(SYS_capset, &header, sets);
}

static int enter_and_call(int own, int there, int (*act)(const void *context), const void *context)
{
	bool raised = set_admin(true);
	int result = call_there(own, there, act, context);

	if (raised)
		set_admin(false);
	return result;
}

int namespace_call(int proc, uint32_t tgid, uint32_t netns, int (*act)(const void *context),
		   const void *context)
{
	int own, there, result;

	own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return -errno;
	if (is_namespace(own, netns)) {
		result = act(context);
	} else {
		there = open_namespace(proc, tgid, netns);
		result = there < 0 ? there : enter_and_call(own, there, act, context);
		if (there >= 0)
			close(there);
	}
	close(own);
	return result;
}
