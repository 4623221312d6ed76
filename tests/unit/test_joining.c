// SPDX-License-Identifier: GPL-2.0-only
/* Attempts that the kernel knows to be those of a 5xx, in the orders that load balancers make. */
#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written.h"

#define CLIENT 1
#define OTHER_CLIENT 2

/* More than one search looks at, in less time than a 5xx waits for its attempts. */
#define BUSY_REQUESTS 400
#define BUSY_STEP_NS (500 * 1000ull)

static void test_nginx_lets_go_then_answers(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 100, 2);
	struct event_response response;
	const struct gateway_error *error;

	attempt_refuse(&attempt);
	response = response_adjacent(BALANCER_NGINX, CLIENT, &attempt, 502);
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	error = written_error(written, CLIENT, 0);
	written_assert_cause(error, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	written_assert_backend(error, 1);
	assert_int_equal(error->attempt_count, 1);
	assert_true(error->evidence.count > 0);
	assert_int_equal(written->attempt_count, 1);
	assert_int_equal(written->attempts[0].status, 502);
}

static void test_haproxy_answers_then_lets_go(void **state)
{
	struct written *written = *state;
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 504, 2000, 1001);
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 2001, 1002);

	attempt_starve(&attempt);
	attempt.client_cookie = attempt.answered_cookie = CLIENT;
	written_feed(written, &response);
	written_feed(written, &attempt);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_SLOW_RESPONSE,
			     CONFIDENCE_CERTAIN);
}

static void test_haproxy_fails_to_connect_at_once(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 100, 0);
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 503, 100, 1);

	attempt_unroute(&attempt);
	attempt.client_cookie = CLIENT;
	response.attempt_cookie = 11;
	response.header.flags |= RESPONSE_ATTEMPT_ADJACENT;
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NO_ROUTE, CONFIDENCE_CERTAIN);
}

/* Both requests are read before either is worked on: the guessed clients are the wrong way round. */
static void test_exact_joins_beat_hints(void **state)
{
	struct written *written = *state;
	struct event_response one = response_new(BALANCER_HAPROXY, CLIENT, 503, 1100, 1001);
	struct event_response two = response_new(BALANCER_HAPROXY, OTHER_CLIENT, 504, 1101, 1002);
	struct event_attempt of_one = attempt_new(BALANCER_HAPROXY, 11, 1100, 1000);
	struct event_attempt of_two = attempt_new(BALANCER_HAPROXY, 12, 1101, 1000);

	attempt_refuse(&of_one);
	attempt_starve(&of_two);
	of_one.client_cookie = OTHER_CLIENT;
	of_one.answered_cookie = CLIENT;
	of_two.client_cookie = CLIENT;
	of_two.answered_cookie = OTHER_CLIENT;
	written_feed(written, &one);
	written_feed(written, &of_one);
	written_feed(written, &two);
	written_feed(written, &of_two);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_LIKELY);
	written_assert_cause(written_error(written, OTHER_CLIENT, 0), CAUSE_SLOW_RESPONSE,
			     CONFIDENCE_LIKELY);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 1);
	assert_int_equal(written_error(written, OTHER_CLIENT, 0)->attempt_count, 1);
}

/* One client's connection, two failing requests a few milliseconds apart, one on each backend. */
static void test_two_requests_of_one_connection(void **state)
{
	struct written *written = *state;
	struct event_response first = response_new(BALANCER_HAPROXY, CLIENT, 502, 100, 4);
	struct event_attempt of_first = attempt_new(BALANCER_HAPROXY, 11, 101, 4);
	struct event_response second = response_new(BALANCER_HAPROXY, CLIENT, 503, 110, 6);
	struct event_attempt of_second = attempt_new(BALANCER_HAPROXY, 12, 110, 5);

	attempt_close(&of_first);
	attempt_refuse(&of_second);
	of_second.remote = address_new(2);
	of_first.answered_cookie = of_second.answered_cookie = CLIENT;
	written_feed(written, &first);
	written_feed(written, &of_first);
	written_feed(written, &second);
	written_feed(written, &of_second);
	written_finish(written);
	assert_int_equal(written_error(written, CLIENT, 0)->cause, CAUSE_CLOSE_BEFORE_RESPONSE);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 1);
	written_assert_backend(written_error(written, CLIENT, 0), 1);
	assert_int_equal(written_error(written, CLIENT, 1)->cause, CAUSE_CONN_REFUSED);
	written_assert_backend(written_error(written, CLIENT, 1), 2);
}

