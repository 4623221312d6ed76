// SPDX-License-Identifier: GPL-2.0-only
/* What came of the configured backends while lbtrace watched; names that mean other addresses. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written_config.h"

static void feed_config(struct written *written, uint32_t generation, uint64_t ms)
{
	struct event_config config = config_new(BALANCER_NGINX, generation, ms);

	written_feed(written, &config);
}

static void feed_figures(struct written *written, uint8_t host, uint64_t attempts, uint64_t ms)
{
	struct event_figures figures = figures_new(BALANCER_NGINX, ms);

	figures.backend.address = address_new(host);
	figures.figures.attempts = figures.figures.connected = attempts;
	written_feed(written, &figures);
}

static const struct finding *find(struct written *written, const char *name, enum finding_id id)
{
	return written_finding(written_configured(written_finish(written), name), id);
}

/* A backend by name, and the address that it has at `ms`. */
static struct event_backend feed_named(struct written *written, uint8_t host, uint64_t ms)
{
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	struct event_backend_address address;

	backend_by_name(&backend, "app.internal");
	feed_config(written, 1, 0);
	written_feed(written, &backend);
	address = backend_address_new(&backend, host, 0, ms);
	written_feed(written, &address);
	return backend;
}

/* A refused attempt at 10.0.0.`host`, and its 502. */
static const struct gateway_error *judge_refused(struct written *written, uint8_t host, uint64_t ms)
{
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11, ms, 1);
	struct event_response response;

	attempt_refuse(&attempt);
	attempt.remote = address_new(host);
	response = response_adjacent(BALANCER_NGINX, 1, &attempt, 502);
	written_feed(written, &attempt);
	written_feed(written, &response);
	written_finish(written);
	return written_error(written, 1, 0);
}

static void test_never_connected(void **state)
{
	struct written *written = *state;
	const struct finding *finding;

	feed_config(written, 1, 0);
	for (uint8_t i = 0; i < 4; i++) {
		struct event_backend backend = backend_new(BALANCER_NGINX, i, (uint8_t)(i + 1));

		if (i == 3)
			backend.header.flags |= BACKEND_BACKUP;
		written_feed(written, &backend);
	}
	feed_figures(written, 1, 60, 1000);
	feed_figures(written, 2, 60, 1000);
	finding = find(written, "api/app2", FINDING_NEVER_CONNECTED);
	assert_non_null(finding);
	assert_int_equal(finding->severity, FINDING_WARNING);
	assert_non_null(strstr(finding->text, "not one of the 120 connections"));
	assert_null(find(written, "api/app3", FINDING_NEVER_CONNECTED));
	assert_null(find(written, "api/app0", FINDING_NEVER_CONNECTED));
}

static void test_too_few_connections_tell_nothing(void **state)
{
	struct written *written = *state;

	feed_config(written, 1, 0);
	for (uint8_t i = 0; i < 2; i++) {
		struct event_backend backend = backend_new(BALANCER_NGINX, i, (uint8_t)(i + 1));

		written_feed(written, &backend);
	}
	feed_figures(written, 1, 19, 1000);
	assert_null(find(written, "api/app1", FINDING_NEVER_CONNECTED));
	feed_figures(written, 1, 20, 2000);
	assert_non_null(find(written, "api/app1", FINDING_NEVER_CONNECTED));
}

/* What was connected before a reload brought the server says nothing of it. */
static void test_new_server_is_given_time(void **state)
{
	struct written *written = *state;

	feed_config(written, 1, 0);
	for (uint32_t generation = 1; generation <= 2; generation++) {
		for (uint32_t i = 0; i < generation; i++) {
			struct event_backend backend =
				backend_new(BALANCER_NGINX, i, (uint8_t)(i + 1));

			backend.generation = generation;
			written_feed(written, &backend);
		}
		if (generation == 1)
			feed_figures(written, 1, 500, 1000);
	}
	feed_figures(written, 1, 510, 2000);
	assert_null(find(written, "api/app1", FINDING_NEVER_CONNECTED));
	feed_figures(written, 1, 530, 3000);
	assert_non_null(find(written, "api/app1", FINDING_NEVER_CONNECTED));
}

static void test_server_that_is_down_is_not_connected_to(void **state)
{
	struct written *written = *state;
	struct event_backend_status status;

	feed_config(written, 1, 0);
	for (uint8_t i = 0; i < 2; i++) {
		struct event_backend backend = backend_new(BALANCER_NGINX, i, (uint8_t)(i + 1));

		written_feed(written, &backend);
		status = backend_status_new(&backend, BACKEND_MAINTENANCE, 10);
	}
	written_feed(written, &status);
	feed_figures(written, 1, 100, 1000);
	assert_null(find(written, "api/app1", FINDING_NEVER_CONNECTED));
}

