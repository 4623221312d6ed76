// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feeds the diagnosis any well-formed records. An input is a list of records,
 * each made of a zeroed one: a byte for its type, one for its time after the
 * one before, one for the number of patches, then the patches: two bytes of
 * offset, one of value. The report must add up, whatever came.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/diagnose/diagnose.h"
#include "user/lib/text.h"

#define PATCH_BYTES 3
#define CHECK(condition)                                                    \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #condition); \
			abort();                                            \
		}                                                           \
	} while (0)

static const struct {
	uint16_t type;
	uint16_t size_bytes;
} types[] = {
	{ EVENT_ATTEMPT, sizeof(struct event_attempt) },
	{ EVENT_RESPONSE, sizeof(struct event_response) },
	{ EVENT_PROCESS, sizeof(struct event_process) },
	{ EVENT_ACCEPT_DROP, sizeof(struct event_accept_drop) },
	{ EVENT_LOAD_BALANCER, sizeof(struct event_load_balancer) },
	{ EVENT_LISTENER, sizeof(struct event_listener) },
	{ EVENT_FIGURES, sizeof(struct event_figures) },
	{ EVENT_LOSS, sizeof(struct event_loss) },
	{ EVENT_TICK, sizeof(struct event_tick) },
	{ EVENT_NEIGHBOUR, sizeof(struct event_neighbour) },
	{ EVENT_HOST_PORT, sizeof(struct event_host_port) },
	{ EVENT_CONFIG, sizeof(struct event_config) },
	{ EVENT_BACKEND, sizeof(struct event_backend) },
	{ EVENT_BACKEND_ADDRESS, sizeof(struct event_backend_address) },
	{ EVENT_BACKEND_STATUS, sizeof(struct event_backend_status) },
	{ EVENT_CONTAINER, sizeof(struct event_container) },
	{ EVENT_TLS, sizeof(struct event_tls) },
	{ EVENT_BUILDUP, sizeof(struct event_buildup) },
	{ EVENT_RESOURCE, sizeof(struct event_resource) },
	{ EVENT_RESETS, sizeof(struct event_resets) },
};

static uint64_t told;

static void take_error(void *context, const struct gateway_error *error)
{
	(void)context;
	CHECK((error->cause == CAUSE_NONE) == (error->confidence == CONFIDENCE_NONE));
	CHECK(error->attempt_count <= MODEL_ATTEMPTS_MAX);
	CHECK(error->evidence.count <= MODEL_EVIDENCE_LINES);
	told++;
}

static void take_attempt(void *context, const struct attempt_view *attempt,
			 const struct gateway_error *error)
{
	(void)context;
	CHECK(attempt->outcome < CAUSE_COUNT);
	CHECK(!error || error->attempt_count);
}

/* Fills `event` from the input; returns the bytes used, 0 at the end. */
static size_t make_record(const uint8_t *data, size_t size, uint64_t *now_ns, union event *event)
{
	const size_t head_bytes = 3;
	size_t used = head_bytes;

	if (size < head_bytes)
		return 0;
	memset(event, 0, sizeof(*event));
	event->header.type = types[data[0] % (sizeof(types) / sizeof(types[0]))].type;
	event->header.size_bytes = types[data[0] % (sizeof(types) / sizeof(types[0]))].size_bytes;
	if (event->header.type == EVENT_RESPONSE)
		event->response.status = 502;
	*now_ns += (uint64_t)data[1] << 20;
	event->header.time_ns = *now_ns;
	for (unsigned int i = 0; i < data[2] && used + PATCH_BYTES <= size; i++) {
		uint16_t offset = (uint16_t)(data[used] | data[used + 1] << 8);

		/* The type and the size stay. */
		if (offset >= 4 && offset < event->header.size_bytes)
			((uint8_t *)event)[offset] = data[used + 2];
		used += PATCH_BYTES;
	}
	return used;
}

/* Valid UTF-8 without control characters. */
static void check_text(const char *text)
{
	char escaped[TEXT_ESCAPE_FACTOR * MODEL_TEXT_BYTES];

	CHECK(strcmp(text_escape(text, escaped, sizeof(escaped)), text) == 0);
}

static void check_configured(const struct report_configured *row)
{
	CHECK(row->address_count <= MODEL_ADDRESSES_MAX);
	CHECK(row->finding_count <= MODEL_FINDINGS_MAX);
	CHECK(row->last_cause < CAUSE_COUNT && row->checks.last_cause < CAUSE_COUNT);
	check_text(row->name);
	for (size_t i = 0; i < row->finding_count; i++) {
		CHECK(finding_name(row->findings[i].id));
		CHECK(finding_severity_name(row->findings[i].severity));
		CHECK(!i || row->findings[i - 1].severity >= row->findings[i].severity);
		check_text(row->findings[i].text);
		check_text(row->findings[i].fix);
		CHECK(*row->findings[i].text);
	}
}

static void check_report(const struct report *report)
{
	uint64_t causes = 0, statuses = 0, backends = 0;

	CHECK(report);
	for (size_t i = 0; i < report->cause_count; i++)
		causes += report->causes[i].count;
	for (size_t i = 0; i < report->status_count; i++)
		statuses += report->statuses[i].count;
	for (size_t i = 0; i < report->backend_count; i++)
		backends += report->backends[i].gateway_errors;
	for (size_t i = 0; i < report->configured_count; i++)
		check_configured(&report->configured[i]);
	CHECK(report->errors == told);
	CHECK(report->explained + report->unexplained == report->errors);
	CHECK(causes == report->explained);
	CHECK(statuses == report->errors);
	CHECK(backends <= report->errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const reasons[] = { "", "NOT_SPECIFIED", NULL };
	const struct diagnosis_options options = {
		.host = "h",
		.kernel = "k",
		.lbtrace = "l",
		.drop_reasons = reasons,
		.drop_reason_count = sizeof(reasons) / sizeof(reasons[0]),
		.on_gateway_error = take_error,
		.on_attempt = take_attempt,
	};
	struct diagnosis *diagnosis;
	uint64_t now_ns = 1000000000ull;
	union event event;
	size_t used;

	told = 0;
	if (diagnosis_new(&options, &diagnosis))
		abort();
	while ((used = make_record(data, size, &now_ns, &event))) {
		data += used;
		size -= used;
		if (record_check(&event, sizeof(event)) > 0)
			CHECK(diagnosis_feed(diagnosis, &event.header) == 0);
	}
	CHECK(diagnosis_finish(diagnosis) == 0);
	check_report(diagnosis_report(diagnosis));
	diagnosis_free(diagnosis);
	return 0;
}
