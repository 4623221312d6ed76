/* SPDX-License-Identifier: GPL-2.0-only */
/* The file system as another process sees it. Paths are absolute within a root. */
#ifndef LBTRACE_USER_INVENTORY_ROOT_H
#define LBTRACE_USER_INVENTORY_ROOT_H

#include <stdbool.h>
#include <stdint.h>

/* The root directory of process `tgid` (O_PATH); `proc` is a descriptor of /proc. The caller closes
 * it. Its descriptor, or -errno (-EACCES without CAP_SYS_PTRACE). */
int root_of_process(int proc, uint32_t tgid);

/* The directory above `root`. A process that has called chroot() cannot leave; whoever looks from
 * outside can, up to the root of the process's mount namespace. Its descriptor, -ENOENT when `root`
 * is that, or -errno. */
int root_above(int root);

/* Opens `path` (O_PATH): links, absolute ones too, and ".." lead no further up than `root`. Its
 * descriptor, or -errno. */
int root_find(int root, const char *path);

/* Whether `path` leads to something. */
bool root_has(int root, const char *path);

#endif