static void test_two_requests_of_one_connection_to_nginx(void **state)
{
	struct written *written = *state;

	for (unsigned int i = 0; i < 2; i++) {
		struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11 + i, 100 + 3 * i, 1);
		struct event_response response;

		if (i)
			attempt_refuse(&attempt);
		else
			attempt_unroute(&attempt);
		attempt.client_cookie = CLIENT;
		attempt.header.flags |= ATTEMPT_ADJACENT_CLIENT;
		response = response_adjacent(BALANCER_NGINX, CLIENT, &attempt, 502);
		response.request_first_ns = attempt.started_ns;
		written_feed(written, &attempt);
		written_feed(written, &response);
	}
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NO_ROUTE, CONFIDENCE_CERTAIN);
	written_assert_cause(written_error(written, CLIENT, 1), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
	assert_int_equal(written_error(written, CLIENT, 1)->attempt_count, 1);
}

/* The backend's connection is used again: two 5xx of its own, passed on in order. */
static void test_backends_own_5xx_in_order(void **state)
{
	struct written *written = *state;
	struct event_attempt first = attempt_new(BALANCER_HAPROXY, 11, 100, 50);
	struct event_attempt second = attempt_new(BALANCER_HAPROXY, 11, 101, 50);
	struct event_response one = response_new(BALANCER_HAPROXY, CLIENT, 500, 102, 60);
	struct event_response two = response_new(BALANCER_HAPROXY, OTHER_CLIENT, 503, 103, 60);

	attempt_answer(&first, 500);
	attempt_answer(&second, 503);
	second.exchanges = 2;
	first.client_cookie = CLIENT;
	second.client_cookie = OTHER_CLIENT;
	one.attempt_cookie = two.attempt_cookie = 11;
	written_feed(written, &first);
	written_feed(written, &second);
	written_feed(written, &one);
	written_feed(written, &two);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_BACKEND_5XX,
			     CONFIDENCE_CERTAIN);
	assert_int_equal(written_error(written, CLIENT, 0)->attempts[0].event.received.status, 500);
	written_assert_cause(written_error(written, OTHER_CLIENT, 0), CAUSE_BACKEND_5XX,
			     CONFIDENCE_CERTAIN);
	assert_int_equal(written_error(written, OTHER_CLIENT, 0)->attempts[0].event.received.status,
			 503);
}

/* Its header was read, its body took longer than anything else waits. */
static void test_backends_own_5xx_passed_on_late(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 100, 5);
	struct event_response response = response_new(BALANCER_NGINX, CLIENT, 500, 5000, 4906);

	attempt_answer(&attempt, 500);
	attempt.client_cookie = CLIENT;
	attempt.header.flags |= ATTEMPT_ADJACENT_CLIENT;
	written_feed(written, &attempt);
	written_tick(written, 4000);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_BACKEND_5XX,
			     CONFIDENCE_CERTAIN);
}

static void test_other_status_than_the_backends_is_refused(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 100, 5);
	struct event_response response = response_adjacent(BALANCER_HAPROXY, CLIENT, &attempt, 502);

	attempt_answer(&attempt, 503);
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
	assert_false(written_error(written, CLIENT, 0)->has_backend);
}

/* HAProxy's `retry-on 503`: what was tried after the backend's own 503 counts. */
static void test_attempt_after_a_backends_5xx_counts(void **state)
{
	struct written *written = *state;
	struct event_attempt first = attempt_new(BALANCER_HAPROXY, 11, 100, 5);
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 503, 110, 16);
	struct event_attempt second = attempt_new(BALANCER_HAPROXY, 12, 111, 5);

	attempt_answer(&first, 503);
	attempt_refuse(&second);
	response.attempt_cookie = 11;
	first.client_cookie = second.client_cookie = second.answered_cookie = CLIENT;
	written_feed(written, &first);
	written_feed(written, &response);
	written_feed(written, &second);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
}

