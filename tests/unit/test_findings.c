// SPDX-License-Identifier: GPL-2.0-only
/* Misconfigurations that the kernel's events show, each beside its nearest neighbour that is none. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/written_config.h"

/* nginx's servers api/app0 to api/app2 at 10.0.0.1:8080 to 10.0.0.3:8080. */
static void feed_servers(struct written *written, const struct event_backend *changed)
{
	struct event_config config = config_new(BALANCER_NGINX, 1, 0);

	written_feed(written, &config);
	for (uint8_t i = 0; i < 3; i++) {
		struct event_backend backend = backend_new(BALANCER_NGINX, i, (uint8_t)(i + 1));

		if (changed && changed->index == i)
			backend = *changed;
		written_feed(written, &backend);
	}
}

static void feed_figures(struct written *written, const struct event_address *address,
			 uint64_t connected)
{
	struct event_figures figures = figures_new(BALANCER_NGINX, 900);

	figures.backend.address = *address;
	figures.figures.attempts = figures.figures.connected = connected;
	figures.figures.exchanges = connected;
	written_feed(written, &figures);
}

static void feed_healthy(struct written *written, uint8_t host, uint64_t connected)
{
	struct event_address address = address_new(host);

	feed_figures(written, &address, connected);
}

/* Three attempts that end like this. */
static void feed_failures(struct written *written, const struct event_address *address,
			  void (*end)(struct event_attempt *))
{
	for (unsigned int i = 0; i < 3; i++) {
		struct event_attempt attempt = attempt_new(BALANCER_NGINX, 11 + i, 2000 + i, 1500);

		end(&attempt);
		attempt.remote = *address;
		written_feed(written, &attempt);
	}
}

static const struct finding *find(struct written *written, const char *name, enum finding_id id)
{
	return written_finding(written_configured(written_finish(written), name), id);
}

static size_t count_all(struct written *written, enum finding_severity least)
{
	const struct report *report = written_finish(written);
	size_t count = 0;

	for (size_t i = 0; i < report->configured_count; i++) {
		for (size_t k = 0; k < report->configured[i].finding_count; k++)
			count += report->configured[i].findings[k].severity >= least;
	}
	return count;
}

static void test_healthy_has_no_findings(void **state)
{
	struct written *written = *state;

	feed_servers(written, NULL);
	for (uint8_t host = 1; host <= 3; host++)
		feed_healthy(written, host, 100);
	assert_int_equal(count_all(written, FINDING_NOTE), 0);
}

static struct event_backend wrong_port_new(void)
{
	struct event_backend backend = backend_new(BALANCER_NGINX, 1, 2);

	backend.address.port = 8081;
	strcpy(backend.directive, "server 10.0.0.2:8081");
	return backend;
}

static void test_wrong_port_beside_siblings(void **state)
{
	struct written *written = *state;
	struct event_backend wrong = wrong_port_new();
	const struct finding *finding;

	feed_servers(written, &wrong);
	feed_healthy(written, 1, 50);
	feed_healthy(written, 3, 50);
	feed_failures(written, &wrong.address, attempt_refuse);
	finding = find(written, "api/app1", FINDING_WRONG_PORT);
	assert_non_null(finding);
	assert_int_equal(finding->severity, FINDING_ERROR);
	assert_non_null(strstr(finding->text, "api/app1 (10.0.0.2:8081)"));
	assert_non_null(strstr(finding->text, "siblings use port 8080"));
	assert_non_null(strstr(finding->fix, "`server 10.0.0.2:8081` to 8080"));
	assert_string_equal(finding->file, "/etc/nginx/nginx.conf");
	assert_int_equal(finding->line, 11);
	assert_int_equal(count_all(written, FINDING_WARNING), 1);
}

static void test_wrong_port_of_a_lone_server(void **state)
{
	struct written *written = *state;
	struct event_config config = config_new(BALANCER_NGINX, 1, 0);
	struct event_backend wrong = wrong_port_new();
	const struct finding *finding;

	written_feed(written, &config);
	written_feed(written, &wrong);
	feed_healthy(written, 2, 50); /* 10.0.0.2:8080, of no configuration */
	feed_failures(written, &wrong.address, attempt_refuse);
	finding = find(written, "api/app1", FINDING_WRONG_PORT);
	assert_non_null(finding);
	assert_int_equal(finding->severity, FINDING_WARNING);
	assert_non_null(strstr(finding->text, "port 8080 of the same host answers"));
}

