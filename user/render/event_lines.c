// SPDX-License-Identifier: GPL-2.0-only
/* The lines that hold verdicts. */
#include "user/render/event_lines.h"

#include <errno.h>

#include "user/render/event_json.h"
#include "user/render/json_text.h"
#include "user/render/words.h"

#define NS_PER_US 1000

int event_lines_header(const struct event_lines *lines)
{
	return event_json_line(
		lines, json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:o}", "type", "header", "schema",
				 EVENT_LINES_SCHEMA, "host", json_text(lines->host), "kernel",
				 json_text(lines->kernel), "lbtrace", json_text(lines->lbtrace),
				 "epoch_offset_ns", (json_int_t)lines->epoch_offset_ns,
				 "started_ts", event_json_time(lines, lines->started_ns)));
}

static json_t *outcome_id(enum cause_id cause)
{
	return cause == CAUSE_NONE ? json_null() : json_text(catalogue_cause(cause)->id);
}

static json_t *outcome_class(enum cause_id cause)
{
	return cause == CAUSE_NONE ? json_null() : json_text(catalogue_cause(cause)->class);
}

/* Merges what both forms of an attempt hold: in its own line, and within its 5xx. */
static json_t *with_figures(const struct event_lines *lines, const struct attempt_view *view,
			    json_t *object)
{
	const struct event_attempt *attempt = &view->event;
	uint64_t began_ns = words_attempt_began_ns(attempt);
	uint64_t ended_ns = attempt->header.time_ns;
	uint64_t duration_ns = ended_ns > began_ns ? ended_ns - began_ns : 0;
	json_t *duration = began_ns ? json_count(duration_ns / NS_PER_US) : json_null();
	json_t *figures =
		json_pack("{s:i, s:o, s:o, s:i, s:o, s:o, s:o, s:b, s:o}", "errno", attempt->error,
			  "started_ts", event_json_time(lines, began_ns), "duration_us", duration,
			  "syn_retransmits", attempt->syn_retransmits, "bytes_sent",
			  json_count(attempt->bytes_sent), "bytes_acked",
			  json_count(attempt->bytes_acked), "bytes_received",
			  json_count(attempt->bytes_received), "reused", attempt->exchanges > 1,
			  "evidence", json_evidence(&view->evidence));

	if (!object || !figures || json_object_update(object, figures)) {
		json_decref(object);
		object = NULL;
	}
	json_decref(figures);
	return object;
}

static json_t *inner_attempt(const struct event_lines *lines, const struct attempt_view *view)
{
	return with_figures(lines, view,
			    json_pack("{s:o, s:o, s:o}", "backend", json_text_or_null(view->name),
				      "address", json_address(&view->event.remote), "outcome",
				      outcome_id(view->outcome)));
}

static json_t *inner_attempts(const struct event_lines *lines, const struct gateway_error *error)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < error->attempt_count && i < MODEL_ATTEMPTS_MAX; i++) {
		if (json_append(array, inner_attempt(lines, &error->attempts[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

int event_lines_gateway_error(const struct event_lines *lines, const struct gateway_error *error)
{
	const struct event_response *response = &error->event;
	json_t *backend = error->has_backend
				  ? event_json_backend(error->backend_name, &error->backend)
				  : json_null();

	return event_json_line(
		lines,
		json_pack("{s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type",
			  "gateway_error", "ts", event_json_time(lines, response->header.time_ns),
			  "status", response->status, "lb", event_json_owner(&response->owner),
			  "client", json_address(&response->client), "frontend",
			  json_address(&response->frontend), "cause", outcome_id(error->cause),
			  "class", outcome_class(error->cause), "confidence",
			  json_text_or_null(confidence_name(error->confidence)), "backend", backend,
			  "attempts", inner_attempts(lines, error), "evidence",
			  json_evidence(&error->evidence)));
}

int event_lines_attempt(const struct event_lines *lines, const struct attempt_view *view,
			const struct gateway_error *error)
{
	const struct event_attempt *attempt = &view->event;
	json_t *object = with_figures(
		lines, view,
		json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "type", "attempt", "ts",
			  event_json_time(lines, attempt->header.time_ns), "lb",
			  event_json_owner(&attempt->owner), "backend",
			  event_json_backend(view->name, &attempt->remote), "outcome",
			  outcome_id(view->outcome), "class", outcome_class(view->outcome),
			  "confidence", json_text_or_null(confidence_name(view->confidence))));

	if (object && json_object_set_new(object, "gateway_error", json_boolean(error)))
		goto out_of_memory;
	if (object && error &&
	    json_object_set_new(object, "client", json_address(&error->event.client)))
		goto out_of_memory;
	return event_json_line(lines, object);

out_of_memory:
	json_decref(object);
	return -ENOMEM;
}
