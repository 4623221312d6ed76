/* SPDX-License-Identifier: GPL-2.0-only */
/* Unix sockets that lie below another process's root. */
#ifndef LBTRACE_USER_PROBE_UNIX_PATH_H
#define LBTRACE_USER_PROBE_UNIX_PATH_H

#include <stdint.h>

/* connect(2) of `socket` to `path`, absolute as process `tgid` sees it; its links lead nowhere else
 * (openat2(2), RESOLVE_IN_ROOT). 0 or -errno. */
int unix_path_connect(int socket, uint32_t tgid, const char *path);

#endif
