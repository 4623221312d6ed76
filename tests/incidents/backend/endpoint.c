// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"

static int port_parse(const char *text, in_port_t *port)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < 0 || value > 65535)
		return -EINVAL;
	*port = htons(value);
	return 0;
}

int endpoint_parse(const char *text, struct sockaddr_storage *address, socklen_t *address_bytes)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t length;

	memset(address, 0, sizeof(*address));
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return -EINVAL;
	length = colon - text;
	memcpy(host, text, length);
	host[length] = 0;
	if (host[0] == '[' && length > 2 && host[length - 1] == ']') {
		host[length - 1] = 0;
		v6->sin6_family = AF_INET6;
		*address_bytes = sizeof(*v6);
		if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) != 1)
			return -EINVAL;
		return port_parse(colon + 1, &v6->sin6_port);
	}
	v4->sin_family = AF_INET;
	*address_bytes = sizeof(*v4);
	if (inet_pton(AF_INET, host, &v4->sin_addr) != 1)
		return -EINVAL;
	return port_parse(colon + 1, &v4->sin_port);
}

uint16_t endpoint_port(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

int send_all(int fd, const void *bytes, size_t count_bytes)
{
	const char *at = bytes;

	while (count_bytes) {
		ssize_t sent = send(fd, at, count_bytes, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		at += sent;
		count_bytes -= sent;
	}
	return 0;
}

void sleep_ms(long ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

void close_with_reset(int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		perror("lab-backend: SO_LINGER");
	close(fd);
}

void wait_for_close(int fd)
{
	char bytes[4096];
	ssize_t count;

	do {
		count = read(fd, bytes, sizeof(bytes));
	} while (count > 0 || (count < 0 && errno == EINTR));
}
