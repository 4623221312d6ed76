/* SPDX-License-Identifier: GPL-2.0-only */
/* HAProxy's stats socket: one question, one answer, then it closes. What comes is hostile. */
#ifndef LBTRACE_USER_INVENTORY_STATS_SOCKET_H
#define LBTRACE_USER_INVENTORY_STATS_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#define STATS_SOCKET_BYTES (4u << 20) /* of an answer; one that is longer is given up */
#define STATS_SOCKET_SECONDS 5 /* from the question to the end of the answer */

struct stats_socket {
	int fd; /* negative: no question is under way */
	uint64_t until_ns;
	char *text; /* what has come of the answer */
	size_t length, room;
};

void stats_socket_open(struct stats_socket *socket);

/* Connects to the Unix socket `path` below `root` and asks. `question` ends with a newline. Does not
 * block. 0, -EACCES, -ENOENT, -ECONNREFUSED (nobody listens there any more), or -errno. */
int stats_socket_ask(struct stats_socket *socket, int root, const char *path, const char *question);

/* Reads what has come, and waits for more until `until_ns` (CLOCK_BOOTTIME). 0: the answer is whole,
 * `text` has its `length` bytes and a NUL; -EAGAIN: not yet; after anything else the question is given
 * up: -EMSGSIZE, -ETIMEDOUT, -ENOMEM or -errno. */
int stats_socket_read(struct stats_socket *socket, uint64_t until_ns);

/* Gives up what is under way and frees the answer. */
void stats_socket_close(struct stats_socket *socket);

#endif
