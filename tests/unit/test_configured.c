// SPDX-License-Identifier: GPL-2.0-only
/* What the backends of the stream are called. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written_config.h"
#include "user/diagnose/configured.h"

static const char *name_of(struct written *written, uint8_t host)
{
	static char name[MODEL_NAME_BYTES];
	struct event_owner owner = owner_new(BALANCER_NGINX);
	struct event_address address = address_new(host);

	diagnosis_backend_name(written->diagnosis, &owner, &address, name);
	return name;
}

static void feed_config(struct written *written, uint32_t generation, uint64_t ms)
{
	struct event_config config = config_new(BALANCER_NGINX, generation, ms);

	written_feed(written, &config);
}

/* A refused attempt at 10.0.0.1:8080, and nginx's 502. */
static void feed_refused(struct written *written, uint64_t cookie, uint64_t ms)
{
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, cookie, ms, 1);
	struct event_response response;

	attempt_refuse(&attempt);
	response = response_adjacent(BALANCER_NGINX, 1000 + cookie, &attempt, 502);
	written_feed(written, &attempt);
	written_feed(written, &response);
}

static void test_all_speak_of_the_name(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 2, 1);
	const struct gateway_error *error;
	const struct report_cause *cause;
	const struct report *report;

	feed_config(written, 1, 0);
	written_feed(written, &backend);
	feed_refused(written, 11, 100);
	report = written_finish(written);
	error = written_error(written, 1011, 0);
	assert_string_equal(error->backend_name, "api/app2");
	assert_string_equal(error->attempts[0].name, "api/app2");
	assert_string_equal(written_backend(report, 1)->name, "api/app2");
	assert_non_null(strstr(written_backend(report, 1)->verdict, "api/app2 (10.0.0.1:8080)"));
	cause = written_cause(report, CAUSE_CONN_REFUSED);
	assert_string_equal(cause->backend_names[0], "api/app2");
	assert_non_null(strstr(cause->summary, "api/app2 (10.0.0.1:8080)"));
	assert_null(strstr(cause->confirm, "api/app2"));
	assert_string_equal(cause->fix[cause->fix_count - 1],
			    "/etc/nginx/nginx.conf:12: server 10.0.0.1:8080;");
	assert_int_equal(report->epoch_offset_ns, 1000);
}

static void test_without_configuration_nothing_has_a_name(void **state)
{
	struct written *written = *state;
	const struct report_configured *row;
	const struct report *report;

	feed_refused(written, 11, 100);
	report = written_finish(written);
	assert_string_equal(written_error(written, 1011, 0)->backend_name, "");
	assert_string_equal(written_backend(report, 1)->name, "");
	row = written_configured(report, "10.0.0.1:8080");
	assert_int_equal(row->config.header.type, 0);
	assert_int_equal(row->attempts, 1);
	assert_int_equal(row->gateway_errors, 1);
	assert_int_equal(row->last_cause, CAUSE_CONN_REFUSED);
	assert_int_equal(row->last_failure_epoch_ns, WRITTEN_START_NS + 100 * WRITTEN_MS + 1000);
	assert_int_equal(row->finding_count, 0);
}

static void test_one_address_of_several_pools(void **state)
{
	struct written *written = *state;

	feed_config(written, 1, 0);
	for (uint32_t i = 0; i < 5; i++) {
		/* Told in no particular order. */
		struct event_backend backend = backend_new(BALANCER_NGINX, 4 - i, 1);
		char pool[16];

		snprintf(pool, sizeof(pool), "p%u", 4 - i);
		backend_pool(&backend, pool, "app1");
		written_feed(written, &backend);
	}
	assert_string_equal(name_of(written, 1), "p0/app1, p1/app1, p2/app1");
}

static void test_twice_in_a_pool_is_named_once(void **state)
{
	struct written *written = *state;

	feed_config(written, 1, 0);
	for (uint32_t i = 0; i < 2; i++) {
		struct event_backend backend = backend_new(BALANCER_NGINX, i, 1);

		backend_pool(&backend, "api", "10.0.0.1:8080");
		written_feed(written, &backend);
	}
	assert_string_equal(name_of(written, 1), "api/10.0.0.1:8080");
}

/* Its address is its name: not said twice. */
static void test_server_without_a_name(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	const struct report *report;

	backend_pool(&backend, "api", "10.0.0.1:8080");
	feed_config(written, 1, 0);
	written_feed(written, &backend);
	feed_refused(written, 11, 100);
	report = written_finish(written);
	assert_non_null(strstr(report->causes[0].summary, "api/10.0.0.1:8080"));
	assert_null(strstr(report->causes[0].summary, "(10.0.0.1:8080)"));
}

