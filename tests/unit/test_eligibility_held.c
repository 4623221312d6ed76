// SPDX-License-Identifier: GPL-2.0-only
/* 5xx of Varnish while it holds backends down: no attempt was made, for the failure of one before. */
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written.h"

#define CLIENT 1

/* A connect() of Varnish's that was refused by 10.0.0.`host`, for another client. */
static void feed_refusal(struct written *written, uint8_t host, uint64_t ended_ms)
{
	struct event_attempt attempt = attempt_new(BALANCER_VARNISH, 100 + ended_ms, ended_ms, 1);

	attempt_refuse(&attempt);
	attempt.remote = address_new(host);
	attempt.client_cookie = 99;
	written_feed(written, &attempt);
}

/* A 503 that was written 3 s after the start, 1 ms after its request. */
static const struct gateway_error *judge_503(struct written *written, uint32_t flags)
{
	struct event_response response = response_new(BALANCER_VARNISH, CLIENT, 503, 3000, 1);

	response.header.flags |= flags;
	response.attempts = 0;
	written_feed(written, &response);
	written_finish(written);
	return written_error(written, CLIENT, 0);
}

static bool says(const struct gateway_error *error, const char *words)
{
	for (size_t i = 0; i < error->evidence.count; i++) {
		if (strstr(error->evidence.lines[i], words))
			return true;
	}
	return false;
}

static void the_only_backend_held_down_is_why(void **state)
{
	const struct gateway_error *error;

	feed_refusal(*state, 7, 2900);
	error = judge_503(*state, RESPONSE_IMMEDIATE);
	written_assert_cause(error, CAUSE_CONN_REFUSED, CONFIDENCE_LIKELY);
	written_assert_backend(error, 7);
	assert_int_equal(error->attempt_count, 0);
	assert_true(says(error, "held 10.0.0.7:8080 down"));
	assert_true(says(error, "0.100 s before"));
}

/* The request's hand-over to another thread was not seen. */
static void a_held_backend_explains_haste(void **state)
{
	feed_refusal(*state, 7, 2900);
	written_assert_cause(judge_503(*state, 0), CAUSE_CONN_REFUSED, CONFIDENCE_LIKELY);
}

/* It may have been tried itself. */
static void what_was_held_since_explains_no_haste(void **state)
{
	struct written *written = *state;
	struct event_response response = response_new(BALANCER_VARNISH, CLIENT, 503, 3000, 4);

	response.attempts = 0;
	feed_refusal(written, 7, 2998);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

static void haste_without_a_held_backend_is_unexplained(void **state)
{
	written_assert_cause(judge_503(*state, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

static void several_held_backends_are_named(void **state)
{
	const struct gateway_error *error;

	feed_refusal(*state, 7, 2900);
	feed_refusal(*state, 8, 2950);
	error = judge_503(*state, RESPONSE_IMMEDIATE);
	written_assert_cause(error, CAUSE_NO_ELIGIBLE_BACKEND, CONFIDENCE_LIKELY);
	assert_false(error->has_backend);
	assert_true(says(error, "held 10.0.0.7:8080 down"));
	assert_true(says(error, "held 10.0.0.8:8080 down"));
}

/* 250 ms for what the network says. */
static void a_backend_is_let_go_again(void **state)
{
	const struct gateway_error *error;

	feed_refusal(*state, 7, 2700);
	error = judge_503(*state, RESPONSE_IMMEDIATE);
	written_assert_cause(error, CAUSE_NO_ELIGIBLE_BACKEND, CONFIDENCE_POSSIBLE);
	assert_false(error->has_backend);
	assert_false(says(error, "held"));
}

/* What fails while a backend is held down was under way before, and holds it no longer. */
static void a_failure_meanwhile_holds_no_longer(void **state)
{
	feed_refusal(*state, 7, 2700);
	feed_refusal(*state, 7, 2800);
	written_assert_cause(judge_503(*state, RESPONSE_IMMEDIATE), CAUSE_NO_ELIGIBLE_BACKEND,
			     CONFIDENCE_POSSIBLE);
}

static void what_came_later_is_not_why(void **state)
{
	struct written *written = *state;
	struct event_response response = response_new(BALANCER_VARNISH, CLIENT, 503, 3000, 1);

	response.header.flags |= RESPONSE_IMMEDIATE;
	response.attempts = 0;
	written_feed(written, &response);
	feed_refusal(written, 7, 3100);
	written_finish(written);
	assert_false(written_error(written, CLIENT, 0)->has_backend);
}

/* 10 s for what is this host's own fault; and other load balancers hold nothing down. */
static void local_errors_hold_longer(void **state)
{
	struct written *written = *state;

	for (unsigned int i = 0; i < 2; i++) {
		enum balancer_kind kind = i ? BALANCER_HAPROXY : BALANCER_VARNISH;
		struct event_attempt attempt = attempt_new(kind, 11 + i, 100, 0);

		attempt_unroute(&attempt);
		attempt.error = 13;
		attempt.remote = address_new(7 + i);
		attempt.client_cookie = 99;
		written_feed(written, &attempt);
	}
	written_tick(written, 2990);
	written_assert_backend(judge_503(written, RESPONSE_IMMEDIATE), 7);
}

#define held_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		held_test(the_only_backend_held_down_is_why),
		held_test(a_held_backend_explains_haste),
		held_test(what_was_held_since_explains_no_haste),
		held_test(haste_without_a_held_backend_is_unexplained),
		held_test(several_held_backends_are_named),
		held_test(a_backend_is_let_go_again),
		held_test(a_failure_meanwhile_holds_no_longer),
		held_test(what_came_later_is_not_why),
		held_test(local_errors_hold_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