/* The application is down: the port is its siblings'. */
static void test_refused_at_the_siblings_port(void **state)
{
	struct written *written = *state;
	struct event_address address = address_new(2);

	feed_servers(written, NULL);
	feed_healthy(written, 1, 50);
	feed_healthy(written, 3, 50);
	feed_failures(written, &address, attempt_refuse);
	assert_int_equal(count_all(written, FINDING_NOTE), 0);
}

/* It answered before: it is the right one. */
static void test_refused_after_success(void **state)
{
	struct written *written = *state;
	struct event_backend other = wrong_port_new();

	feed_servers(written, &other);
	feed_healthy(written, 1, 50);
	feed_healthy(written, 3, 50);
	feed_figures(written, &other.address, 40);
	feed_failures(written, &other.address, attempt_refuse);
	assert_int_equal(count_all(written, FINDING_NOTE), 0);
}

/* Nobody answers anywhere: nothing says that this port is worse than others. */
static void test_refused_everywhere(void **state)
{
	struct written *written = *state;
	struct event_backend other = wrong_port_new();

	feed_servers(written, &other);
	for (uint8_t host = 1; host <= 3; host++) {
		struct event_address address = address_new(host);

		if (host == 2)
			address.port = 8081;
		feed_failures(written, &address, attempt_refuse);
	}
	assert_int_equal(count_all(written, FINDING_NOTE), 0);
}

static void test_wrong_address(void **state)
{
	struct written *written = *state;
	struct event_backend wrong = backend_new(BALANCER_NGINX, 1, 99);
	const struct finding *finding;

	feed_servers(written, &wrong);
	feed_healthy(written, 1, 50);
	feed_failures(written, &wrong.address, attempt_silence);
	finding = find(written, "api/app1", FINDING_WRONG_ADDRESS);
	assert_non_null(finding);
	assert_int_equal(finding->severity, FINDING_ERROR);
	assert_non_null(strstr(finding->text, "while its siblings answer"));
	assert_non_null(strstr(finding->fix, "server 10.0.0.99:8080"));
	assert_int_equal(finding->line, 11);
}

/* Silence alone may be a firewall; no route is the address's own fault. */
static void test_lone_address(void **state)
{
	struct written *written = *state;
	struct event_config config = config_new(BALANCER_NGINX, 1, 0);
	struct event_backend silent = backend_new(BALANCER_NGINX, 0, 98);
	struct event_backend unrouted = backend_new(BALANCER_NGINX, 1, 99);

	backend_pool(&silent, "one", "a");
	backend_pool(&unrouted, "two", "b");
	written_feed(written, &config);
	written_feed(written, &silent);
	written_feed(written, &unrouted);
	feed_failures(written, &silent.address, attempt_silence);
	feed_failures(written, &unrouted.address, attempt_unroute);
	assert_null(find(written, "one/a", FINDING_WRONG_ADDRESS));
	assert_non_null(find(written, "two/b", FINDING_WRONG_ADDRESS));
}

static void feed_host_port(struct written *written, uint8_t host, uint32_t flags)
{
	struct event_host_port port = {
		.header = { EVENT_HOST_PORT, sizeof(port), flags, WRITTEN_START_NS },
		.address = address_new(host),
	};

	written_feed(written, &port);
}

static void test_loopback_bind(void **state)
{
	struct written *written = *state;
	const struct finding *finding;

	feed_servers(written, NULL);
	feed_host_port(written, 1, HOST_PORT_LISTENS | HOST_PORT_LOOPBACK);
	feed_host_port(written, 2, HOST_PORT_LOOPBACK);
	feed_host_port(written, 3, HOST_PORT_OTHER_ADDRESS);
	assert_null(find(written, "api/app2", FINDING_LOOPBACK_BIND));
	assert_null(find(written, "api/app0", FINDING_LOOPBACK_BIND));
	finding = find(written, "api/app1", FINDING_LOOPBACK_BIND);
	assert_non_null(finding);
	assert_non_null(strstr(finding->text, "listens on a loopback address only"));
	assert_int_equal(count_all(written, FINDING_NOTE), 1);
}

