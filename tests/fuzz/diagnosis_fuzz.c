// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feeds the diagnosis any well-formed records (records.h). The report must add up, whatever came.
 */
#include "tests/fuzz/records.h"
#include "user/diagnose/diagnose.h"
#include "user/lib/text.h"

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
