// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many clients at once: sends a seeded random mix of requests, over fresh and kept connections,
 * some of them pipelined, and prints one line for each request:
 *
 *   ID KIND CLIENT_ADDRESS:PORT STATUS START_NS END_NS BURST
 *
 * in the order of the requests on their connection; times are of the wall clock, STATUS is 000
 * when the connection ended without one; BURST its place among those sent at once, from 0. The
 * request's URI ends in `?r=ID`.
 *
 * The mix is a file of lines `KIND WEIGHT METHOD PATH BODY_BYTES ABORT_MS`. A request with an
 * ABORT_MS is not waited for: its connection is closed so long after it.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"

#define COPIES_MAX 256
#define TARGETS_MAX 4
#define KINDS_MAX 1024
#define BURST_MAX 3
#define LIFE_MAX 8
#define TIMEOUT_S 30
#define IDS_PER_COPY 1000000L
#define NS_PER_SECOND 1000000000ULL

struct kind {
	char name[64], method[16], path[128];
	long weight, body_bytes, abort_ms;
};

struct target {
	struct sockaddr_storage address;
	socklen_t bytes;
};

struct crowd {
	struct target targets[TARGETS_MAX];
	struct kind kinds[KINDS_MAX];
	const char *mix_file;
	int target_count, kind_count;
	long copies, requests, seed, weights, kept_percent;
};

/* One client. `left` counts the requests that its connection has still to live. */
struct visitor {
	const struct crowd *crowd;
	struct http_reader reader;
	unsigned short random[3];
	char own[64]; /* the client's own address and port */
	long next_id, quota, left;
};

struct visit {
	const struct kind *kind;
	uint64_t start_ns;
	long id;
	int burst;
	bool sent;
};

static const struct argp_option options[] = {
	{ "target", 't', "ADDRESS:PORT", 0, "a frontend of the load balancer; repeatable", 0 },
	{ "mix", 'm', "FILE", 0, "what to send", 0 },
	{ "copies", 'c', "N", 0, "so many clients at once (32)", 0 },
	{ "requests", 'n', "N", 0, "so many requests in all (1000)", 0 },
	{ "seed", 'S', "N", 0, "the random numbers' seed (1)", 0 },
	{ "kept", 'k', "PERCENT", 0, "of the connections carry several requests (50)", 0 },
	{ 0 },
};

static int take_target(struct argp_state *state, struct crowd *crowd, const char *text)
{
	struct target *target = &crowd->targets[crowd->target_count];

	if (crowd->target_count == TARGETS_MAX ||
	    endpoint_parse(text, &target->address, &target->bytes))
		argp_error(state, "cannot take the target '%s'", text);
	crowd->target_count++;
	return 0;
}

