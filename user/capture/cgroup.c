// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/capture/cgroup.h"
#include "user/capture/kernel_types.h"

#define MOUNTS "/proc/self/mounts"

struct hook_name {
	const char *name;
	const char *value; /* in enum bpf_attach_type */
};

static const struct hook_name names[] = {
	{ "connect_unix", "BPF_CGROUP_UNIX_CONNECT" },
};

struct wanted_value {
	const char *name;
	int value;
};

static void take_value(void *context, const char *name, uint32_t value)
{
	struct wanted_value *wanted = context;

	if (!strcmp(name, wanted->name))
		wanted->value = (int)value;
}

int cgroup_attach_type(const struct kernel_types *types, const char *hook)
{
	struct wanted_value wanted = { .value = -ENOENT };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i].name, hook))
			wanted.name = names[i].value;
	}
	if (!wanted.name)
		return -ENOENT;
	kernel_types_enum(types, "bpf_attach_type", take_value, &wanted);
	return wanted.value;
}

/* The mount point of the cgroup2 hierarchy. */
static bool find_root(char *path, size_t bytes)
{
	FILE *mounts = setmntent(MOUNTS, "re");
	const struct mntent *mount;
	bool found = false;

	while (mounts && !found && (mount = getmntent(mounts))) {
		found = !strcmp(mount->mnt_type, "cgroup2");
		if (found)
			snprintf(path, bytes, "%s", mount->mnt_dir);
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

struct bpf_link *cgroup_attach(struct bpf_program *program)
{
	struct bpf_link *link;
	char path[PATH_MAX];
	int root;

	if (!find_root(path, sizeof(path))) {
		errno = ENOENT;
		return NULL;
	}
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return NULL;
	link = bpf_program__attach_cgroup(program, root);
	close(root);
	return link;
}
