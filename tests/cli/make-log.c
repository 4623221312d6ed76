// SPDX-License-Identifier: GPL-2.0-only
/*
 * make-log KIND FILE: writes an event log for the tests of the command line.
 *   empty    attached and ended, nothing happened
 *   refused  nginx at 10.9.0.1:80 answers three requests with 502, 10.77.1.12:8080 refused each
 *   configured  as refused, and the configuration names it: api_pool/app2; in a container
 *   loss     as refused, and records were lost
 *   blocks   as refused, each record in a block of its own
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "user/eventlog/eventlog.h"
#include "user/lib/endpoint.h"

#define NS_PER_MS 1000000ull
#define STARTED_NS 1000000000ull
#define EPOCH_OFFSET_NS 1769903999123000000ll /* 2026-01-31T23:59:59.123Z */
#define REQUESTS 3

struct log {
	struct eventlog_writer *writer;
	uint64_t now_ns;
	bool blocks;
	int err;
};

static struct event_owner nginx(void)
{
	return (struct event_owner){
		.group = 812, .tgid = 813, .tid = 813, .kind = BALANCER_NGINX, .comm = "nginx"
	};
}

static struct event_address address(const char *text)
{
	struct event_address parsed = { 0 };

	if (endpoint_parse(text, &parsed))
		fprintf(stderr, "make-log: no address: %s\n", text);
	return parsed;
}

static void append(struct log *log, struct event_header *header, uint16_t type, size_t bytes)
{
	header->type = type;
	header->size_bytes = (uint16_t)bytes;
	header->time_ns = log->now_ns;
	if (!log->err)
		log->err = eventlog_writer_append(log->writer, header);
	if (!log->err && log->blocks)
		log->err = eventlog_writer_flush(log->writer);
}

static void add_inventory(struct log *log)
{
	struct event_load_balancer found = { .owner = nginx(), .processes = 2 };
	struct event_listener listener = { .owner = nginx(), .backlog_max = 511 };

	strcpy(found.config, "/etc/nginx/nginx.conf");
	strcpy(found.executable, "/usr/sbin/nginx");
	listener.address = address("10.9.0.1:80");
	append(log, &found.header, EVENT_LOAD_BALANCER, sizeof(found));
	append(log, &listener.header, EVENT_LISTENER, sizeof(listener));
}

static void add_backend(struct log *log, uint32_t index, const char *where)
{
	struct event_backend backend = { .owner = nginx(), .generation = 1, .index = index };

	backend.address = address(where);
	endpoint_format_host(&backend.address, backend.host);
	backend.line = 12 + index;
	backend.connect_timeout_ms = 60000;
	backend.response_timeout_ms = 60000;
	strcpy(backend.pool, "api_pool");
	snprintf(backend.name, sizeof(backend.name), "app%u", index + 1);
	strcpy(backend.file, "/etc/nginx/nginx.conf");
	snprintf(backend.directive, sizeof(backend.directive), "server %s;", where);
	append(log, &backend.header, EVENT_BACKEND, sizeof(backend));
}

static void add_configuration(struct log *log)
{
	struct event_config config = { .owner = nginx(), .generation = 1, .kind = CONFIG_READ };
	struct event_container container = { .owner = nginx(), .runtime = "docker" };

	strcpy(config.file, "/etc/nginx/nginx.conf");
	append(log, &config.header, EVENT_CONFIG, sizeof(config));
	add_backend(log, 0, "10.77.1.11:8080");
	add_backend(log, 1, "10.77.1.12:8080");
	config.kind = CONFIG_SKIPPED;
	config.line = 7;
	strcpy(config.text, "frobnicate on");
	append(log, &config.header, EVENT_CONFIG, sizeof(config));
	strcpy(container.id, "0123456789abcdef");
	strcpy(container.name, "web-1");
	append(log, &container.header, EVENT_CONTAINER, sizeof(container));
}

/* nginx lets go of the backend's socket and then answers, in one turn. */
static void add_refused(struct log *log, unsigned int number)
{
	struct event_attempt attempt = { .owner = nginx(), .error = ECONNREFUSED };
	struct event_response response = { .owner = nginx(), .status = 502, .requests = 1 };

	log->now_ns += 10 * NS_PER_MS;
	attempt.header.flags = ATTEMPT_RESET_RECEIVED | ATTEMPT_ADJACENT_CLIENT;
	attempt.local = address("10.77.0.1:50000");
	attempt.remote = address("10.77.1.12:8080");
	attempt.cookie = 2000 + number;
	attempt.client_cookie = 1000 + number;
	attempt.started_ns = log->now_ns - NS_PER_MS;
	attempt.reset_received_ns = log->now_ns;
	attempt.ended_tid = attempt.owner.tid;
	attempt.old_state = 2; /* TCP_SYN_SENT */
	append(log, &attempt.header, EVENT_ATTEMPT, sizeof(attempt));

	log->now_ns += NS_PER_MS / 10;
	response.header.flags = RESPONSE_ATTEMPT_ADJACENT;
	response.frontend = address("10.9.0.1:80");
	response.client = address("10.9.0.7:40000");
	response.client.port = (uint16_t)(40000 + number);
	response.cookie = attempt.client_cookie;
	response.attempt_cookie = attempt.cookie;
	response.request_ns = attempt.started_ns - NS_PER_MS;
	response.request_first_ns = response.request_ns;
	response.attempts = 1;
	append(log, &response.header, EVENT_RESPONSE, sizeof(response));
}

static void add_end(struct log *log, bool with_loss)
{
	struct event_loss loss = { .records = 17 };
	struct event_tick tick = { 0 };

	log->now_ns += 1000 * NS_PER_MS;
	if (with_loss)
		append(log, &loss.header, EVENT_LOSS, sizeof(loss));
	append(log, &tick.header, EVENT_TICK, sizeof(tick));
}

static int write_log(struct log *log, const char *kind)
{
	if (strcmp(kind, "empty")) {
		add_inventory(log);
		if (!strcmp(kind, "configured"))
			add_configuration(log);
		for (unsigned int i = 0; i < REQUESTS; i++)
			add_refused(log, i);
		add_end(log, !strcmp(kind, "loss"));
	}
	return log->err;
}

int main(int argc, char **argv)
{
	static struct eventlog_header header = {
		.host = "web1",
		.kernel = "6.18.5",
		.lbtrace = LBTRACE_VERSION,
		.epoch_offset_ns = EPOCH_OFFSET_NS - (int64_t)STARTED_NS,
		.started_ns = STARTED_NS,
	};
	struct log log = { .now_ns = STARTED_NS };
	int close_err;
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: make-log empty|refused|configured|loss|blocks FILE\n");
		return 2;
	}
	log.blocks = !strcmp(argv[1], "blocks");
	err = eventlog_writer_open(argv[2], &header, &log.writer);
	if (!err) {
		err = write_log(&log, argv[1]);
		close_err = eventlog_writer_close(log.writer);
		err = err ? err : close_err;
	}
	if (err)
		fprintf(stderr, "make-log: %s: %s\n", argv[2], strerror(-err));
	return err ? 1 : 0;
}
