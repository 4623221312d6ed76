/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink in another network namespace. A netlink socket belongs to the namespace it was made in,
 * so that the thread is there for the making only.
 */
#ifndef LBTRACE_USER_INVENTORY_NETLINK_H
#define LBTRACE_USER_INVENTORY_NETLINK_H

#include <linux/netlink.h>
#include <stdint.h>

#include "user/inventory/sockets.h"

/* Opens a netlink socket of `bus` (NETLINK_...) in namespace `netns` (inode number), which process
 * `tgid` is in; `proc` is a descriptor of /proc. The socket is connected to the kernel, and takes
 * messages from nobody else: netlink_getsockbyportid(). The calling thread is back in its own
 * namespace whatever happens. Its descriptor, which the caller closes; -ESTALE when `tgid` is not
 * in `netns` any more; -EPERM without CAP_SYS_ADMIN; or -errno. */
int netlink_open(int proc, uint32_t tgid, uint32_t netns, int bus);

/* Takes one message of a list: 0 to go on, or -errno. `message` is whole, and valid during the call
 * only; NLMSG_PAYLOAD() of it may be shorter than its type's body. */
typedef int (*netlink_take)(const struct nlmsghdr *message, void *context);

/* Asks the kernel for a list and gives each message of it to `take`. The caller fills in the
 * request's length, type, body, and a sequence number that no earlier request on `fd` had. A list
 * that changed while it was given (NLM_F_DUMP_INTR) is taken as it is: an entry may be missing or
 * come twice. 0; what `take` returned; the kernel's refusal; -EPROTO for an answer to another
 * request; -EBADMSG or -EMSGSIZE for a malformed or oversized one; or -errno. After anything but 0
 * the rest of the list may still be in `fd`, which is then only good for closing. */
int netlink_dump(int fd, struct nlmsghdr *request, netlink_take take, void *context);

/* Reads the TCP sockets of namespace `netns` that are in one of `states` (bits 1 << enum
 * sockets_state) by sock_diag. For listeners that is far cheaper than /proc/PID/net/tcp, which goes
 * through every bucket of the table of connections to find its end. `table` is emptied before and
 * sorted after; the caller frees it with sockets_table_free(). 0, -ENOENT where the kernel has no
 * tcp_diag, or -errno as netlink_open(). */
int netlink_read_sockets(int proc, uint32_t tgid, uint32_t netns, uint32_t states,
			 struct sockets_table *table);

#endif