static void test_duplicate(void **state)
{
	struct written *written = *state;
	struct event_backend twin = backend_new(BALANCER_NGINX, 2, 1);
	const struct finding *finding;

	feed_servers(written, &twin);
	finding = find(written, "api/app2", FINDING_DUPLICATE);
	assert_non_null(finding);
	assert_non_null(strstr(finding->text, "nginx.conf:10: server 10.0.0.1:8080;"));
	assert_int_equal(finding->line, 12);
	assert_int_equal(count_all(written, FINDING_NOTE), 1);
}

/* In two pools, or by one directive, it is meant. */
static void test_no_duplicate(void **state)
{
	struct written *written = *state;
	struct event_config config = config_new(BALANCER_NGINX, 1, 0);

	written_feed(written, &config);
	for (uint32_t i = 0; i < 4; i++) {
		struct event_backend backend = backend_new(BALANCER_NGINX, i, 1);

		if (i < 2)
			backend_pool(&backend, i ? "one" : "two", "app");
		else
			backend.line = 20;
		written_feed(written, &backend);
	}
	assert_int_equal(count_all(written, FINDING_NOTE), 0);
}

static void answer_tls(struct event_attempt *attempt)
{
	attempt->header.flags &= ~(uint32_t)ATTEMPT_EXCHANGE_OPEN;
	attempt->header.flags |= ATTEMPT_ANSWERED | ATTEMPT_MISFIT | ATTEMPT_FIN_RECEIVED;
	attempt->received.kind = PAYLOAD_TLS_ALERT;
	attempt->received.length = 7;
	memcpy(attempt->received.head, "\x15\x03\x01\x00\x02\x02\x46", 7);
	attempt->bytes_received = 7;
	attempt->response_ns = attempt->fin_received_ns = attempt->header.time_ns;
}

static void answer_plain(struct event_attempt *attempt)
{
	attempt_answer(attempt, 0);
	attempt->header.flags &= ~(uint32_t)ATTEMPT_ANSWERED_5XX;
	attempt->header.flags |= ATTEMPT_MISFIT;
	attempt->sent.kind = PAYLOAD_TLS;
	memcpy(attempt->received.head, "HTTP/1.1 400", 12);
	attempt->received.status = 400;
}

static void test_plain_to_tls(void **state)
{
	struct written *written = *state;
	struct event_address address = address_new(2);
	const struct finding *finding;

	feed_servers(written, NULL);
	feed_failures(written, &address, answer_tls);
	finding = find(written, "api/app1", FINDING_PLAIN_TO_TLS);
	assert_non_null(finding);
	assert_int_equal(finding->severity, FINDING_ERROR);
	assert_non_null(strstr(finding->fix, "https://"));
	assert_int_equal(finding->line, 11);
}

/* OpenSSL closes without a word; on a port of TLS, and only if it always did, that is told. */
static void test_perhaps_plain_to_tls(void **state)
{
	struct written *written = *state;
	struct event_backend secure = backend_new(BALANCER_NGINX, 1, 2);
	struct event_address address = address_new(2);
	const struct finding *finding;

	secure.address.port = address.port = 9443;
	feed_servers(written, &secure);
	feed_failures(written, &address, attempt_close);
	address = address_new(3);
	feed_failures(written, &address, attempt_close);
	finding = find(written, "api/app1", FINDING_PLAIN_TO_TLS);
	assert_non_null(finding);
	assert_int_equal(finding->severity, FINDING_WARNING);
	assert_null(find(written, "api/app2", FINDING_PLAIN_TO_TLS));
}

/* The same address with TLS in one place, without in another: it is the first one's. */
static void test_tls_to_plain(void **state)
{
	struct written *written = *state;
	struct event_backend tls = backend_new(BALANCER_NGINX, 3, 2);
	struct event_address address = address_new(2);
	const struct report_cause *cause;
	const struct finding *finding;
	struct event_attempt attempt;
	struct event_response response;

	backend_pool(&tls, "", "10.0.0.2:8080");
	tls.header.flags |= BACKEND_TLS;
	strcpy(tls.directive, "proxy_pass https://10.0.0.2:8080");
	feed_servers(written, NULL);
	written_feed(written, &tls);
	feed_failures(written, &address, answer_plain);
	attempt = attempt_new(BALANCER_NGINX, 99, 2500, 5);
	answer_plain(&attempt);
	attempt.remote = address;
	response = response_adjacent(BALANCER_NGINX, 1, &attempt, 502);
	written_feed(written, &attempt);
	written_feed(written, &response);
	finding = find(written, "10.0.0.2:8080", FINDING_TLS_TO_PLAIN);
	assert_non_null(finding);
	assert_int_equal(finding->line, 13);
	assert_null(find(written, "api/app1", FINDING_TLS_TO_PLAIN));
	assert_string_equal(written_error(written, 1, 0)->backend_name, "10.0.0.2:8080");
	cause = written_cause(written_finish(written), CAUSE_TLS_TO_PLAIN);
	assert_non_null(cause);
	assert_string_equal(cause->fix[cause->fix_count - 1],
			    "/etc/nginx/nginx.conf:13: proxy_pass https://10.0.0.2:8080;");
}

