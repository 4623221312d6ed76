// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"

static int read_one(struct connection *connection, struct http_request *request)
{
	struct http_reader reader = { .fd = connection->fd };

	return http_read_request(&reader, request);
}

/* Serves request after request until the connection ends or `close_after` says so. */
static void serve_requests(struct connection *connection, bool close_after, long delay_ms)
{
	struct http_reader reader = { .fd = connection->fd };
	struct http_request request;
	int result;

	do {
		result = http_read_request(&reader, &request);
		if (result == -EPROTO)
			http_send_status(connection->fd, 400, true, 0);
		if (result <= 0)
			break;
		sleep_ms(delay_ms);
		result = http_answer(connection->fd, &request, close_after || !request.keep_alive);
	} while (!result && request.keep_alive && !close_after);
	if (result == -EPROTO) {
		/* A close with unread bytes would turn the answer's FIN into a RST. */
		shutdown(connection->fd, SHUT_WR);
		wait_for_close(connection->fd);
	}
	close(connection->fd);
}

void serve_ok(struct connection *connection)
{
	serve_requests(connection, false, 0);
}

static void serve_ok_close(struct connection *connection)
{
	serve_requests(connection, true, 0);
}

static void serve_slow(struct connection *connection)
{
	serve_requests(connection, false, connection->listener->argument);
}

static void serve_hang(struct connection *connection)
{
	wait_for_close(connection->fd);
	close(connection->fd);
}

static void serve_reset(struct connection *connection)
{
	struct http_request request;

	read_one(connection, &request);
	close_with_reset(connection->fd);
}

/* The kernel answers a close with unread bytes by RST. */
static void serve_reset_unread(struct connection *connection)
{
	struct pollfd readable = { .fd = connection->fd, .events = POLLIN };
	char byte;

	if (poll(&readable, 1, -1) == 1 && read(connection->fd, &byte, 1) == 1)
		sleep_ms(connection->listener->argument);
	close(connection->fd);
}

static void serve_close(struct connection *connection)
{
	struct http_request request;

	read_one(connection, &request);
	close(connection->fd);
}

static void serve_close_at_once(struct connection *connection)
{
	close(connection->fd);
}

static void send_and_close(struct connection *connection, const char *bytes, size_t count_bytes)
{
	struct http_request request;

	if (read_one(connection, &request) == 1)
		send_all(connection->fd, bytes, count_bytes);
	close(connection->fd);
}

