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