static int take_option(int key, char *value, struct argp_state *state)
{
	struct crowd *crowd = state->input;

	switch (key) {
	case 't':
		return take_target(state, crowd, value);
	case 'm':
		crowd->mix_file = value;
		return 0;
	case 'c':
		crowd->copies = atol(value);
		return 0;
	case 'n':
		crowd->requests = atol(value);
		return 0;
	case 'S':
		crowd->seed = atol(value);
		return 0;
	case 'k':
		crowd->kept_percent = atol(value);
		return 0;
	case ARGP_KEY_END:
		if (!crowd->target_count || !crowd->mix_file || crowd->copies < 1 ||
		    crowd->copies > COPIES_MAX || crowd->requests < 1)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int read_mix(struct crowd *crowd)
{
	FILE *file = fopen(crowd->mix_file, "re");
	char line[512];
	int err = 0;

	if (!file)
		return -errno;
	while (!err && fgets(line, sizeof(line), file)) {
		struct kind *kind = &crowd->kinds[crowd->kind_count];

		if (crowd->kind_count == KINDS_MAX ||
		    sscanf(line, "%63s %ld %15s %127s %ld %ld", kind->name, &kind->weight,
			   kind->method, kind->path, &kind->body_bytes, &kind->abort_ms) != 6) {
			err = -EINVAL;
			break;
		}
		crowd->weights += kind->weight;
		crowd->kind_count++;
	}
	fclose(file);
	return err ? err : crowd->weights > 0 ? 0 : -EINVAL;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static long pick(struct visitor *visitor, long below)
{
	return nrand48(visitor->random) % below;
}

static const struct kind *pick_kind(struct visitor *visitor)
{
	const struct crowd *crowd = visitor->crowd;
	long place = pick(visitor, crowd->weights);
	int i = 0;

	while (i < crowd->kind_count - 1 && place >= crowd->kinds[i].weight)
		place -= crowd->kinds[i++].weight;
	return &crowd->kinds[i];
}

static void leave(struct visitor *visitor)
{
	if (visitor->reader.fd >= 0)
		close(visitor->reader.fd);
	visitor->reader.fd = -1;
}

static int name_own(struct visitor *visitor, const struct sockaddr_storage *own,
		    socklen_t own_bytes)
{
	char host[INET6_ADDRSTRLEN];

	if (getnameinfo((const struct sockaddr *)own, own_bytes, host, sizeof(host), NULL, 0,
			NI_NUMERICHOST))
		return -EINVAL;
	snprintf(visitor->own, sizeof(visitor->own),
		 own->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, endpoint_port(own));
	return 0;
}

static int enter(struct visitor *visitor)
{
	const struct crowd *crowd = visitor->crowd;
	const struct target *target = &crowd->targets[pick(visitor, crowd->target_count)];
	struct timeval wait = { .tv_sec = TIMEOUT_S };
	struct sockaddr_storage own = { 0 };
	socklen_t own_bytes = sizeof(own);

	if (visitor->reader.fd >= 0)
		return 0;
	visitor->left = pick(visitor, 100) < crowd->kept_percent ? 2 + pick(visitor, LIFE_MAX) : 1;
	visitor->reader.used_bytes = 0;
	visitor->reader.fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (visitor->reader.fd < 0)
		return -errno;
	setsockopt(visitor->reader.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(visitor->reader.fd, (const struct sockaddr *)&target->address, target->bytes) ||
	    getsockname(visitor->reader.fd, (struct sockaddr *)&own, &own_bytes)) {
		int err = -errno;

		leave(visitor);
		return err;
	}
	return name_own(visitor, &own, own_bytes);
}

static int send_visit(struct visitor *visitor, struct visit *visit)
{
	const struct kind *kind = visit->kind;
	char head[512], *body;
	int length, err;

	length = snprintf(head, sizeof(head),
			  "%s %s?r=%ld HTTP/1.1\r\nHost: lab\r\nConnection: %s\r\n", kind->method,
			  kind->path, visit->id, visitor->left > 1 ? "keep-alive" : "close");
	if (kind->body_bytes)
		length += snprintf(head + length, sizeof(head) - length, "Content-Length: %ld\r\n",
				   kind->body_bytes);
	length += snprintf(head + length, sizeof(head) - length, "\r\n");
	visit->start_ns = now_ns();
	visit->sent = true;
	err = send_all(visitor->reader.fd, head, length);
	if (err || !kind->body_bytes)
		return err;
	body = calloc(1, kind->body_bytes);
	if (!body)
		return -ENOMEM;
	err = send_all(visitor->reader.fd, body, kind->body_bytes);
	free(body);
	return err;
}

static void print_visit(const struct visitor *visitor, const struct visit *visit, int status)
{
	printf("%ld %s %s %03d %" PRIu64 " %" PRIu64 " %d\n", visit->id, visit->kind->name,
	       visitor->own, status, visit->start_ns, now_ns(), visit->burst);
}

static void read_visit(struct visitor *visitor, const struct visit *visit)
{
	struct http_response response = { 0 };
	int err;

	if (!visit->sent)
		return;
	if (visitor->reader.fd < 0) {
		print_visit(visitor, visit, 0);
		return;
	}
	if (visit->kind->abort_ms) {
		sleep_ms(visit->kind->abort_ms);
		err = -ECONNABORTED;
	} else {
		err = http_read_response(&visitor->reader, &response,
					 !strcmp(visit->kind->method, "HEAD"));
	}
	print_visit(visitor, visit, response.status);
	if (err || !response.keep_alive || !visitor->left)
		leave(visitor);
}

/*
 * One request, or sometimes several before the first answer is read. A kind that is aborted
 * travels alone: it would take the others' answers with it.
 */
static void visit_once(struct visitor *visitor)
{
	struct visit visits[BURST_MAX] = { { 0 } };
	int burst = 1;

	if (enter(visitor)) {
		visitor->quota--;
		sleep_ms(20);
		return;
	}
	if (visitor->left > BURST_MAX && !pick(visitor, BURST_MAX * 2))
		burst = 2 + (int)pick(visitor, BURST_MAX - 1);
	for (int i = 0; i < burst && visitor->quota > 0; i++) {
		visits[i].kind = pick_kind(visitor);
		if (visits[i].kind->abort_ms && i)
			break;
		visits[i].burst = i;
		visits[i].id = visitor->next_id++;
		visitor->quota--;
		send_visit(visitor, &visits[i]);
		visitor->left--;
		if (visits[i].kind->abort_ms)
			break;
	}
	for (int i = 0; i < burst; i++)
		read_visit(visitor, &visits[i]);
}

static void *visit_all(void *argument)
{
	struct visitor *visitor = argument;

	while (visitor->quota > 0)
		visit_once(visitor);
	leave(visitor);
	return NULL;
}

static int run_crowd(const struct crowd *crowd)
{
	struct visitor *visitors = calloc(crowd->copies, sizeof(*visitors));
	pthread_t threads[COPIES_MAX];
	long started = 0;
	int err = 0;

	if (!visitors)
		return -ENOMEM;
	for (; !err && started < crowd->copies; started++) {
		struct visitor *visitor = &visitors[started];

		visitor->crowd = crowd;
		visitor->reader.fd = -1;
		visitor->random[0] = (unsigned short)started;
		visitor->random[1] = (unsigned short)crowd->seed;
		visitor->random[2] = (unsigned short)(crowd->seed >> 16);
		visitor->next_id = (started + 1) * IDS_PER_COPY;
		visitor->quota = (crowd->requests + crowd->copies - 1) / crowd->copies;
		err = -pthread_create(&threads[started], NULL, visit_all, visitor);
		if (err)
			break;
	}
	while (started)
		pthread_join(threads[--started], NULL);
	free(visitors);
	return err;
}

int crowd_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = take_option,
		.doc = "Sends a random mix of requests and prints "
		       "`ID KIND CLIENT_ADDRESS:PORT STATUS START_NS END_NS BURST` for each.",
	};
	static struct crowd crowd = {
		.copies = 32, .requests = 1000, .seed = 1, .kept_percent = 50
	};
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &crowd);
	setvbuf(stdout, NULL, _IOLBF, 0);
	err = read_mix(&crowd);
	if (!err)
		err = run_crowd(&crowd);
	if (err)
		fprintf(stderr, "lab-backend: crowd: %s: %s\n", crowd.mix_file, strerror(-err));
	return err ? 1 : 0;
}
