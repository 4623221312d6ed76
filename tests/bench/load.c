// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench's other ends, in one process without threads, so that they cost as little as can be.
 *   bench-load serve ADDRESS PORT         answers every HTTP/1 request with 200, two bytes of body
 *   bench-load hold ADDRESS PORT N        opens N connections and keeps them, silent
 *   bench-load hold-used ADDRESS PORT N   the same, each after one request and its answer
 * Prints `ready` and ends with SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MOST 256
#define REQUEST_MOST_BYTES 4096
#define BACKLOG 4096

static const char answer_kept[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const char answer_last[] =
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
static const char request[] = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";

static int fail(const char *what)
{
	fprintf(stderr, "bench-load: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool read_address(const char *text, const char *port, struct sockaddr_in *address)
{
	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_port = htons((uint16_t)atoi(port));
	return inet_pton(AF_INET, text, &address->sin_addr) == 1;
}

static void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

/* A request comes in one piece here: wrk's and the load balancers' are smaller than a segment. */
static void serve_one(int fd)
{
	char bytes[REQUEST_MOST_BYTES + 1];
	ssize_t got = read(fd, bytes, REQUEST_MOST_BYTES);
	bool last;

	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			close(fd);
		return;
	}
	bytes[got] = 0;
	last = strcasestr(bytes, "\r\nConnection: close") || strstr(bytes, " HTTP/1.0\r\n");
	if (last ? write(fd, answer_last, sizeof(answer_last) - 1) < 0
		 : write(fd, answer_kept, sizeof(answer_kept) - 1) < 0)
		last = true;
	if (last)
		close(fd);
}

static void take_all(int queue, int listener)
{
	for (;;) {
		struct epoll_event event = { .events = EPOLLIN };
		int on = 1;

		event.data.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (event.data.fd < 0)
			return;
		setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (epoll_ctl(queue, EPOLL_CTL_ADD, event.data.fd, &event))
			close(event.data.fd);
	}
}

static int serve(const struct sockaddr_in *address)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int queue = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };
	struct epoll_event events[EVENTS_MOST];
	int on = 1;

	if (listener < 0 || queue < 0)
		return fail("socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(listener, (const struct sockaddr *)address, sizeof(*address)) ||
	    listen(listener, BACKLOG) || epoll_ctl(queue, EPOLL_CTL_ADD, listener, &event))
		return fail("listen");
	say_ready();
	for (;;) {
		int count = epoll_wait(queue, events, EVENTS_MOST, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				take_all(queue, listener);
			else
				serve_one(events[i].data.fd);
		}
	}
}

static int hold(const struct sockaddr_in *address, long count, bool used)
{
	char bytes[REQUEST_MOST_BYTES];

	for (long i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)))
			return fail("connect");
		if (used && (write(fd, request, sizeof(request) - 1) < 0 ||
			     read(fd, bytes, sizeof(bytes)) <= 0))
			return fail("request");
	}
	say_ready();
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	struct sockaddr_in address;

	signal(SIGPIPE, SIG_IGN);
	if (argc >= 4 && read_address(argv[2], argv[3], &address)) {
		if (argc == 4 && !strcmp(argv[1], "serve"))
			return serve(&address);
		if (argc == 5 && !strcmp(argv[1], "hold"))
			return hold(&address, atol(argv[4]), false);
		if (argc == 5 && !strcmp(argv[1], "hold-used"))
			return hold(&address, atol(argv[4]), true);
	}
	fputs("usage: bench-load serve ADDRESS PORT | hold|hold-used ADDRESS PORT N\n", stderr);
	return 2;
}