static void test_backend_without_a_pool(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);

	backend_pool(&backend, "", "localhost:8080");
	feed_config(written, 1, 0);
	written_feed(written, &backend);
	assert_string_equal(name_of(written, 1), "localhost:8080");
}

/* The new configuration counts, what it has no longer is still known by the one before it. */
static void test_reload(void **state)
{
	struct written *written = *state;
	struct event_backend old = backend_new(BALANCER_NGINX, 0, 1);
	struct event_backend gone = backend_new(BALANCER_NGINX, 1, 2);
	struct event_backend renamed = backend_new(BALANCER_NGINX, 0, 1);

	feed_config(written, 1, 0);
	written_feed(written, &old);
	written_feed(written, &gone);
	feed_config(written, 2, 1000);
	renamed.generation = 2;
	backend_pool(&renamed, "api", "new");
	written_feed(written, &renamed);
	assert_string_equal(name_of(written, 1), "api/new");
	assert_string_equal(name_of(written, 2), "api/app1");
	/* One more, and it is forgotten. */
	feed_config(written, 3, 2000);
	assert_string_equal(name_of(written, 2), "");
	assert_string_equal(name_of(written, 1), "api/new");
}

static void test_old_worker_goes_by_the_old_name(void **state)
{
	struct written *written = *state;
	struct event_backend old = backend_new(BALANCER_NGINX, 0, 1);
	struct event_backend renamed = backend_new(BALANCER_NGINX, 0, 1);
	struct event_process retired = {
		.header = { EVENT_PROCESS, sizeof(retired), PROCESS_RETIRED, WRITTEN_START_NS },
		.owner = owner_new(BALANCER_NGINX),
	};

	feed_config(written, 1, 0);
	written_feed(written, &old);
	feed_config(written, 2, 1000);
	renamed.generation = 2;
	backend_pool(&renamed, "api", "new");
	written_feed(written, &renamed);
	written_feed(written, &retired);
	assert_string_equal(name_of(written, 1), "api/app0");
}

/* Records of a configuration that is over say nothing. */
static void test_late_records_are_ignored(void **state)
{
	struct written *written = *state;
	struct event_backend late = backend_new(BALANCER_NGINX, 0, 1);

	feed_config(written, 5, 0);
	written_feed(written, &late);
	assert_string_equal(name_of(written, 1), "");
}

static void test_address_of_a_name(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	struct event_backend_address address;

	backend_by_name(&backend, "app.internal");
	feed_config(written, 1, 0);
	written_feed(written, &backend);
	assert_string_equal(name_of(written, 1), "");
	address = backend_address_new(&backend, 1, 0, 10);
	written_feed(written, &address);
	assert_string_equal(name_of(written, 1), "api/app0");
	/* Until the look after the next reload it has what it had. */
	feed_config(written, 2, 20);
	backend.generation = 2;
	written_feed(written, &backend);
	assert_string_equal(name_of(written, 1), "api/app0");
	address = backend_address_new(&backend, 3, 0, 30);
	written_feed(written, &address);
	assert_string_equal(name_of(written, 3), "api/app0");
}

/* All slots of a template have all addresses of its name, until HAProxy says which is whose. */
static void test_slots_of_a_template(void **state)
{
	struct written *written = *state;

	feed_config(written, 1, 0);
	for (uint32_t i = 0; i < 2; i++) {
		struct event_backend slot = backend_new(BALANCER_HAPROXY, i, 1);
		struct event_backend_address address;

		backend_by_name(&slot, "app.internal");
		slot.header.flags |= BACKEND_DYNAMIC;
		written_feed(written, &slot);
		for (uint8_t host = 1; host <= 2; host++) {
			address = backend_address_new(&slot, host, 0, 10);
			written_feed(written, &address);
		}
	}
	assert_string_equal(name_of(written, 1), "api/app0, api/app1");
	for (uint32_t i = 0; i < 2; i++) {
		struct event_backend slot = backend_new(BALANCER_HAPROXY, i, 1);
		struct event_backend_address told =
			backend_address_new(&slot, (uint8_t)(1 + i), BACKEND_ADDRESS_TOLD, 20);

		written_feed(written, &told);
	}
	assert_string_equal(name_of(written, 1), "api/app0");
	assert_string_equal(name_of(written, 2), "api/app1");
}

