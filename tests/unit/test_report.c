// SPDX-License-Identifier: GPL-2.0-only
/* The report model: sums, order, words, and percentiles. */
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written.h"
#include "user/diagnose/latency.h"
#include "user/lib/endpoint.h"

/* A 5xx of the client's socket `cookie` with its attempt at 10.0.0.`host`, exactly joined. */
static void feed_failure(struct written *written, uint64_t cookie, uint8_t host, uint16_t status,
			 void (*ends)(struct event_attempt *attempt))
{
	struct event_attempt attempt =
		attempt_new(BALANCER_NGINX, 1000 + cookie, 1000 + 10 * cookie, 950);
	struct event_response response =
		response_new(BALANCER_NGINX, cookie, status, 1000 + 10 * cookie, 951);

	ends(&attempt);
	attempt.remote = address_new(host);
	response.attempt_cookie = attempt.cookie;
	written_feed(written, &attempt);
	written_feed(written, &response);
}

static void answer_500(struct event_attempt *attempt)
{
	attempt_answer(attempt, 500);
}

static void test_nothing_came(void **state)
{
	const struct report *report = written_finish(*state);

	assert_string_equal(report->host, "lb1");
	assert_int_equal(report->health, HEALTH_HEALTHY);
	assert_int_equal(report->start_epoch_ns, WRITTEN_START_NS + 1000);
	assert_int_equal(report->end_epoch_ns, report->start_epoch_ns);
	assert_int_equal(report->errors + report->explained + report->unexplained, 0);
	assert_int_equal(report->backend_count + report->balancer_count, 0);
	assert_int_equal(report->cause_count + report->status_count, 0);
}

static void feed_mixture(struct written *written)
{
	struct event_response limit = response_new(BALANCER_NGINX, 50, 505, 1500, 1);

	limit.header.flags |= RESPONSE_IMMEDIATE;
	feed_failure(written, 1, 1, 502, attempt_refuse);
	feed_failure(written, 2, 1, 502, attempt_refuse);
	feed_failure(written, 3, 2, 502, attempt_refuse);
	feed_failure(written, 4, 2, 504, attempt_starve);
	feed_failure(written, 5, 1, 502, attempt_refuse);
	feed_failure(written, 6, 3, 500, answer_500);
	written_feed(written, &limit);
}

static void test_sums_agree(void **state)
{
	uint64_t by_cause = 0, by_status = 0, by_backend = 0;
	const struct report *report;
	double share = 0;

	feed_mixture(*state);
	report = written_finish(*state);
	for (size_t i = 0; i < report->cause_count; i++) {
		by_cause += report->causes[i].count;
		share += report->causes[i].share;
	}
	for (size_t i = 0; i < report->status_count; i++)
		by_status += report->statuses[i].count;
	for (size_t i = 0; i < report->backend_count; i++)
		by_backend += report->backends[i].gateway_errors;
	assert_int_equal(report->errors, 7);
	assert_int_equal(report->explained, 6);
	assert_int_equal(report->unexplained, 1);
	assert_int_equal(by_cause, 6);
	assert_int_equal(by_status, 7);
	assert_int_equal(by_backend, 6);
	assert_true(share > 6.0 / 7 - 1e-9 && share < 6.0 / 7 + 1e-9);
	assert_int_equal(report->status_count, 4);
	assert_int_equal(report->statuses[0].status, 500);
	assert_int_equal(report->statuses[1].status, 502);
	assert_int_equal(report->statuses[1].count, 4);
	assert_int_equal(report->health, HEALTH_FAILING);
	/* The same once more. */
	report = diagnosis_report(((struct written *)*state)->diagnosis);
	assert_int_equal(report->errors, 7);
}

