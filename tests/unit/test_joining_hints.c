// SPDX-License-Identifier: GPL-2.0-only
/* Attempts that are joined to a 5xx by a guessed client, or by process and time. */
#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written.h"

#define CLIENT 1
#define OTHER_CLIENT 2

static void test_next_upstream_lists_all_attempts(void **state)
{
	struct written *written = *state;
	struct event_attempt first = attempt_new(BALANCER_NGINX, 11, 100, 2);
	struct event_attempt second = attempt_new(BALANCER_NGINX, 12, 1600, 1500);
	struct event_response response;
	const struct gateway_error *error;

	attempt_refuse(&first);
	attempt_starve(&second);
	second.remote = address_new(2);
	first.client_cookie = second.client_cookie = CLIENT;
	first.header.flags |= ATTEMPT_ADJACENT_CLIENT;
	second.header.flags |= ATTEMPT_ADJACENT_CLIENT;
	response = response_adjacent(BALANCER_NGINX, CLIENT, &second, 504);
	response.request_first_ns = first.started_ns;
	written_feed(written, &first);
	written_feed(written, &second);
	written_feed(written, &response);
	written_finish(written);
	error = written_error(written, CLIENT, 0);
	written_assert_cause(error, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
	written_assert_backend(error, 2);
	assert_int_equal(error->attempt_count, 2);
	assert_int_equal(error->attempts[0].outcome, CAUSE_CONN_REFUSED);
	assert_int_equal(error->attempts[1].outcome, CAUSE_SLOW_RESPONSE);
	assert_int_equal(written->attempt_count, 2);
	assert_int_equal(written->attempts[0].status, 504);
}

static void test_guessed_client_makes_less_sure(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_OTHER, 11, 100, 2);
	struct event_attempt known = attempt_new(BALANCER_NGINX, 12, 200, 2);
	struct event_response response = response_new(BALANCER_OTHER, CLIENT, 502, 100, 3);
	struct event_response of_known = response_new(BALANCER_NGINX, OTHER_CLIENT, 502, 200, 3);

	attempt_refuse(&attempt);
	attempt_refuse(&known);
	attempt.client_cookie = CLIENT;
	known.client_cookie = OTHER_CLIENT;
	known.header.flags |= ATTEMPT_ADJACENT_CLIENT;
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_feed(written, &known);
	written_feed(written, &of_known);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_LIKELY);
	written_assert_cause(written_error(written, OTHER_CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
}

/* A request before this one on the same connection failed over; this one has another reason. */
static void test_hint_of_an_earlier_request_is_refused(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 100, 2);
	struct event_response response = response_new(BALANCER_NGINX, CLIENT, 502, 200, 50);

	attempt_refuse(&attempt);
	attempt.client_cookie = CLIENT;
	attempt.header.flags |= ATTEMPT_ADJACENT_CLIENT;
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
	assert_int_equal(written->attempts[0].status, 0);
}

static void test_only_attempt_at_the_time(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_CADDY, 11, 100, 2);
	struct event_response response = response_new(BALANCER_CADDY, CLIENT, 502, 102, 5);

	attempt_refuse(&attempt);
	response.owner.tid = 105;
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_LIKELY);
}

