// SPDX-License-Identifier: GPL-2.0-only
/* 5xx for which no backend was tried: the load balancer's rules, queues, names and rights. */
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written_config.h"

#define CLIENT 1

/* Fails unless a 5xx, written 3 s after the start and `waited_ms` after its request, comes to this. */
static void assert_judged(struct written *written, enum balancer_kind kind, uint16_t status,
			  uint32_t flags, uint64_t waited_ms, enum cause_id cause,
			  enum confidence confidence)
{
	struct event_response response = response_new(kind, CLIENT, status, 3000, waited_ms);

	response.header.flags |= flags;
	response.attempts = 0;
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), cause, confidence);
}

static void haproxys_queue_is_left(void **state)
{
	assert_judged(*state, BALANCER_HAPROXY, 503, 0, 400, CAUSE_LB_QUEUE_TIMEOUT,
		      CONFIDENCE_LIKELY);
}

/* Fails unless a 503 of HAProxy that came `waited_ms` after its request, without an attempt, comes to
 * this when the thread let go of `attempt` around it. */
static void assert_judged_near(struct written *written, struct event_attempt *attempt,
			       uint64_t waited_ms, enum cause_id cause, enum confidence confidence)
{
	struct event_response response =
		response_new(BALANCER_HAPROXY, CLIENT, 503, 3000, waited_ms);

	attempt_refuse(attempt);
	response.attempts = 0;
	if (attempt->header.time_ns <= response.header.time_ns)
		written_feed(written, attempt);
	written_feed(written, &response);
	if (attempt->header.time_ns > response.header.time_ns)
		written_feed(written, attempt);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), cause, confidence);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 0);
}

static void feed_configured(struct written *written, uint32_t connections_max)
{
	struct event_config config = config_new(BALANCER_HAPROXY, 1, 0);
	struct event_backend backend = backend_new(BALANCER_HAPROXY, 0, 1);

	backend.connections_max = connections_max;
	written_feed(written, &config);
	written_feed(written, &backend);
}

/* What was missed otherwise is not taken for a wait in a queue that there is none of. */
static void without_a_limit_there_is_no_queue(void **state)
{
	feed_configured(*state, 0);
	assert_judged(*state, BALANCER_HAPROXY, 503, 0, 400, CAUSE_NONE, CONFIDENCE_NONE);
}

static void a_configured_limit_has_a_queue(void **state)
{
	feed_configured(*state, 1);
	assert_judged(*state, BALANCER_HAPROXY, 503, 0, 400, CAUSE_LB_QUEUE_TIMEOUT,
		      CONFIDENCE_LIKELY);
}

/* HAProxy lets go of a request's last attempt right after its 5xx, in the same thread. */
static void an_attempt_let_go_after_makes_a_queue_doubtful(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 3001, 100);

	assert_judged_near(*state, &attempt, 400, CAUSE_NONE, CONFIDENCE_NONE);
}

static void a_health_check_before_leaves_a_queue_alone(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 2999, 1);

	assert_judged_near(*state, &attempt, 400, CAUSE_LB_QUEUE_TIMEOUT, CONFIDENCE_LIKELY);
}

static void another_threads_attempt_leaves_a_queue_alone(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 3001, 100);

	attempt.owner.tid = attempt.ended_tid = 102;
	assert_judged_near(*state, &attempt, 400, CAUSE_LB_QUEUE_TIMEOUT, CONFIDENCE_LIKELY);
}

static void another_clients_attempt_leaves_a_queue_alone(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 3001, 100);

	attempt.answered_cookie = CLIENT + 1;
	assert_judged_near(*state, &attempt, 400, CAUSE_LB_QUEUE_TIMEOUT, CONFIDENCE_LIKELY);
}

/* The kernel side cannot tell when several requests were read together. */
static void haproxy_has_no_time_to_try_a_backend(void **state)
{
	assert_judged(*state, BALANCER_HAPROXY, 503, 0, 1, CAUSE_NO_ELIGIBLE_BACKEND,
		      CONFIDENCE_POSSIBLE);
}

/* Checks begin by the clock, as a queue's time is up by the clock. */
static void a_health_check_in_the_turn_is_not_why(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 3001, 2);

	attempt.answered_cookie = CLIENT;
	assert_judged_near(*state, &attempt, 400, CAUSE_NONE, CONFIDENCE_NONE);
}

