/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files below another process's root. They are its own, so hostile. */
#ifndef LBTRACE_USER_INVENTORY_ROOT_FILE_H
#define LBTRACE_USER_INVENTORY_ROOT_FILE_H

#include <stddef.h>
#include <sys/stat.h>

/* Opens the regular file `path` for reading, below the directory that `root` is open for; neither links
 * nor ".." lead out of it (openat2(2), RESOLVE_IN_ROOT), and a pipe does not block. A descriptor and
 * *status; -EINVAL: no regular file; or -errno. */
int root_file_open(int root, const char *path, struct stat *status);

/* Reads what `root_file_open` gave, at most `bytes`, the rest is cut off: *text, with a NUL behind its
 * *length bytes, is the caller's to free(). 0, -ENOMEM or -errno. */
int root_file_read(int file, size_t bytes, char **text, size_t *length);

#endif
