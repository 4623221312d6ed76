// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/netlink.h"

/* Given of every IPv6 listener: inet_diag_msg_attrs_fill(). */
static bool is_ipv6_only(const struct nlmsghdr *message)
{
	const char *body = NLMSG_DATA(message);
	const struct rtattr *attribute =
		(const void *)(body + NLMSG_ALIGN(sizeof(struct inet_diag_msg)));
	int bytes = (int)NLMSG_PAYLOAD(message, sizeof(struct inet_diag_msg));

	for (; RTA_OK(attribute, bytes); attribute = RTA_NEXT(attribute, bytes))
		if (attribute->rta_type == INET_DIAG_SKV6ONLY && RTA_PAYLOAD(attribute) >= 1)
			return *(const uint8_t *)RTA_DATA(attribute);
	return false;
}

static int take_socket(const struct nlmsghdr *message, void *context)
{
	const struct inet_diag_msg *found = NLMSG_DATA(message);
	struct sockets_table *table = context;
	struct sockets_entry entry;

	if (NLMSG_PAYLOAD(message, 0) < sizeof(*found))
		return 0;
	memset(&entry, 0, sizeof(entry));
	entry.inode = found->idiag_inode;
	entry.state = found->idiag_state;
	sockets_set_address(&entry.local, found->idiag_family == AF_INET6, found->id.idiag_src,
			    ntohs(found->id.idiag_sport));
	sockets_set_address(&entry.remote, found->idiag_family == AF_INET6, found->id.idiag_dst,
			    ntohs(found->id.idiag_dport));
	/* of a listener these are sk_ack_backlog and sk_max_ack_backlog: tcp_diag_get_info() */
	if (entry.state == SOCKETS_LISTEN) {
		entry.backlog = found->idiag_rqueue;
		entry.backlog_max = found->idiag_wqueue;
		entry.ipv6_only = is_ipv6_only(message);
	}
	return sockets_add(table, &entry);
}

static int read_family(int fd, int family, uint32_t states, struct sockets_table *table)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 what;
	} request = {
		.header.nlmsg_len = sizeof(request),
		.header.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		.header.nlmsg_seq = (__u32)family,
		.what.sdiag_family = (__u8)family,
		.what.sdiag_protocol = IPPROTO_TCP,
		.what.idiag_states = states,
	};

	return netlink_dump(fd, &request.header, take_socket, table);
}

int netlink_read_sockets(int proc, uint32_t tgid, uint32_t netns, uint32_t states,
			 struct sockets_table *table)
{
	int fd, err;

	table->count = 0;
	fd = netlink_open(proc, tgid, netns, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return fd;
	err = read_family(fd, AF_INET, states, table);
	if (!err)
		err = read_family(fd, AF_INET6, states, table);
	/* a kernel without IPv6 */
	if (err == -ENOENT && table->count)
		err = 0;
	close(fd);
	sockets_sort(table);
	return err;
}
