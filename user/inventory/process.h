/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One process, as /proc tells it. Everything here is bounded and takes what it reads for hostile:
 * a name may hold any byte, a link may lead anywhere. `proc` is a descriptor of /proc itself, so
 * that a fabricated tree can stand in for it.
 */
#ifndef LBTRACE_USER_INVENTORY_PROCESS_H
#define LBTRACE_USER_INVENTORY_PROCESS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

#define PROCESS_STAT_BYTES 1024
#define PROCESS_NAME_BYTES 64 /* "4294967295/task/4294967295/ns/net" and the like */

struct process_stat {
	uint32_t tgid;
	uint32_t parent; /* tgid; 0: none, or outside this pid namespace */
	uint64_t start_ticks; /* since boot: with tgid, a process's identity */
	bool kernel; /* a kernel thread */
	bool dead; /* a zombie: nothing of it is open any more */
	char comm[EVENT_COMM_BYTES];
};

/* Parses /proc/PID/stat (proc(5)). The name stands between the first '(' and the last ')', for it
 * may hold both. 0 or -EBADMSG. */
int process_parse_stat(const char *text, size_t length, struct process_stat *stat);

/* 0, -ENOENT or -ESRCH when the process is gone, or -errno. */
int process_read_stat(int proc, uint32_t tgid, struct process_stat *stat);

/* Reads at most `bytes` of /proc/TGID/`name`. Bytes read, or -errno. */
long process_read_file(int proc, uint32_t tgid, const char *name, char *data, size_t bytes);

/* Where the link /proc/TGID/`name` leads, with NUL and without the kernel's " (deleted)".
 * Its length, -ENAMETOOLONG when it does not fit, or -errno (-ENOENT also for "exe" of a kernel
 * thread). */
long process_read_link(int proc, uint32_t tgid, const char *name, char *text, size_t bytes);

/* The inode number of its network namespace. 0 or -errno (-EACCES without CAP_SYS_PTRACE). */
int process_netns(int proc, uint32_t tgid, uint32_t *inode);

/* Whether its main thread, or one of its first PROCESS_THREADS_MAX, is in the namespace: HAProxy
 * may open the sockets of a server in another one. */
bool process_is_in_netns(int proc, uint32_t tgid, uint32_t inode);

#define PROCESS_THREADS_MAX 64

/* Opens a directory below `proc`, the caller's to closedir(); NULL: see errno. */
DIR *process_open_directory(int proc, const char *path);

/* The next entry whose name is a number, which goes to *number; NULL at the end, with errno 0 or
 * what went wrong. */
struct dirent *process_next_number(DIR *directory, uint32_t *number);

/* The number that a name in /proc is, 0 when it is none (there is no process 0). */
uint32_t process_parse_tgid(const char *name);

#endif
