// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-replay FILE BACKENDS RECORDS: writes an event log as an incident leaves it in which every
 * backend refuses: the configuration of BACKENDS servers, then RECORDS records, by turns the
 * failed attempt and the 502 that came of it, a tick each millisecond.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/eventlog/eventlog.h"

#define NS_PER_US 1000ull
#define STARTED_NS 1000000000ull
#define TCP_SYN_SENT 2
#define BACKENDS_IN_POOL 20

struct log {
	struct eventlog_writer *writer;
	uint64_t now_ns;
	int err;
};

static struct event_owner nginx(void)
{
	return (struct event_owner){
		.group = 812, .tgid = 813, .tid = 813, .kind = BALANCER_NGINX, .comm = "nginx"
	};
}

static struct event_address address(uint32_t host, uint16_t port)
{
	return (struct event_address){
		.family = 4,
		.port = port,
		.bytes = { 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host },
	};
}

static void append(struct log *log, struct event_header *header, uint16_t type, size_t bytes)
{
	header->type = type;
	header->size_bytes = (uint16_t)bytes;
	header->time_ns = log->now_ns;
	if (!log->err)
		log->err = eventlog_writer_append(log->writer, header);
}

static void add_backend(struct log *log, uint32_t index)
{
	struct event_backend backend = { .owner = nginx(), .generation = 1, .index = index };

	backend.address = address(0x10000 + index, 8080);
	backend.line = index + 1;
	backend.connect_timeout_ms = 60000;
	snprintf(backend.pool, sizeof(backend.pool), "pool%u", index / BACKENDS_IN_POOL);
	snprintf(backend.name, sizeof(backend.name), "server%u", index % BACKENDS_IN_POOL);
	snprintf(backend.host, sizeof(backend.host), "10.1.%u.%u", index / 256, index % 256);
	strcpy(backend.file, "/etc/nginx/nginx.conf");
	snprintf(backend.directive, sizeof(backend.directive), "server %.64s:8080;", backend.host);
	append(log, &backend.header, EVENT_BACKEND, sizeof(backend));
}

static void add_inventory(struct log *log, uint32_t backends)
{
	struct event_load_balancer found = { .owner = nginx(), .processes = 2 };
	struct event_config config = { .owner = nginx(), .generation = 1, .kind = CONFIG_READ };

	strcpy(found.config, "/etc/nginx/nginx.conf");
	strcpy(config.file, found.config);
	append(log, &found.header, EVENT_LOAD_BALANCER, sizeof(found));
	append(log, &config.header, EVENT_CONFIG, sizeof(config));
	for (uint32_t i = 0; i < backends; i++)
		add_backend(log, i);
}

static void add_refused(struct log *log, uint32_t number, uint32_t backends)
{
	struct event_attempt attempt = { .owner = nginx(), .error = ECONNREFUSED };
	struct event_response response = { .owner = nginx(), .status = 502, .requests = 1 };
	struct event_tick tick = { 0 };

	log->now_ns += 50 * NS_PER_US;
	attempt.header.flags = ATTEMPT_RESET_RECEIVED | ATTEMPT_ADJACENT_CLIENT;
	attempt.local = address(1, (uint16_t)(1024 + number % 60000));
	/* A step with no common divisor: neighbours in time are none in the configuration. */
	attempt.remote = address(0x10000 + (uint32_t)(number * 7919ull % backends), 8080);
	attempt.cookie = 2 * number + 1;
	attempt.client_cookie = 2 * number + 2;
	attempt.started_ns = log->now_ns - 40 * NS_PER_US;
	attempt.reset_received_ns = log->now_ns;
	attempt.ended_tid = attempt.owner.tid;
	attempt.old_state = TCP_SYN_SENT;
	append(log, &attempt.header, EVENT_ATTEMPT, sizeof(attempt));
	log->now_ns += 10 * NS_PER_US;
	response.header.flags = RESPONSE_ATTEMPT_ADJACENT;
	response.frontend = address(1, 80);
	response.client = address(2, attempt.local.port);
	response.cookie = attempt.client_cookie;
	response.attempt_cookie = attempt.cookie;
	response.request_ns = attempt.started_ns - 10 * NS_PER_US;
	response.request_first_ns = response.request_ns;
	response.attempts = 1;
	append(log, &response.header, EVENT_RESPONSE, sizeof(response));
	if (number % 16 == 0)
		append(log, &tick.header, EVENT_TICK, sizeof(tick));
}

int main(int argc, char **argv)
{
	static struct eventlog_header header = {
		.host = "bench",
		.kernel = "6.1",
		.lbtrace = LBTRACE_VERSION,
		.started_ns = STARTED_NS,
	};
	struct log log = { .now_ns = STARTED_NS };
	uint32_t backends = argc == 4 ? (uint32_t)atol(argv[2]) : 0;
	uint32_t records = argc == 4 ? (uint32_t)atol(argv[3]) : 0;
	int close_err;

	if (!backends) {
		fputs("usage: bench-replay FILE BACKENDS RECORDS\n", stderr);
		return 2;
	}
	log.err = eventlog_writer_open(argv[1], &header, &log.writer);
	if (log.err) {
		fprintf(stderr, "bench-replay: %s: %s\n", argv[1], strerror(-log.err));
		return 1;
	}
	add_inventory(&log, backends);
	for (uint32_t i = 0; i < records / 2; i++)
		add_refused(&log, i, backends);
	close_err = eventlog_writer_close(log.writer);
	if (log.err || close_err)
		fprintf(stderr, "bench-replay: %s: %s\n", argv[1],
			strerror(-(log.err ? log.err : close_err)));
	return log.err || close_err;
}
