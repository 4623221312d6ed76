/* SPDX-License-Identifier: GPL-2.0-only */
/* A fabricated /proc in a temporary directory. Every function fails the running test when it cannot. */
#ifndef LBTRACE_TESTS_UNIT_PROC_TREE_H
#define LBTRACE_TESTS_UNIT_PROC_TREE_H

#include <stddef.h>
#include <stdint.h>

#define PROC_TREE_PATH_BYTES 64

struct proc_tree {
	char path[PROC_TREE_PATH_BYTES];
	int fd;
};

void proc_tree_make(struct proc_tree *tree);
void proc_tree_remove(struct proc_tree *tree);

/* A process with a stat file, a link "exe" (NULL: none) and a cwd. Its namespace is the host's. */
void proc_tree_add(const struct proc_tree *tree, uint32_t tgid, uint32_t parent,
		   uint64_t start_ticks, const char *comm, const char *executable);
/* Takes a process away. Its directory's inode number is not used again, as in /proc. */
void proc_tree_kill(const struct proc_tree *tree, uint32_t tgid);

/* Writes TGID/`name`; directories on the way are made. */
void proc_tree_write(const struct proc_tree *tree, uint32_t tgid, const char *name,
		     const void *data, size_t bytes);
void proc_tree_write_text(const struct proc_tree *tree, uint32_t tgid, const char *name,
			  const char *text);
void proc_tree_link(const struct proc_tree *tree, uint32_t tgid, const char *name,
		    const char *target);

/* Gives a process the socket `inode` at descriptor `fd`. */
void proc_tree_socket(const struct proc_tree *tree, uint32_t tgid, int fd, uint64_t inode);

/* Puts a process into the network namespace called `name`; returns its inode number. */
uint32_t proc_tree_netns(const struct proc_tree *tree, uint32_t tgid, const char *name);

/* Adds a socket to the namespace called `netns`, IPv4, addresses as "10.0.0.1:80". `state` as in
 * /proc/net/tcp. Listeners are to be added first, as the kernel lists them. */
void proc_tree_tcp(const struct proc_tree *tree, const char *netns, const char *local,
		   const char *remote, unsigned int state, uint64_t inode);
/* Takes all sockets away. */
void proc_tree_tcp_clear(const struct proc_tree *tree, const char *netns);

#endif
