// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/output.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "user/lib/message.h"

static bool is_same_file(const char *left, const char *right)
{
	struct stat one;
	struct stat other;

	return stat(left, &one) == 0 && stat(right, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

int output_open(struct output *output, const char *path, const char *input)
{
	int err;

	*output = (struct output){ .file = stdout, .path = path };
	if (!path)
		return 0;
	if (input && is_same_file(path, input)) {
		message_error("cannot write to %s: it is the log that is being read; "
			      "name another file",
			      path);
		return -EINVAL;
	}
	output->file = fopen(path, "we");
	if (output->file)
		return 0;
	err = -errno;
	message_error("cannot write to %s: %s", path, strerror(-err));
	return err;
}

int output_close(struct output *output, int err)
{
	errno = 0;
	if ((fflush(output->file) || ferror(output->file)) && !err)
		err = errno ? -errno : -EIO;
	if (output->path) {
		errno = 0;
		if (fclose(output->file) && !err)
			err = errno ? -errno : -EIO;
	}
	if (err)
		message_error("cannot write to %s: %s", output->path ? output->path : "stdout",
			      strerror(-err));
	return err;
}
