// SPDX-License-Identifier: GPL-2.0-only
/* Connections on this host's loopback, to servers of the test's own. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "user/lib/clock.h"
#include "user/lib/record.h"
#include "user/probe/probe.h"

#define NETNS 4026531840u
#define PATIENCE_NS (CLOCK_NS_PER_SECOND / 5)
#define REQUEST "GET / HTTP/1.1\r\n\r\n"
#define MANY 300

/* What a server does with each connection. */
enum manner {
	ANSWERS, /* reads, then `text` */
	SPEAKS_FIRST, /* `text`, then reads */
	CLOSES, /* reads, then closes */
	RESETS, /* reads, then resets */
	WAITS, /* for the other end to close */
	ACCEPTS_NONE,
};

struct server {
	pid_t pid;
	struct event_address address;
	char path[64]; /* of a Unix socket, else empty */
};

static struct server server;

static void serve_one(int client, enum manner manner, const char *text)
{
	const struct linger abort = { .l_onoff = 1 };
	char bytes[256];

	if (manner == SPEAKS_FIRST)
		send(client, text, strlen(text), MSG_NOSIGNAL);
	if (recv(client, bytes, sizeof(bytes), 0) > 0 && manner == ANSWERS)
		send(client, text, strlen(text), MSG_NOSIGNAL);
	if (manner == RESETS)
		setsockopt(client, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	while (manner != RESETS && manner != CLOSES && recv(client, bytes, sizeof(bytes), 0) > 0)
		;
	close(client);
}

static void serve(int listener, enum manner manner, const char *text)
{
	for (;;) {
		int client = manner == ACCEPTS_NONE ? pause() : accept(listener, NULL, NULL);

		if (client >= 0)
			serve_one(client, manner, text);
	}
}

static void start_on(int listener, enum manner manner, const char *text)
{
	assert_int_equal(listen(listener, MANY), 0);
	server.pid = fork();
	assert_true(server.pid >= 0);
	if (!server.pid)
		serve(listener, manner, text);
	close(listener);
}

static void start(int family, enum manner manner, const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *address = family == 4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
	socklen_t length = family == 4 ? sizeof(in) : sizeof(in6);
	int listener = socket(address->sa_family, SOCK_STREAM, 0);

	assert_true(listener >= 0);
	assert_int_equal(bind(listener, address, length), 0);
	assert_int_equal(getsockname(listener, address, &length), 0);
	memset(&server, 0, sizeof(server));
	server.address.family = (uint8_t)family;
	server.address.port = ntohs(family == 4 ? in.sin_port : in6.sin6_port);
	if (family == 4)
		memcpy(server.address.bytes, &in.sin_addr, sizeof(in.sin_addr));
	else
		memcpy(server.address.bytes, &in6.sin6_addr, sizeof(in6.sin6_addr));
	start_on(listener, manner, text);
}

static void start_unix(enum manner manner, const char *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	memset(&server, 0, sizeof(server));
	snprintf(server.path, sizeof(server.path), "/tmp/lbtrace-probe.%d", getpid());
	strcpy(address.sun_path, server.path);
	unlink(server.path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	start_on(listener, manner, text);
}

static int stop(void **state)
{
	(void)state;
	if (server.pid > 0) {
		kill(server.pid, SIGKILL);
		waitpid(server.pid, NULL, 0);
	}
	if (*server.path)
		unlink(server.path);
	memset(&server, 0, sizeof(server));
	return 0;
}

static int make_socket(void *context, uint32_t netns, int family, int type)
{
	assert_ptr_equal(context, &server);
	assert_int_equal(netns, NETNS);
	return socket(family, type | SOCK_CLOEXEC, 0);
}

static int make_none(void *context, uint32_t netns, int family, int type)
{
	(void)context;
	(void)netns;
	(void)family;
	(void)type;
	return -ESTALE;
}

static struct probe_options options = {
	.connect_ns = PATIENCE_NS,
	.answer_ns = PATIENCE_NS,
	.socket = make_socket,
	.context = &server,
};

static struct probe_target target_of(bool asks)
{
	struct probe_target target = {
		.owner = { .group = 7, .kind = BALANCER_NGINX, .comm = "nginx" },
		.address = server.address,
		.netns = NETNS,
		.tgid = (uint32_t)getpid(),
		.path = server.path,
	};

	if (asks) {
		target.hello = REQUEST;
		target.hello_bytes = sizeof(REQUEST) - 1;
		target.hello_kind = PAYLOAD_HTTP1;
	}
	return target;
}

static struct event_attempt ask(bool asks)
{
	const struct probe_target target = target_of(asks);
	struct probe_result result;

	assert_int_equal(probe_ask(&options, &target, 1, &result), 0);
	assert_int_equal(result.err, 0);
	assert_int_equal(record_check(&result.attempt, sizeof(result.attempt)),
			 sizeof(result.attempt));
	assert_int_equal(result.attempt.owner.group, 7);
	assert_int_equal(result.attempt.netns, NETNS);
	assert_true(result.attempt.started_ns &&
		    result.attempt.header.time_ns >= result.attempt.started_ns);
	return result.attempt;
}

static void test_connects(void **state)
{
	struct event_attempt attempt;

	(void)state;
	start(4, WAITS, "");
	attempt = ask(false);
	assert_int_equal(attempt.header.flags, ATTEMPT_ESTABLISHED | ATTEMPT_CLOSED_BY_OWNER);
	assert_int_equal(attempt.error, 0);
	assert_true(attempt.established_ns >= attempt.started_ns);
	assert_int_equal(attempt.local.family, 4);
	assert_int_equal(attempt.remote.port, server.address.port);
	assert_int_equal(attempt.exchanges, 0);
}

static void test_refused(void **state)
{
	struct event_attempt attempt;

	(void)state;
	start(4, WAITS, "");
	kill(server.pid, SIGKILL);
	waitpid(server.pid, NULL, 0);
	server.pid = 0;
	attempt = ask(true);
	assert_int_equal(attempt.header.flags, ATTEMPT_RESET_RECEIVED);
	assert_int_equal(attempt.error, ECONNREFUSED);
	assert_int_equal(attempt.established_ns, 0);
	assert_true(attempt.reset_received_ns >= attempt.started_ns);
	/* On this very host that takes no time. */
	assert_true(attempt.reset_received_ns - attempt.started_ns < CLOCK_NS_PER_SECOND / 20);
	assert_int_equal(attempt.icmp_family, 0);
}

static void test_never_sent(void **state)
{
	struct event_attempt attempt;

	(void)state;
	/* RFC 6890: class E; Linux has no route to 0.0.0.0/8 beyond itself either. */
	server.address =
		(struct event_address){ .bytes = { 255, 255, 255, 255 }, .port = 80, .family = 4 };
	attempt = ask(true);
	assert_int_equal(attempt.header.flags, ATTEMPT_NEVER_SENT);
	assert_true(attempt.error == ENETUNREACH || attempt.error == EACCES);
}

static void test_answer(void **state)
{
	struct event_attempt attempt;

	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		start(family, ANSWERS, "HTTP/1.1 204 No Content\r\n\r\n");
		attempt = ask(true);
		assert_int_equal(attempt.header.flags,
				 ATTEMPT_ESTABLISHED | ATTEMPT_ANSWERED | ATTEMPT_CLOSED_BY_OWNER);
		assert_int_equal(attempt.received.status, 204);
		assert_int_equal(attempt.received.length, EVENT_HEAD_BYTES);
		assert_int_equal(attempt.sent.kind, PAYLOAD_HTTP1);
		assert_int_equal(attempt.bytes_sent, sizeof(REQUEST) - 1);
		assert_int_equal(attempt.bytes_received, EVENT_HEAD_BYTES);
		assert_int_equal(attempt.exchanges, 1);
		assert_true(attempt.response_ns >= attempt.request_ns);
		stop(NULL);
	}
}

static void test_5xx(void **state)
{
	struct event_attempt attempt;

	(void)state;
	start(4, ANSWERS, "HTTP/1.1 503 Service Unavailable\r\n\r\n");
	attempt = ask(true);
	assert_true(attempt.header.flags & ATTEMPT_ANSWERED_5XX);
	assert_int_equal(attempt.received.status, 503);
}

/* Whoever says little is waited for, unless it is an alert. */
static void test_short_answer(void **state)
{
	uint64_t began_ns = clock_now_ns();
	struct event_attempt attempt;

	(void)state;
	start(4, SPEAKS_FIRST, "220 mail");
	attempt = ask(true);
	assert_true(clock_now_ns() - began_ns >= PATIENCE_NS);
	assert_int_equal(attempt.received.kind, PAYLOAD_OTHER);
	assert_int_equal(attempt.received.length, 8);
	stop(NULL);

	began_ns = clock_now_ns();
	start(4, ANSWERS, "\x15\x03\x03\x03\x02\x02\x28");
	attempt = ask(true);
	assert_true(clock_now_ns() - began_ns < PATIENCE_NS);
	assert_int_equal(attempt.received.kind, PAYLOAD_TLS_ALERT);
}

static void test_silence(void **state)
{
	struct event_attempt attempt;

	(void)state;
	start(4, ACCEPTS_NONE, "");
	attempt = ask(true);
	assert_int_equal(attempt.header.flags,
			 ATTEMPT_ESTABLISHED | ATTEMPT_EXCHANGE_OPEN | ATTEMPT_CLOSED_BY_OWNER);
	assert_true(attempt.header.time_ns - attempt.established_ns >= PATIENCE_NS);
	assert_int_equal(attempt.bytes_acked, attempt.bytes_sent);
}

static void test_closed(void **state)
{
	struct event_attempt attempt;

	(void)state;
	start(4, CLOSES, "");
	attempt = ask(true);
	assert_int_equal(attempt.header.flags,
			 ATTEMPT_ESTABLISHED | ATTEMPT_EXCHANGE_OPEN | ATTEMPT_FIN_RECEIVED);
	assert_true(attempt.fin_received_ns >= attempt.request_ns);
}

static void test_reset(void **state)
{
	struct event_attempt attempt;

	(void)state;
	start(4, RESETS, "");
	attempt = ask(true);
	assert_int_equal(attempt.header.flags,
			 ATTEMPT_ESTABLISHED | ATTEMPT_EXCHANGE_OPEN | ATTEMPT_RESET_RECEIVED);
	assert_int_equal(attempt.error, ECONNRESET);
}

static void test_unix(void **state)
{
	struct event_attempt attempt;

	(void)state;
	start_unix(ANSWERS, "HTTP/1.1 200 OK\r\n\r\n");
	attempt = ask(true);
	assert_int_equal(attempt.received.status, 200);
	assert_int_equal(attempt.remote.family, 0);
	stop(NULL);
	snprintf(server.path, sizeof(server.path), "/tmp/lbtrace-none.%d", getpid());
	attempt = ask(false);
	assert_int_equal(attempt.error, ENOENT);
	assert_true(attempt.header.flags & ATTEMPT_NEVER_SENT);
}

static void test_no_socket(void **state)
{
	struct probe_options none = options;
	struct probe_target targets[3];
	struct probe_result results[3];

	(void)state;
	none.socket = make_none;
	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++)
		targets[i] = target_of(true);
	assert_int_equal(probe_ask(&none, targets, ARRAY_LENGTH(targets), results), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(results); i++)
		assert_int_equal(results[i].err, -ESTALE);
	assert_int_equal(probe_ask(&none, NULL, 0, NULL), 0);
}

