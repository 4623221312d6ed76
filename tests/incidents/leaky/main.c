// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab-leaky MODE LISTEN_ADDRESS LISTEN_PORT BACKEND_ADDRESS BACKEND_PORT
 *
 * A proxy with a fault of its own: it keeps its clients' connections, asks the backend anew for each
 * request, one after the other, and forgets to close the backend's connection.
 *   leak   it has read all that the backend said, its FIN included
 *   slow   it has read no more than the first bytes: the rest waits, and so does the FIN
 *   idle   it asks the backend to keep the connection open, and never uses it again
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 65536
#define SLOW_BYTES 128
#define BACKLOG 16
#define CLIENTS_MAX 64
#define PATH_BYTES 256

enum mode {
	MODE_LEAK,
	MODE_SLOW,
	MODE_IDLE,
};

static const char *const mode_names[] = { "leak", "slow", "idle" };

static int find_mode(const char *name)
{
	for (int mode = MODE_LEAK; mode <= MODE_IDLE; mode++) {
		if (!strcmp(mode_names[mode], name))
			return mode;
	}
	return -1;
}

static struct addrinfo *resolve(const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found;
	int error = getaddrinfo(address, port, &hints, &found);

	if (!error)
		return found;
	fprintf(stderr, "lab-leaky: %s port %s: %s\n", address, port, gai_strerror(error));
	exit(2);
}

static int open_listener(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, BACKLOG)) {
		perror("lab-leaky: listening failed");
		exit(1);
	}
	return fd;
}

/* Up to the empty line; its path goes to `path`. 0: the client left. */
static int read_request(int client, char path[PATH_BYTES])
{
	char request[BUFFER_BYTES];
	size_t have = 0;

	while (have < sizeof(request) - 1) {
		ssize_t got = read(client, request + have, sizeof(request) - 1 - have);

		if (got <= 0)
			return 0;
		have += (size_t)got;
		request[have] = '\0';
		if (strstr(request, "\r\n\r\n"))
			return sscanf(request, "%*s %255s", path) == 1;
	}
	return 0;
}

static int ask(const struct addrinfo *at, enum mode mode, const char *path)
{
	static const char format[] = "GET %s HTTP/1.1\r\nHost: lab\r\nConnection: %s\r\n\r\n";
	int fd = socket(at->ai_family, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, at->ai_addr, at->ai_addrlen) ||
	    dprintf(fd, format, path, mode == MODE_IDLE ? "keep-alive" : "close") < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What came: all of it, or the first bytes. */
static size_t read_answer(int backend, enum mode mode, char *answer)
{
	size_t most = mode == MODE_LEAK ? BUFFER_BYTES : SLOW_BYTES, have = 0;

	while (have < most) {
		ssize_t got = read(backend, answer + have, most - have);

		if (got <= 0)
			break;
		have += (size_t)got;
		if (mode != MODE_LEAK)
			break;
	}
	return have;
}

/* One request. 0: the client left. */
static int serve(int client, const struct addrinfo *at, enum mode mode)
{
	static const char failed[] = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
	static const char fine[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	static char answer[BUFFER_BYTES];
	char path[PATH_BYTES];
	int backend;

	if (!read_request(client, path))
		return 0;
	backend = ask(at, mode, path);
	/* The fault: nobody closes `backend`. */
	if (backend < 0 || !read_answer(backend, mode, answer))
		return write(client, failed, sizeof(failed) - 1) > 0;
	return write(client, fine, sizeof(fine) - 1) > 0;
}

static void take_client(struct pollfd *polled, nfds_t *count)
{
	int client = accept(polled[0].fd, NULL, NULL);

	if (client < 0 && errno != EINTR && errno != ECONNABORTED) {
		perror("lab-leaky: accept failed");
		exit(1);
	}
	if (client >= 0)
		polled[(*count)++] = (struct pollfd){ .fd = client, .events = POLLIN };
}

static void run(int listener, const struct addrinfo *at, enum mode mode)
{
	struct pollfd polled[1 + CLIENTS_MAX] = { { .fd = listener, .events = POLLIN } };
	nfds_t count = 1;

	for (;;) {
		/* With no room for another client they wait in the queue. */
		polled[0].events = count <= CLIENTS_MAX ? POLLIN : 0;
		if (poll(polled, count, -1) < 0)
			continue;
		for (nfds_t i = count - 1; i > 0; i--) {
			if (!polled[i].revents || serve(polled[i].fd, at, mode))
				continue;
			close(polled[i].fd);
			polled[i] = polled[--count];
		}
		if (polled[0].revents)
			take_client(polled, &count);
	}
}

int main(int argc, char **argv)
{
	int mode = argc == 6 ? find_mode(argv[1]) : -1;

	if (mode < 0) {
		fprintf(stderr, "usage: lab-leaky leak|slow|idle LISTEN_ADDRESS LISTEN_PORT "
				"BACKEND_ADDRESS BACKEND_PORT\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	run(open_listener(resolve(argv[2], argv[3])), resolve(argv[4], argv[5]), (enum mode)mode);
}
