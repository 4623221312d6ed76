// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/reports.h"

#include <stdio.h>
#include <string.h>

#include "user/lib/endpoint.h"

#define START_EPOCH_NS 1769903999123000000ull /* 2026-01-31T23:59:59.123Z */
#define HOUR_NS (3600 * 1000000000ull)

static struct event_address address(const char *text)
{
	struct event_address parsed = { 0 };

	if (endpoint_parse(text, &parsed))
		parsed.family = 0;
	return parsed;
}

void report_sample_empty(struct report_sample *sample)
{
	memset(sample, 0, sizeof(*sample));
	sample->report.host = "web1";
	sample->report.kernel = "6.18.5";
	sample->report.lbtrace = "0.1.0";
	sample->report.start_epoch_ns = START_EPOCH_NS;
	sample->report.end_epoch_ns = START_EPOCH_NS;
	sample->report.balancers = sample->balancers;
	sample->report.statuses = sample->statuses;
	sample->report.causes = sample->causes;
	sample->report.backends = sample->backends;
	sample->report.configured = sample->configured;
	sample->report.config_notes = sample->config_notes;
	sample->report.health = HEALTH_HEALTHY;
}

static void add_balancers(struct report_sample *sample)
{
	struct report_balancer *nginx = &sample->balancers[0];
	struct report_balancer *haproxy = &sample->balancers[1];

	nginx->owner = (struct event_owner){ .tgid = 812, .kind = BALANCER_NGINX };
	strcpy(nginx->owner.comm, "nginx");
	strcpy(nginx->config, "/etc/nginx/nginx.conf");
	sample->listeners[0] = address("10.9.0.1:80");
	sample->listeners[1] = address("[fd00::1]:80");
	nginx->listeners = sample->listeners;
	nginx->listener_count = 2;
	haproxy->owner = (struct event_owner){ .tgid = 900, .kind = BALANCER_HAPROXY };
	strcpy(haproxy->owner.comm, "haproxy");
	sample->report.balancer_count = 2;
}

static void add_causes(struct report_sample *sample)
{
	struct report_cause *refused = &sample->causes[0];
	struct report_cause *none_left = &sample->causes[1];

	sample->refusing[0] = address("10.77.1.12:8080");
	*refused = (struct report_cause){
		.cause = CAUSE_CONN_REFUSED,
		.count = 42,
		.share = 42.0 / 45,
		.confidence = CONFIDENCE_CERTAIN,
		.backend_count = 1,
		.backends = sample->refusing,
		.summary = "The backend's host answers, but nothing listens on the port.",
		.evidence = { 1, { "SYN answered by a RST after 0.2 ms" } },
		.fix_count = 2,
		.fix = { "start the application on port 8080",
			 "correct `server 10.77.1.12:8080;`" },
		.confirm = "nc -vz 10.77.1.12 8080",
	};
	*none_left = (struct report_cause){
		.cause = CAUSE_NO_ELIGIBLE_BACKEND,
		.count = 2,
		.share = 2.0 / 45,
		.confidence = CONFIDENCE_LIKELY,
		.summary = "Every server is down.",
		.evidence = { 1, { "503 written in the turn that read the request" } },
		.fix_count = 1,
		.fix = { "see why the health checks fail" },
		.confirm = "echo 'show stat' | socat stdio /run/haproxy.sock",
	};
	sample->report.cause_count = 2;
}

static void add_refusing(struct report_backend *backend)
{
	*backend = (struct report_backend){
		.address = address("10.77.1.12:8080"),
		.load_balancer = "nginx",
		.attempts = 45,
		.connected = 3,
		.failed = 42,
		.gateway_errors = 42,
		.cause_count = 1,
		.causes = { { CAUSE_CONN_REFUSED, 42, CONFIDENCE_CERTAIN } },
		.resets_received = 42,
		.verdict = "Refuses every connection since the start.",
		.evidence = "42 of 45 SYNs answered by a RST",
		.next_command = "nc -vz 10.77.1.12 8080",
	};
}

static void add_backends(struct report_sample *sample)
{
	struct report_backend *puzzling = &sample->backends[1];
	struct report_backend *slow = &sample->backends[2];
	struct report_backend *healthy = &sample->backends[3];

	add_refusing(&sample->backends[0]);
	puzzling->address = address("10.77.1.13:80");
	strcpy(puzzling->load_balancer, "nginx");
	puzzling->attempts = 10;
	puzzling->gateway_errors = 1;
	puzzling->cause_count = 1;
	puzzling->causes[0] = (struct cause_count){ CAUSE_NONE, 1, CONFIDENCE_NONE };
	slow->address = address("[fd77::1]:80");
	strcpy(slow->load_balancer, "haproxy");
	slow->attempts = 1000;
	slow->absorbed = 3;
	strcpy(slow->verdict, "Health checks or retries fail: slow-response.");
	healthy->address = address("10.77.1.11:8080");
	strcpy(healthy->load_balancer, "nginx");
	healthy->attempts = 1234567;
	healthy->connected = 1234567;
	healthy->established = 12;
	healthy->connect = (struct latency){ 1234567, 210, 400, 1200, 3001000 };
	healthy->first_byte = (struct latency){ 1234567, 3100, 9000, 20400, 61000000 };
	healthy->close_wait = 2;
	healthy->close_wait_max_age_seconds = 90.5;
	sample->report.backend_count = 4;
}

void report_sample_failing(struct report_sample *sample)
{
	struct report *report = &sample->report;

	report_sample_empty(sample);
	report->end_epoch_ns = START_EPOCH_NS + HOUR_NS;
	report->health = HEALTH_FAILING;
	report->errors = 45;
	report->explained = 44;
	report->unexplained = 1;
	sample->statuses[0] = (struct status_count){ 502, 43 };
	sample->statuses[1] = (struct status_count){ 503, 2 };
	report->status_count = 2;
	add_balancers(sample);
	add_causes(sample);
	add_backends(sample);
}

