// SPDX-License-Identifier: GPL-2.0-only
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"

#define TCP_SYN_RECV_HEX 0x03

static void sleep_forever(void)
{
	for (;;)
		pause();
}

void run_hold(struct listener *listener)
{
	(void)listener;
	sleep_forever();
}

/*
 * Connects to itself until the queue is full. The kernel takes backlog + 1 connections
 * (sk_acceptq_is_full compares with >).
 */
static void fill_queue(const struct listener *listener)
{
	for (int i = 0; i <= listener->mode->backlog; i++) {
		int fd = socket(listener->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (const struct sockaddr *)&listener->address,
				      listener->address_bytes))
			perror("lab-backend: filling the accept queue");
	}
}

void run_overflow(struct listener *listener)
{
	fill_queue(listener);
	sleep_forever();
}

/* Does /proc/net/tcp{,6} show a half-open connection to this port? */
static bool handshake_pending(const char *table, uint16_t port)
{
	FILE *file = fopen(table, "re");
	unsigned int local_port, state;
	bool found = false;
	char line[512];

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &local_port, &state) == 2)
			found = local_port == port && state == TCP_SYN_RECV_HEX;
	fclose(file);
	return found;
}

void run_overflow_ack(struct listener *listener)
{
	uint16_t port = endpoint_port(&listener->address);

	while (!handshake_pending("/proc/thread-self/net/tcp", port) &&
	       !handshake_pending("/proc/thread-self/net/tcp6", port))
		sleep_ms(20);
	fill_queue(listener);
	sleep_forever();
}

static void read_request_and_die(int fd)
{
	struct http_reader reader = { .fd = fd };
	struct http_request request;

	if (http_read_request(&reader, &request) == 1)
		kill(getpid(), SIGKILL);
	_exit(0);
}

void run_die(struct listener *listener)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
		pid_t child;

		if (fd < 0)
			continue;
		child = fork();
		if (!child)
			read_request_and_die(fd);
		if (child < 0)
			perror("lab-backend: fork");
		close(fd);
	}
}
