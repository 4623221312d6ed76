// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/diagnose/exhaustion.h"

#define MS_NS (1000 * 1000ull)
#define START_NS (1000 * 1000 * MS_NS)
#define NETNS 42
#define DROP_PROTO_MEM 3

static const char *const drop_reasons[] = { "", "NO_SOCKET", "NETFILTER_DROP", "PROTO_MEM" };
static const struct diagnosis_options options = { .drop_reasons = drop_reasons,
						  .drop_reason_count = ARRAY_LENGTH(drop_reasons) };
static const struct event_address front = { .bytes = { 10, 0, 0, 9 }, .port = 80, .family = 4 };

static struct event_resource resource(uint16_t kind, uint64_t used, uint64_t limit, uint64_t count)
{
	struct event_resource event = {
		.header = { .type = EVENT_RESOURCE, .size_bytes = sizeof(event) },
		.used = used,
		.limit = limit,
		.count = count,
		.kind = kind,
	};

	if (kind == RESOURCE_CONNTRACK)
		event.netns = NETNS;
	if (kind == RESOURCE_DESCRIPTORS || kind == RESOURCE_CONNECTION_SLOTS)
		event.owner.tgid = 7;
	if (kind == RESOURCE_ACCEPT_QUEUE || kind == RESOURCE_CONNECTION_SLOTS)
		event.listener = front;
	return event;
}

static void note(struct exhaustion *exhaustion, uint16_t kind, uint64_t used, uint64_t limit,
		 uint64_t count)
{
	struct event_resource event = resource(kind, used, limit, count);

	exhaustion_note(exhaustion, &event);
}

/* Whether the report shows it. */
static bool is_shown(uint16_t kind, uint64_t used, uint64_t limit, uint64_t count)
{
	struct exhaustion *exhaustion = exhaustion_new();
	struct report_resource *rows;
	size_t shown;

	assert_non_null(exhaustion);
	note(exhaustion, kind, used, limit, count);
	note(exhaustion, kind, 0, limit, count);
	assert_int_equal(exhaustion_report(exhaustion, &rows, &shown), 0);
	if (shown)
		assert_true(*rows[0].text && rows[0].peak == used);
	free(rows);
	exhaustion_free(exhaustion);
	return shown;
}

static void only_what_is_near_is_shown(void **state)
{
	(void)state;
	assert_false(is_shown(RESOURCE_DESCRIPTORS, 70, 100, 0));
	assert_true(is_shown(RESOURCE_DESCRIPTORS, 90, 100, 0));
	assert_false(is_shown(RESOURCE_CONNTRACK, 100, 1000, 0));
	assert_true(is_shown(RESOURCE_CONNTRACK, 999, 1000, 0));
	assert_false(is_shown(RESOURCE_CPU, 3000, 10000, 0));
	assert_true(is_shown(RESOURCE_CPU, 8000, 10000, 0));
	assert_false(is_shown(RESOURCE_ACCEPT_QUEUE, 1, 100, 0));
	assert_true(is_shown(RESOURCE_ACCEPT_QUEUE, 1, 100, 1));
	assert_true(is_shown(RESOURCE_CONNECTION_SLOTS, 0, 0, 1));
	assert_true(is_shown(RESOURCE_TCP_MEMORY, 99, 100, 0));
	assert_false(is_shown(RESOURCE_KINDS, 99, 100, 9));
	assert_false(is_shown(0, 99, 100, 9));
}

static void a_queue_that_stays_is_shown(void **state)
{
	struct exhaustion *exhaustion = exhaustion_new();
	struct report_resource *rows;
	size_t shown;

	(void)state;
	for (int i = 0; i < 3; i++)
		note(exhaustion, RESOURCE_ACCEPT_QUEUE, 1, 1000, 0);
	assert_int_equal(exhaustion_report(exhaustion, &rows, &shown), 0);
	assert_int_equal(shown, 1);
	free(rows);
	exhaustion_free(exhaustion);
}

static struct gateway_error error_of(uint32_t kind, uint16_t status, uint32_t flags)
{
	struct gateway_error error = { 0 };

	error.event.owner.kind = kind;
	error.event.owner.tgid = 7;
	error.event.frontend = front;
	error.event.status = status;
	error.event.header.flags = flags;
	return error;
}

static void an_unused_socket_means_no_slot(void **state)
{
	struct gateway_error error = error_of(BALANCER_NGINX, 500, RESPONSE_SOCKET_UNUSED);
	struct exhaustion *exhaustion = exhaustion_new();

	(void)state;
	note(exhaustion, RESOURCE_CONNECTION_SLOTS, 0, 0, 12);
	assert_true(exhaustion_judge(exhaustion, &error));
	assert_int_equal(error.cause, CAUSE_LB_CONN_SLOTS);
	assert_int_equal(error.confidence, CONFIDENCE_LIKELY);
	assert_int_equal(error.evidence.count, 2);
	exhaustion_free(exhaustion);
}

