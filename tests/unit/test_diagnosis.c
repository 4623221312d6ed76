// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts without a failing attempt, without a 5xx, under loss, and at the bounds. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written.h"
#include "user/diagnose/window.h"

#define CLIENT 1

static bool says(const struct evidence *evidence, const char *words)
{
	for (size_t i = 0; i < evidence->count; i++) {
		if (strstr(evidence->lines[i], words))
			return true;
	}
	return false;
}

/* The verdict on a lone 5xx with these flags. */
static const struct gateway_error *judge(struct written *written, enum balancer_kind kind,
					 uint16_t status, uint32_t flags)
{
	struct event_response response = response_new(kind, CLIENT, status, 3000, 1);

	response.header.flags |= flags;
	response.attempts = 0;
	response.fd_used = 1021;
	response.fd_limit = 1024;
	written_feed(written, &response);
	written_finish(written);
	return written_error(written, CLIENT, 0);
}

static void test_no_descriptor_was_free(void **state)
{
	const struct gateway_error *error =
		judge(*state, BALANCER_NGINX, 500, RESPONSE_FD_EXHAUSTED);

	assert_int_equal(error->cause, CAUSE_LB_FD_EXHAUSTED);
	assert_int_equal(error->confidence, CONFIDENCE_CERTAIN);
	assert_true(says(&error->evidence, "1021 of 1024"));
	assert_false(error->has_backend);
}

/* Whatever else failed in that process just then. */
static void test_no_descriptor_was_free_for_an_attempt(void **state)
{
	struct written *written = *state;
	struct event_attempt check = attempt_new(BALANCER_NGINX, 11, 2999, 0);
	const struct gateway_error *error;

	attempt_unroute(&check);
	written_feed(written, &check);
	error = judge(written, BALANCER_NGINX, 500, RESPONSE_FD_EXHAUSTED);
	assert_int_equal(error->cause, CAUSE_LB_FD_EXHAUSTED);
	assert_int_equal(error->attempt_count, 0);
}

static void test_haproxy_has_no_server(void **state)
{
	struct written *written = *state;
	struct event_attempt check = attempt_new(BALANCER_HAPROXY, 11, 500, 1);
	const struct gateway_error *error;

	attempt_refuse(&check);
	check.remote = address_new(7);
	written_feed(written, &check);
	written_tick(written, 2600);
	error = judge(written, BALANCER_HAPROXY, 503, RESPONSE_IMMEDIATE);
	assert_int_equal(error->cause, CAUSE_NO_ELIGIBLE_BACKEND);
	assert_int_equal(error->confidence, CONFIDENCE_LIKELY);
	assert_true(says(&error->evidence, "10.0.0.7:8080 failed 2.5 s before: conn-refused"));
}

static void test_failures_of_another_balancer_are_not_named(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 500, 1);
	const struct gateway_error *error;

	attempt_refuse(&attempt);
	written_feed(written, &attempt);
	written_tick(written, 2600);
	error = judge(written, BALANCER_HAPROXY, 503, RESPONSE_IMMEDIATE);
	assert_int_equal(error->cause, CAUSE_NO_ELIGIBLE_BACKEND);
	assert_false(says(&error->evidence, "10.0.0.1:8080"));
}

static void test_nginx_has_no_live_upstream(void **state)
{
	assert_int_equal(judge(*state, BALANCER_NGINX, 502, RESPONSE_IMMEDIATE)->cause,
			 CAUSE_NO_ELIGIBLE_BACKEND);
}

static void test_nginx_limit_is_a_rule(void **state)
{
	const struct gateway_error *error = judge(*state, BALANCER_NGINX, 503, RESPONSE_IMMEDIATE);

	assert_int_equal(error->cause, CAUSE_LB_RATE_LIMITED);
	assert_int_equal(error->confidence, CONFIDENCE_POSSIBLE);
	assert_true(says(&error->evidence, "limit_req"));
}

static void test_late_answer_without_attempt_is_unexplained(void **state)
{
	assert_int_equal(judge(*state, BALANCER_NGINX, 502, 0)->cause, CAUSE_NONE);
}

static void test_immediate_500_is_unexplained(void **state)
{
	assert_int_equal(judge(*state, BALANCER_HAPROXY, 500, RESPONSE_IMMEDIATE)->cause,
			 CAUSE_NONE);
}

