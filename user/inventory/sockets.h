/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP sockets of a network namespace (/proc/PID/net/tcp, tcp6: that of PID, no setns
 * needed; for sock_diag see netlink.h) and
 * of a process (/proc/PID/fd). The inode number joins them.
 */
#ifndef LBTRACE_USER_INVENTORY_SOCKETS_H
#define LBTRACE_USER_INVENTORY_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

#define SOCKETS_TABLE_MAX (1u << 17) /* entries of a table; the rest is not seen */
#define SOCKETS_FDS_MAX 4096 /* descriptors looked at; listeners are opened early and so are low */

/* TCP states as /proc writes them (include/net/tcp_states.h) */
enum sockets_state {
	SOCKETS_ESTABLISHED = 1,
	SOCKETS_SYN_SENT = 2,
	SOCKETS_CLOSE_WAIT = 8,
	SOCKETS_LISTEN = 10,
};

struct sockets_entry {
	uint64_t inode; /* 0: owned by no process any more */
	struct event_address local; /* IPv4-mapped IPv6 is given as IPv4 */
	struct event_address remote;
	uint32_t backlog_max; /* of a listener; 0: not known (/proc does not tell) */
	uint32_t backlog; /* of a listener: connections in its accept queue; 0 also when not known */
	uint8_t state; /* enum sockets_state, or another of the kernel's */
	bool ipv6_only; /* an IPv6 listener that takes no IPv4; false also when not known */
};

/* Sorted by inode once read. */
struct sockets_table {
	struct sockets_entry *entries;
	uint32_t count;
	uint32_t room;
};

/* Sorted by inode once read. */
struct sockets_inodes {
	uint64_t *inodes;
	uint32_t count;
	uint32_t room;
};

/* The states of connections that are open or being opened. */
#define SOCKETS_OPEN (1u << SOCKETS_ESTABLISHED | 1u << SOCKETS_SYN_SENT | 1u << SOCKETS_CLOSE_WAIT)

/* Fills an address from its 4 or 16 bytes; the port in host byte order. */
void sockets_set_address(struct event_address *address, bool is_ipv6, const void *bytes,
			 uint16_t port);

/* Adds an entry, unless no process owns it or the table is full. 0 or -ENOMEM. */
int sockets_add(struct sockets_table *table, const struct sockets_entry *entry);
void sockets_sort(struct sockets_table *table);

/* One line of either file; the address's length tells which. 0, or -EBADMSG (also for the heading). */
int sockets_parse_line(const char *line, struct sockets_entry *entry);

/* The number in "socket:[123]", 0 when it is none. */
uint64_t sockets_parse_link(const char *text);

/* Reads from /proc the sockets of the namespace of `tgid` that are in one of `states`. The kernel
 * lists the listeners first (tcp_seq_start()): for them alone reading ends where they end. `table`
 * is emptied before and sorted after; the caller frees it with sockets_table_free(). 0 or -errno. */
int sockets_read(int proc, uint32_t tgid, uint32_t states, struct sockets_table *table);
void sockets_table_free(struct sockets_table *table);

/* The entry of an inode, or NULL. */
struct sockets_entry *sockets_find(const struct sockets_table *table, uint64_t inode);

/* The sockets (of any protocol) among the first SOCKETS_FDS_MAX descriptors of a process. `inodes`
 * is emptied before; the caller frees it with sockets_inodes_free(). 0, -EACCES without
 * CAP_SYS_PTRACE, or -errno. */
int sockets_of_process(int proc, uint32_t tgid, struct sockets_inodes *inodes);
void sockets_inodes_free(struct sockets_inodes *inodes);

#endif
