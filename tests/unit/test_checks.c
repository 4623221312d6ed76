// SPDX-License-Identifier: GPL-2.0-only
/* Health checks are not traffic; which of them took the servers out. */
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written_config.h"

#define CLIENT 1

static bool says(const struct evidence *evidence, const char *words)
{
	for (size_t i = 0; i < evidence->count; i++) {
		if (strstr(evidence->lines[i], words))
			return true;
	}
	return false;
}

/* api/app0 at 10.0.0.1 and api/app1 at 10.0.0.2, both checked. */
static void feed_config(struct written *written)
{
	struct event_config config = config_new(BALANCER_HAPROXY, 1, 0);

	written_feed(written, &config);
	for (uint8_t i = 0; i < 2; i++) {
		struct event_backend backend = backend_new(BALANCER_HAPROXY, i, (uint8_t)(i + 1));

		backend_check(&backend);
		written_feed(written, &backend);
	}
}

static void feed_checks(struct written *written, uint8_t host, uint64_t first_ms, uint64_t last_ms)
{
	for (uint64_t ms = first_ms; ms <= last_ms; ms += 2000) {
		struct event_attempt check = check_refused(0x100 + ms, host, ms);

		written_feed(written, &check);
	}
}

static void test_checks_are_told_apart(void **state)
{
	struct written *written = *state;
	const struct report_configured *row;
	const struct report_backend *backend;
	const struct report *report;

	feed_config(written);
	feed_checks(written, 1, 1000, 9000);
	report = written_finish(written);
	backend = written_backend(report, 1);
	assert_int_equal(backend->absorbed, 0);
	assert_int_equal(backend->failed, 5);
	assert_non_null(strstr(backend->verdict, "Health checks fail: conn-refused"));
	assert_int_equal(report->health, HEALTH_DEGRADED);
	row = written_configured(report, "api/app0");
	assert_int_equal(row->checks.failed, 5);
	assert_int_equal(row->checks.period_ms, 2000);
	assert_int_equal(row->checks.last_cause, CAUSE_CONN_REFUSED);
	assert_int_equal(row->checks.since_epoch_ns, WRITTEN_START_NS + 1000 * WRITTEN_MS + 1000);
	assert_int_equal(row->absorbed, 0);
	assert_int_equal(written_configured(report, "api/app1")->checks.failed, 0);
	assert_non_null(written_finding(row, FINDING_CHECK_FAILING));
	assert_null(written_finding(written_configured(report, "api/app1"), FINDING_CHECK_FAILING));
}

/* Retries are the traffic's own, with the client or a turn later without it. */
static void test_traffic_is_no_check(void **state)
{
	struct written *written = *state;
	struct event_attempt first, retry;
	const struct report *report;

	feed_config(written);
	first = check_refused(11, 1, 1000);
	first.client_cookie = CLIENT;
	retry = check_refused(12, 1, 2001);
	written_feed(written, &first);
	written_feed(written, &retry);
	report = written_finish(written);
	assert_int_equal(written_configured(report, "api/app0")->checks.failed, 0);
	assert_int_equal(written_backend(report, 1)->absorbed, 2);
}

/* Under load a check begins in a turn that read a request, which is guessed to be its client. */
static void test_periodic_attempt_is_a_check(void **state)
{
	struct written *written = *state;
	const struct report *report;

	feed_config(written);
	for (uint64_t i = 0; i < 4; i++) {
		struct event_attempt check = check_refused(11 + i, 1, 1000 + 2000 * i);

		if (i == 2)
			check.client_cookie = CLIENT;
		written_feed(written, &check);
	}
	report = written_finish(written);
	assert_int_equal(written_configured(report, "api/app0")->checks.failed, 4);
}

static void test_unchecked_backend_has_no_checks(void **state)
{
	struct written *written = *state;
	struct event_config config = config_new(BALANCER_HAPROXY, 1, 0);
	struct event_backend backend = backend_new(BALANCER_HAPROXY, 0, 1);
	const struct report *report;

	written_feed(written, &config);
	written_feed(written, &backend);
	feed_checks(written, 1, 1000, 5000);
	report = written_finish(written);
	assert_int_equal(written_backend(report, 1)->absorbed, 3);
	assert_int_equal(written_configured(report, "api/app0")->checks.failed, 0);
}

static void test_check_status_is_kept(void **state)
{
	struct written *written = *state;
	struct event_attempt check;
	const struct report_configured *row;
	const struct finding *finding;

	feed_config(written);
	check = check_answered(11, 2, 1000, 503);
	written_feed(written, &check);
	check = check_answered(12, 2, 3000, 503);
	written_feed(written, &check);
	row = written_configured(written_finish(written), "api/app1");
	assert_int_equal(row->checks.last_status, 503);
	assert_int_equal(row->checks.last_cause, CAUSE_BACKEND_5XX);
	finding = written_finding(row, FINDING_CHECK_FAILING);
	assert_non_null(finding);
	assert_non_null(strstr(finding->text, "503"));
	assert_non_null(strstr(finding->fix, "GET /health"));
	assert_string_equal(finding->file, "/etc/haproxy/haproxy.cfg");
	assert_int_equal(finding->line, 11);
}