static void test_causes_are_told(void **state)
{
	const struct report_cause *refused;
	const struct report *report;

	feed_mixture(*state);
	report = written_finish(*state);
	refused = written_cause(report, CAUSE_CONN_REFUSED);
	assert_ptr_equal(refused, &report->causes[0]);
	assert_int_equal(refused->count, 4);
	assert_int_equal(refused->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(refused->backend_count, 2);
	assert_int_equal(refused->backends[0].bytes[3], 1);
	assert_int_equal(refused->backends[1].bytes[3], 2);
	assert_true(refused->evidence.count > 0);
	assert_true(*refused->summary && *refused->confirm);
	assert_true(refused->fix_count > 0 && *refused->fix[0]);
	assert_non_null(written_cause(report, CAUSE_SLOW_RESPONSE));
	assert_non_null(written_cause(report, CAUSE_BACKEND_5XX));
	assert_null(written_cause(report, CAUSE_NONE));
}

static void test_backends_are_told_worst_first(void **state)
{
	const struct report_backend *mixed;
	const struct report *report;

	feed_mixture(*state);
	report = written_finish(*state);
	assert_int_equal(report->backend_count, 3);
	assert_int_equal(report->backends[0].address.bytes[3], 1);
	assert_int_equal(report->backends[0].gateway_errors, 3);
	assert_int_equal(report->backends[0].failed, 3);
	assert_string_equal(report->backends[0].load_balancer, "nginx");
	assert_true(*report->backends[0].verdict && *report->backends[0].evidence);
	/* All lines that fit. */
	assert_non_null(strstr(report->backends[0].evidence, "; "));
	assert_non_null(strstr(report->backends[0].next_command, "8080"));
	mixed = &report->backends[1];
	assert_int_equal(mixed->address.bytes[3], 2);
	assert_int_equal(mixed->cause_count, 2);
	assert_int_equal(mixed->causes[0].count + mixed->causes[1].count, 2);
	/* It answers, if with an error. */
	assert_int_equal(report->backends[2].failed, 0);
	assert_int_equal(report->backends[2].gateway_errors, 1);
}

static void test_lowest_confidence_is_told(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 3000, 2);
	struct event_response response = response_new(BALANCER_NGINX, 90, 502, 3000, 3);
	const struct report *report;

	attempt_refuse(&attempt);
	attempt.client_cookie = 90;
	feed_failure(written, 1, 1, 502, attempt_refuse);
	written_feed(written, &attempt);
	written_feed(written, &response);
	report = written_finish(written);
	assert_int_equal(report->causes[0].count, 2);
	assert_int_equal(report->causes[0].confidence, CONFIDENCE_LIKELY);
	assert_int_equal(written_backend(report, 1)->causes[0].confidence, CONFIDENCE_LIKELY);
}

static void test_ipv6_is_told_alike(void **state)
{
	struct written *written = *state;
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, 100, 1);
	struct event_response response = response_new(BALANCER_NGINX, 1, 502, 100, 2);
	char text[ENDPOINT_TEXT_BYTES];
	const struct report *report;

	attempt_refuse(&attempt);
	assert_int_equal(endpoint_parse("[fd00::1]:8080", &attempt.remote), 0);
	response.attempt_cookie = 11;
	written_feed(written, &attempt);
	written_feed(written, &response);
	report = written_finish(written);
	assert_string_equal(endpoint_format(&report->backends[0].address, text), "[fd00::1]:8080");
	assert_int_equal(report->backends[0].gateway_errors, 1);
	assert_true(endpoint_equal(&report->causes[0].backends[0], &attempt.remote));
}

static void test_few_errors_only_degrade(void **state)
{
	struct written *written = *state;
	struct event_figures figures = figures_new(BALANCER_NGINX, 900);
	const struct report *report;

	figures.figures.attempts = figures.figures.connected = figures.figures.exchanges = 100;
	written_feed(written, &figures);
	feed_failure(written, 1, 1, 504, attempt_starve);
	report = written_finish(written);
	assert_int_equal(report->health, HEALTH_DEGRADED);
}

static void test_many_errors_fail(void **state)
{
	struct written *written = *state;
	struct event_figures figures = figures_new(BALANCER_NGINX, 900);

	figures.figures.attempts = figures.figures.connected = figures.figures.exchanges = 100;
	written_feed(written, &figures);
	for (uint64_t cookie = 1; cookie <= 6; cookie++)
		feed_failure(written, cookie, 1, 504, attempt_starve);
	assert_int_equal(written_finish(written)->health, HEALTH_FAILING);
}

/* Absolute, repeated, of two groups of one load balancer. */
static void test_figures_are_summed_over_groups(void **state)
{
	struct written *written = *state;
	struct event_figures figures = figures_new(BALANCER_NGINX, 1000);
	const struct report_backend *backend;

	figures.figures.attempts = 7;
	figures.figures.established = 3;
	written_feed(written, &figures);
	figures.figures.attempts = 10;
	figures.figures.connected = 9;
	figures.figures.resets_received = 2;
	figures.figures.close_wait = 1;
	figures.figures.close_wait_since_ns = WRITTEN_START_NS + 400 * WRITTEN_MS;
	figures.figures.connect_us.count = 1;
	figures.figures.connect_us.max_us = 100;
	figures.figures.connect_us.buckets[37] = 1;
	written_feed(written, &figures);
	figures.backend.group = figures.owner.group = 300;
	figures.figures.attempts = 5;
	figures.figures.close_wait_since_ns = WRITTEN_START_NS + 900 * WRITTEN_MS;
	figures.header.time_ns = WRITTEN_START_NS + 2400 * WRITTEN_MS;
	written_feed(written, &figures);
	backend = written_backend(written_finish(written), 1);
	assert_int_equal(backend->attempts, 18);
	assert_int_equal(backend->connected, 18);
	assert_int_equal(backend->resets_received, 4);
	assert_int_equal(backend->established, 6);
	assert_int_equal(backend->close_wait, 2);
	assert_true(backend->close_wait_max_age_seconds > 1.999 &&
		    backend->close_wait_max_age_seconds < 2.001);
	assert_int_equal(backend->connect.count, 2);
	assert_string_equal(backend->verdict, "healthy");
}

