// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/backends_json.h"

#include "user/lib/clock.h"
#include "user/render/config_json.h"
#include "user/render/json_text.h"
#include "user/render/report_findings.h"
#include "user/render/report_json.h"
#include "user/render/words.h"

/* RFC 3339; null for 0, "did not happen". */
static json_t *time_or_null(uint64_t epoch_ns)
{
	char text[CLOCK_TEXT_BYTES];

	return epoch_ns ? json_string(clock_format(epoch_ns, text)) : json_null();
}

static json_t *cause_or_null(enum cause_id cause)
{
	return cause == CAUSE_NONE ? json_null() : json_text(catalogue_cause(cause)->id);
}

static json_t *addresses(const struct report_configured *row)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < row->address_count && i < MODEL_ADDRESSES_MAX; i++) {
		if (json_append(array, json_address(&row->addresses[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *who(const struct report_configured *row)
{
	json_t *address = row->address_count ? json_address(&row->addresses[0]) : json_null();

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "load_balancer",
			 json_text(row->owner.comm), "pid", json_count(row->owner.tgid), "name",
			 json_text_or_null(row->name), "address", address, "addresses",
			 addresses(row), "configured", row->config.header.type != 0);
}

static json_t *seen(const struct report_configured *row, bool watched)
{
	if (!watched)
		return json_pack("{s:n, s:n, s:n, s:n, s:n, s:n, s:n}", "attempts", "connected",
				 "failed", "gateway_errors", "absorbed", "last_cause",
				 "last_failure");
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "attempts",
			 json_count(row->attempts), "connected", json_count(row->connected),
			 "failed", json_count(row->failed), "gateway_errors",
			 json_count(row->gateway_errors), "absorbed", json_count(row->absorbed),
			 "last_cause", cause_or_null(row->last_cause), "last_failure",
			 time_or_null(row->last_failure_epoch_ns));
}

static json_t *status(const struct report *report, const struct report_configured *row)
{
	uint64_t since_ns = row->status.changed_ns;

	if (!row->status.header.type)
		return json_null();
	/* Unsigned, because a hostile log may make it overflow. */
	if (since_ns)
		since_ns += (uint64_t)report->epoch_offset_ns;
	return config_json_status(&row->status, "since", time_or_null(since_ns));
}

/* Failing health checks, as the kernel saw them. */
static json_t *checks(const struct report_configured *row)
{
	const struct report_checks *checks = &row->checks;

	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "failed", json_count(checks->failed),
			 "failing_since", time_or_null(checks->since_epoch_ns), "last_cause",
			 cause_or_null(checks->last_cause), "period_ms",
			 checks->period_ms ? json_count(checks->period_ms) : json_null(),
			 "last_status",
			 checks->last_status ? json_count(checks->last_status) : json_null());
}

static json_t *backend(const struct report *report, const struct report_configured *row,
		       bool watched)
{
	json_t *object = config_json_merge(who(row), seen(row, watched));
	json_t *said = json_pack("{s:o, s:o, s:o, s:o}", "state",
				 row->status.header.type
					 ? json_string(words_backend_state(row->status.state))
					 : json_null(),
				 "status", status(report, row), "checks", checks(row), "findings",
				 report_findings_of(row));

	object = config_json_merge(object, said);
	if (row->config.header.type)
		object = config_json_merge(object, config_json_backend(&row->config));
	return object;
}

static json_t *backends(const struct report *report, bool watched)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < report->configured_count; i++) {
		if (json_append(array, backend(report, &report->configured[i], watched))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *note(const struct event_config *note)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "load_balancer",
			 json_text(note->owner.comm), "pid", json_count(note->owner.tgid), "note",
			 words_config_note(note->kind), "file", json_text_or_null(note->file),
			 "line", note->line ? json_count(note->line) : json_null(), "text",
			 json_text_or_null(note->text));
}

static json_t *notes(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < report->config_note_count; i++) {
		if (json_append(array, note(&report->config_notes[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

int backends_json_write(const struct report *report, bool watched, FILE *file)
{
	json_t *object = json_pack("{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "schema",
				   BACKENDS_JSON_SCHEMA, "host", report_json_host(report), "window",
				   report_json_window(report), "watched", watched, "loss",
				   report_json_loss(report), "load_balancers",
				   report_json_load_balancers(report), "backends",
				   backends(report, watched), "notes", notes(report));

	return json_write(object, file, JSON_INDENT(2));
}