/* By the kernel, not by the thread. */
static void an_attempt_let_go_late_makes_haproxys_haste_doubtful(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 3015, 16);

	attempt.client_cookie = CLIENT;
	attempt.ended_tid = 0;
	assert_judged_near(*state, &attempt, 2, CAUSE_NONE, CONFIDENCE_NONE);
}

static void an_attempt_let_go_after_makes_haproxys_haste_doubtful(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 3001, 2);

	assert_judged_near(*state, &attempt, 2, CAUSE_NONE, CONFIDENCE_NONE);
}

static void a_queue_from_before_lbtrace_is_not_seen(void **state)
{
	assert_judged(*state, BALANCER_HAPROXY, 503, RESPONSE_SEEDED, 400, CAUSE_NONE,
		      CONFIDENCE_NONE);
}

static void nginx_refuses_by_a_rule(void **state)
{
	assert_judged(*state, BALANCER_NGINX, 503, RESPONSE_IMMEDIATE, 0, CAUSE_LB_RATE_LIMITED,
		      CONFIDENCE_POSSIBLE);
}

static void nginx_waits_for_a_name(void **state)
{
	assert_judged(*state, BALANCER_NGINX, 502, 0, 1000, CAUSE_DNS_FAILED, CONFIDENCE_POSSIBLE);
}

static void nginx_learns_that_a_name_is_none(void **state)
{
	assert_judged(*state, BALANCER_NGINX, 502, RESPONSE_RESOLVED | RESPONSE_RESOLVED_SINCE, 1,
		      CAUSE_DNS_FAILED, CONFIDENCE_LIKELY);
}

/* Resolved for something else, before. */
static void a_resolver_at_work_is_no_cause(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 500, 0);

	attempt_refuse(&attempt);
	written_feed(*state, &attempt);
	written_tick(*state, 2990);
	assert_judged(*state, BALANCER_NGINX, 502, RESPONSE_RESOLVED | RESPONSE_IMMEDIATE, 1,
		      CAUSE_NO_ELIGIBLE_BACKEND, CONFIDENCE_LIKELY);
}

static void haproxy_has_no_address(void **state)
{
	assert_judged(*state, BALANCER_HAPROXY, 503, RESPONSE_RESOLVED | RESPONSE_IMMEDIATE, 1,
		      CAUSE_DNS_FAILED, CONFIDENCE_POSSIBLE);
}

static void connecting_is_forbidden(void **state)
{
	assert_judged(*state, BALANCER_NGINX, 502, RESPONSE_SOCKET_UNUSED | RESPONSE_IMMEDIATE, 1,
		      CAUSE_LSM_DENIED, CONFIDENCE_LIKELY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(haproxys_queue_is_left, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(without_a_limit_there_is_no_queue, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(a_configured_limit_has_a_queue, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(an_attempt_let_go_after_makes_a_queue_doubtful,
						written_setup, written_teardown),
		cmocka_unit_test_setup_teardown(a_health_check_before_leaves_a_queue_alone,
						written_setup, written_teardown),
		cmocka_unit_test_setup_teardown(another_threads_attempt_leaves_a_queue_alone,
						written_setup, written_teardown),
		cmocka_unit_test_setup_teardown(another_clients_attempt_leaves_a_queue_alone,
						written_setup, written_teardown),
		cmocka_unit_test_setup_teardown(haproxy_has_no_time_to_try_a_backend, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(a_health_check_in_the_turn_is_not_why,
						written_setup, written_teardown),
		cmocka_unit_test_setup_teardown(an_attempt_let_go_late_makes_haproxys_haste_doubtful,
						written_setup, written_teardown),
		cmocka_unit_test_setup_teardown(
			an_attempt_let_go_after_makes_haproxys_haste_doubtful, written_setup,
			written_teardown),
		cmocka_unit_test_setup_teardown(a_queue_from_before_lbtrace_is_not_seen,
						written_setup, written_teardown),
		cmocka_unit_test_setup_teardown(nginx_refuses_by_a_rule, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(nginx_waits_for_a_name, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(nginx_learns_that_a_name_is_none, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(a_resolver_at_work_is_no_cause, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(haproxy_has_no_address, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(connecting_is_forbidden, written_setup,
						written_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