static void test_forgotten_connections_are_told(void **state)
{
	struct written *written = *state;
	struct event_figures figures = figures_new(BALANCER_NGINX, 120 * 1000);

	figures.figures.attempts = figures.figures.connected = 4;
	figures.figures.close_wait = 4;
	figures.figures.close_wait_since_ns = WRITTEN_START_NS;
	written_feed(written, &figures);
	assert_non_null(strstr(written_backend(written_finish(written), 1)->verdict, "CLOSE_WAIT"));
}

static void test_balancers_are_told(void **state)
{
	struct written *written = *state;
	struct event_load_balancer found = {
		.header = { EVENT_LOAD_BALANCER, sizeof(found), 0, WRITTEN_START_NS },
		.owner = owner_new(BALANCER_NGINX),
		.config = "/etc/nginx/nginx.conf",
	};
	struct event_listener listener = {
		.header = { EVENT_LISTENER, sizeof(listener), 0, WRITTEN_START_NS },
		.owner = owner_new(BALANCER_NGINX),
		.address = address_new(200),
	};
	struct event_response unknown = response_new(BALANCER_HAPROXY, 1, 503, 100, 1);
	const struct report *report;

	unknown.owner.group = 7;
	unknown.owner.tgid = 8;
	written_feed(written, &unknown);
	written_feed(written, &listener);
	written_feed(written, &found);
	written_feed(written, &listener);
	report = written_finish(written);
	assert_int_equal(report->balancer_count, 2);
	assert_int_equal(report->balancers[0].owner.tgid, 7);
	assert_string_equal(report->balancers[0].owner.comm, "haproxy");
	assert_string_equal(report->balancers[0].config, "");
	assert_int_equal(report->balancers[1].owner.tgid, 100);
	assert_string_equal(report->balancers[1].config, "/etc/nginx/nginx.conf");
	assert_int_equal(report->balancers[1].listener_count, 1);
	assert_true(endpoint_equal(&report->balancers[1].listeners[0], &listener.address));
}

/* The buckets of bpf/histogram.h: 8 an octave. */
static void test_bucket_middles(void **state)
{
	(void)state;
	assert_int_equal(latency_bucket_us(0), 0);
	assert_int_equal(latency_bucket_us(7), 7);
	assert_int_equal(latency_bucket_us(8), 8);
	assert_int_equal(latency_bucket_us(15), 15);
	assert_int_equal(latency_bucket_us(16), 17); /* 16 and 17 */
	assert_int_equal(latency_bucket_us(37), 108); /* 104..111 */
	assert_int_equal(latency_bucket_us(HISTOGRAM_BUCKETS - 1), (15ull << 28) + (1 << 27));
}

static void test_percentiles(void **state)
{
	struct histogram histogram = { .count = 100, .max_us = 5000 };
	struct latency latency;

	(void)state;
	histogram.buckets[5] = 50;
	histogram.buckets[37] = 40;
	histogram.buckets[80] = 9;
	histogram.buckets[HISTOGRAM_BUCKETS - 1] = 1;
	latency_summarise(&histogram, &latency);
	assert_int_equal(latency.count, 100);
	assert_int_equal(latency.p50_us, 5);
	assert_int_equal(latency.p90_us, 108);
	assert_int_equal(latency.p99_us, latency_bucket_us(80));
	assert_int_equal(latency.max_us, 5000);
	histogram.buckets[HISTOGRAM_BUCKETS - 1] = 100;
	latency_summarise(&histogram, &latency);
	assert_int_equal(latency.p99_us, 5000);
	memset(&histogram, 0, sizeof(histogram));
	histogram.count = 3;
	latency_summarise(&histogram, &latency);
	assert_int_equal(latency.count + latency.p50_us + latency.max_us, 0);
}

#define report_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		report_test(test_nothing_came),
		report_test(test_sums_agree),
		report_test(test_causes_are_told),
		report_test(test_backends_are_told_worst_first),
		report_test(test_lowest_confidence_is_told),
		report_test(test_ipv6_is_told_alike),
		report_test(test_few_errors_only_degrade),
		report_test(test_many_errors_fail),
		report_test(test_figures_are_summed_over_groups),
		report_test(test_forgotten_connections_are_told),
		report_test(test_balancers_are_told),
		cmocka_unit_test(test_bucket_middles),
		cmocka_unit_test(test_percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