/* A check has no client that could have left. */
static void test_check_that_times_out_failed(void **state)
{
	struct written *written = *state;
	struct event_attempt check = attempt_new(BALANCER_HAPROXY, 11, 5000, 2000);
	struct event_attempt early = attempt_new(BALANCER_HAPROXY, 12, 7200, 200);
	const struct report *report;

	feed_config(written);
	attempt_starve(&check);
	written_feed(written, &check);
	attempt_silence(&early);
	early.syn_retransmits = 0;
	written_feed(written, &early);
	report = written_finish(written);
	assert_int_equal(written_configured(report, "api/app0")->checks.failed, 2);
}

static void test_checks_that_are_over(void **state)
{
	struct written *written = *state;
	const struct report_configured *row;

	feed_config(written);
	feed_checks(written, 1, 1000, 5000);
	written_tick(written, 60000);
	row = written_configured(written_finish(written), "api/app0");
	assert_int_equal(row->checks.failed, 3);
	assert_int_equal(row->checks.since_epoch_ns, 0);
	assert_null(written_finding(row, FINDING_CHECK_FAILING));
}

/* Connections came about after the last failure. */
static void test_checks_that_recovered(void **state)
{
	struct written *written = *state;
	struct event_figures figures = figures_new(BALANCER_HAPROXY, 6000);
	const struct report_configured *row;

	feed_config(written);
	feed_checks(written, 1, 1000, 5000);
	figures.figures.attempts = 3;
	written_feed(written, &figures);
	figures.header.time_ns += 1000 * WRITTEN_MS;
	figures.figures.attempts = figures.figures.connected = 4;
	written_feed(written, &figures);
	row = written_configured(written_finish(written), "api/app0");
	assert_int_equal(row->checks.since_epoch_ns, 0);
}

static const struct gateway_error *judge_503(struct written *written, uint64_t ms)
{
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 503, ms, 1);

	response.header.flags |= RESPONSE_IMMEDIATE;
	response.attempts = 0;
	written_feed(written, &response);
	written_finish(written);
	return written_error(written, CLIENT, 0);
}

static void test_no_server_names_the_checks(void **state)
{
	struct written *written = *state;
	const struct gateway_error *error;

	feed_config(written);
	for (uint64_t ms = 1000; ms <= 13000; ms += 2000) {
		feed_checks(written, 1, ms, ms);
		feed_checks(written, 2, ms, ms);
	}
	error = judge_503(written, 13300);
	assert_int_equal(error->cause, CAUSE_NO_ELIGIBLE_BACKEND);
	assert_int_equal(error->confidence, CONFIDENCE_LIKELY);
	assert_true(says(&error->evidence, "api/app0 is down since 12.3 s: its check (GET /health, "
					   "/etc/haproxy/haproxy.cfg:10) fails: conn-refused"));
	assert_true(says(&error->evidence, "api/app1 is down since 12.3 s"));
	assert_true(says(&error->evidence, "api/app0 (10.0.0.1:8080) failed"));
}

/* Though none of them is settled yet. */
static void test_no_server_right_after_the_check(void **state)
{
	struct written *written = *state;
	const struct gateway_error *error;

	feed_config(written);
	feed_checks(written, 1, 1000, 1000);
	feed_checks(written, 2, 1000, 1000);
	error = judge_503(written, 1300);
	assert_int_equal(error->confidence, CONFIDENCE_LIKELY);
	assert_true(says(&error->evidence, "api/app1 is down since 0.3 s"));
	assert_true(says(&error->evidence, "fails: conn-refused"));
}

/* One of two is down: that is not why. */
static void test_pool_that_has_a_server(void **state)
{
	struct written *written = *state;
	const struct gateway_error *error;

	feed_config(written);
	feed_checks(written, 1, 1000, 5000);
	error = judge_503(written, 5300);
	assert_false(says(&error->evidence, "is down since"));
	assert_true(says(&error->evidence, "an answer other than 2xx or 3xx"));
}

