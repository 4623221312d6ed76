// SPDX-License-Identifier: GPL-2.0-only
/* Attempts of 5xx on HTTP/2, where several requests of one client are under way at once; and load
 * balancers that speak TLS. */
#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written.h"

#define CLIENT 1

static struct event_response stream_response(enum balancer_kind kind, uint16_t status,
					     uint64_t written_ms, uint64_t attempt_cookie)
{
	struct event_response response = response_new(kind, CLIENT, status, written_ms, 1);

	response.header.flags |= RESPONSE_MULTIPLEXED;
	response.attempt_cookie = attempt_cookie;
	if (attempt_cookie)
		response.header.flags |= RESPONSE_ATTEMPT_ADJACENT;
	return response;
}

/* The client's last frame was read long after the attempt began: of another request, or of none. */
static void what_was_read_last_is_no_contradiction(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 2000, 1500);
	struct event_response response = stream_response(BALANCER_NGINX, 504, 2000, 11);

	attempt_starve(&attempt);
	attempt.client_cookie = CLIENT;
	attempt.header.flags |= ATTEMPT_ADJACENT_CLIENT;
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_SLOW_RESPONSE,
			     CONFIDENCE_CERTAIN);
}

/* What another stream's attempt came to before is not this one's. */
static void other_streams_attempts_are_left_alone(void **state)
{
	struct written *written = *state;
	struct event_attempt other = attempt_new(BALANCER_NGINX, 11, 1000, 500);
	struct event_attempt own = attempt_new(BALANCER_NGINX, 12, 2000, 1500);
	struct event_response response = stream_response(BALANCER_NGINX, 504, 2000, 12);

	attempt_refuse(&other);
	attempt_starve(&own);
	other.client_cookie = own.client_cookie = CLIENT;
	written_feed(written, &other);
	written_feed(written, &own);
	written_feed(written, &response);
	written_finish(written);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 1);
	written_assert_cause(written_error(written, CLIENT, 0), CAUSE_SLOW_RESPONSE,
			     CONFIDENCE_CERTAIN);
}

/* The one before was tried in the turn in which it failed. */
static void the_next_upstream_is_tried_at_once(void **state)
{
	struct written *written = *state;
	struct event_attempt first = attempt_new(BALANCER_NGINX, 11, 1000, 500);
	struct event_attempt last = attempt_new(BALANCER_NGINX, 12, 2000, 1000);
	struct event_response response = stream_response(BALANCER_NGINX, 504, 2000, 12);

	attempt_refuse(&first);
	attempt_starve(&last);
	first.client_cookie = last.client_cookie = CLIENT;
	written_feed(written, &first);
	written_feed(written, &last);
	written_feed(written, &response);
	written_finish(written);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 2);
}

static void feed_two_ends(struct written *written, bool alike, uint64_t client)
{
	struct event_attempt one = attempt_new(BALANCER_HAPROXY, 11, 1000, 10);
	struct event_attempt two = attempt_new(BALANCER_HAPROXY, 12, 1000, 10);
	struct event_response response = stream_response(BALANCER_HAPROXY, 503, 1000, 11);

	response.header.flags |= RESPONSE_ATTEMPT_GUESSED;
	attempt_refuse(&one);
	if (alike)
		attempt_refuse(&two);
	else
		attempt_silence(&two);
	one.client_cookie = client;
	one.ended_tid = two.ended_tid = response.owner.tid;
	written_feed(written, &one);
	written_feed(written, &two);
	written_feed(written, &response);
	written_finish(written);
}

static void one_of_several_that_are_alike_is_as_good(void **state)
{
	feed_two_ends(*state, true, CLIENT);
	written_assert_cause(written_error(*state, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
}

/* A health check may have ended like this, too. */
static void of_nobody_they_are_likely(void **state)
{
	feed_two_ends(*state, true, 0);
	written_assert_cause(written_error(*state, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_LIKELY);
}

static void one_of_several_of_the_client_is_likely(void **state)
{
	feed_two_ends(*state, false, CLIENT);
	written_assert_cause(written_error(*state, CLIENT, 0), CAUSE_CONN_REFUSED,
			     CONFIDENCE_LIKELY);
}

static void one_of_several_of_nobody_is_none(void **state)
{
	feed_two_ends(*state, false, 0);
	written_assert_cause(written_error(*state, CLIENT, 0), CAUSE_NONE, CONFIDENCE_NONE);
}

static struct event_tls tls_new(enum tls_state tls_state)
{
	struct event_tls tls = {
		.header = { .type = EVENT_TLS,
			    .size_bytes = sizeof(tls),
			    .time_ns = WRITTEN_START_NS },
		.owner = owner_new(BALANCER_NGINX),
		.state = tls_state,
	};

	return tls;
}

static void what_came_of_tls_outlives_that_it_was_seen(void **state)
{
	struct event_tls seen = tls_new(TLS_SEEN), unreadable = tls_new(TLS_UNREADABLE);
	const struct report *report;

	written_feed(*state, &seen);
	written_feed(*state, &unreadable);
	written_feed(*state, &seen);
	report = written_finish(*state);
	assert_int_equal(report->balancer_count, 1);
	assert_int_equal(report->balancers[0].tls, TLS_UNREADABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_read_last_is_no_contradiction),
		TEST(other_streams_attempts_are_left_alone),
		TEST(the_next_upstream_is_tried_at_once),
		TEST(one_of_several_that_are_alike_is_as_good),
		TEST(of_nobody_they_are_likely),
		TEST(one_of_several_of_the_client_is_likely),
		TEST(one_of_several_of_nobody_is_none),
		TEST(what_came_of_tls_outlives_that_it_was_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
