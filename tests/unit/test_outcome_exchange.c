// SPDX-License-Identifier: GPL-2.0-only
/* Connections whose last request was not answered, or not well. */
#include <errno.h>
#include <string.h>

#include "tests/unit/attempts.h"
#include "tests/unit/cmocka_plus.h"
#include "user/lib/endpoint.h"

static const struct outcome_context joined_502 = { .joined_status = 502 };
static const struct outcome_context joined_504 = { .joined_status = 504 };

static void set_head(struct event_payload *payload, const void *head, uint8_t length)
{
	payload->length = length;
	memcpy(payload->head, head, length);
}

static void own_5xx_of_the_backend_comes_first(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt_receive(&attempt, PAYLOAD_HTTP1, 200);
	attempt.received.status = 503;
	assert_unexplained(&attempt, NULL, false);
	attempt.header.flags |= ATTEMPT_ANSWERED_5XX | ATTEMPT_FIN_RECEIVED;
	assert_outcome(&attempt, NULL, CAUSE_BACKEND_5XX, CONFIDENCE_CERTAIN);
	assert_evidence(&attempt, NULL, "503");
}

static void an_acked_request_without_answer_is_slow(void **state)
{
	struct event_attempt attempt = attempt_waiting(5000);

	(void)state;
	assert_outcome(&attempt, NULL, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
	attempt = attempt_waiting(300);
	assert_outcome(&attempt, NULL, CAUSE_SLOW_RESPONSE, CONFIDENCE_LIKELY);
	assert_outcome(&attempt, &joined_504, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
	assert_unexplained(&attempt, &joined_502, true);
	attempt = attempt_waiting_reused(5000, 5000);
	assert_outcome(&attempt, NULL, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
}

static void nobody_claims_a_client_abort(void **state)
{
	struct event_attempt attempt = attempt_waiting(300);
	struct outcome outcome = { 0 };

	(void)state;
	outcome_classify(&attempt, NULL, &outcome);
	assert_true(outcome.failure);
	outcome_unclaimed(&attempt, &outcome);
	assert_int_equal(outcome.cause, CAUSE_CLIENT_ABORT);
	assert_false(outcome.failure);
	assert_int_equal(outcome.evidence.count, 1);
	attempt_end_by_fin(&attempt, 100000);
	outcome_classify(&attempt, NULL, &outcome);
	outcome_unclaimed(&attempt, &outcome);
	assert_int_equal(outcome.cause, CAUSE_CLOSE_BEFORE_RESPONSE);
	assert_true(outcome.failure);
	attempt = attempt_waiting(3000);
	attempt.bytes_acked = 0;
	attempt.data_retransmits = 4;
	outcome_classify(&attempt, NULL, &outcome);
	outcome_unclaimed(&attempt, &outcome);
	assert_int_equal(outcome.cause, CAUSE_BLACKHOLE_MIDFLOW);
}

static void lost_requests_are_the_networks(void **state)
{
	struct event_attempt attempt = attempt_waiting(5000);

	(void)state;
	attempt.bytes_acked = 0;
	attempt.data_retransmits = 5;
	assert_outcome(&attempt, NULL, CAUSE_BLACKHOLE_MIDFLOW, CONFIDENCE_LIKELY);
	attempt.bytes_acked = 99; /* the byte of a SYN or FIN */
	assert_outcome(&attempt, NULL, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
	attempt.bytes_acked = 0;
	attempt.header.flags |= ATTEMPT_DUPLICATE_SYNACK;
	assert_outcome(&attempt, NULL, CAUSE_ACCEPTQ_OVERFLOW_ACK, CONFIDENCE_CERTAIN);
	attempt.bytes_acked = 100;
	assert_outcome(&attempt, NULL, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
	attempt = attempt_waiting_reused(90000, 5000);
	attempt.bytes_acked = 0;
	attempt.data_retransmits = 5;
	assert_outcome(&attempt, NULL, CAUSE_BLACKHOLE_MIDFLOW, CONFIDENCE_LIKELY);
	assert_evidence(&attempt, NULL, "may have forgotten it");
	attempt.header.flags |= ATTEMPT_NEIGHBOUR_FAILED;
	assert_outcome(&attempt, NULL, CAUSE_ARP_FAILED, CONFIDENCE_LIKELY);
	attempt = attempt_waiting(5000);
	attempt.error = ETIMEDOUT;
	assert_outcome(&attempt, NULL, CAUSE_BLACKHOLE_MIDFLOW, CONFIDENCE_LIKELY);
}

static void only_large_segments_lost_is_pmtu(void **state)
{
	struct event_attempt attempt = attempt_waiting(5000);

	(void)state;
	attempt.bytes_sent = 8000;
	attempt.bytes_acked = 300;
	attempt.data_retransmits = 5;
	attempt.full_retransmits = 5;
	assert_outcome(&attempt, NULL, CAUSE_PMTU_BLACKHOLE, CONFIDENCE_LIKELY);
	attempt.full_retransmits = 4;
	assert_outcome(&attempt, NULL, CAUSE_BLACKHOLE_MIDFLOW, CONFIDENCE_LIKELY);
	attempt = attempt_waiting_reused(90000, 5000);
	attempt.bytes_sent = 8000;
	attempt.bytes_acked = 0;
	attempt.data_retransmits = 5;
	attempt.full_retransmits = 5;
	assert_outcome(&attempt, NULL, CAUSE_BLACKHOLE_MIDFLOW, CONFIDENCE_LIKELY);
}

static void own_firewall_may_cut_connections(void **state)
{
	struct event_attempt attempt = attempt_waiting(5000);

	(void)state;
	attempt.bytes_acked = 0;
	attempt.data_retransmits = 5;
	attempt.header.flags |= ATTEMPT_EGRESS_DROP;
	assert_outcome(&attempt, NULL, CAUSE_LB_EGRESS_DROP, CONFIDENCE_CERTAIN);
	attempt.header.flags ^= ATTEMPT_EGRESS_DROP | ATTEMPT_INGRESS_DROP;
	assert_outcome(&attempt, NULL, CAUSE_LB_INGRESS_DROP, CONFIDENCE_CERTAIN);
	attempt.bytes_acked = 100;
	assert_outcome(&attempt, NULL, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
}

static void reset_of_a_new_connection(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt_end_by_reset(&attempt, 300, RST_ACK, 502);
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
	attempt_end_by_reset(&attempt, 300, RST_ACK, 0);
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
	attempt_end_by_reset(&attempt, 300, 0, 0);
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
	attempt_end_by_reset(&attempt, 300, RST, 0);
	assert_outcome(&attempt, NULL, CAUSE_ACCEPTQ_ABORT, CONFIDENCE_LIKELY);
	/* When it came was not seen. */
	attempt.reset_received_ns = 0;
	attempt.reset_flags = 0;
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
}

static void reset_of_a_reused_connection(void **state)
{
	struct event_attempt attempt = attempt_waiting_reused(100, 1);

	(void)state;
	attempt_end_by_reset(&attempt, 300, RST, 0);
	assert_outcome(&attempt, NULL, CAUSE_KEEPALIVE_RACE, CONFIDENCE_CERTAIN);
	attempt_end_by_reset(&attempt, 300, 0, 0);
	assert_outcome(&attempt, NULL, CAUSE_KEEPALIVE_RACE, CONFIDENCE_LIKELY);
	/* An application that aborts requests, idle or not. */
	attempt_end_by_reset(&attempt, 300, RST_ACK, 502);
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
	attempt_end_by_reset(&attempt, 60000, RST_ACK, 502);
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
	attempt_end_by_reset(&attempt, 60000, RST, 0);
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
	attempt.rtt_us = 40000;
	assert_outcome(&attempt, NULL, CAUSE_KEEPALIVE_RACE, CONFIDENCE_CERTAIN);
	attempt = attempt_waiting_reused(5000, 1);
	attempt_end_by_reset(&attempt, 300, RST_ACK, 502);
	assert_outcome(&attempt, NULL, CAUSE_KEEPALIVE_RACE, CONFIDENCE_LIKELY);
	attempt = attempt_waiting_reused(0, 1);
	attempt_end_by_reset(&attempt, 300, RST, 0);
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
}

static void seeded_connections_are_reused(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt.header.flags |= ATTEMPT_SEEDED;
	attempt_end_by_reset(&attempt, 300, RST, 0);
	assert_outcome(&attempt, NULL, CAUSE_KEEPALIVE_RACE, CONFIDENCE_LIKELY);
	attempt_end_by_reset(&attempt, 300, RST_ACK, 502);
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
}

static void close_of_a_new_connection(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt_end_by_fin(&attempt, 300);
	assert_outcome(&attempt, NULL, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
	attempt_end_by_fin(&attempt, -300);
	assert_outcome(&attempt, NULL, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
	assert_evidence(&attempt, NULL, "PROXY");
}

static void close_of_a_reused_connection(void **state)
{
	struct event_attempt attempt = attempt_waiting_reused(100, 1);

	(void)state;
	attempt_end_by_fin(&attempt, -300);
	assert_outcome(&attempt, NULL, CAUSE_KEEPALIVE_RACE, CONFIDENCE_CERTAIN);
	/* The FIN carried no ACK of the request: they crossed. */
	attempt_end_by_fin(&attempt, 300);
	attempt.bytes_acked = 0;
	assert_outcome(&attempt, NULL, CAUSE_KEEPALIVE_RACE, CONFIDENCE_LIKELY);
	attempt.bytes_acked = 100;
	assert_outcome(&attempt, NULL, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
	attempt_end_by_fin(&attempt, 60000);
	assert_outcome(&attempt, NULL, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
	/* FIN, then the RST that our request met. */
	attempt_end_by_fin(&attempt, -300);
	attempt_end_by_reset(&attempt, 300, RST, 0);
	assert_outcome(&attempt, NULL, CAUSE_KEEPALIVE_RACE, CONFIDENCE_CERTAIN);
}

static void ended_before_a_request(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt.exchanges = 0;
	attempt.sent.kind = PAYLOAD_NONE;
	attempt.header.flags &= ~(uint32_t)ATTEMPT_EXCHANGE_OPEN;
	assert_unexplained(&attempt, NULL, false);
	attempt_end_by_fin(&attempt, 0);
	attempt.request_ns = 0;
	assert_outcome(&attempt, NULL, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
	attempt.fin_received_ns += 5000 * MS;
	assert_unexplained(&attempt, NULL, false);
	assert_outcome(&attempt, &joined_502, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
	attempt.request_ns = START_NS + MS;
	attempt_end_by_reset(&attempt, 0, RST, 0);
	attempt.request_ns = 0;
	assert_outcome(&attempt, NULL, CAUSE_ACCEPTQ_ABORT, CONFIDENCE_LIKELY);
	attempt.reset_flags = RST_ACK;
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
}

static void answered_is_a_failure_only_when_joined(void **state)
{
	struct event_attempt attempt = attempt_waiting(10);

	(void)state;
	attempt_receive(&attempt, PAYLOAD_HTTP1, 40);
	attempt.received.status = 200;
	assert_unexplained(&attempt, NULL, false);
	assert_outcome(&attempt, &joined_502, CAUSE_INVALID_RESPONSE, CONFIDENCE_LIKELY);
	assert_outcome(&attempt, &joined_504, CAUSE_SLOW_RESPONSE, CONFIDENCE_LIKELY);
	attempt.bytes_received = 65536;
	assert_outcome(&attempt, &joined_502, CAUSE_HEADER_TOO_BIG, CONFIDENCE_LIKELY);
	assert_outcome(&attempt, &joined_504, CAUSE_SLOW_RESPONSE, CONFIDENCE_LIKELY);
	attempt.bytes_received = 8192;
	attempt.owner.kind = BALANCER_HAPROXY;
	assert_outcome(&attempt, &joined_502, CAUSE_INVALID_RESPONSE, CONFIDENCE_LIKELY);
	attempt.bytes_received = 40;
	attempt_end_by_fin(&attempt, 1500);
	assert_unexplained(&attempt, NULL, false);
	assert_outcome(&attempt, &joined_502, CAUSE_TRUNCATED_HEADER, CONFIDENCE_LIKELY);
	set_head(&attempt.received, "HTTP/1.1 abc", 12);
	attempt.received.status = 0;
	assert_outcome(&attempt, &joined_502, CAUSE_INVALID_RESPONSE, CONFIDENCE_LIKELY);
}

static void plain_to_tls(void **state)
{
	const struct outcome_context tls_seen = { .tls_seen = true };
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt_receive(&attempt, PAYLOAD_TLS_ALERT, 7);
	set_head(&attempt.received, "\x15\x03\x01\x00\x02\x02\x46", 7);
	assert_outcome(&attempt, NULL, CAUSE_PLAIN_TO_TLS, CONFIDENCE_CERTAIN);
	attempt.sent.kind = PAYLOAD_PROXY;
	assert_outcome(&attempt, NULL, CAUSE_PLAIN_TO_TLS, CONFIDENCE_LIKELY);
	attempt.received.kind = PAYLOAD_TLS;
	assert_unexplained(&attempt, NULL, false);
	attempt = attempt_waiting(1);
	attempt_end_by_reset(&attempt, 300, RST_ACK, 502);
	assert_outcome(&attempt, &tls_seen, CAUSE_PLAIN_TO_TLS, CONFIDENCE_LIKELY);
	attempt = attempt_waiting(1);
	attempt_end_by_fin(&attempt, 300);
	attempt.remote.port = 443;
	assert_outcome(&attempt, NULL, CAUSE_PLAIN_TO_TLS, CONFIDENCE_LIKELY);
	attempt.sent.kind = PAYLOAD_TLS;
	assert_outcome(&attempt, NULL, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
}

static void tls_to_plain(void **state)
{
	const struct outcome_context tls_seen = { .tls_seen = true };
	struct event_attempt attempt = attempt_waiting(5000);

	(void)state;
	attempt.sent.kind = PAYLOAD_TLS;
	assert_outcome(&attempt, NULL, CAUSE_TLS_TO_PLAIN, CONFIDENCE_LIKELY);
	assert_outcome(&attempt, &tls_seen, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
	attempt_receive(&attempt, PAYLOAD_HTTP1, 150);
	assert_outcome(&attempt, NULL, CAUSE_TLS_TO_PLAIN, CONFIDENCE_CERTAIN);
	attempt.received.kind = PAYLOAD_OTHER;
	assert_outcome(&attempt, NULL, CAUSE_TLS_TO_PLAIN, CONFIDENCE_CERTAIN);
	/* Later in the stream that may be the middle of a record. */
	attempt.exchanges = 5;
	assert_unexplained(&attempt, NULL, false);
	attempt.received.kind = PAYLOAD_TLS;
	assert_unexplained(&attempt, NULL, false);
}

static void tls_alerts(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt.sent.kind = PAYLOAD_TLS;
	attempt_receive(&attempt, PAYLOAD_TLS_ALERT, 7);
	set_head(&attempt.received, "\x15\x03\x03\x00\x02\x02\x28", 7);
	assert_outcome(&attempt, NULL, CAUSE_TLS_ALERT, CONFIDENCE_CERTAIN);
	assert_evidence(&attempt, NULL, "handshake_failure (40)");
	set_head(&attempt.received, "\x15\x03\x03\x00\x02\x01\x00", 7);
	assert_unexplained(&attempt, NULL, false);
	set_head(&attempt.received, "\x17\x03\x03\x00\x13\x02\x28", 7);
	assert_outcome(&attempt, NULL, CAUSE_TLS_ALERT, CONFIDENCE_CERTAIN);
	assert_evidence(&attempt, NULL, "encrypted");
	attempt = attempt_waiting(1);
	attempt.sent.kind = PAYLOAD_TLS_ALERT;
	set_head(&attempt.sent, "\x15\x03\x03\x00\x02\x02\x30", 7);
	assert_outcome(&attempt, NULL, CAUSE_TLS_ALERT, CONFIDENCE_LIKELY);
	assert_evidence(&attempt, NULL, "the load balancer sent the TLS alert unknown_ca (48)");
}

static void not_http(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt_receive(&attempt, PAYLOAD_OTHER, 41);
	set_head(&attempt.received, "SSH-2.0-Open\"\x1b\r\n", 16);
	assert_outcome(&attempt, NULL, CAUSE_NOT_HTTP, CONFIDENCE_CERTAIN);
	assert_evidence(&attempt, NULL, "\"SSH-2.0-Open\\x22\\x1b\\x0d\\x0a\"");
	attempt.exchanges = 2;
	assert_outcome(&attempt, NULL, CAUSE_INVALID_RESPONSE, CONFIDENCE_LIKELY);
	attempt.exchanges = 0;
	attempt.sent.kind = PAYLOAD_NONE;
	assert_unexplained(&attempt, NULL, false);
	attempt.header.flags |= ATTEMPT_BEFORE_REQUEST;
	assert_outcome(&attempt, NULL, CAUSE_NOT_HTTP, CONFIDENCE_CERTAIN);
	/* An upgraded connection: neither way is HTTP any more. */
	attempt = attempt_waiting(1);
	attempt_receive(&attempt, PAYLOAD_OTHER, 41);
	attempt.sent.kind = PAYLOAD_OTHER;
	assert_unexplained(&attempt, NULL, false);
}

static void other_protocols_that_do_not_fit(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt_receive(&attempt, PAYLOAD_HTTP1, 150);
	attempt.sent.kind = PAYLOAD_FASTCGI;
	assert_outcome(&attempt, NULL, CAUSE_INVALID_RESPONSE, CONFIDENCE_CERTAIN);
	attempt.sent.kind = PAYLOAD_HTTP2;
	assert_outcome(&attempt, NULL, CAUSE_H2_MISMATCH, CONFIDENCE_CERTAIN);
	attempt.received.kind = PAYLOAD_HTTP2;
	assert_unexplained(&attempt, NULL, false);
	attempt.sent.kind = PAYLOAD_HTTP1;
	assert_outcome(&attempt, NULL, CAUSE_INVALID_RESPONSE, CONFIDENCE_LIKELY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_5xx_of_the_backend_comes_first),
		cmocka_unit_test(an_acked_request_without_answer_is_slow),
		cmocka_unit_test(nobody_claims_a_client_abort),
		cmocka_unit_test(lost_requests_are_the_networks),
		cmocka_unit_test(only_large_segments_lost_is_pmtu),
		cmocka_unit_test(own_firewall_may_cut_connections),
		cmocka_unit_test(reset_of_a_new_connection),
		cmocka_unit_test(reset_of_a_reused_connection),
		cmocka_unit_test(seeded_connections_are_reused),
		cmocka_unit_test(close_of_a_new_connection),
		cmocka_unit_test(close_of_a_reused_connection),
		cmocka_unit_test(ended_before_a_request),
		cmocka_unit_test(answered_is_a_failure_only_when_joined),
		cmocka_unit_test(plain_to_tls),
		cmocka_unit_test(tls_to_plain),
		cmocka_unit_test(tls_alerts),
		cmocka_unit_test(not_http),
		cmocka_unit_test(other_protocols_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