/* What HAProxy itself says counts first: a 404 is no failure to the kernel. */
static void test_status_names_the_check(void **state)
{
	struct written *written = *state;
	const struct report_configured *row;
	const struct gateway_error *error;
	const struct finding *finding;

	feed_config(written);
	for (uint8_t i = 0; i < 2; i++) {
		struct event_backend backend = backend_new(BALANCER_HAPROXY, i, (uint8_t)(i + 1));
		struct event_backend_status status =
			backend_status_new(&backend, BACKEND_DOWN, 2000);

		status.changed_ns = status.header.time_ns;
		status.check_code = 404;
		strcpy(status.check_status, "L7STS");
		strcpy(status.check_text, "Not Found");
		written_feed(written, &status);
	}
	error = judge_503(written, 14300);
	assert_int_equal(error->confidence, CONFIDENCE_LIKELY);
	assert_true(says(&error->evidence, "api/app0 is down since 12.3 s: its check (GET /health, "
					   "/etc/haproxy/haproxy.cfg:10) fails: L7STS 404"));
	row = written_configured(diagnosis_report(written->diagnosis), "api/app1");
	assert_int_equal(row->status.state, BACKEND_DOWN);
	assert_int_equal(row->checks.since_epoch_ns, WRITTEN_START_NS + 2000 * WRITTEN_MS + 1000);
	finding = written_finding(row, FINDING_CHECK_FAILING);
	assert_non_null(finding);
	assert_non_null(strstr(finding->text, "L7STS 404 (Not Found)"));
	assert_int_equal(finding->severity, FINDING_ERROR);
}

/* It says UP after the last failed check: nothing fails now. */
static void test_status_up_ends_the_failures(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_HAPROXY, 0, 1);
	struct event_backend_status status = backend_status_new(&backend, BACKEND_UP, 5500);
	const struct report_configured *row;

	feed_config(written);
	feed_checks(written, 1, 1000, 5000);
	written_feed(written, &status);
	row = written_configured(written_finish(written), "api/app0");
	assert_int_equal(row->checks.since_epoch_ns, 0);
	assert_null(written_finding(row, FINDING_CHECK_FAILING));
}

/* `port` of the check: what fails there is the check, and the backend's own port is not. */
static void test_check_at_another_port(void **state)
{
	struct written *written = *state;
	struct event_config config = config_new(BALANCER_HAPROXY, 1, 0);
	struct event_backend backend = backend_new(BALANCER_HAPROXY, 0, 1);
	struct event_attempt check = check_refused(11, 1, 1000);
	struct event_attempt traffic = check_refused(12, 1, 1500);
	const struct report *report;

	backend_check(&backend);
	backend.check_port = 9000;
	written_feed(written, &config);
	written_feed(written, &backend);
	check.remote.port = 9000;
	written_feed(written, &check);
	written_feed(written, &traffic);
	report = written_finish(written);
	assert_int_equal(report->configured_count, 1);
	assert_int_equal(report->configured[0].checks.failed, 1);
	assert_int_equal(written_backend(report, 1)->absorbed, 1);
}

/* A retry of four seconds claims what had looked like a check. */
static void test_claimed_check_is_undone(void **state)
{
	struct written *written = *state;
	struct event_attempt first = check_refused(11, 1, 1000);
	struct event_attempt last = check_refused(12, 1, 4000);
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 503, 4000, 3500);
	const struct report *report;

	feed_config(written);
	first.client_cookie = 0;
	written_feed(written, &first);
	written_tick(written, 3500);
	last.client_cookie = last.answered_cookie = CLIENT;
	written_feed(written, &last);
	written_feed(written, &response);
	report = written_finish(written);
	assert_int_equal(written_error(written, CLIENT, 0)->cause, CAUSE_CONN_REFUSED);
	assert_int_equal(written_backend(report, 1)->failed, 2);
	assert_int_equal(written_configured(report, "api/app0")->checks.failed, 1);
}

/* Its server has been out for long: the check began when the thread worked on a request. */
static void test_check_of_a_server_that_is_out(void **state)
{
	struct written *written = *state;
	struct event_attempt check = check_refused(31, 1, 13000);
	struct event_response response = response_new(BALANCER_HAPROXY, CLIENT, 503, 13000, 12999);
	const struct report *report;

	feed_config(written);
	feed_checks(written, 1, 1000, 11000);
	check.client_cookie = check.answered_cookie = CLIENT;
	check.header.flags |= ATTEMPT_ADJACENT_CLIENT;
	written_feed(written, &check);
	written_feed(written, &response);
	report = written_finish(written);
	assert_int_not_equal(written_error(written, CLIENT, 0)->cause, CAUSE_CONN_REFUSED);
	assert_int_equal(written_configured(report, "api/app0")->checks.failed, 7);
}

#define checks_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		checks_test(test_checks_are_told_apart),
		checks_test(test_traffic_is_no_check),
		checks_test(test_periodic_attempt_is_a_check),
		checks_test(test_unchecked_backend_has_no_checks),
		checks_test(test_check_status_is_kept),
		checks_test(test_check_that_times_out_failed),
		checks_test(test_checks_that_are_over),
		checks_test(test_checks_that_recovered),
		checks_test(test_no_server_names_the_checks),
		checks_test(test_no_server_right_after_the_check),
		checks_test(test_pool_that_has_a_server),
		checks_test(test_status_names_the_check),
		checks_test(test_status_up_ends_the_failures),
		checks_test(test_check_at_another_port),
		checks_test(test_claimed_check_is_undone),
		checks_test(test_check_of_a_server_that_is_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
