// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/written.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/lib/endpoint.h"

#define TCP_SYN_SENT 2
#define TCP_CLOSE_WAIT 8
#define TCP_ESTABLISHED 1
#define TCP_CLOSE 7
#define REQUEST_BYTES 120

static void take_error(void *context, const struct gateway_error *error)
{
	struct written *written = context;

	assert_true(written->error_count < WRITTEN_ERRORS_MAX);
	written->errors[written->error_count++] = *error;
}

static void take_attempt(void *context, const struct attempt_view *attempt,
			 const struct gateway_error *error)
{
	struct written *written = context;

	assert_true(written->attempt_count < WRITTEN_ATTEMPTS_MAX);
	written->attempts[written->attempt_count++] = (struct written_attempt){
		.cookie = attempt->event.cookie,
		.outcome = attempt->outcome,
		.status = error ? error->event.status : 0,
	};
}

int written_setup(void **state)
{
	struct written *written = calloc(1, sizeof(*written));
	struct diagnosis_options options = {
		.host = "lb1",
		.kernel = "6.1",
		.lbtrace = "0.1.0",
		.epoch_offset_ns = 1000,
		.started_ns = WRITTEN_START_NS,
		.on_gateway_error = take_error,
		.on_attempt = take_attempt,
		.context = written,
	};

	assert_non_null(written);
	assert_int_equal(diagnosis_new(&options, &written->diagnosis), 0);
	*state = written;
	return 0;
}

int written_teardown(void **state)
{
	struct written *written = *state;

	diagnosis_free(written->diagnosis);
	free(written);
	return 0;
}

void written_feed(struct written *written, const void *record)
{
	const struct event_header *header = record;

	assert_int_equal(record_check(record, header->size_bytes), header->size_bytes);
	assert_int_equal(diagnosis_feed(written->diagnosis, header), 0);
}

static struct event_header header_new(uint16_t type, uint16_t size_bytes, uint64_t ms)
{
	return (struct event_header){
		.type = type,
		.size_bytes = size_bytes,
		.time_ns = WRITTEN_START_NS + ms * WRITTEN_MS,
	};
}

void written_tick(struct written *written, uint64_t ms)
{
	struct event_tick tick = { header_new(EVENT_TICK, sizeof(tick), ms) };

	written_feed(written, &tick);
}

const struct report *written_finish(struct written *written)
{
	const struct report *report;

	assert_int_equal(diagnosis_finish(written->diagnosis), 0);
	report = diagnosis_report(written->diagnosis);
	assert_non_null(report);
	return report;
}

const struct gateway_error *written_error(const struct written *written, uint64_t cookie, size_t n)
{
	for (size_t i = 0; i < written->error_count; i++) {
		if (written->errors[i].event.cookie == cookie && !n--)
			return &written->errors[i];
	}
	fail_msg("no 5xx of client %llu", (unsigned long long)cookie);
	return NULL;
}

const struct report_backend *written_backend(const struct report *report, uint8_t host)
{
	struct event_address address = address_new(host);

	for (size_t i = 0; i < report->backend_count; i++) {
		if (endpoint_equal(&report->backends[i].address, &address))
			return &report->backends[i];
	}
	return NULL;
}

const struct report_cause *written_cause(const struct report *report, enum cause_id cause)
{
	for (size_t i = 0; i < report->cause_count; i++) {
		if (report->causes[i].cause == cause)
			return &report->causes[i];
	}
	return NULL;
}

void written_assert_cause(const struct gateway_error *error, enum cause_id cause,
			  enum confidence confidence)
{
	assert_string_equal(catalogue_cause(error->cause)->id, catalogue_cause(cause)->id);
	assert_int_equal(error->confidence, confidence);
}

void written_assert_backend(const struct gateway_error *error, uint8_t host)
{
	struct event_address address = address_new(host);

	assert_true(error->has_backend);
	assert_true(endpoint_equal(&error->backend, &address));
}

struct event_owner owner_new(enum balancer_kind kind)
{
	struct event_owner owner = { .group = 100, .tgid = 101, .tid = 101, .kind = kind };

	strcpy(owner.comm, kind == BALANCER_NGINX     ? "nginx"
			   : kind == BALANCER_HAPROXY ? "haproxy"
						      : "proxy");
	return owner;
}

struct event_address address_new(uint8_t host)
{
	return (struct event_address){ .bytes = { 10, 0, 0, host }, .port = 8080, .family = 4 };
}