#define DESCRIPTORS 1024

static size_t most_open;

static size_t count_open(void)
{
	size_t count = 0;

	for (int i = 0; i < DESCRIPTORS; i++)
		count += fcntl(i, F_GETFD) >= 0;
	return count;
}

static int count_socket(void *context, uint32_t netns, int family, int type)
{
	int made = make_socket(context, netns, family, type);
	size_t open_now = count_open();

	if (open_now > most_open)
		most_open = open_now;
	return made;
}

static void test_many(void **state)
{
	struct probe_options counted = options;
	struct probe_target *targets = calloc(MANY, sizeof(*targets));
	struct probe_result *results = calloc(MANY, sizeof(*results));
	size_t before;

	(void)state;
	start(4, ACCEPTS_NONE, "");
	before = count_open();
	most_open = 0;
	counted.socket = count_socket;
	for (size_t i = 0; i < MANY; i++) {
		targets[i] = target_of(i % 2);
		if (i % 3 == 0)
			targets[i].address.port = 1;
	}
	assert_int_equal(probe_ask(&counted, targets, MANY, results), 0);
	for (size_t i = 0; i < MANY; i++) {
		uint32_t flags = results[i].attempt.header.flags;

		if (i % 3 == 0)
			assert_int_equal(flags, ATTEMPT_RESET_RECEIVED);
		else
			assert_true(flags & ATTEMPT_ESTABLISHED);
		assert_int_equal(!!(flags & ATTEMPT_EXCHANGE_OPEN), i % 3 && i % 2);
	}
	assert_true(most_open <= before + PROBE_RUNNING_MOST);
	assert_int_equal(count_open(), before);
	free(targets);
	free(results);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_connects, stop),
		cmocka_unit_test_teardown(test_refused, stop),
		cmocka_unit_test_teardown(test_never_sent, stop),
		cmocka_unit_test_teardown(test_answer, stop),
		cmocka_unit_test_teardown(test_5xx, stop),
		cmocka_unit_test_teardown(test_short_answer, stop),
		cmocka_unit_test_teardown(test_silence, stop),
		cmocka_unit_test_teardown(test_closed, stop),
		cmocka_unit_test_teardown(test_reset, stop),
		cmocka_unit_test_teardown(test_unix, stop),
		cmocka_unit_test_teardown(test_no_socket, stop),
		cmocka_unit_test_teardown(test_many, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