static void test_not_configured(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	const struct report_configured *row;
	const struct finding *finding;
	const struct report *report;

	feed_config(written, 1, 0);
	written_feed(written, &backend);
	feed_figures(written, 1, 10, 1000);
	feed_figures(written, 9, 10, 1000);
	report = written_finish(written);
	assert_int_equal(report->configured_count, 2);
	row = written_configured(report, "10.0.0.9:8080");
	assert_int_equal(row->config.header.type, 0);
	assert_int_equal(row->attempts, 10);
	finding = written_finding(row, FINDING_NOT_CONFIGURED);
	assert_non_null(finding);
	assert_non_null(strstr(finding->text, "/etc/nginx/nginx.conf does not name it"));
	/* A variable may lead there. */
	backend = backend_new(BALANCER_NGINX, 1, 2);
	memset(&backend.address, 0, sizeof(backend.address));
	strcpy(backend.host, "$target");
	backend.header.flags |= BACKEND_DYNAMIC;
	written_feed(written, &backend);
	finding = find(written, "10.0.0.9:8080", FINDING_NOT_CONFIGURED);
	assert_int_equal(finding->severity, FINDING_NOTE);
	assert_non_null(strstr(finding->text, "variable"));
}

/* Gone by a reload: an old worker goes on with it. */
static void test_replaced_backend(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	const struct finding *finding;

	feed_config(written, 1, 0);
	written_feed(written, &backend);
	feed_figures(written, 1, 10, 1000);
	feed_config(written, 2, 2000);
	backend = backend_new(BALANCER_NGINX, 0, 2);
	backend.generation = 2;
	written_feed(written, &backend);
	/* What was done before the reload was right. */
	assert_int_equal(written_finish(written)->configured_count, 1);
	feed_figures(written, 1, 10, 9000);
	feed_figures(written, 1, 12, 10000);
	finding = find(written, "10.0.0.1:8080", FINDING_NOT_CONFIGURED);
	assert_non_null(finding);
	assert_non_null(strstr(finding->text, "was api/app0 until the reload 8 s before"));
}

static void test_unresolved(void **state)
{
	struct written *written = *state;
	struct event_backend backend = feed_named(written, 1, 10);
	struct event_backend_address failed =
		backend_address_new(&backend, 0, BACKEND_ADDRESS_FAILED, 20);
	struct event_backend_address again = backend_address_new(&backend, 1, 0, 30);
	const struct finding *finding;

	failed.error = 3;
	written_feed(written, &failed);
	finding = find(written, "api/app0", FINDING_NAME_UNRESOLVED);
	assert_non_null(finding);
	assert_int_equal(finding->severity, FINDING_ERROR);
	assert_non_null(strstr(finding->text, "app.internal does not resolve (NXDOMAIN"));
	written_feed(written, &again);
	assert_null(find(written, "api/app0", FINDING_NAME_UNRESOLVED));
}

static void test_file_that_changed(void **state)
{
	struct written *written = *state;
	struct event_config note = config_new(BALANCER_NGINX, 1, 0);
	const struct finding *finding;

	written_feed(written, &note);
	for (uint8_t i = 0; i < 2; i++) {
		struct event_backend backend = backend_new(BALANCER_NGINX, i, (uint8_t)(i + 1));

		written_feed(written, &backend);
	}
	note.kind = CONFIG_CHANGED;
	written_feed(written, &note);
	finding = find(written, "api/app0", FINDING_CONFIG_CHANGED);
	assert_non_null(finding);
	assert_string_equal(finding->file, "/etc/nginx/nginx.conf");
	assert_null(find(written, "api/app1", FINDING_CONFIG_CHANGED));
}

/* The name has another address by now. */
static void test_stale_address(void **state)
{
	struct written *written = *state;
	struct event_backend backend = feed_named(written, 1, 10);
	struct event_backend_address gone =
		backend_address_new(&backend, 1, BACKEND_ADDRESS_GONE, 5000);
	struct event_backend_address fresh = backend_address_new(&backend, 2, 0, 5000);
	const struct gateway_error *error;
	const struct finding *finding;
	const struct report_cause *cause;

	written_feed(written, &gone);
	written_feed(written, &fresh);
	error = judge_refused(written, 1, 7000);
	written_assert_cause(error, CAUSE_DNS_STALE, CONFIDENCE_CERTAIN);
	assert_string_equal(error->backend_name, "api/app0");
	assert_non_null(strstr(error->evidence.lines[0],
			       "app.internal meant 10.0.0.1:8080 until 2.0 s before"));
	assert_non_null(strstr(error->evidence.lines[0], "10.0.0.2 now"));
	assert_non_null(strstr(error->evidence.lines[1], "conn-refused"));
	finding = find(written, "api/app0", FINDING_DNS_STALE);
	assert_non_null(finding);
	assert_int_equal(finding->severity, FINDING_ERROR);
	assert_int_equal(finding->line, 10);
	cause = written_cause(written_finish(written), CAUSE_DNS_STALE);
	assert_string_equal(cause->fix[cause->fix_count - 1],
			    "/etc/nginx/nginx.conf:10: server app.internal:8080;");
}