static void other_errors_are_left_alone(void **state)
{
	struct gateway_error errors[] = {
		error_of(BALANCER_NGINX, 500, 0),
		error_of(BALANCER_NGINX, 500, RESPONSE_SOCKET_UNUSED | RESPONSE_FD_EXHAUSTED),
		error_of(BALANCER_NGINX, 502, RESPONSE_SOCKET_UNUSED),
		error_of(BALANCER_HAPROXY, 500, RESPONSE_SOCKET_UNUSED),
	};
	struct exhaustion *exhaustion = exhaustion_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		assert_false(exhaustion_judge(exhaustion, &errors[i]));
		assert_int_equal(errors[i].cause, CAUSE_NONE);
		assert_int_equal(errors[i].evidence.count, 0);
	}
	exhaustion_free(exhaustion);
}

/* Of an attempt in NETNS while connection tracking held `used` of 1000. */
static struct outcome connecting(struct event_attempt attempt, uint64_t used)
{
	struct exhaustion *exhaustion = exhaustion_new();
	struct outcome_context context = { .options = &options };
	struct outcome outcome;

	attempt.netns = NETNS;
	attempt.started_ns = START_NS;
	attempt.header.time_ns = START_NS + 2000 * MS_NS;
	if (used)
		note(exhaustion, RESOURCE_CONNTRACK, used, 1000, 0);
	exhaustion_fill_context(exhaustion, &attempt, &context);
	outcome_classify(&attempt, &context, &outcome);
	exhaustion_free(exhaustion);
	return outcome;
}

static void a_drop_with_a_full_table_is_conntrack(void **state)
{
	struct event_attempt attempt = { .header.flags = ATTEMPT_EGRESS_DROP,
					 .syn_retransmits = 1,
					 .retransmit_error = -EPERM };

	(void)state;
	assert_int_equal(connecting(attempt, 1000).cause, CAUSE_LB_CONNTRACK_FULL);
	assert_int_equal(connecting(attempt, 1000).confidence, CONFIDENCE_LIKELY);
	assert_int_equal(connecting(attempt, 900).cause, CAUSE_LB_EGRESS_DROP);
	assert_int_equal(connecting(attempt, 0).cause, CAUSE_LB_EGRESS_DROP);
}

static void a_full_table_alone_explains_nothing(void **state)
{
	struct event_attempt attempt = { .syn_retransmits = 1 };

	(void)state;
	assert_int_not_equal(connecting(attempt, 1000).cause, CAUSE_LB_CONNTRACK_FULL);
}

/* An answer of 100 bytes that came after 300 ms. */
static struct event_attempt answered(uint32_t unread, uint64_t ended_ms)
{
	struct event_attempt attempt = {
		.header = { .flags = ATTEMPT_ESTABLISHED | ATTEMPT_ANSWERED |
				     ATTEMPT_CLOSED_BY_OWNER,
			    .time_ns = START_NS + ended_ms * MS_NS },
		.started_ns = START_NS,
		.established_ns = START_NS,
		.request_ns = START_NS,
		.response_ns = START_NS + 300 * MS_NS,
		.bytes_sent = 50,
		.bytes_acked = 50,
		.bytes_received = 100,
		.unread_bytes = unread,
		.exchanges = 1,
		.sent = { .kind = PAYLOAD_HTTP1, .length = 3, .head = "GET" },
		.received = { .kind = PAYLOAD_HTTP1, .length = 12, .status = 200 },
	};

	return attempt;
}

static struct outcome answered_with(uint16_t status, uint32_t unread, uint64_t ended_ms)
{
	struct outcome_context context = { .joined_status = status, .cpu_pressure = 5000 };
	struct event_attempt attempt = answered(unread, ended_ms);
	struct outcome outcome;

	outcome_classify(&attempt, &context, &outcome);
	return outcome;
}

static void an_answer_left_unread_is_a_stall(void **state)
{
	(void)state;
	assert_int_equal(answered_with(504, 100, 1000).cause, CAUSE_LB_STALLED);
	assert_int_equal(answered_with(504, 100, 1000).confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(answered_with(504, 100, 400).confidence, CONFIDENCE_LIKELY);
	/* It came at the deadline, was read in part, or was refused. */
	assert_int_not_equal(answered_with(504, 100, 301).cause, CAUSE_LB_STALLED);
	assert_int_not_equal(answered_with(504, 60, 1000).cause, CAUSE_LB_STALLED);
	assert_int_not_equal(answered_with(502, 100, 1000).cause, CAUSE_LB_STALLED);
}

static void dropped_for_memory_is_told(void **state)
{
	struct outcome_context context = { .options = &options, .joined_status = 504 };
	struct event_attempt attempt = answered(0, 2000);
	struct outcome outcome;

	(void)state;
	attempt.header.flags =
		ATTEMPT_ESTABLISHED | ATTEMPT_EXCHANGE_OPEN | ATTEMPT_CLOSED_BY_OWNER;
	attempt.bytes_received = 0;
	attempt.response_ns = 0;
	attempt.drop_reason = DROP_PROTO_MEM;
	outcome_classify(&attempt, &context, &outcome);
	assert_int_equal(outcome.cause, CAUSE_LB_MEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_near_is_shown),
		cmocka_unit_test(a_queue_that_stays_is_shown),
		cmocka_unit_test(an_unused_socket_means_no_slot),
		cmocka_unit_test(other_errors_are_left_alone),
		cmocka_unit_test(a_drop_with_a_full_table_is_conntrack),
		cmocka_unit_test(a_full_table_alone_explains_nothing),
		cmocka_unit_test(an_answer_left_unread_is_a_stall),
		cmocka_unit_test(dropped_for_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
