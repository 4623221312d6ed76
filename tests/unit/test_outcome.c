// SPDX-License-Identifier: GPL-2.0-only
/* Attempts that never became a connection. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "tests/unit/attempts.h"
#include "tests/unit/cmocka_plus.h"

#define NEIGHBOUR_REACHABLE 0x02
#define NEIGHBOUR_FAILED 0x20

static void unsent_says_its_errno(void **state)
{
	static const struct {
		int error;
		enum cause_id cause;
		enum confidence confidence;
	} cases[] = {
		{ ENETUNREACH, CAUSE_NO_ROUTE, CONFIDENCE_CERTAIN },
		{ EHOSTUNREACH, CAUSE_NO_ROUTE, CONFIDENCE_CERTAIN },
		{ -EHOSTUNREACH, CAUSE_NO_ROUTE, CONFIDENCE_CERTAIN },
		{ EACCES, CAUSE_NO_ROUTE, CONFIDENCE_LIKELY },
		{ EINVAL, CAUSE_NO_ROUTE, CONFIDENCE_LIKELY },
		{ EADDRNOTAVAIL, CAUSE_EPHEMERAL_EXHAUSTED, CONFIDENCE_CERTAIN },
		{ EPERM, CAUSE_LB_EGRESS_DROP, CONFIDENCE_LIKELY },
		{ EMFILE, CAUSE_LB_FD_EXHAUSTED, CONFIDENCE_CERTAIN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct event_attempt attempt = attempt_unsent(cases[i].error);

		assert_outcome(&attempt, NULL, cases[i].cause, cases[i].confidence);
	}
}

static void unsent_with_another_errno_is_unexplained(void **state)
{
	static const int errors[] = { 0, EISCONN, INT_MIN, INT_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		struct event_attempt attempt = attempt_unsent(errors[i]);

		assert_unexplained(&attempt, NULL, true);
	}
}

static void reset_of_a_syn_is_refused(void **state)
{
	struct event_attempt attempt = attempt_syn_reset();

	(void)state;
	assert_outcome(&attempt, NULL, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	assert_evidence(&attempt, NULL, "looks the same from here");
	attempt.error = 0;
	assert_outcome(&attempt, NULL, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
}

static void reset_with_a_foreign_ttl_is_a_firewall(void **state)
{
	struct event_attempt attempt = attempt_syn_reset();
	struct outcome_context context = { .usual_ttl = 63 };

	(void)state;
	assert_outcome(&attempt, &context, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	attempt.reset_ttl = 63;
	assert_outcome(&attempt, &context, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	attempt.reset_ttl = 64;
	assert_outcome(&attempt, &context, CAUSE_FW_REJECT_RST, CONFIDENCE_LIKELY);
	context.usual_ttl = 0;
	assert_outcome(&attempt, &context, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
}

static void icmp_codes_tell_routers_from_filters(void **state)
{
	static const struct {
		uint8_t type, code;
		const char *source;
		enum cause_id cause;
		enum confidence confidence;
	} cases[] = {
		{ 3, 0, "10.0.0.254", CAUSE_ICMP_UNREACHABLE, CONFIDENCE_CERTAIN },
		{ 3, 1, "10.0.0.254", CAUSE_ICMP_UNREACHABLE, CONFIDENCE_CERTAIN },
		{ 3, 1, "10.0.0.1", CAUSE_ARP_FAILED, CONFIDENCE_CERTAIN },
		{ 3, 2, "10.0.0.2", CAUSE_FW_REJECT_ICMP, CONFIDENCE_CERTAIN },
		{ 3, 3, "10.0.0.2", CAUSE_FW_REJECT_ICMP, CONFIDENCE_CERTAIN },
		{ 3, 3, "10.0.0.1", CAUSE_LB_EGRESS_DROP, CONFIDENCE_CERTAIN },
		{ 3, 9, "10.0.0.254", CAUSE_FW_REJECT_ICMP, CONFIDENCE_CERTAIN },
		{ 3, 10, "10.0.0.254", CAUSE_FW_REJECT_ICMP, CONFIDENCE_CERTAIN },
		{ 3, 13, "10.0.0.254", CAUSE_FW_REJECT_ICMP, CONFIDENCE_CERTAIN },
		{ 11, 0, "10.0.0.254", CAUSE_ICMP_UNREACHABLE, CONFIDENCE_LIKELY },
		{ 1, 0, "fd00::ff", CAUSE_ICMP_UNREACHABLE, CONFIDENCE_CERTAIN },
		{ 1, 3, "fd00::ff", CAUSE_ICMP_UNREACHABLE, CONFIDENCE_CERTAIN },
		{ 1, 3, "fd00::1", CAUSE_ARP_FAILED, CONFIDENCE_CERTAIN },
		{ 1, 1, "fd00::2", CAUSE_FW_REJECT_ICMP, CONFIDENCE_CERTAIN },
		{ 1, 4, "fd00::2", CAUSE_FW_REJECT_ICMP, CONFIDENCE_CERTAIN },
		{ 1, 6, "fd00::ff", CAUSE_FW_REJECT_ICMP, CONFIDENCE_CERTAIN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct event_attempt attempt =
			attempt_syn_icmp(cases[i].type, cases[i].code, cases[i].source);

		assert_outcome(&attempt, NULL, cases[i].cause, cases[i].confidence);
		/* The errno may be anything by then, 0 too. */
		attempt.error = EHOSTUNREACH;
		assert_outcome(&attempt, NULL, cases[i].cause, cases[i].confidence);
	}
}

