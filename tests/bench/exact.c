// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-exact ADDRESS PORT fresh|kept WARM BATCHES COUNT: the client of the exact bench. Sends WARM
 * requests and then BATCHES times COUNT, one at a time, each after the answer to the one before, on a
 * connection each or all on one (a new one where the load balancer closed it). Before and after each
 * batch it executes a mark: an instruction that does nothing, and which the plugin that counts
 * instructions (qemu/count.c) knows.
 * bench-exact idle BATCHES SECONDS: sleeps so long, BATCHES times, with the same marks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/qemu/mark.h"

#define ANSWER_MOST_BYTES 4096

static const char request_kept[] = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";
static const char request_last[] = "GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";

static int fail(const char *what)
{
	fprintf(stderr, "bench-exact: %s: %s\n", what, strerror(errno));
	return 1;
}

static int dial(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_whole(const char *answer, size_t bytes)
{
	const char *end = strstr(answer, "\r\n\r\n");
	const char *length = strcasestr(answer, "\r\nContent-Length:");

	if (!end)
		return false;
	return !length || (size_t)(answer + bytes - (end + 4)) >=
				  strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
}

/* Returns 1 when the answer is there, 0 when the connection has ended before, -1 with errno. Of the
 * last on a connection its end is waited for. */
static int receive_answer(int fd, bool last)
{
	char answer[ANSWER_MOST_BYTES + 1];
	size_t bytes = 0;

	while (bytes < ANSWER_MOST_BYTES) {
		ssize_t got = read(fd, answer + bytes, ANSWER_MOST_BYTES - bytes);

		if (got < 0)
			return -1;
		if (got == 0)
			return bytes > 0;
		bytes += (size_t)got;
		answer[bytes] = '\0';
		if (!last && is_whole(answer, bytes))
			return 1;
	}
	errno = EMSGSIZE;
	return -1;
}

static int ask_fresh(const struct sockaddr_in *address)
{
	int fd = dial(address), got;

	if (fd < 0)
		return -1;
	got = write(fd, request_last, sizeof(request_last) - 1) < 0 ? -1 : receive_answer(fd, true);
	close(fd);
	return got;
}

static int ask_kept(const struct sockaddr_in *address, int *fd)
{
	for (int round = 0; round < 2; round++) {
		int got;

		if (*fd < 0)
			*fd = dial(address);
		if (*fd < 0)
			return -1;
		got = write(*fd, request_kept, sizeof(request_kept) - 1) < 0
			      ? 0
			      : receive_answer(*fd, false);
		if (got)
			return got;
		close(*fd);
		*fd = -1;
	}
	return 0;
}

static int ask(const struct sockaddr_in *address, bool kept, int *fd, long count)
{
	for (long i = 0; i < count; i++) {
		errno = 0;
		if ((kept ? ask_kept(address, fd) : ask_fresh(address)) <= 0)
			return fail("request");
	}
	return 0;
}

static int idle(long batches, unsigned int seconds)
{
	while (batches--) {
		mark_begin();
		sleep(seconds);
		mark_end();
	}
	return 0;
}

static int load(const struct sockaddr_in *address, bool kept, char **numbers)
{
	long warm = atol(numbers[0]), batches = atol(numbers[1]), count = atol(numbers[2]);
	int fd = -1;

	if (ask(address, kept, &fd, warm))
		return 1;
	while (batches--) {
		mark_begin();
		if (ask(address, kept, &fd, count))
			return 1;
		mark_end();
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (argc == 4 && !strcmp(argv[1], "idle"))
		return idle(atol(argv[2]), (unsigned int)atoi(argv[3]));
	if (argc != 7 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
		fputs("usage: bench-exact ADDRESS PORT fresh|kept WARM BATCHES COUNT\n"
		      "       bench-exact idle BATCHES SECONDS\n",
		      stderr);
		return 2;
	}
	address.sin_port = htons((uint16_t)atoi(argv[2]));
	return load(&address, !strcmp(argv[3], "kept"), argv + 4);
}