/* It still had it then. */
static void test_address_that_is_gone_later(void **state)
{
	struct written *written = *state;
	struct event_backend backend = feed_named(written, 1, 10);
	struct event_backend_address gone =
		backend_address_new(&backend, 1, BACKEND_ADDRESS_GONE, 9000);

	judge_refused(written, 1, 7000);
	written_feed(written, &gone);
	written_assert_cause(written_error(written, 1, 0), CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	assert_null(find(written, "api/app0", FINDING_DNS_STALE));
}

/* Who gives other addresses each time gives them again. */
static void test_rotating_name_is_never_stale(void **state)
{
	struct written *written = *state;
	struct event_backend backend = feed_named(written, 1, 10);
	const uint32_t flags[] = { BACKEND_ADDRESS_GONE, 0, BACKEND_ADDRESS_GONE };

	for (unsigned int i = 0; i < 3; i++) {
		struct event_backend_address address =
			backend_address_new(&backend, 1, flags[i], 1000 * (1 + i));

		written_feed(written, &address);
	}
	written_assert_cause(judge_refused(written, 1, 7000), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
}

/* nginx resolved it before lbtrace looked. */
static void test_address_that_no_name_has(void **state)
{
	struct written *written = *state;
	const struct gateway_error *error;

	feed_named(written, 2, 10);
	error = judge_refused(written, 7, 7000);
	written_assert_cause(error, CAUSE_DNS_STALE, CONFIDENCE_LIKELY);
	assert_non_null(strstr(error->evidence.lines[0], "10.0.0.7:8080"));
	assert_non_null(find(written, "api/app0", FINDING_DNS_STALE));
}

/* Another one names the address, or another port is meant. */
static void test_address_that_is_configured_is_not_stale(void **state)
{
	struct written *written = *state;
	struct event_backend literal = backend_new(BALANCER_NGINX, 1, 7);

	feed_named(written, 2, 10);
	written_feed(written, &literal);
	written_assert_cause(judge_refused(written, 7, 7000), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
}

static void test_other_port_is_not_stale(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	struct event_backend_address address;

	backend_by_name(&backend, "app.internal");
	backend.address.port = 9090;
	feed_config(written, 1, 0);
	written_feed(written, &backend);
	address = backend_address_new(&backend, 2, 0, 10);
	written_feed(written, &address);
	written_assert_cause(judge_refused(written, 7, 7000), CAUSE_CONN_REFUSED,
			     CONFIDENCE_CERTAIN);
}

/* HAProxy says that it uses an address that the name has no longer. */
static void test_told_address_is_stale(void **state)
{
	struct written *written = *state;
	struct event_backend backend = feed_named(written, 1, 10);
	struct event_backend_address told =
		backend_address_new(&backend, 1, BACKEND_ADDRESS_TOLD, 20);
	struct event_backend_address gone =
		backend_address_new(&backend, 1, BACKEND_ADDRESS_GONE, 5000);

	written_feed(written, &told);
	written_feed(written, &gone);
	written_assert_cause(judge_refused(written, 1, 7000), CAUSE_DNS_STALE, CONFIDENCE_CERTAIN);
	assert_string_equal(written_error(written, 1, 0)->backend_name, "api/app0");
	assert_non_null(find(written, "api/app0", FINDING_DNS_STALE));
}

#define state_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		state_test(test_never_connected),
		state_test(test_too_few_connections_tell_nothing),
		state_test(test_new_server_is_given_time),
		state_test(test_server_that_is_down_is_not_connected_to),
		state_test(test_not_configured),
		state_test(test_replaced_backend),
		state_test(test_unresolved),
		state_test(test_file_that_changed),
		state_test(test_stale_address),
		state_test(test_address_that_is_gone_later),
		state_test(test_rotating_name_is_never_stale),
		state_test(test_address_that_no_name_has),
		state_test(test_address_that_is_configured_is_not_stale),
		state_test(test_other_port_is_not_stale),
		state_test(test_told_address_is_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
