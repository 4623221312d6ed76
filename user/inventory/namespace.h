/* SPDX-License-Identifier: GPL-2.0-only */
/* Something done in another network namespace. */
#ifndef LBTRACE_USER_INVENTORY_NAMESPACE_H
#define LBTRACE_USER_INVENTORY_NAMESPACE_H

#include <stdint.h>

/* Calls `act` with the calling thread in namespace `netns` (inode number), which process `tgid` is
 * in; `proc` is a descriptor of /proc. The thread is back in its own namespace whatever happens, and
 * never leaves it when that is the one asked for. What `act` returned, a descriptor or -errno;
 * -ESTALE when `tgid` is not in `netns` any more; -EPERM without CAP_SYS_ADMIN, which need be
 * permitted only: it is effective no longer than this takes; or -errno. */
int namespace_call(int proc, uint32_t tgid, uint32_t netns, int (*act)(const void *context),
		   const void *context);

#endif