/* The attempt was over in this process right before, but the 5xx is said to be made of no attempt. */
static void test_immediate_answer_takes_no_attempt(void **state)
{
	struct written *written = *state;
	struct event_attempt check = attempt_new(BALANCER_HAPROXY, 11, 2999, 0);

	attempt_refuse(&check);
	written_feed(written, &check);
	assert_int_equal(judge(written, BALANCER_HAPROXY, 503, RESPONSE_IMMEDIATE)->attempt_count,
			 0);
}

static void test_client_that_left_is_no_failure(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 400, 300);
	struct event_figures figures = figures_new(BALANCER_NGINX, 500);
	const struct report *report;

	attempt_starve(&attempt);
	figures.figures.attempts = figures.figures.connected = figures.figures.exchanges = 1;
	figures.figures.failed = 1;
	written_feed(written, &attempt);
	written_feed(written, &figures);
	written_tick(written, 5000);
	report = written_finish(written);
	assert_int_equal(written->attempt_count, 0);
	assert_int_equal(report->health, HEALTH_HEALTHY);
	assert_int_equal(report->cause_count, 0);
	assert_int_equal(written_backend(report, 1)->failed, 0);
	assert_string_equal(written_backend(report, 1)->verdict, "healthy");
}

/* The same attempt, and its 504 a while later: it was no client that left. */
static void test_client_that_stayed(void **state)
{
	struct written *written = *state;
	struct event_attempt first = attempt_new(BALANCER_NGINX, 11, 1100, 1000);
	struct event_attempt second = attempt_new(BALANCER_NGINX, 12, 4100, 3000);
	struct event_response response = response_new(BALANCER_NGINX, CLIENT, 504, 4100, 4001);
	const struct report *report;

	attempt_starve(&first);
	attempt_starve(&second);
	first.client_cookie = second.client_cookie = CLIENT;
	first.header.flags |= ATTEMPT_ADJACENT_CLIENT;
	second.header.flags |= ATTEMPT_ADJACENT_CLIENT;
	response.attempt_cookie = 12;
	written_feed(written, &first);
	written_tick(written, 3500);
	assert_int_equal(written->attempt_count, 0);
	written_feed(written, &second);
	written_feed(written, &response);
	report = written_finish(written);
	assert_int_equal(written_error(written, CLIENT, 0)->attempt_count, 2);
	assert_int_equal(written->attempt_count, 2);
	assert_int_equal(written->attempts[0].outcome, CAUSE_SLOW_RESPONSE);
	assert_int_equal(written_backend(report, 1)->failed, 2);
}

static void test_absorbed_failures_degrade(void **state)
{
	struct written *written = *state;
	const struct report_backend *backend;
	const struct report *report;

	for (unsigned int i = 0; i < 3; i++) {
		struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11 + i, 100 + i, 1);

		attempt_refuse(&attempt);
		written_feed(written, &attempt);
	}
	report = written_finish(written);
	backend = written_backend(report, 1);
	assert_int_equal(report->health, HEALTH_DEGRADED);
	assert_int_equal(report->errors, 0);
	assert_int_equal(report->cause_count, 0);
	assert_int_equal(backend->absorbed, 3);
	assert_int_equal(backend->failed, 3);
	assert_int_equal(backend->gateway_errors, 0);
	assert_non_null(strstr(backend->verdict, "conn-refused"));
	assert_true(*backend->evidence && *backend->next_command);
	assert_int_equal(written->attempt_count, 3);
	assert_int_equal(written->attempts[2].status, 0);
}

/* What retries are for. */
static void test_absorbed_keepalive_race_is_healthy(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 10000, 5000);
	const struct report *report;

	attempt_close(&attempt);
	attempt.exchanges = 2;
	attempt.request_ns = attempt.header.time_ns;
	attempt.last_received_ns = attempt.header.time_ns - 4000 * WRITTEN_MS;
	attempt.fin_received_ns = attempt.request_ns - WRITTEN_MS;
	written_feed(written, &attempt);
	report = written_finish(written);
	assert_int_equal(written->attempts[0].outcome, CAUSE_KEEPALIVE_RACE);
	assert_int_equal(written_backend(report, 1)->absorbed, 1);
	assert_int_equal(report->health, HEALTH_HEALTHY);
}

