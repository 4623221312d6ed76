// SPDX-License-Identifier: GPL-2.0-only
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "backend.h"

#define THREAD_STACK_BYTES (256 * 1024)
#define DEFAULT_BACKLOG 512

static int thread_start(void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int err;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attributes, run, argument);
	pthread_attr_destroy(&attributes);
	return -err;
}

static void *connection_thread(void *argument)
{
	struct connection connection = *(struct connection *)argument;

	free(argument);
	connection.listener->mode->serve(&connection);
	return NULL;
}

static void accept_loop(struct listener *listener)
{
	for (;;) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
		struct connection *connection;

		if (fd < 0) {
			if (errno != EINTR && errno != ECONNABORTED)
				sleep_ms(1);
			continue;
		}
		connection = malloc(sizeof(*connection));
		if (!connection) {
			close(fd);
			continue;
		}
		*connection = (struct connection){ .fd = fd, .listener = listener };
		if (thread_start(connection_thread, connection)) {
			close(fd);
			free(connection);
		}
	}
}

static void *listener_thread(void *argument)
{
	struct listener *listener = argument;

	if (listener->mode->run)
		listener->mode->run(listener);
	else
		accept_loop(listener);
	return NULL;
}

/* `mode[:number]@address:port` */
static int listener_parse(struct listener *listener, char *word)
{
	char *at = strchr(word, '@'), *colon, *end;

	if (!at)
		return -EINVAL;
	*at = 0;
	colon = strchr(word, ':');
	if (colon) {
		*colon = 0;
		listener->argument = strtol(colon + 1, &end, 10);
		if (*end || end == colon + 1)
			return -EINVAL;
	}
	listener->mode = mode_find(word);
	if (!listener->mode)
		return -EINVAL;
	return endpoint_parse(at + 1, &listener->address, &listener->address_bytes);
}

static int listener_open(struct listener *listener)
{
	int backlog = listener->mode->backlog ? listener->mode->backlog : DEFAULT_BACKLOG, on = 1;

	listener->fd = socket(listener->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener->fd < 0)
		return -errno;
	if (setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listener->fd, (struct sockaddr *)&listener->address, listener->address_bytes) ||
	    listen(listener->fd, backlog))
		return -errno;
	return 0;
}

static int listener_start(struct listener *listener)
{
	pid_t parent = getpid(), child;

	if (!listener->mode->own_process)
		return thread_start(listener_thread, listener);
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		listener_thread(listener);
	}
	close(listener->fd);
	return 0;
}

static int usage(void)
{
	fputs("usage: lab-backend MODE[:NUMBER]@ADDRESS:PORT...\n"
	      "       lab-backend client --help\n"
	      "       lab-backend deny-connect CGROUP\n"
	      "       lab-backend crowd --help\nmodes:\n",
	      stderr);
	mode_list();
	return 2;
}

static int serve(struct listener *listeners, int count)
{
	int err = tls_prepare();

	for (int i = 0; !err && i < count; i++)
		err = listener_open(&listeners[i]);
	/* Forked listeners first: no thread may exist by then. */
	for (int own_process = 1; own_process >= 0; own_process--)
		for (int i = 0; !err && i < count; i++)
			if (listeners[i].mode->own_process == own_process)
				err = listener_start(&listeners[i]);
	if (err) {
		fprintf(stderr, "lab-backend: cannot start: %s\n", strerror(-err));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	struct listener *listeners;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		return usage();
	if (!strcmp(argv[1], "crowd"))
		return crowd_main(argc - 1, argv + 1);
	if (!strcmp(argv[1], "client"))
		return client_main(argc - 1, argv + 1);
	if (!strcmp(argv[1], "deny-connect") && argc == 3)
		return deny_main(argv[2]);
	listeners = calloc(argc - 1, sizeof(*listeners));
	if (!listeners)
		return 1;
	for (int i = 1; i < argc; i++) {
		if (listener_parse(&listeners[i - 1], argv[i])) {
			fprintf(stderr, "lab-backend: cannot read '%s'\n", argv[i]);
			free(listeners);
			return usage();
		}
	}
	return serve(listeners, argc - 1);
}
