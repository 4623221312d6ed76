// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/stats_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/inventory/root.h"
#include "user/lib/clock.h"

#define ROOM_FIRST 16384u
#define NS_PER_MS (CLOCK_NS_PER_SECOND / 1000)

void stats_socket_open(struct stats_socket *socket)
{
	memset(socket, 0, sizeof(*socket));
	socket->fd = -1;
}

void stats_socket_close(struct stats_socket *socket)
{
	if (socket->fd >= 0)
		close(socket->fd);
	free(socket->text);
	stats_socket_open(socket);
}

/* The path of a Unix socket is looked up in the caller's own root: a descriptor leads there from any. */
static int connect_below(int fd, int root, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat status;
	int found = root_find(root, path), err = 0;

	if (found < 0)
		return found;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", found);
	if (fstat(found, &status))
		err = -errno;
	else if (!S_ISSOCK(status.st_mode))
		err = -ENOTSOCK;
	else if (connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	close(found);
	return err;
}

int stats_socket_ask(struct stats_socket *socket_, int root, const char *path, const char *question)
{
	size_t length = strlen(question);
	int err;

	stats_socket_close(socket_);
	socket_->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (socket_->fd < 0)
		return -errno;
	socket_->until_ns = clock_now_ns() + STATS_SOCKET_SECONDS * CLOCK_NS_PER_SECOND;
	err = connect_below(socket_->fd, root, path);
	if (!err && send(socket_->fd, question, length, MSG_NOSIGNAL) != (ssize_t)length)
		err = errno ? -errno : -EIO;
	if (err)
		stats_socket_close(socket_);
	return err;
}

static int make_room(struct stats_socket *socket)
{
	size_t room = socket->room ? 2 * socket->room : ROOM_FIRST;
	char *larger;

	if (socket->length + 1 < socket->room)
		return 0;
	if (socket->length >= STATS_SOCKET_BYTES)
		return -EMSGSIZE;
	larger = realloc(socket->text, room);
	if (!larger)
		return -ENOMEM;
	socket->text = larger;
	socket->room = room;
	return 0;
}

/* Takes all that is there. 0: the end was reached. */
static int take(struct stats_socket *socket)
{
	for (;;) {
		ssize_t got;
		int err = make_room(socket);

		if (err)
			return err;
		got = recv(socket->fd, socket->text + socket->length,
			   socket->room - socket->length - 1, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EWOULDBLOCK ? -EAGAIN : -errno;
		if (!got)
			break;
		socket->length += (size_t)got;
	}
	socket->text[socket->length] = '\0';
	close(socket->fd);
	socket->fd = -1;
	return 0;
}

int stats_socket_read(struct stats_socket *socket, uint64_t until_ns)
{
	int err;

	if (socket->fd < 0)
		return -EBADF;
	for (;;) {
		struct pollfd ready = { .fd = socket->fd, .events = POLLIN };
		uint64_t now_ns = clock_now_ns();

		err = take(socket);
		if (err == -EAGAIN && now_ns >= socket->until_ns)
			err = -ETIMEDOUT;
		if (err != -EAGAIN || now_ns >= until_ns)
			break;
		if (poll(&ready, 1, (int)((until_ns - now_ns) / NS_PER_MS) + 1) < 0)
			break;
	}
	if (err && err != -EAGAIN)
		stats_socket_close(socket);
	return err;
}