static void test_loss_makes_less_sure(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 100, 1);
	struct event_response response = response_new(BALANCER_NGINX, CLIENT, 502, 100, 2);
	struct event_loss loss = { .header = { EVENT_LOSS, sizeof(loss), 0, WRITTEN_START_NS } };
	const struct report *report;

	loss.records = 5;
	loss.sockets = 1;
	loss.threads = 2;
	attempt_refuse(&attempt);
	response.attempt_cookie = 11;
	written_feed(written, &loss);
	loss.records = 7;
	written_feed(written, &loss);
	written_feed(written, &attempt);
	written_feed(written, &response);
	report = written_finish(written);
	assert_int_equal(written_error(written, CLIENT, 0)->cause, CAUSE_CONN_REFUSED);
	assert_int_equal(written_error(written, CLIENT, 0)->confidence, CONFIDENCE_LIKELY);
	assert_true(says(&written_error(written, CLIENT, 0)->evidence, "lost"));
	assert_int_equal(report->lost_records, 7);
	assert_int_equal(report->lost_state, 3);
}

static void test_verdict_is_given_in_time(void **state)
{
	struct written *written = *state;
	struct event_response response = response_new(BALANCER_NGINX, CLIENT, 503, 100, 1);

	written_feed(written, &response);
	written_tick(written, 599);
	assert_int_equal(written->error_count, 0);
	written_tick(written, 600);
	assert_int_equal(written->error_count, 1);
}

/* The queue of a port that took connections and did not answer them is full, not a firewall's. */
static void test_other_attempts_tell_silence_apart(void **state)
{
	struct written *written = *state;
	struct event_attempt unanswered = attempt_new(BALANCER_NGINX, 11, 2500, 2000);
	struct event_attempt silent = attempt_new(BALANCER_NGINX, 12, 3000, 1000);
	struct event_attempt elsewhere = attempt_new(BALANCER_NGINX, 13, 3001, 1000);

	attempt_starve(&unanswered);
	attempt_silence(&silent);
	attempt_silence(&elsewhere);
	elsewhere.remote.port = 9090;
	written_feed(written, &unanswered);
	written_feed(written, &silent);
	written_feed(written, &elsewhere);
	written_finish(written);
	assert_int_equal(written->attempt_count, 2);
	assert_int_equal(written->attempts[0].outcome, CAUSE_ACCEPTQ_OVERFLOW);
	assert_int_equal(written->attempts[1].outcome, CAUSE_FW_DROP);
}

static void test_old_silence_tells_nothing(void **state)
{
	struct written *written = *state;
	struct event_attempt unanswered = attempt_new(BALANCER_NGINX, 11, 2500, 2000);
	struct event_attempt silent = attempt_new(BALANCER_NGINX, 12, 20000, 1000);

	attempt_starve(&unanswered);
	attempt_silence(&silent);
	written_feed(written, &unanswered);
	written_feed(written, &silent);
	written_finish(written);
	assert_int_equal(written->attempts[0].outcome, CAUSE_FW_DROP);
}

/* The state that the kernel had of the neighbour when the attempt failed, not one of long ago. */
static void test_neighbour_tells_silence_apart(void **state)
{
	struct written *written = *state;
	struct event_neighbour neighbour = {
		.header = { EVENT_NEIGHBOUR, sizeof(neighbour), 0, WRITTEN_START_NS },
		.address = address_new(1),
		.nud_state = 0x20, /* NUD_FAILED */
	};

	neighbour.address.port = 0;
	for (unsigned int i = 0; i < 2; i++) {
		struct event_attempt silent =
			attempt_new(BALANCER_NGINX, 11 + i, 2000 + 20000 * i, 1000);

		attempt_silence(&silent);
		neighbour.header.time_ns = WRITTEN_START_NS + 2000 * WRITTEN_MS;
		written_feed(written, &silent);
		if (!i)
			written_feed(written, &neighbour);
	}
	written_finish(written);
	assert_int_equal(written->attempts[0].outcome, CAUSE_ARP_FAILED);
	assert_int_equal(written->attempts[1].outcome, CAUSE_FW_DROP);
}