static void serve_banner(struct connection *connection)
{
	static const char banner[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";

	send_all(connection->fd, banner, sizeof(banner) - 1);
	wait_for_close(connection->fd);
	close(connection->fd);
}

static void serve_garbage(struct connection *connection)
{
	static const char bytes[] = "* OK IMAP4rev1 ready\r\n* BAD command\r\n\r\n";

	send_and_close(connection, bytes, sizeof(bytes) - 1);
}

static void serve_tls_alert(struct connection *connection)
{
	/* A fatal TLS alert, protocol_version: what many TLS servers say to plain HTTP. */
	static const char bytes[] = { 0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46 };
	char request[HTTP_BUFFER_BYTES];

	if (read(connection->fd, request, sizeof(request)) > 0)
		send_all(connection->fd, bytes, sizeof(bytes));
	close(connection->fd);
}

static void serve_truncated_header(struct connection *connection)
{
	static const char bytes[] = "HTTP/1.1 200 OK\r\nContent-Type: text/pl";

	send_and_close(connection, bytes, sizeof(bytes) - 1);
}

static void serve_truncated_body(struct connection *connection)
{
	static const char bytes[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this much";

	send_and_close(connection, bytes, sizeof(bytes) - 1);
}

static void serve_invalid_header(struct connection *connection)
{
	static const char bytes[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno\001 header: \002\r\n\r\nok";
	struct http_request request;

	if (read_one(connection, &request) == 1)
		send_all(connection->fd, bytes, sizeof(bytes) - 1);
	wait_for_close(connection->fd);
	close(connection->fd);
}

static void serve_big_header(struct connection *connection)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nSet-Cookie: session=";
	size_t bytes = connection->listener->argument ? connection->listener->argument : 65536;
	struct http_request request;
	char *filler = malloc(bytes);

	if (filler && read_one(connection, &request) == 1) {
		memset(filler, 'c', bytes);
		if (!send_all(connection->fd, head, sizeof(head) - 1))
			send_all(connection->fd, filler, bytes);
		wait_for_close(connection->fd);
	}
	free(filler);
	close(connection->fd);
}

static void serve_status(struct connection *connection)
{
	struct http_reader reader = { .fd = connection->fd };
	struct http_request request;

	while (http_read_request(&reader, &request) == 1 &&
	       !http_send_status(connection->fd, connection->listener->argument,
				 !request.keep_alive, 0) &&
	       request.keep_alive)
		;
	close(connection->fd);
}

/*
 * Answers once and closes, telling nobody: the case drops the FIN. The load balancer keeps the
 * connection, and its next request meets a socket that is gone.
 */
static void serve_race(struct connection *connection)
{
	struct http_request request;

	if (read_one(connection, &request) == 1)
		http_send_status(connection->fd, 200, false, 0);
	sleep_ms(20);
	close(connection->fd);
}

static void serve_idle_close(struct connection *connection)
{
	struct pollfd readable = { .fd = connection->fd, .events = POLLIN };
	struct http_reader reader = { .fd = connection->fd };
	struct http_request request;

	while (http_read_request(&reader, &request) == 1) {
		if (http_answer(connection->fd, &request, !request.keep_alive) ||
		    !request.keep_alive)
			break;
		if (poll(&readable, 1, connection->listener->argument) < 1)
			break;
	}
	close(connection->fd);
}

/* As a server that only knows HTTP/1 and has nothing to say to anything else. */
static void serve_picky(struct connection *connection)
{
	struct http_reader reader = { .fd = connection->fd };
	struct http_request request;

	while (http_read_request(&reader, &request) == 1 &&
	       !http_answer(connection->fd, &request, !request.keep_alive) && request.keep_alive)
		;
	close(connection->fd);
}

/* Reads away what came, so that the close is a FIN. */
static void close_with_shutdown(int fd)
{
	char bytes[HTTP_BUFFER_BYTES];

	if (read(fd, bytes, sizeof(bytes)) >= 0)
		shutdown(fd, SHUT_WR);
	close(fd);
}

/* As nginx with `listen ... proxy_protocol`: a connection that begins with anything else ends. */
static void serve_proxy_only(struct connection *connection)
{
	char byte;

	if (recv(connection->fd, &byte, 1, MSG_PEEK) == 1 && byte == 'P')
		serve_picky(connection);
	else
		close_with_shutdown(connection->fd);
}

/* As a server of HTTP/2 without TLS: SETTINGS at once; HTTP/1 is met by GOAWAY, PROTOCOL_ERROR. */
static void serve_h2(struct connection *connection)
{
	static const char settings[] = { 0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100 };
	static const char goaway[] = { 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	char request[HTTP_BUFFER_BYTES];

	if (read(connection->fd, request, sizeof(request)) > 0 &&
	    !send_all(connection->fd, settings, sizeof(settings)))
		send_all(connection->fd, goaway, sizeof(goaway));
	close(connection->fd);
}

static const struct mode modes[] = {
	{ .name = "ok", .serve = serve_ok, .does = "keep-alive, the answer that the path asks for" },
	{ .name = "ok-close", .serve = serve_ok_close, .does = "as ok, one request a connection" },
	{ .name = "slow", .serve = serve_slow, .does = "as ok, N ms late" },
	{ .name = "hang", .serve = serve_hang, .does = "reads, never answers" },
	{ .name = "reset", .serve = serve_reset, .does = "reads the request, then RST" },
	{ .name = "reset-unread", .serve = serve_reset_unread, .does = "closes with unread bytes" },
	{ .name = "close", .serve = serve_close, .does = "reads the request, then FIN" },
	{ .name = "close-at-once", .serve = serve_close_at_once, .does = "closes at accept" },
	{ .name = "banner", .serve = serve_banner, .does = "an SSH banner at accept" },
	{ .name = "garbage", .serve = serve_garbage, .does = "answers with another protocol" },
	{ .name = "tls-alert",
	  .serve = serve_tls_alert,
	  .does = "answers anything with a TLS alert" },
	{ .name = "truncated-header",
	  .serve = serve_truncated_header,
	  .does = "half a header, FIN" },
	{ .name = "truncated-body", .serve = serve_truncated_body, .does = "half a body, FIN" },
	{ .name = "invalid-header",
	  .serve = serve_invalid_header,
	  .does = "control bytes in a name" },
	{ .name = "big-header", .serve = serve_big_header, .does = "a header of N bytes" },
	{ .name = "status", .serve = serve_status, .does = "every answer has status N" },
	{ .name = "race", .serve = serve_race, .does = "one answer, then closed unseen" },
	{ .name = "idle-close", .serve = serve_idle_close, .does = "as ok, closes N ms idle" },
	{ .name = "picky", .serve = serve_picky, .does = "as ok, closes what is no HTTP/1" },
	{ .name = "proxy-only",
	  .serve = serve_proxy_only,
	  .does = "closes what does not begin with a PROXY header" },
	{ .name = "h2", .serve = serve_h2, .does = "SETTINGS and GOAWAY of HTTP/2" },
	{ .name = "small",
	  .serve = serve_ok,
	  .backlog = 4,
	  .does = "as ok, with a short queue of connections" },
	{ .name = "tls", .serve = serve_tls, .does = "as ok, over TLS" },
	{ .name = "hold", .run = run_hold, .backlog = 128, .does = "never accepts" },
	{ .name = "overflow", .run = run_overflow, .backlog = 4, .does = "accept queue full" },
	{ .name = "overflow-ack",
	  .run = run_overflow_ack,
	  .backlog = 4,
	  .does = "accept queue full from the middle of the first handshake" },
	{ .name = "die", .run = run_die, .own_process = true, .does = "killed mid-request" },
};

const struct mode *mode_find(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].name, name))
			return &modes[i];
	return NULL;
}

void mode_list(void)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		fprintf(stderr, "  %-18s%s\n", modes[i].name, modes[i].does);
}
