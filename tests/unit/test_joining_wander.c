// SPDX-License-Identifier: GPL-2.0-only
/* Load balancers whose requests move between threads: an attempt's begin and its end are two guesses. */
#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written.h"

#define CLIENT 1
#define OTHER_CLIENT 2

static struct event_attempt refused(uint64_t cookie, uint64_t client_cookie)
{
	struct event_attempt attempt = attempt_new(BALANCER_CADDY, cookie, 100, 2);

	attempt_refuse(&attempt);
	attempt.client_cookie = client_cookie;
	return attempt;
}

static void test_two_guesses_that_agree_are_certain(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = refused(11, CLIENT);
	struct event_response response = response_adjacent(BALANCER_CADDY, CLIENT, &attempt, 502);

	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
}

static void test_the_turn_of_another_request_is_refused(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = refused(11, OTHER_CLIENT);
	struct event_response response = response_adjacent(BALANCER_CADDY, CLIENT, &attempt, 502);

	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
	assert_false(written_error(written, CLIENT, 0)->has_backend);
}

static void test_the_begin_alone_is_likely(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = refused(11, CLIENT);
	struct event_response response = response_new(BALANCER_CADDY, CLIENT, 502, 101, 4);

	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_LIKELY);
}

static void test_an_end_elsewhere_makes_the_begin_doubtful(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = refused(11, CLIENT), other = refused(12, OTHER_CLIENT);
	struct event_response response = response_adjacent(BALANCER_CADDY, CLIENT, &other, 502);

	other.remote = address_new(2);
	written_feed(written, &attempt);
	written_feed(written, &other);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

/* It must have been followed by another attempt, of which no begin is known. */
static void test_an_early_end_is_not_the_last_word(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = refused(11, CLIENT);
	struct event_response response = response_new(BALANCER_CADDY, CLIENT, 502, 400, 303);

	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

static void test_the_end_alone_is_likely(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = refused(11, 0);
	struct event_response response = response_adjacent(BALANCER_CADDY, CLIENT, &attempt, 502);
	struct event_response crowd = response_new(BALANCER_CADDY, OTHER_CLIENT, 502, 101, 4);

	written_feed(written, &attempt);
	written_feed(written, &response);
	written_feed(written, &crowd);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_LIKELY);
	written_assert_cause(written_error(written, OTHER_CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

/* Apache's threads keep to one request: as nginx. */
static void test_apaches_turn_is_certain(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_APACHE, 11, 100, 2);
	struct event_response response = response_adjacent(BALANCER_APACHE, CLIENT, &attempt, 503);

	attempt_refuse(&attempt);
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
}

#define wander_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		wander_test(test_two_guesses_that_agree_are_certain),
		wander_test(test_the_turn_of_another_request_is_refused),
		wander_test(test_the_begin_alone_is_likely),
		wander_test(test_an_end_elsewhere_makes_the_begin_doubtful),
		wander_test(test_an_early_end_is_not_the_last_word),
		wander_test(test_the_end_alone_is_likely),
		wander_test(test_apaches_turn_is_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
