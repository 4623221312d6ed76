// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lab's client: sends requests and prints one line for each, `INDEX PORT STATUS`: the
 * request's place on the command line (from 0), the client's own port, and the status that the
 * load balancer answered, 000 when it closed without one.
 */
#include <argp.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"

#define COPIES_MAX 256
#define IDLE_MAX 4096

struct client {
	struct sockaddr_storage source, target;
	socklen_t source_bytes, target_bytes;
	bool keep_alive, pipelined, abort_with_reset;
	long copies, rounds, timeout_ms, abort_ms, idle, gap_ms;
	char **requests;
	int request_count;
};

/* One copy's connection; fd is -1 when there is none. */
struct session {
	const struct client *client;
	struct http_reader reader;
	uint16_t port;
};

static const struct argp_option options[] = {
	{ "source", 's', "ADDRESS", 0, "the client's own address", 0 },
	{ "target", 't', "ADDRESS:PORT", 0, "the load balancer's frontend", 0 },
	{ "keep-alive", 'k', NULL, 0, "all requests of a copy on one connection", 0 },
	{ "pipelined", 'p', NULL, 0, "send all requests before reading (implies -k)", 0 },
	{ "copies", 'c', "N", 0, "run N copies at once", 0 },
	{ "rounds", 'n', "N", 0, "send the requests N times", 0 },
	{ "timeout", 'w', "MS", 0, "wait so long for an answer (20000)", 0 },
	{ "abort", 'a', "MS", 0, "close so long after a request, without its answer", 0 },
	{ "reset", 'r', NULL, 0, "abort with a RST", 0 },
	{ "idle", 'i', "N", 0, "open N idle connections after the first copy's", 0 },
	{ "gap", 'g', "MS", 0, "pause between requests", 0 },
	{ 0 },
};

static int take_endpoint(struct argp_state *state, const char *text, const char *suffix,
			 struct sockaddr_storage *address, socklen_t *address_bytes)
{
	bool bare_v6 = *suffix && strchr(text, ':');
	char whole[128];

	snprintf(whole, sizeof(whole), bare_v6 ? "[%s]%s" : "%s%s", text, suffix);
	if (endpoint_parse(whole, address, address_bytes))
		argp_error(state, "cannot read the address '%s'", text);
	return 0;
}

