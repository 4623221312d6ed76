// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/container.h"
#include "user/inventory/process.h"

#define CGROUP_BYTES (64u << 10)
#define MOUNTS_BYTES (512u << 10) /* a host with many containers has as many mounts */

/* A text of at most `bytes`, the caller's to free(). 0, -ENOMEM or -errno. */
static int read_text(int proc, uint32_t tgid, const char *name, size_t bytes, char **text)
{
	char *data = malloc(bytes + 1);
	long got;

	*text = NULL;
	if (!data)
		return -ENOMEM;
	got = process_read_file(proc, tgid, name, data, bytes);
	if (got < 0) {
		free(data);
		return (int)got;
	}
	data[got] = '\0';
	*text = data;
	return 0;
}

static int find_place(int proc, uint32_t tgid, struct container_place *place)
{
	char *text;
	bool found;
	int err;

	err = read_text(proc, tgid, "cgroup", CGROUP_BYTES, &text);
	if (!err) {
		found = container_parse_cgroup(text, place);
		free(text);
		if (found)
			return 0;
	} else if (err != -ENOENT) { /* a kernel without control groups has no such file */
		return err;
	}
	err = read_text(proc, tgid, "mountinfo", MOUNTS_BYTES, &text);
	if (err)
		return err;
	found = container_parse_mounts(text, place);
	free(text);
	return found ? 0 : -ENOENT;
}

int container_find(int proc, uint32_t tgid, const char *host_root, struct event_container *found)
{
	static const struct config_source nothing;
	struct container_place place;
	struct config_source source;
	int err, root = -1;

	err = find_place(proc, tgid, &place);
	if (err)
		return err;
	if (host_root)
		root = open(host_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	source = root < 0 ? nothing : config_source_root(&root);
	container_name(root < 0 ? NULL : &source, &place, found);
	if (root >= 0)
		close(root);
	return 0;
}