static void test_attempt_is_claimed_once(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 100, 1);
	struct event_response first, second;

	attempt_refuse(&attempt);
	first = response_adjacent(BALANCER_NGINX, CLIENT, &attempt, 502);
	second = response_adjacent(BALANCER_NGINX, OTHER_CLIENT, &attempt, 502);
	written_feed(written, &attempt);
	written_feed(written, &first);
	written_feed(written, &second);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
	written_assert_cause(written_error(written, OTHER_CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

/* Whatever the cookies say. */
static void test_contradictions_are_refused(void **state)
{
	struct written *written = *state;
	struct event_attempt attempts[4];

	for (unsigned int i = 0; i < 4; i++) {
		struct event_response response;

		attempts[i] = attempt_new(BALANCER_NGINX, 11 + i, 1000 + 100 * i, 1);
		attempt_refuse(&attempts[i]);
		response = response_adjacent(BALANCER_NGINX, CLIENT + i, &attempts[i], 502);
		if (i == 0) /* over before the request came */
			response.request_first_ns = attempts[i].header.time_ns + 2 * WRITTEN_MS;
		if (i == 0)
			response.header.time_ns = attempts[i].header.time_ns + 3 * WRITTEN_MS;
		if (i == 1) /* known to be another client's */
			response.request_first_ns = attempts[i].started_ns;
		if (i == 1) {
			attempts[i].client_cookie = 99;
			attempts[i].header.flags |= ATTEMPT_ADJACENT_CLIENT;
		}
		if (i == 2) /* of another load balancer */
			attempts[i].owner.group = 7;
		if (i == 3) /* the turn was over long before */
			response.header.time_ns = attempts[i].header.time_ns + 3000 * WRITTEN_MS;
		written_feed(written, &attempts[i]);
		written_feed(written, &response);
	}
	written_finish(written);
	for (unsigned int i = 0; i < 4; i++)
		written_assert_cause(written_error(written, CLIENT + i, 0), CAUSE_NONE,
				     CONFIDENCE_NONE);
}

/* Of two requests' ends in one turn, one is by the clock: a name that was not resolved in time. */
static void test_what_another_clients_turn_had_is_not_it(void **state)
{
	struct written *written = *state;

	for (unsigned int i = 0; i < 2; i++) {
		struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11 + i, 2000 + i, 100);
		struct event_response response;

		response = response_adjacent(BALANCER_NGINX, CLIENT + i, &attempt, 502);
		if (i) { /* the attempt's own client had left */
			attempt_starve(&attempt);
		} else {
			attempt_refuse(&attempt);
			attempt.client_cookie = 99;
			attempt.header.flags |= ATTEMPT_ADJACENT_CLIENT;
		}
		response.request_first_ns = attempt.header.time_ns - 1000 * WRITTEN_MS;
		written_feed(written, &attempt);
		written_feed(written, &response);
		written_tick(written, 3000);
		written_assert_cause(written_error(written, CLIENT + i, 0), CAUSE_DNS_FAILED,
				     CONFIDENCE_POSSIBLE);
		assert_int_equal(written_error(written, CLIENT + i, 0)->attempt_count, 0);
	}
}

/* HAProxy passes on a backend's own 500, and then lets go of what another client waits for. */
static void test_a_status_that_only_a_backend_gives(void **state)
{
	struct written *written = *state;
	struct event_attempt answer = attempt_new(BALANCER_HAPROXY, 11, 100, 1);
	struct event_attempt closed = attempt_new(BALANCER_HAPROXY, 12, 101, 2);
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 500, 100, 3);

	attempt_answer(&answer, 500);
	attempt_close(&closed);
	closed.remote = address_new(2);
	closed.client_cookie = closed.answered_cookie = CLIENT;
	response.attempt_cookie = 11;
	response.header.flags |= RESPONSE_ATTEMPT_ADJACENT;
	written_feed(written, &answer);
	written_feed(written, &response);
	written_feed(written, &closed);
	written_finish(written);
	assert_int_equal(written_error(written, CLIENT, 0)->cause, CAUSE_BACKEND_5XX);
	written_assert_backend(written_error(written, CLIENT, 0), 1);
}

/* Begun before the request came, and over after it: a health check. */
static void test_attempt_begun_before_the_request_is_refused(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 100, 50);
	struct event_response response = response_adjacent(BALANCER_HAPROXY, CLIENT, &attempt, 503);

	attempt_refuse(&attempt);
	response.request_first_ns = attempt.started_ns + 10 * WRITTEN_MS;
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

/* When it began is not known, as it was open before lbtrace. */
static void test_attempt_over_before_the_request_is_refused(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 100, 50);
	struct event_response response = response_adjacent(BALANCER_NGINX, CLIENT, &attempt, 502);

	attempt_close(&attempt);
	attempt.header.flags |= ATTEMPT_SEEDED;
	attempt.request_ns = 0;
	response.request_first_ns = attempt.header.time_ns + 3 * WRITTEN_MS;
	response.header.time_ns = attempt.header.time_ns + 4 * WRITTEN_MS;
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 0);
}

