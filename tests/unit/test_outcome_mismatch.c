// SPDX-License-Identifier: GPL-2.0-only
/* Protocols and certificates that do not suit both sides, and address families. */
#include <string.h>

#include "tests/unit/attempts.h"
#include "tests/unit/cmocka_plus.h"
#include "user/diagnose/peers.h"
#include "user/lib/endpoint.h"

static const struct outcome_context joined_502 = { .joined_status = 502 };

static void set_head(struct event_payload *payload, const void *head, uint8_t length)
{
	payload->length = length;
	memcpy(payload->head, head, length);
}

static void a_preface_needs_an_http2_answer(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt.sent.kind = PAYLOAD_HTTP2;
	attempt_end_by_fin(&attempt, 300);
	assert_outcome(&attempt, NULL, CAUSE_H2_MISMATCH, CONFIDENCE_LIKELY);
	attempt = attempt_waiting(1);
	attempt.sent.kind = PAYLOAD_HTTP2;
	attempt_end_by_reset(&attempt, 300, RST_ACK, 500);
	assert_outcome(&attempt, NULL, CAUSE_H2_MISMATCH, CONFIDENCE_LIKELY);
	attempt.sent.kind = PAYLOAD_HTTP1;
	assert_outcome(&attempt, NULL, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
	/* One that had answered before. */
	attempt = attempt_waiting_reused(10, 1);
	attempt.sent.kind = PAYLOAD_HTTP2;
	attempt_end_by_fin(&attempt, 50000);
	assert_outcome(&attempt, NULL, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
}

static void settings_answer_an_http1_request(void **state)
{
	static const uint8_t settings[] = { 0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100 };
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt_receive(&attempt, PAYLOAD_OTHER, 15);
	set_head(&attempt.received, settings, sizeof(settings));
	assert_outcome(&attempt, NULL, CAUSE_H2_MISMATCH, CONFIDENCE_CERTAIN);
	attempt.received.head[8] = 1; /* SETTINGS are of no stream */
	assert_outcome(&attempt, NULL, CAUSE_NOT_HTTP, CONFIDENCE_CERTAIN);
}

static void a_proxy_header_is_cut_off(void **state)
{
	struct outcome_context answered = { .port_answered = true };
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt.sent.kind = PAYLOAD_PROXY;
	attempt_end_by_fin(&attempt, 300);
	assert_outcome(&attempt, NULL, CAUSE_PROXY_PROTO_MISMATCH, CONFIDENCE_LIKELY);
	assert_outcome(&attempt, &answered, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
}

/* A hello that came, and the load balancer's alert to it. */
static struct event_attempt refused_tls(const void *alert, uint8_t length)
{
	struct event_attempt attempt = attempt_waiting(1);

	attempt_receive(&attempt, PAYLOAD_TLS, 1200);
	attempt.header.flags |= ATTEMPT_TLS_REFUSED;
	attempt.sent.kind = PAYLOAD_TLS_ALERT;
	set_head(&attempt.sent, alert, length);
	return attempt;
}

static void the_load_balancer_refuses_a_certificate(void **state)
{
	static const uint8_t unknown_ca[] = { 0x15, 3, 3, 0, 2, 2, 48 };
	static const uint8_t protocol_version[] = { 0x15, 3, 3, 0, 2, 2, 70 };
	static const uint8_t encrypted[] = { 0x17, 3, 3, 0, 19, 1, 2, 3 };
	struct event_attempt attempt = refused_tls(unknown_ca, sizeof(unknown_ca));

	(void)state;
	assert_outcome(&attempt, NULL, CAUSE_TLS_VERIFY_FAILED, CONFIDENCE_CERTAIN);
	assert_evidence(&attempt, NULL, "unknown_ca");
	attempt = refused_tls(encrypted, sizeof(encrypted));
	assert_outcome(&attempt, NULL, CAUSE_TLS_VERIFY_FAILED, CONFIDENCE_LIKELY);
	attempt = refused_tls(protocol_version, sizeof(protocol_version));
	assert_outcome(&attempt, NULL, CAUSE_TLS_ALERT, CONFIDENCE_LIKELY);
}

/* nginx ends the handshake before it judges the certificate. */
static void a_whole_handshake_without_a_request(void **state)
{
	static const uint8_t finished13[] = { 0x14, 3, 3, 0, 1, 1, 0x17, 3, 3, 0, 0x45 };
	static const uint8_t finished12[] = { 0x16, 3, 3, 0, 37, 16, 0, 0, 33 };
	struct event_attempt attempt = attempt_waiting(1);

	(void)state;
	attempt.sent.kind = PAYLOAD_TLS;
	attempt.exchanges = 2;
	attempt.bytes_sent = attempt.bytes_acked = 104;
	set_head(&attempt.sent, finished13, sizeof(finished13));
	assert_outcome(&attempt, &joined_502, CAUSE_TLS_VERIFY_FAILED, CONFIDENCE_LIKELY);
	attempt.bytes_sent = attempt.bytes_acked = 250; /* with a request */
	assert_unexplained(&attempt, &joined_502, true);
	attempt_receive(&attempt, PAYLOAD_TLS, 60);
	set_head(&attempt.sent, finished12, sizeof(finished12));
	attempt.header.flags |= ATTEMPT_TLS_REFUSED;
	assert_outcome(&attempt, &joined_502, CAUSE_TLS_VERIFY_FAILED, CONFIDENCE_LIKELY);
	assert_unexplained(&attempt, NULL, false); /* a health check */
}

/* "localhost" is both, the application listens on one. */
static void the_other_loopback_takes_connections(void **state)
{
	struct event_attempt refused = attempt_syn_reset(), other = attempt_waiting(1);
	struct outcome_context context = { 0 };
	struct peers *peers = peers_new();

	(void)state;
	endpoint_parse("[::1]:8080", &refused.remote);
	endpoint_parse("127.0.0.1:8080", &other.remote);
	peers_fill_context(peers, &refused, &context);
	assert_outcome(&refused, &context, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	peers_note_attempt(peers, &other);
	peers_fill_context(peers, &refused, &context);
	assert_outcome(&refused, &context, CAUSE_AF_MISMATCH, CONFIDENCE_LIKELY);
	refused.remote.port = 8081;
	memset(&context, 0, sizeof(context));
	peers_fill_context(peers, &refused, &context);
	assert_outcome(&refused, &context, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	peers_free(peers);
}

/* A flow that a new firewall rule cut off is no sign of a full queue. */
static void only_taken_requests_count_as_unanswered(void **state)
{
	struct event_attempt attempt = attempt_waiting(3000);
	struct outcome_context context = { 0 };
	struct peers *peers = peers_new();

	(void)state;
	attempt.bytes_acked = 0;
	attempt.data_retransmits = 3;
	peers_note_attempt(peers, &attempt);
	peers_fill_context(peers, &attempt, &context);
	assert_int_equal(context.recent_unanswered, 0);
	attempt.header.flags |= ATTEMPT_DUPLICATE_SYNACK;
	peers_note_attempt(peers, &attempt);
	attempt = attempt_waiting(3000);
	peers_note_attempt(peers, &attempt);
	peers_fill_context(peers, &attempt, &context);
	assert_int_equal(context.recent_unanswered, 2);
	peers_free(peers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_preface_needs_an_http2_answer),
		cmocka_unit_test(settings_answer_an_http1_request),
		cmocka_unit_test(a_proxy_header_is_cut_off),
		cmocka_unit_test(the_load_balancer_refuses_a_certificate),
		cmocka_unit_test(a_whole_handshake_without_a_request),
		cmocka_unit_test(the_other_loopback_takes_connections),
		cmocka_unit_test(only_taken_requests_count_as_unanswered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