static void test_ipv4_in_ipv6(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	struct event_owner owner = owner_new(BALANCER_NGINX);
	struct event_address mapped = { .bytes = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 },
					.port = 8080,
					.family = 6 };
	char name[MODEL_NAME_BYTES];

	feed_config(written, 1, 0);
	written_feed(written, &backend);
	diagnosis_backend_name(written->diagnosis, &owner, &mapped, name);
	assert_string_equal(name, "api/app0");
	owner.group = 7;
	diagnosis_backend_name(written->diagnosis, &owner, &mapped, name);
	assert_string_equal(name, "");
}

static void test_hostile_names_are_escaped(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	const struct report *report;
	const struct report_cause *cause;

	memset(backend.pool, 0x1b, sizeof(backend.pool) - 1);
	memset(backend.name, 0xff, sizeof(backend.name) - 1);
	memset(backend.directive, '\n', sizeof(backend.directive) - 1);
	feed_config(written, 1, 0);
	written_feed(written, &backend);
	feed_refused(written, 11, 100);
	report = written_finish(written);
	cause = &report->causes[0];
	assert_null(strchr(cause->backend_names[0], 0x1b));
	assert_null(strchr(cause->fix[cause->fix_count - 1], '\n'));
	/* A name that is too long gives way to the address. */
	assert_non_null(strstr(cause->summary, "10.0.0.1"));
}

static void test_too_many_are_counted_as_lost(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, CONFIGURED_BACKENDS_MAX, 1);
	const struct report *report;

	feed_config(written, 1, 0);
	written_feed(written, &backend);
	for (uint32_t group = 1; group <= 3; group++) {
		for (uint32_t i = 0; i < CONFIGURED_BACKENDS_MAX; i++) {
			backend = backend_new(BALANCER_NGINX, i, 1);
			backend.owner.group = group;
			backend.address.port = (uint16_t)i;
			written_feed(written, &backend);
		}
	}
	report = written_finish(written);
	assert_int_equal(report->lost_state,
			 1 + 3 * CONFIGURED_BACKENDS_MAX - CONFIGURED_TOTAL_MAX);
	assert_int_equal(report->configured_count, CONFIGURED_TOTAL_MAX);
}

/* A load balancer that was started again: the old one's configuration is not shown beside its own. */
static void test_restart(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	struct event_config config = config_new(BALANCER_NGINX, 1, 0);
	struct event_process exited = {
		.header = { EVENT_PROCESS, sizeof(exited), PROCESS_EXITED, WRITTEN_START_NS },
		.owner = config.owner,
	};
	const struct report *report;

	written_feed(written, &config);
	written_feed(written, &backend);
	written_feed(written, &exited);
	report = diagnosis_report(written->diagnosis);
	assert_int_equal(report->configured_count, 1);
	config = config_new(BALANCER_NGINX, 1, 500);
	config.owner.group = backend.owner.group = 300;
	written_feed(written, &config);
	written_feed(written, &backend);
	report = written_finish(written);
	assert_int_equal(report->configured_count, 1);
	assert_int_equal(report->configured[0].owner.group, 300);
}

static void test_notes_and_container(void **state)
{
	struct written *written = *state;
	struct event_config note = config_new(BALANCER_NGINX, 1, 0);
	struct event_container container = {
		.header = { EVENT_CONTAINER, sizeof(container), 0, WRITTEN_START_NS },
		.owner = note.owner,
		.runtime = "docker",
		.pod = "web-0",
	};
	const struct report *report;

	written_feed(written, &note);
	note.kind = CONFIG_SKIPPED;
	strcpy(note.text, "frobnicate on");
	for (unsigned int i = 0; i < 2 * CONFIGURED_NOTES_MAX; i++)
		written_feed(written, &note);
	written_feed(written, &container);
	report = written_finish(written);
	assert_int_equal(report->config_note_count, CONFIGURED_NOTES_MAX);
	assert_string_equal(report->config_notes[0].text, "frobnicate on");
	assert_string_equal(report->balancers[0].container.pod, "web-0");
}

#define configured_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		configured_test(test_all_speak_of_the_name),
		configured_test(test_without_configuration_nothing_has_a_name),
		configured_test(test_one_address_of_several_pools),
		configured_test(test_twice_in_a_pool_is_named_once),
		configured_test(test_server_without_a_name),
		configured_test(test_backend_without_a_pool),
		configured_test(test_reload),
		configured_test(test_old_worker_goes_by_the_old_name),
		configured_test(test_late_records_are_ignored),
		configured_test(test_address_of_a_name),
		configured_test(test_slots_of_a_template),
		configured_test(test_ipv4_in_ipv6),
		configured_test(test_hostile_names_are_escaped),
		configured_test(test_too_many_are_counted_as_lost),
		configured_test(test_restart),
		configured_test(test_notes_and_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
