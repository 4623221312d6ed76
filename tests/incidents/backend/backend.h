/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab-backend: the misbehaving servers of the test lab, and the client that measures what a
 * load balancer in front of them answers.
 */
#ifndef LAB_BACKEND_H
#define LAB_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define HTTP_BUFFER_BYTES 16384

struct listener;

/* One accepted connection; the thread that serves it owns fd and closes it. */
struct connection {
	int fd;
	const struct listener *listener;
};

/*
 * What a listener does with its connections. `serve` runs in a thread of its own for each
 * accepted connection. `run`, where set, replaces the accept loop and never returns.
 */
struct mode {
	const char *name;
	void (*serve)(struct connection *connection);
	void (*run)(struct listener *listener);
	int backlog;
	bool own_process; /* forked before any thread exists, so that it can fork and die */
	const char *does;
};

struct listener {
	int fd;
	struct sockaddr_storage address;
	socklen_t address_bytes;
	const struct mode *mode;
	long argument; /* the number after the mode's colon, 0 without one */
};

/* Bytes read from one connection and not consumed yet: pipelined requests stay here. */
struct http_reader {
	int fd;
	size_t used_bytes;
	char bytes[HTTP_BUFFER_BYTES];
};

struct http_request {
	char method[16];
	char path[256];
	bool keep_alive;
	bool upgrade;
	bool expects_continue;
	bool chunked;
	long body_bytes;
};

struct http_response {
	int status; /* 0 while there is none */
	bool keep_alive;
};

/* endpoint.c */
/* Parses `10.0.0.1:80` or `[fd00::1]:80`. Returns 0 or -EINVAL. */
int endpoint_parse(const char *text, struct sockaddr_storage *address, socklen_t *address_bytes);
/* The port of an IPv4 or IPv6 address, in host order. */
uint16_t endpoint_port(const struct sockaddr_storage *address);
/* Writes all bytes, without SIGPIPE. Returns 0 or -errno. */
int send_all(int fd, const void *bytes, size_t count_bytes);
/* Sleeps; 0 returns at once. */
void sleep_ms(long ms);
/* Closes fd with a RST instead of a FIN (SO_LINGER with no time). */
void close_with_reset(int fd);
/* Reads and forgets until the peer closes or resets. */
void wait_for_close(int fd);

/* http_reader.c */
/* Waits for more bytes. Returns their count, 0 at the peer's FIN, or -errno. */
ssize_t http_reader_fill(struct http_reader *reader);
/* Forgets the first bytes of those read; there must be so many. */
void http_reader_drop(struct http_reader *reader, size_t count_bytes);
/* Reads and forgets so many bytes. Returns 0 or -errno (-ECONNRESET also for an early FIN). */
int http_reader_skip(struct http_reader *reader, long left_bytes);
/* Reads and forgets a chunked body. Returns as http_reader_skip(). */
int http_reader_skip_chunks(struct http_reader *reader);

/* http.c */
/*
 * Reads one request with its body, answering `Expect: 100-continue` on the way. Returns 1 for
 * a request, 0 when the peer closed between requests, -EPROTO for bytes that are no HTTP
 * request, another -errno when the connection failed.
 */
int http_read_request(struct http_reader *reader, struct http_request *request);
/*
 * Sends the answer that the request's path asks for: /status/N, /split/N (header and body in
 * two writes), /slow/MS, /chunked, /size/BYTES, /upgrade; anything else gets a small 200.
 * Returns 0 or -errno.
 */
int http_answer(int fd, const struct http_request *request, bool close_after);
/* Sends one whole response with a small body. Returns 0 or -errno. */
int http_send_status(int fd, int status, bool close_after, long split_ms);

/* http_response.c */
/*
 * Reads one final response with its body. Returns 0 or -errno; a status that came before the
 * failure stays in `response`. `no_body` is for the answer to a HEAD.
 */
int http_read_response(struct http_reader *reader, struct http_response *response, bool no_body);

/* modes.c, modes_listen.c, modes_tls.c */
const struct mode *mode_find(const char *name);
void mode_list(void);
void serve_tls(struct connection *connection);
void serve_ok(struct connection *connection);
/* Loads the key and makes the self-signed certificate. Returns 0 or -errno. */
int tls_prepare(void);
/* Never accepts; the kernel completes handshakes until the backlog is full. */
void run_hold(struct listener *listener);
/* Never accepts, and fills its own accept queue first: SYNs are dropped from then on. */
void run_overflow(struct listener *listener);
/*
 * Never accepts, and fills its accept queue when the first handshake is half done: the final
 * ACK is dropped. Needs a rule that delays that handshake by dropping its first SYN-ACK.
 */
void run_overflow_ack(struct listener *listener);
/* Serves each connection in a child that reads the request and is then killed by SIGKILL. */
void run_die(struct listener *listener);

/* deny.c */
/* Forbids the processes of a cgroup to connect, until it is removed. Returns the exit status. */
int deny_main(const char *path);

/* client.c */
int client_main(int argc, char **argv);
/* crowd.c */
int crowd_main(int argc, char **argv);

#endif