/* Bytes of an answer came, and the load balancer made a 502 of them: only the exact join tells. */
static void test_answered_attempt_explains_a_502(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 100, 5);
	struct event_response response = response_adjacent(BALANCER_NGINX, CLIENT, &attempt, 502);

	attempt_answer(&attempt, 200);
	attempt_close(&attempt);
	attempt.header.flags &= ~(uint32_t)ATTEMPT_ANSWERED_5XX;
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_TRUNCATED_HEADER,
			     CONFIDENCE_LIKELY);
}

/* When a 5xx is decided, its connection has had hundreds of requests since. */
static void test_first_of_many_on_a_busy_connection(void **state)
{
	struct written *written = *state;
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 503, 2000, 1);

	written_feed(written, &response);
	for (unsigned int i = 0; i < BUSY_REQUESTS; i++) {
		struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11 + i, 2000, 0);

		attempt.header.time_ns += (i + 1) * BUSY_STEP_NS;
		attempt.started_ns = attempt.header.time_ns - BUSY_STEP_NS;
		attempt_refuse(&attempt);
		attempt.client_cookie = attempt.answered_cookie = CLIENT;
		written_feed(written, &attempt);
	}
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
	assert_int_equal(written_error(written, CLIENT, 0)->attempts[0].event.cookie, 11);
}

#define joining_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

/* HAProxy's 503 is for what never connected: one that ended in its turn with a request out is a health
 * check, or another request's. */
static void haproxys_503_is_for_no_request_that_went_out(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 2000, 100);
	struct event_response response;

	attempt_close(&attempt);
	response = response_adjacent(BALANCER_HAPROXY, 1, &attempt, 503);
	written_feed(*state, &attempt);
	written_feed(*state, &response);
	attempt.cookie++;
	response = response_adjacent(BALANCER_HAPROXY, 2, &attempt, 502);
	written_feed(*state, &attempt);
	written_feed(*state, &response);
	written_finish(*state);
	assert_int_equal(written_error(*state, 1, 0)->attempt_count, 0);
	assert_int_equal(written_error(*state, 2, 0)->cause, CAUSE_CLOSE_BEFORE_RESPONSE);
}

/* What HAProxy's thread read right before is passed on, though it was guessed to be for a client that
 * waits in a queue; and when that one's time is up, it is not taken for it. */
static void haproxy_passes_on_what_it_just_read(void **state)
{
	struct event_attempt attempt = attempt_new(BALANCER_HAPROXY, 11, 2000, 1);
	struct event_response response = response_new(BALANCER_HAPROXY, 2, 503, 2000, 20);

	attempt_answer(&attempt, 503);
	attempt.client_cookie = 1;
	written_feed(*state, &attempt);
	written_feed(*state, &response);
	response = response_adjacent(BALANCER_HAPROXY, 1, &attempt, 503);
	response.header.time_ns += 400 * WRITTEN_MS;
	written_feed(*state, &response);
	written_finish(*state);
	assert_int_equal(written_error(*state, 2, 0)->cause, CAUSE_BACKEND_5XX);
	assert_int_not_equal(written_error(*state, 1, 0)->cause, CAUSE_BACKEND_5XX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(haproxy_passes_on_what_it_just_read, written_setup,
						written_teardown),
		cmocka_unit_test_setup_teardown(haproxys_503_is_for_no_request_that_went_out,
						written_setup, written_teardown),
		joining_test(test_nginx_lets_go_then_answers),
		joining_test(test_haproxy_answers_then_lets_go),
		joining_test(test_haproxy_fails_to_connect_at_once),
		joining_test(test_exact_joins_beat_hints),
		joining_test(test_two_requests_of_one_connection),
		joining_test(test_two_requests_of_one_connection_to_nginx),
		joining_test(test_backends_own_5xx_in_order),
		joining_test(test_backends_own_5xx_passed_on_late),
		joining_test(test_other_status_than_the_backends_is_refused),
		joining_test(test_attempt_after_a_backends_5xx_counts),
		joining_test(test_attempt_is_claimed_once),
		joining_test(test_contradictions_are_refused),
		joining_test(test_what_another_clients_turn_had_is_not_it),
		joining_test(test_a_status_that_only_a_backend_gives),
		joining_test(test_attempt_begun_before_the_request_is_refused),
		joining_test(test_attempt_over_before_the_request_is_refused),
		joining_test(test_answered_attempt_explains_a_502),
		joining_test(test_first_of_many_on_a_busy_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
