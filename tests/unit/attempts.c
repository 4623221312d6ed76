// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/attempts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/lib/endpoint.h"

#define TCP_SYN_SENT 2
#define TCP_ESTABLISHED 1

static struct event_attempt attempt_begun(void)
{
	struct event_attempt attempt = {
		.header = { .type = EVENT_ATTEMPT, .size_bytes = sizeof(attempt) },
		.owner = { .group = 100,
			   .tgid = 101,
			   .tid = 101,
			   .kind = BALANCER_NGINX,
			   .comm = "nginx" },
		.cookie = 7,
		.started_ns = START_NS,
		.rtt_us = 200,
		.mss_bytes = 1460,
	};

	endpoint_parse("10.0.0.1:40000", &attempt.local);
	endpoint_parse("10.0.0.2:8080", &attempt.remote);
	return attempt;
}

struct event_attempt attempt_unsent(int error)
{
	struct event_attempt attempt = attempt_begun();

	attempt.header.flags = ATTEMPT_NEVER_SENT;
	attempt.header.time_ns = START_NS;
	attempt.error = error;
	return attempt;
}

struct event_attempt attempt_syn(uint64_t lasted_ms)
{
	struct event_attempt attempt = attempt_begun();

	attempt.header.flags = ATTEMPT_CLOSED_BY_OWNER;
	attempt.header.time_ns = START_NS + lasted_ms * MS;
	attempt.syn_retransmits = lasted_ms / 1000;
	attempt.old_state = TCP_SYN_SENT;
	return attempt;
}

struct event_attempt attempt_syn_reset(void)
{
	struct event_attempt attempt = attempt_syn(1);

	attempt.header.flags = ATTEMPT_RESET_RECEIVED;
	attempt.reset_received_ns = START_NS + MS / 5;
	attempt.error = ECONNREFUSED;
	return attempt;
}

struct event_attempt attempt_syn_icmp(uint8_t type, uint8_t code, const char *source)
{
	struct event_attempt attempt = attempt_syn(1);

	attempt.header.flags = 0;
	endpoint_parse(source, &attempt.icmp_source);
	attempt.icmp_family = attempt.icmp_source.family;
	attempt.icmp_type = type;
	attempt.icmp_code = code;
	if (attempt.icmp_family == 6)
		attempt_make_ipv6(&attempt);
	return attempt;
}

void attempt_make_ipv6(struct event_attempt *attempt)
{
	endpoint_parse("[fd00::1]:40000", &attempt->local);
	endpoint_parse("[fd00::2]:8080", &attempt->remote);
}

struct event_attempt attempt_waiting(uint64_t lasted_ms)
{
	struct event_attempt attempt = attempt_begun();

	attempt.header.flags =
		ATTEMPT_ESTABLISHED | ATTEMPT_EXCHANGE_OPEN | ATTEMPT_CLOSED_BY_OWNER;
	attempt.established_ns = START_NS + MS / 5;
	attempt.request_ns = START_NS + MS;
	attempt.header.time_ns = attempt.request_ns + lasted_ms * MS;
	attempt.bytes_sent = 100;
	attempt.bytes_acked = 100;
	attempt.exchanges = 1;
	attempt.sent.kind = PAYLOAD_HTTP1;
	attempt.ttl = 64;
	attempt.old_state = TCP_ESTABLISHED;
	return attempt;
}

struct event_attempt attempt_waiting_reused(uint64_t idle_ms, uint64_t lasted_ms)
{
	struct event_attempt attempt = attempt_waiting(lasted_ms);

	attempt.exchanges = 2;
	attempt.last_received_ns = START_NS + 2 * MS;
	attempt.request_ns = attempt.last_received_ns + idle_ms * MS;
	attempt.header.time_ns = attempt.request_ns + lasted_ms * MS;
	return attempt;
}

static void end_by_backend(struct event_attempt *attempt, uint64_t end_ns, uint32_t flag)
{
	attempt->header.flags &= ~(uint32_t)ATTEMPT_CLOSED_BY_OWNER;
	attempt->header.flags |= flag;
	attempt->header.time_ns =
		(end_ns > attempt->request_ns ? end_ns : attempt->request_ns) + MS / 10;
}

void attempt_end_by_reset(struct event_attempt *attempt, int64_t delay_us, uint8_t flags,
			  uint16_t window)
{
	attempt->reset_received_ns = attempt->request_ns + delay_us * 1000;
	attempt->reset_flags = flags;
	attempt->reset_window = window;
	attempt->error = ECONNRESET;
	attempt->bytes_acked = 0;
	end_by_backend(attempt, attempt->reset_received_ns, ATTEMPT_RESET_RECEIVED);
}

void attempt_end_by_fin(struct event_attempt *attempt, int64_t delay_us)
{
	attempt->fin_received_ns = attempt->request_ns + delay_us * 1000;
	end_by_backend(attempt, attempt->fin_received_ns, ATTEMPT_FIN_RECEIVED);
}

void attempt_receive(struct event_attempt *attempt, enum payload_kind kind, uint64_t bytes)
{
	attempt->header.flags &= ~(uint32_t)ATTEMPT_EXCHANGE_OPEN;
	attempt->header.flags |= ATTEMPT_ANSWERED;
	attempt->received.kind = kind;
	attempt->bytes_received = bytes;
	attempt->response_ns = attempt->request_ns + MS;
	if (attempt->header.time_ns <= attempt->response_ns)
		attempt->header.time_ns = attempt->response_ns + MS / 10;
}

static const char *cause_name(enum cause_id cause)
{
	const struct cause *row = catalogue_cause(cause);

	return row ? row->id : "no such cause";
}

void assert_outcome_is(const struct event_attempt *attempt, const struct outcome_context *context,
		       enum cause_id cause, enum confidence confidence, const char *file, int line)
{
	struct outcome outcome = { 0 };

	outcome_classify(attempt, context, &outcome);
	if (outcome.cause != cause || outcome.confidence != confidence) {
		print_error("%s:%d: expected %s (%d), got %s (%d)\n", file, line, cause_name(cause),
			    confidence, cause_name(outcome.cause), outcome.confidence);
		_fail(file, line);
	}
	if (!outcome.failure || !outcome.evidence.count) {
		print_error("%s:%d: no failure, or without evidence\n", file, line);
		_fail(file, line);
	}
}

void assert_unexplained_is(const struct event_attempt *attempt,
			   const struct outcome_context *context, bool failure, const char *file,
			   int line)
{
	struct outcome outcome = { 0 };

	outcome_classify(attempt, context, &outcome);
	if (outcome.cause != CAUSE_NONE || outcome.confidence != CONFIDENCE_NONE ||
	    outcome.failure != failure) {
		print_error("%s:%d: expected no cause, failure %d, got %s (%d), failure %d\n", file,
			    line, failure, cause_name(outcome.cause), outcome.confidence,
			    outcome.failure);
		_fail(file, line);
	}
}

void assert_evidence(const struct event_attempt *attempt, const struct outcome_context *context,
		     const char *words)
{
	struct outcome outcome = { 0 };

	outcome_classify(attempt, context, &outcome);
	for (size_t i = 0; i < outcome.evidence.count; i++) {
		if (strstr(outcome.evidence.lines[i], words))
			return;
	}
	fail_msg("no evidence line says: %s", words);
}