/* HAProxy's sockets lose their own address, and IPv6 the sender's, before they are recorded. */
static void a_syn_that_never_left_was_complained_of_here(void **state)
{
	struct event_attempt attempt = attempt_syn_icmp(3, 1, "10.0.0.1");

	(void)state;
	memset(attempt.local.bytes, 0, sizeof(attempt.local.bytes));
	attempt.retransmit_error = -EBUSY;
	assert_outcome(&attempt, NULL, CAUSE_ARP_FAILED, CONFIDENCE_CERTAIN);
	attempt = attempt_syn_icmp(1, 3, "fd00::1");
	memset(&attempt.icmp_source, 0, sizeof(attempt.icmp_source));
	assert_outcome(&attempt, NULL, CAUSE_ICMP_UNREACHABLE, CONFIDENCE_LIKELY);
	attempt.header.flags |= ATTEMPT_NEIGHBOUR_FAILED;
	assert_outcome(&attempt, NULL, CAUSE_ARP_FAILED, CONFIDENCE_CERTAIN);
}

/* HAProxy aborts what it gives up: the kernel notes ECONNRESET for that, too. */
static void an_owners_abort_is_no_reset(void **state)
{
	struct event_attempt attempt = attempt_syn(2500);

	(void)state;
	attempt.error = ECONNRESET;
	assert_outcome(&attempt, NULL, CAUSE_FW_DROP, CONFIDENCE_POSSIBLE);
	attempt = attempt_syn(10);
	attempt.error = ECONNRESET;
	assert_unexplained(&attempt, NULL, false);
	attempt = attempt_waiting(5000);
	attempt.error = ECONNRESET;
	attempt.header.flags &= ~(uint32_t)ATTEMPT_CLOSED_BY_OWNER;
	assert_outcome(&attempt, NULL, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
}

static void icmp_that_ends_nothing_is_no_cause(void **state)
{
	struct event_attempt attempt = attempt_syn_icmp(3, 4, "10.0.0.254");

	(void)state;
	assert_unexplained(&attempt, NULL, false);
	attempt = attempt_syn_icmp(8, 0, "10.0.0.254");
	assert_unexplained(&attempt, NULL, false);
	attempt = attempt_syn_reset();
	attempt.icmp_family = 4;
	attempt.icmp_type = 3;
	attempt.icmp_code = 4;
	assert_outcome(&attempt, NULL, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
}

static void errno_speaks_where_icmp_was_not_seen(void **state)
{
	struct event_attempt attempt = attempt_syn(1);

	(void)state;
	attempt.error = ECONNREFUSED;
	assert_outcome(&attempt, NULL, CAUSE_CONN_REFUSED, CONFIDENCE_LIKELY);
	attempt.error = EACCES;
	assert_unexplained(&attempt, NULL, true);
	attempt.error = ENOPROTOOPT;
	assert_outcome(&attempt, NULL, CAUSE_FW_REJECT_ICMP, CONFIDENCE_LIKELY);
	attempt_make_ipv6(&attempt);
	attempt.error = ECONNREFUSED;
	assert_outcome(&attempt, NULL, CAUSE_FW_REJECT_ICMP, CONFIDENCE_LIKELY);
	attempt.error = EACCES;
	assert_outcome(&attempt, NULL, CAUSE_FW_REJECT_ICMP, CONFIDENCE_LIKELY);
	attempt.error = ENETUNREACH;
	assert_outcome(&attempt, NULL, CAUSE_ICMP_UNREACHABLE, CONFIDENCE_LIKELY);
	attempt.error = EHOSTUNREACH;
	assert_outcome(&attempt, NULL, CAUSE_ICMP_UNREACHABLE, CONFIDENCE_LIKELY);
	attempt.header.flags = ATTEMPT_NEIGHBOUR_FAILED;
	assert_outcome(&attempt, NULL, CAUSE_ARP_FAILED, CONFIDENCE_CERTAIN);
}

static void a_silent_neighbour_is_arp_failed(void **state)
{
	struct event_attempt attempt = attempt_syn(2000);
	struct outcome_context context = { .neighbour_state = NEIGHBOUR_FAILED };

	(void)state;
	attempt.retransmit_error = -EBUSY;
	assert_outcome(&attempt, NULL, CAUSE_ARP_FAILED, CONFIDENCE_LIKELY);
	assert_outcome(&attempt, &context, CAUSE_ARP_FAILED, CONFIDENCE_CERTAIN);
	attempt.error = EHOSTUNREACH;
	assert_outcome(&attempt, NULL, CAUSE_ARP_FAILED, CONFIDENCE_CERTAIN);
	attempt = attempt_syn(2000);
	assert_outcome(&attempt, &context, CAUSE_ARP_FAILED, CONFIDENCE_LIKELY);
	context.neighbour_state = NEIGHBOUR_REACHABLE;
	attempt.retransmit_error = -EBUSY;
	assert_outcome(&attempt, &context, CAUSE_FW_DROP, CONFIDENCE_LIKELY);
	attempt = attempt_syn(10);
	context.neighbour_state = NEIGHBOUR_FAILED;
	assert_unexplained(&attempt, &context, false);
}

static void own_firewall_wins_over_silence(void **state)
{
	static const char *const reasons[] = { "", "NO_SOCKET", "IP_RPFILTER" };
	const struct diagnosis_options options = { .drop_reasons = reasons,
						   .drop_reason_count = 3 };
	const struct outcome_context context = { .options = &options };
	struct event_attempt attempt = attempt_syn(5000);

	(void)state;
	attempt.retransmit_error = -EPERM;
	assert_outcome(&attempt, NULL, CAUSE_LB_EGRESS_DROP, CONFIDENCE_CERTAIN);
	attempt = attempt_syn(5000);
	attempt.header.flags |= ATTEMPT_EGRESS_DROP;
	assert_outcome(&attempt, NULL, CAUSE_LB_EGRESS_DROP, CONFIDENCE_CERTAIN);
	attempt = attempt_syn(5000);
	attempt.header.flags |= ATTEMPT_INGRESS_DROP;
	assert_outcome(&attempt, NULL, CAUSE_LB_INGRESS_DROP, CONFIDENCE_CERTAIN);
	attempt = attempt_syn(5000);
	attempt.drop_reason = 2;
	assert_outcome(&attempt, &context, CAUSE_LB_INGRESS_DROP, CONFIDENCE_LIKELY);
	attempt.drop_reason = 1;
	assert_outcome(&attempt, &context, CAUSE_FW_DROP, CONFIDENCE_POSSIBLE);
	attempt.drop_reason = UINT32_MAX;
	assert_outcome(&attempt, &context, CAUSE_FW_DROP, CONFIDENCE_POSSIBLE);
	/* A rule that rejects with a RST is this host's as well. */
	attempt = attempt_syn_reset();
	attempt.header.flags |= ATTEMPT_EGRESS_DROP;
	assert_outcome(&attempt, NULL, CAUSE_LB_EGRESS_DROP, CONFIDENCE_CERTAIN);
}

static void silence_depends_on_what_else_is_known(void **state)
{
	struct event_attempt attempt = attempt_syn(5000);
	struct outcome_context context = { 0 };

	(void)state;
	assert_outcome(&attempt, &context, CAUSE_FW_DROP, CONFIDENCE_POSSIBLE);
	assert_evidence(&attempt, &context, "whether the host is up is not known");
	context.host_answered_recently = true;
	assert_outcome(&attempt, &context, CAUSE_FW_DROP, CONFIDENCE_LIKELY);
	context.port_connected_recently = true;
	assert_outcome(&attempt, &context, CAUSE_ACCEPTQ_OVERFLOW, CONFIDENCE_LIKELY);
	context.port_connected_recently = false;
	context.recent_unanswered = 3;
	assert_outcome(&attempt, &context, CAUSE_ACCEPTQ_OVERFLOW, CONFIDENCE_LIKELY);
	assert_evidence(&attempt, &context, "3 connections");
	attempt.error = ETIMEDOUT;
	assert_outcome(&attempt, NULL, CAUSE_FW_DROP, CONFIDENCE_POSSIBLE);
}

static void giving_up_early_is_no_failure(void **state)
{
	struct event_attempt attempt = attempt_syn(300);
	struct outcome_context context = { .joined_status = 504 };
	struct outcome outcome = { 0 };

	(void)state;
	assert_unexplained(&attempt, NULL, false);
	assert_outcome(&attempt, &context, CAUSE_FW_DROP, CONFIDENCE_POSSIBLE);
	outcome_classify(&attempt, NULL, &outcome);
	outcome_unclaimed(&attempt, &outcome);
	assert_int_equal(outcome.cause, CAUSE_CLIENT_ABORT);
	assert_false(outcome.failure);
	attempt = attempt_syn(10);
	assert_unexplained(&attempt, &context, true);
	attempt = attempt_syn(1100);
	outcome_classify(&attempt, NULL, &outcome);
	outcome_unclaimed(&attempt, &outcome);
	assert_int_equal(outcome.cause, CAUSE_FW_DROP);
	assert_true(outcome.failure);
}

static void any_bytes_give_a_sound_outcome(void **state)
{
	struct event_attempt attempt = { 0 };
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		struct outcome_context context = { 0 };
		struct outcome outcome = { 0 };
		uint8_t *bytes = (uint8_t *)&attempt;

		for (size_t i = 0; i < sizeof(attempt); i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = round & 1 && random >> 31 ? 0 : random >> 24;
		}
		context.joined_status = round & 2 ? 502 : 0;
		context.usual_ttl = round & 4 ? 64 : 0;
		outcome_classify(&attempt, &context, &outcome);
		assert_non_null(catalogue_cause(outcome.cause));
		assert_true((outcome.cause == CAUSE_NONE) ==
			    (outcome.confidence == CONFIDENCE_NONE));
		assert_true(outcome.cause == CAUSE_NONE || outcome.evidence.count);
		assert_true(outcome.evidence.count <= MODEL_EVIDENCE_LINES);
		for (size_t i = 0; i < outcome.evidence.count; i++)
			assert_in_range(strlen(outcome.evidence.lines[i]), 1, MODEL_TEXT_BYTES - 2);
		outcome_unclaimed(&attempt, &outcome);
		assert_non_null(catalogue_cause(outcome.cause));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unsent_says_its_errno),
		cmocka_unit_test(unsent_with_another_errno_is_unexplained),
		cmocka_unit_test(reset_of_a_syn_is_refused),
		cmocka_unit_test(reset_with_a_foreign_ttl_is_a_firewall),
		cmocka_unit_test(icmp_codes_tell_routers_from_filters),
		cmocka_unit_test(a_syn_that_never_left_was_complained_of_here),
		cmocka_unit_test(an_owners_abort_is_no_reset),
		cmocka_unit_test(icmp_that_ends_nothing_is_no_cause),
		cmocka_unit_test(errno_speaks_where_icmp_was_not_seen),
		cmocka_unit_test(a_silent_neighbour_is_arp_failed),
		cmocka_unit_test(own_firewall_wins_over_silence),
		cmocka_unit_test(silence_depends_on_what_else_is_known),
		cmocka_unit_test(giving_up_early_is_no_failure),
		cmocka_unit_test(any_bytes_give_a_sound_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