struct event_attempt attempt_new(enum balancer_kind kind, uint64_t cookie, uint64_t ended_ms,
				 uint64_t lasted_ms)
{
	struct event_attempt attempt = {
		.header = header_new(EVENT_ATTEMPT, sizeof(attempt), ended_ms),
		.owner = owner_new(kind),
		.local = address_new(200),
		.remote = address_new(1),
		.cookie = cookie,
		.exchanges = 1,
		.old_state = TCP_ESTABLISHED,
		.bytes_sent = REQUEST_BYTES,
		.mss_bytes = 1448,
		.rtt_us = 200,
		.ttl = 64,
	};

	attempt.header.flags = ATTEMPT_ESTABLISHED | ATTEMPT_EXCHANGE_OPEN;
	attempt.started_ns = attempt.header.time_ns - lasted_ms * WRITTEN_MS;
	attempt.established_ns = attempt.started_ns + WRITTEN_MS;
	attempt.request_ns = attempt.established_ns;
	attempt.ended_tid = attempt.owner.tid;
	attempt.sent.kind = PAYLOAD_HTTP1;
	attempt.sent.length = 3;
	memcpy(attempt.sent.head, "GET", 3);
	return attempt;
}

static void attempt_unconnect(struct event_attempt *attempt)
{
	attempt->header.flags &= ~(uint32_t)(ATTEMPT_ESTABLISHED | ATTEMPT_EXCHANGE_OPEN);
	attempt->established_ns = 0;
	attempt->request_ns = 0;
	attempt->exchanges = 0;
	attempt->bytes_sent = 0;
	attempt->ttl = 0;
	attempt->old_state = TCP_SYN_SENT;
	memset(&attempt->sent, 0, sizeof(attempt->sent));
}

void attempt_refuse(struct event_attempt *attempt)
{
	attempt_unconnect(attempt);
	attempt->header.flags |= ATTEMPT_RESET_RECEIVED;
	attempt->reset_received_ns = attempt->started_ns + WRITTEN_MS / 2;
	attempt->error = ECONNREFUSED;
}

void attempt_silence(struct event_attempt *attempt)
{
	attempt_unconnect(attempt);
	attempt->header.flags |= ATTEMPT_CLOSED_BY_OWNER;
	attempt->syn_retransmits = 2;
}

void attempt_unroute(struct event_attempt *attempt)
{
	attempt_unconnect(attempt);
	attempt->header.flags |= ATTEMPT_NEVER_SENT;
	attempt->started_ns = attempt->header.time_ns;
	attempt->error = ENETUNREACH;
	attempt->old_state = TCP_CLOSE;
}

void attempt_starve(struct event_attempt *attempt)
{
	attempt->header.flags |= ATTEMPT_CLOSED_BY_OWNER;
	attempt->bytes_acked = REQUEST_BYTES;
}

void attempt_close(struct event_attempt *attempt)
{
	attempt->header.flags |= ATTEMPT_FIN_RECEIVED;
	attempt->bytes_acked = REQUEST_BYTES;
	attempt->fin_received_ns = attempt->header.time_ns;
	attempt->old_state = TCP_CLOSE_WAIT;
}

void attempt_answer(struct event_attempt *attempt, uint16_t status)
{
	attempt->header.flags &= ~(uint32_t)ATTEMPT_EXCHANGE_OPEN;
	attempt->header.flags |= ATTEMPT_ANSWERED | ATTEMPT_ANSWERED_5XX;
	attempt->bytes_acked = REQUEST_BYTES;
	attempt->bytes_received = 200;
	attempt->response_ns = attempt->header.time_ns;
	attempt->received.kind = PAYLOAD_HTTP1;
	attempt->received.length = 12;
	attempt->received.status = status;
	memcpy(attempt->received.head, "HTTP/1.1 500", 12);
}

struct event_response response_new(enum balancer_kind kind, uint64_t cookie, uint16_t status,
				   uint64_t written_ms, uint64_t lasted_ms)
{
	struct event_response response = {
		.header = header_new(EVENT_RESPONSE, sizeof(response), written_ms),
		.owner = owner_new(kind),
		.frontend = address_new(200),
		.client = address_new(100),
		.cookie = cookie,
		.requests = 1,
		.attempts = 1,
		.status = status,
	};

	response.client.port = (uint16_t)(40000 + cookie % 10000);
	response.request_ns = response.header.time_ns - lasted_ms * WRITTEN_MS;
	response.request_first_ns = response.request_ns;
	return response;
}

struct event_response response_adjacent(enum balancer_kind kind, uint64_t cookie,
					const struct event_attempt *attempt, uint16_t status)
{
	uint64_t ended_ms = (attempt->header.time_ns - WRITTEN_START_NS) / WRITTEN_MS;
	struct event_response response = response_new(kind, cookie, status, ended_ms, 5000);

	response.attempt_cookie = attempt->cookie;
	response.header.flags |= RESPONSE_ATTEMPT_ADJACENT;
	return response;
}

struct event_figures figures_new(enum balancer_kind kind, uint64_t ms)
{
	struct event_figures figures = {
		.header = header_new(EVENT_FIGURES, sizeof(figures), ms),
		.owner = owner_new(kind),
		.backend = { .address = address_new(1), .group = 100 },
	};

	figures.owner.tgid = 0;
	figures.owner.tid = 0;
	return figures;
}