static void test_two_attempts_at_the_time_join_none(void **state)
{
	struct written *written = *state;
	struct event_attempt one = attempt_new(BALANCER_CADDY, 11, 100, 2);
	struct event_attempt two = attempt_new(BALANCER_CADDY, 12, 101, 2);
	struct event_response response = response_new(BALANCER_CADDY, CLIENT, 502, 102, 5);

	attempt_refuse(&one);
	attempt_refuse(&two);
	written_feed(written, &one);
	written_feed(written, &two);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

static void test_two_errors_at_the_time_join_none(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_CADDY, 11, 100, 2);
	struct event_response one = response_new(BALANCER_CADDY, CLIENT, 502, 101, 5);
	struct event_response two = response_new(BALANCER_CADDY, OTHER_CLIENT, 502, 103, 5);

	attempt_refuse(&attempt);
	written_feed(written, &attempt);
	written_feed(written, &one);
	written_feed(written, &two);
	written_tick(written, 603);
	written_tick(written, 1000);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
	written_assert_cause(written_error(written, OTHER_CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

/* `retries 2` with a second between them: the first attempt is long told as absorbed. */
static void test_slow_retries_belong_to_their_5xx(void **state)
{
	struct written *written = *state;
	const struct report *report;

	for (unsigned int i = 0; i < 3; i++) {
		struct event_response response =
			response_new(BALANCER_HAPROXY, CLIENT, 503, 4100, 4001);
		struct event_attempt attempt =
			attempt_new(BALANCER_HAPROXY, 11 + i, 101 + 2000 * i, 1);

		attempt_refuse(&attempt);
		attempt.client_cookie = CLIENT;
		if (i == 2) {
			attempt.answered_cookie = CLIENT;
			written_feed(written, &response);
		}
		written_feed(written, &attempt);
	}
	report = written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 3);
	assert_int_equal(written->attempt_count, 3);
	assert_int_equal(written->attempts[0].status, 0);
	assert_int_equal(written->attempts[2].status, 503);
	assert_int_equal(written_backend(report, 1)->failed, 3);
	assert_int_equal(written_backend(report, 1)->absorbed, 0);
}

static void test_long_chain_keeps_the_newest(void **state)
{
	struct written *written = *state;
	struct event_response response = response_new(BALANCER_NGINX, CLIENT, 502, 120, 30);
	const struct gateway_error *error;

	for (unsigned int i = 0; i < 20; i++) {
		struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11 + i, 100 + i, 1);

		attempt_refuse(&attempt);
		attempt.client_cookie = CLIENT;
		attempt.header.flags |= ATTEMPT_ADJACENT_CLIENT;
		written_feed(written, &attempt);
	}
	written_feed(written, &response);
	written_finish(written);
	error = written_error(written, CLIENT, 0);
	written_assert_cause(error, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	assert_int_equal(error->attempt_count, MODEL_ATTEMPTS_MAX);
	assert_int_equal(error->attempts[0].event.cookie, 11 + 20 - MODEL_ATTEMPTS_MAX);
	assert_int_equal(error->attempts[MODEL_ATTEMPTS_MAX - 1].event.cookie, 30);
}

static void test_hint_after_the_last_attempt_is_refused(void **state)
{
	struct written *written = *state;
	struct event_attempt last = attempt_new(BALANCER_NGINX, 11, 100, 5);
	struct event_attempt after = attempt_new(BALANCER_NGINX, 12, 101, 3);
	struct event_response response = response_adjacent(BALANCER_NGINX, CLIENT, &last, 502);

	attempt_refuse(&last);
	attempt_close(&after);
	after.client_cookie = CLIENT;
	response.header.time_ns = after.header.time_ns;
	written_feed(written, &last);
	written_feed(written, &after);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 1);
}

/* Of two that ended at once the exactly joined one is the last. */
static void test_exact_attempt_decides_a_tie(void **state)
{
	struct written *written = *state;

	for (unsigned int i = 0; i < 2; i++) {
		struct event_attempt hinted = attempt_new(BALANCER_NGINX, 11, 100 + 10 * i, 5);
		struct event_attempt exact = attempt_new(BALANCER_NGINX, 12, 100 + 10 * i, 5);
		struct event_response response =
			response_adjacent(BALANCER_NGINX, CLIENT + i, &exact, 502);

		attempt_close(&hinted);
		attempt_refuse(&exact);
		hinted.client_cookie = CLIENT + i;
		response.request_first_ns = exact.started_ns;
		written_feed(written, i ? &hinted : &exact);
		written_feed(written, i ? &exact : &hinted);
		written_feed(written, &response);
	}
	written_finish(written);
	for (unsigned int i = 0; i < 2; i++) {
		const struct gateway_error *error = written_error(written, CLIENT + i, 0);

		assert_int_equal(error->attempt_count, 2);
		written_assert_cause(error, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	}
}

/* A client that left just then is no reason for another's 502; running out of patience is for a 504. */
static void test_unanswered_attempt_joins_by_time_to_504_only(void **state)
{
	struct written *written = *state;

	for (unsigned int i = 0; i < 2; i++) {
		uint16_t status = i ? 504 : 502;
		struct event_attempt attempt =
			attempt_new(BALANCER_CADDY, 11 + i, 2000 + 100 * i, 1500);
		struct event_response response =
			response_new(BALANCER_CADDY, CLIENT + i, status, 2001 + 100 * i, 1502);

		attempt_starve(&attempt);
		written_feed(written, &attempt);
		written_feed(written, &response);
	}
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
	written_assert_cause(written_error(written, CLIENT + 1, 0), CAUSE_SLOW_RESPONSE,
			     CONFIDENCE_LIKELY);
}

/* Varnish goes on for a client that left, and says 503 when its time is up. */
static void test_varnish_gives_up_with_503(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_VARNISH, 11, 2000, 1500);
	struct event_response response = response_new(BALANCER_VARNISH, CLIENT, 503, 2001, 1502);

	attempt_starve(&attempt);
	response.owner.tid = 105;
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_SLOW_RESPONSE,
			     CONFIDENCE_LIKELY);
}