/* The counters grew after the attempt had begun; growth before it proves nothing. */
static void test_counters_tell_silence_apart(void **state)
{
	struct written *written = *state;
	struct event_figures figures = figures_new(BALANCER_NGINX, 1000);
	struct event_attempt before = attempt_new(BALANCER_NGINX, 11, 2900, 1500);
	struct event_attempt after = attempt_new(BALANCER_NGINX, 12, 5000, 4500);

	attempt_silence(&before);
	attempt_silence(&after);
	for (unsigned int i = 0; i < 3; i++) {
		figures.figures.connected = 10 + (i == 1 ? 5 : 0) + (i == 2 ? 5 : 0);
		figures.header.time_ns = WRITTEN_START_NS + (1000 + 1000 * i) * WRITTEN_MS;
		written_feed(written, &figures);
	}
	written_feed(written, &before);
	written_feed(written, &after);
	written_finish(written);
	assert_int_equal(written->attempt_count, 2);
	assert_int_equal(written->attempts[0].outcome, CAUSE_FW_DROP);
	assert_int_equal(written->attempts[1].outcome, CAUSE_ACCEPTQ_OVERFLOW);
}

/* More than the window holds: the oldest are decided early, none is forgotten. */
static void test_window_is_bounded(void **state)
{
	const unsigned int attempts = WINDOW_ATTEMPTS_MAX + 5000;
	const struct diagnosis_options options = { .host = "", .kernel = "", .lbtrace = "" };
	struct diagnosis *diagnosis;
	const struct report *report;

	(void)state;
	assert_int_equal(diagnosis_new(&options, &diagnosis), 0);
	for (unsigned int i = 0; i < attempts; i++) {
		struct event_attempt attempt = attempt_new(BALANCER_NGINX, 1, 100, 1);

		attempt_refuse(&attempt);
		attempt.client_cookie = attempt.answered_cookie = 1;
		assert_int_equal(diagnosis_feed(diagnosis, &attempt.header), 0);
	}
	assert_int_equal(diagnosis_finish(diagnosis), 0);
	report = diagnosis_report(diagnosis);
	assert_non_null(report);
	assert_int_equal(written_backend(report, 1)->absorbed, attempts);
	diagnosis_free(diagnosis);
}

/* As many 5xx as a load balancer can write in the time, all with one cookie: no search may grow with them. */
static void test_errors_are_bounded(void **state)
{
	const unsigned int errors = WINDOW_ERRORS_MAX + 1000;
	const struct diagnosis_options options = { .host = "", .kernel = "", .lbtrace = "" };
	struct diagnosis *diagnosis;
	const struct report *report;

	(void)state;
	assert_int_equal(diagnosis_new(&options, &diagnosis), 0);
	for (unsigned int i = 0; i < errors; i++) {
		struct event_response response = response_new(BALANCER_NGINX, 1, 502, 100, 1);

		response.attempt_cookie = 1;
		assert_int_equal(diagnosis_feed(diagnosis, &response.header), 0);
	}
	assert_int_equal(diagnosis_finish(diagnosis), 0);
	report = diagnosis_report(diagnosis);
	assert_non_null(report);
	assert_int_equal(report->errors, errors);
	assert_int_equal(report->unexplained, errors);
	diagnosis_free(diagnosis);
}

#define diagnosis_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		diagnosis_test(test_no_descriptor_was_free),
		diagnosis_test(test_no_descriptor_was_free_for_an_attempt),
		diagnosis_test(test_haproxy_has_no_server),
		diagnosis_test(test_failures_of_another_balancer_are_not_named),
		diagnosis_test(test_nginx_has_no_live_upstream),
		diagnosis_test(test_nginx_limit_is_a_rule),
		diagnosis_test(test_late_answer_without_attempt_is_unexplained),
		diagnosis_test(test_immediate_500_is_unexplained),
		diagnosis_test(test_immediate_answer_takes_no_attempt),
		diagnosis_test(test_client_that_left_is_no_failure),
		diagnosis_test(test_client_that_stayed),
		diagnosis_test(test_absorbed_failures_degrade),
		diagnosis_test(test_absorbed_keepalive_race_is_healthy),
		diagnosis_test(test_loss_makes_less_sure),
		diagnosis_test(test_verdict_is_given_in_time),
		diagnosis_test(test_other_attempts_tell_silence_apart),
		diagnosis_test(test_old_silence_tells_nothing),
		diagnosis_test(test_neighbour_tells_silence_apart),
		diagnosis_test(test_counters_tell_silence_apart),
		cmocka_unit_test(test_window_is_bounded),
		cmocka_unit_test(test_errors_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