static void test_short_connect_timeout(void **state)
{
	struct written *written = *state;
	struct event_backend hasty = backend_new(BALANCER_NGINX, 1, 2);
	const struct finding *finding;

	hasty.connect_timeout_ms = 300;
	feed_servers(written, &hasty);
	finding = find(written, "api/app1", FINDING_CONNECT_TIMEOUT_SHORT);
	assert_non_null(finding);
	assert_int_equal(finding->severity, FINDING_NOTE);
	feed_failures(written, &hasty.address, attempt_silence);
	finding = find(written, "api/app1", FINDING_CONNECT_TIMEOUT_SHORT);
	assert_int_equal(finding->severity, FINDING_WARNING);
}

/* Closed by the backend when it had been idle for `idle_ms`, just as it was used again. */
static void feed_race(struct written *written, uint64_t cookie, uint64_t idle_ms)
{
	struct event_attempt attempt = attempt_new(BALANCER_NGINX, cookie, 20000 + cookie, 15000);

	attempt_close(&attempt);
	attempt.exchanges = 2;
	attempt.request_ns = attempt.header.time_ns;
	attempt.last_received_ns = attempt.header.time_ns - idle_ms * WRITTEN_MS;
	attempt.fin_received_ns = attempt.request_ns - WRITTEN_MS;
	written_feed(written, &attempt);
}

static void test_long_keepalive(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);
	const struct finding *finding;

	backend.keepalive_idle_ms = 60000;
	feed_servers(written, &backend);
	feed_race(written, 11, 5000);
	feed_race(written, 12, 5100);
	finding = find(written, "api/app0", FINDING_KEEPALIVE_LONG);
	assert_non_null(finding);
	assert_non_null(strstr(finding->text, "kept for 60.0 s"));
	assert_non_null(strstr(finding->text, "after 5.0 s"));
	assert_non_null(strstr(finding->fix, "keepalive_timeout"));
}

/* Shorter than the backend's; and a backend that was stopped closes whatever is idle. */
static void test_no_long_keepalive(void **state)
{
	struct written *written = *state;
	struct event_backend backend = backend_new(BALANCER_NGINX, 0, 1);

	backend.keepalive_idle_ms = 4000;
	feed_servers(written, &backend);
	feed_race(written, 11, 5000);
	feed_race(written, 12, 5000);
	assert_null(find(written, "api/app0", FINDING_KEEPALIVE_LONG));
	backend.keepalive_idle_ms = 60000;
	backend.generation = 2;
	written_feed(written, &backend);
	assert_non_null(find(written, "api/app0", FINDING_KEEPALIVE_LONG));
	feed_race(written, 13, 12000);
	assert_null(find(written, "api/app0", FINDING_KEEPALIVE_LONG));
}

#define findings_test(test) cmocka_unit_test_setup_teardown(test, written_setup, written_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		findings_test(test_healthy_has_no_findings),
		findings_test(test_wrong_port_beside_siblings),
		findings_test(test_wrong_port_of_a_lone_server),
		findings_test(test_refused_at_the_siblings_port),
		findings_test(test_refused_after_success),
		findings_test(test_refused_everywhere),
		findings_test(test_wrong_address),
		findings_test(test_lone_address),
		findings_test(test_loopback_bind),
		findings_test(test_duplicate),
		findings_test(test_no_duplicate),
		findings_test(test_plain_to_tls),
		findings_test(test_perhaps_plain_to_tls),
		findings_test(test_tls_to_plain),
		findings_test(test_short_connect_timeout),
		findings_test(test_long_keepalive),
		findings_test(test_no_long_keepalive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