/* HAProxy's thread connects for its checks in the turn in which a queue's time is up. */
static void test_only_attempt_at_the_time_may_be_a_check(void **state)
{
	struct written *written = *state;
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 503, 2000, 300);
	struct event_attempt check = attempt_new(BALANCER_HAPROXY, 11, 2000, 1);

	attempt_refuse(&check);
	check.header.time_ns += WRITTEN_MS / 2;
	written_feed(written, &response);
	written_feed(written, &check);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 0);
}

/* Two backends' 503 of one turn, and two clients: the guesses are of others, as when one more waits in
 * a queue. */
static void feed_answers(struct written *written, uint8_t second_host)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct event_attempt answer = attempt_new(BALANCER_HAPROXY, 11 + i, 2000 + i, 1);

		attempt_answer(&answer, 503);
		answer.client_cookie = 98 + i;
		answer.remote = address_new(i ? second_host : 1);
		written_feed(written, &answer);
	}
	for (unsigned int i = 0; i < 2; i++) {
		struct event_response response =
			response_new(BALANCER_HAPROXY, CLIENT + i, 503, 2002 + i, 4 + i);

		written_feed(written, &response);
	}
	written_finish(written);
}

static void test_answers_that_are_the_same_are_passed_on(void **state)
{
	feed_answers(*state, 1);
	for (unsigned int i = 0; i < 2; i++) {
		const struct gateway_error *error = written_error(*state, CLIENT + i, 0);

		written_assert_cause(error, CAUSE_BACKEND_5XX, CONFIDENCE_LIKELY);
		assert_int_equal(error->attempts[0].event.cookie, 11 + i);
	}
}

static void test_answers_that_differ_are_anybodys(void **state)
{
	feed_answers(*state, 2);
	for (unsigned int i = 0; i < 2; i++)
		written_assert_cause(written_error(*state, CLIENT + i, 0), CAUSE_NONE,
				     CONFIDENCE_NONE);
}

/* A queue's time is up when a backend's 503 for another client, as it was guessed for this one, is long
 * passed on. */
static void test_an_answer_of_long_ago_is_not_passed_on(void **state)
{
	struct written *written = *state;
	struct event_attempt answer = attempt_new(BALANCER_HAPROXY, 11, 1700, 1);
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 503, 2000, 400);

	attempt_answer(&answer, 503);
	answer.client_cookie = CLIENT;
	written_feed(written, &answer);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_LB_QUEUE_TIMEOUT,
			     CONFIDENCE_LIKELY);
}

#define joining_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		joining_test(test_next_upstream_lists_all_attempts),
		joining_test(test_guessed_client_makes_less_sure),
		joining_test(test_hint_of_an_earlier_request_is_refused),
		joining_test(test_only_attempt_at_the_time),
		joining_test(test_two_attempts_at_the_time_join_none),
		joining_test(test_two_errors_at_the_time_join_none),
		joining_test(test_slow_retries_belong_to_their_5xx),
		joining_test(test_long_chain_keeps_the_newest),
		joining_test(test_hint_after_the_last_attempt_is_refused),
		joining_test(test_exact_attempt_decides_a_tie),
		joining_test(test_unanswered_attempt_joins_by_time_to_504_only),
		joining_test(test_varnish_gives_up_with_503),
		joining_test(test_answers_that_are_the_same_are_passed_on),
		joining_test(test_answers_that_differ_are_anybodys),
		joining_test(test_an_answer_of_long_ago_is_not_passed_on),
		joining_test(test_only_attempt_at_the_time_may_be_a_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