static void configure(struct report_configured *row, const struct event_owner *owner,
		      const char *pool, const char *name, const char *where)
{
	struct event_backend *backend = &row->config;

	row->owner = *owner;
	backend->header.type = EVENT_BACKEND;
	backend->owner = *owner;
	backend->connect_timeout_ms = 500;
	snprintf(backend->pool, sizeof(backend->pool), "%s", pool);
	snprintf(backend->name, sizeof(backend->name), "%s", name);
	snprintf(row->name, sizeof(row->name), "%s/%s", pool, name);
	if (!*where)
		return;
	row->addresses[row->address_count++] = address(where);
	backend->address = row->addresses[0];
	endpoint_format_host(&backend->address, backend->host);
}

static void add_refusing_configured(struct report_sample *sample)
{
	struct report_configured *row = &sample->configured[0];

	configure(row, &sample->balancers[0].owner, "api_pool", "app2", "10.77.1.12:8080");
	strcpy(row->config.file, "/etc/nginx/nginx.conf");
	row->config.line = 14;
	strcpy(row->config.directive, "server 10.77.1.12:8080 weight=2;");
	row->attempts = 45;
	row->connected = 3;
	row->failed = 42;
	row->gateway_errors = 42;
	row->last_cause = CAUSE_CONN_REFUSED;
	row->last_failure_epoch_ns = START_EPOCH_NS;
	row->finding_count = 2;
	row->findings[0] = (struct finding){
		.id = FINDING_WRONG_PORT,
		.severity = FINDING_ERROR,
		.text = "Refused on port 8080 each time, while port 80 of the host answers.",
		.fix = "Write port 80, which its siblings have.",
		.file = "/etc/nginx/nginx.conf",
		.line = 14,
	};
	row->findings[1] = (struct finding){
		.id = FINDING_CONNECT_TIMEOUT_SHORT,
		.severity = FINDING_NOTE,
		.text = "The connect timeout of 500 ms is shorter than the first retransmit.",
		.file = "/etc/nginx/nginx.conf",
		.line = 9,
	};
}

static void add_down_configured(struct report_sample *sample)
{
	struct report_configured *row = &sample->configured[3];
	struct event_backend_status *status = &row->status;

	configure(row, &sample->balancers[1].owner, "web", "app1", "[fd77::1]:80");
	row->config.header.flags = BACKEND_CHECKED;
	row->config.check = CHECK_HTTP;
	row->config.check_interval_ms = 2000;
	strcpy(row->config.check_target, "GET /health");
	strcpy(row->config.file, "/etc/haproxy/haproxy.cfg");
	row->config.line = 30;
	status->header.type = EVENT_BACKEND_STATUS;
	status->state = BACKEND_DOWN;
	status->check_code = 500;
	status->changed_ns = 60 * 1000000000ull;
	status->connect_errors = 3;
	strcpy(status->check_status, "L7STS");
	strcpy(status->check_text, "Internal Server Error");
	row->checks = (struct report_checks){
		.failed = 30,
		.since_epoch_ns = START_EPOCH_NS,
		.last_cause = CAUSE_BACKEND_5XX,
		.period_ms = 2000,
		.last_status = 500,
	};
}

static void add_notes(struct report_sample *sample)
{
	struct event_config *notes = sample->config_notes;

	notes[0] = (struct event_config){ .owner = sample->balancers[0].owner,
					  .kind = CONFIG_SKIPPED,
					  .line = 7,
					  .file = "/etc/nginx/nginx.conf",
					  .text = "frobnicate on" };
	notes[1] = (struct event_config){ .owner = sample->balancers[1].owner,
					  .kind = CONFIG_CHANGED,
					  .file = "/etc/haproxy/haproxy.cfg" };
	sample->report.config_note_count = 2;
}

void report_sample_configured(struct report_sample *sample)
{
	struct event_container *container = &sample->balancers[0].container;
	struct report_configured *unconfigured = &sample->configured[4];
	uint32_t group = 1;

	report_sample_failing(sample);
	sample->report.epoch_offset_ns = (int64_t)START_EPOCH_NS;
	for (size_t i = 0; i < sample->report.balancer_count; i++)
		sample->balancers[i].owner.group = group++;
	strcpy(sample->backends[0].name, "api_pool/app2");
	strcpy(sample->backends[2].name, "web/app1");
	strcpy(sample->refusing_names[0], "api_pool/app2");
	sample->causes[0].backend_names = sample->refusing_names;
	container->header.type = EVENT_CONTAINER;
	strcpy(container->runtime, "containerd");
	strcpy(container->id, "0123456789abcdef");
	strcpy(container->pod, "web-7c9f");
	strcpy(container->pod_namespace, "prod");
	add_refusing_configured(sample);
	configure(&sample->configured[1], &sample->balancers[0].owner, "api_pool", "app.internal",
		  "");
	sample->configured[1].config.header.flags = BACKEND_NAMED;
	configure(&sample->configured[2], &sample->balancers[0].owner, "local", "unix:/run/x.sock",
		  "");
	sample->configured[2].config.header.flags = BACKEND_UNIX;
	strcpy(sample->configured[2].config.host, "unix:/run/x.sock");
	add_down_configured(sample);
	unconfigured->owner = sample->balancers[0].owner;
	strcpy(unconfigured->name, "10.77.1.13:80");
	unconfigured->addresses[unconfigured->address_count++] = address("10.77.1.13:80");
	unconfigured->attempts = 10;
	sample->report.configured_count = 5;
	add_notes(sample);
}