static int take_option(int key, char *value, struct argp_state *state)
{
	struct client *client = state->input;

	switch (key) {
	case 's':
		return take_endpoint(state, value, ":0", &client->source, &client->source_bytes);
	case 't':
		return take_endpoint(state, value, "", &client->target, &client->target_bytes);
	case 'k':
		client->keep_alive = true;
		return 0;
	case 'p':
		client->keep_alive = client->pipelined = true;
		return 0;
	case 'r':
		client->abort_with_reset = true;
		return 0;
	case 'c':
		client->copies = atol(value);
		return 0;
	case 'n':
		client->rounds = atol(value);
		return 0;
	case 'w':
		client->timeout_ms = atol(value);
		return 0;
	case 'a':
		client->abort_ms = atol(value);
		return 0;
	case 'i':
		client->idle = atol(value);
		return 0;
	case 'g':
		client->gap_ms = atol(value);
		return 0;
	case ARGP_KEY_ARGS:
		client->requests = state->argv + state->next;
		client->request_count = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (!client->target_bytes || !client->request_count || client->copies < 1 ||
		    client->copies > COPIES_MAX || client->idle > IDLE_MAX)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int open_connection(const struct client *client, uint16_t *port)
{
	int fd = socket(client->target.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage own = { 0 };
	socklen_t own_bytes = sizeof(own);
	int on = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if ((client->source_bytes &&
	     bind(fd, (const struct sockaddr *)&client->source, client->source_bytes)) ||
	    connect(fd, (const struct sockaddr *)&client->target, client->target_bytes) ||
	    getsockname(fd, (struct sockaddr *)&own, &own_bytes)) {
		int err = -errno;

		close(fd);
		return err;
	}
	*port = endpoint_port(&own);
	return fd;
}

static int session_open(struct session *session)
{
	const struct client *client = session->client;
	struct timeval wait = { .tv_sec = client->timeout_ms / 1000,
				.tv_usec = client->timeout_ms % 1000 * 1000 };

	if (session->reader.fd >= 0)
		return 0;
	session->reader.used_bytes = 0;
	session->reader.fd = open_connection(client, &session->port);
	if (session->reader.fd < 0)
		return session->reader.fd;
	setsockopt(session->reader.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return 0;
}

static void session_close(struct session *session, bool reset)
{
	if (session->reader.fd < 0)
		return;
	if (reset)
		close_with_reset(session->reader.fd);
	else
		close(session->reader.fd);
	session->reader.fd = -1;
}

/* `METHOD:PATH[:BODY_BYTES]`; the method UPGRADE is a GET that asks for a websocket. */
static const char upgrade_headers[] =
	"Upgrade\r\nUpgrade: websocket\r\n"
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

static int send_request(const struct session *session, const char *word)
{
	char method[16], path[200], head[512], *body;
	bool upgrade;
	long body_bytes = 0;
	int length, err;

	if (sscanf(word, "%15[^:]:%199[^:]:%ld", method, path, &body_bytes) < 2)
		return -EINVAL;
	upgrade = !strcmp(method, "UPGRADE");
	length = snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: lab\r\nConnection: %s\r\n",
			  upgrade ? "GET" : method, path,
			  upgrade			? upgrade_headers
			  : session->client->keep_alive ? "keep-alive"
							: "close");
	if (body_bytes)
		length += snprintf(head + length, sizeof(head) - length, "Content-Length: %ld\r\n",
				   body_bytes);
	length += snprintf(head + length, sizeof(head) - length, "\r\n");
	err = send_all(session->reader.fd, head, length);
	if (err || !body_bytes)
		return err;
	body = calloc(1, body_bytes);
	if (!body)
		return -ENOMEM;
	err = send_all(session->reader.fd, body, body_bytes);
	free(body);
	return err;
}

/* Sends two messages through the upgraded connection and expects them back. */
static void talk_upgraded(struct session *session)
{
	char bytes[64];

	for (int i = 0; i < 2; i++)
		if (send_all(session->reader.fd, "hello", 5) ||
		    read(session->reader.fd, bytes, sizeof(bytes)) <= 0)
			break;
}

static void print_result(const struct session *session, int index, int status)
{
	printf("%d %u %03d\n", index, session->port, status);
}

static bool abort_request(struct session *session)
{
	if (!session->client->abort_ms)
		return false;
	sleep_ms(session->client->abort_ms);
	session_close(session, session->client->abort_with_reset);
	return true;
}

static void run_request(struct session *session, int index)
{
	const char *word = session->client->requests[index];
	struct http_response response = { 0 };
	int err = session_open(session);

	if (!err)
		send_request(session, word);
	if (err || abort_request(session)) {
		print_result(session, index, 0);
		return;
	}
	err = http_read_response(&session->reader, &response, !strncmp(word, "HEAD", 4));
	print_result(session, index, response.status);
	if (!err && response.status == 101)
		talk_upgraded(session);
	if (err || !session->client->keep_alive || !response.keep_alive || response.status == 101)
		session_close(session, false);
}

static void run_pipelined(struct session *session)
{
	const struct client *client = session->client;

	if (session_open(session))
		return;
	for (int i = 0; i < client->request_count; i++)
		send_request(session, client->requests[i]);
	for (int i = 0; i < client->request_count; i++) {
		struct http_response response = { 0 };
		bool head = !strncmp(client->requests[i], "HEAD", 4);

		http_read_response(&session->reader, &response, head);
		print_result(session, i, response.status);
	}
}

static void *run_copy(void *argument)
{
	struct session *session = argument;
	const struct client *client = session->client;

	for (long round = 0; round < client->rounds; round++) {
		if (client->pipelined) {
			run_pipelined(session);
			continue;
		}
		for (int i = 0; i < client->request_count; i++) {
			run_request(session, i);
			sleep_ms(client->gap_ms);
		}
	}
	session_close(session, false);
	return NULL;
}

/* The first copy's connection comes first, so that the load balancer has accepted it. */
static int open_idle(const struct client *client, struct session *first)
{
	uint16_t port;
	int err = session_open(first);

	for (long i = 0; !err && i < client->idle; i++)
		err = open_connection(client, &port) < 0 ? -EIO : 0;
	sleep_ms(1000);
	return err;
}

static int run_copies(const struct client *client)
{
	pthread_t threads[COPIES_MAX];
	struct session *sessions;
	long started = 0;
	int err = 0;

	if (client->copies < 1 || client->copies > COPIES_MAX)
		return -EINVAL;
	sessions = calloc(client->copies, sizeof(*sessions));
	if (!sessions)
		return -ENOMEM;
	for (long i = 0; i < client->copies; i++)
		sessions[i] = (struct session){ .client = client, .reader = { .fd = -1 } };
	if (client->idle)
		err = open_idle(client, &sessions[0]);
	for (; !err && started < client->copies; started++)
		err = -pthread_create(&threads[started], NULL, run_copy, &sessions[started]);
	while (started)
		pthread_join(threads[--started], NULL);
	free(sessions);
	return err;
}

int client_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = take_option,
		.args_doc = "METHOD:PATH[:BODY_BYTES]...",
		.doc = "Sends requests and prints `INDEX PORT STATUS` for each.",
	};
	struct client client = { .copies = 1, .rounds = 1, .timeout_ms = 20000 };
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &client);
	setvbuf(stdout, NULL, _IOLBF, 0);
	err = run_copies(&client);
	if (err)
		fprintf(stderr, "lab-backend: client: %s\n", strerror(-err));
	return err ? 1 : 0;
}
