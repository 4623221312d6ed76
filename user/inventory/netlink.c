// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/inventory/namespace.h"
#include "user/inventory/netlink.h"

/* The kernel gives a list in parts of at most this size: netlink_recvmsg(). */
#define RECEIVE_BYTES (32 * 1024)

struct dump {
	uint32_t sequence;
	netlink_take take;
	void *context;
	bool ended;
};

static int open_bus(const void *context)
{
	const int *bus = context;
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, *bus);
	int err;

	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int netlink_open(int proc, uint32_t tgid, uint32_t netns, int bus)
{
	return namespace_call(proc, tgid, netns, open_bus, &bus);
}

/* The number at the front of NLMSG_DONE and NLMSG_ERROR: 0 or -errno. */
static int kernel_verdict(const struct nlmsghdr *message)
{
	int verdict;

	if (NLMSG_PAYLOAD(message, 0) < sizeof(verdict))
		return -EBADMSG;
	memcpy(&verdict, NLMSG_DATA(message), sizeof(verdict));
	return verdict < 0 ? verdict : 0;
}

static int take_message(struct dump *dump, const struct nlmsghdr *message)
{
	if (message->nlmsg_seq != dump->sequence)
		return -EPROTO;
	if (message->nlmsg_type >= NLMSG_MIN_TYPE)
		return dump->take(message, dump->context);
	if (message->nlmsg_type != NLMSG_DONE && message->nlmsg_type != NLMSG_ERROR)
		return 0;
	dump->ended = true;
	return kernel_verdict(message);
}

static int take_part(struct dump *dump, const char *part, size_t bytes)
{
	const struct nlmsghdr *message;
	size_t at = 0;
	int err;

	do {
		message = (const void *)(part + at);
		if (!NLMSG_OK(message, bytes - at))
			return -EBADMSG;
		err = take_message(dump, message);
		at += NLMSG_ALIGN(message->nlmsg_len);
	} while (!err && !dump->ended && at < bytes);
	return err;
}

static ssize_t receive(int fd, void *buffer, size_t size)
{
	ssize_t got;

	do
		got = recv(fd, buffer, size, MSG_TRUNC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	return (size_t)got > size ? -EMSGSIZE : got;
}

int netlink_dump(int fd, struct nlmsghdr *request, netlink_take take, void *context)
{
	char buffer[RECEIVE_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct dump dump = { request->nlmsg_seq, take, context, false };
	int err = 0;

	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	while (!err && !dump.ended) {
		ssize_t got = receive(fd, buffer, sizeof(buffer));

		err = got < 0 ? (int)got : take_part(&dump, buffer, (size_t)got);
	}
	return err;
}
