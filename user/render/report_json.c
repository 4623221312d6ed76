// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/report_json.h"

#include "user/lib/clock.h"
#include "user/render/config_json.h"
#include "user/render/json_text.h"
#include "user/render/report_findings.h"
#include "user/render/report_state.h"
#include "user/render/words.h"

static json_t *addresses(const struct event_address *list, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++) {
		if (json_append(array, json_address(&list[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* Each by its name or, where no configuration has one, its address. */
static json_t *backend_names(const struct report_cause *cause)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < cause->backend_count; i++) {
		const char *name = cause->backend_names ? cause->backend_names[i] : "";

		if (json_append(array,
				*name ? json_text(name) : json_address(&cause->backends[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *report_json_window(const struct report *report)
{
	uint64_t start_ns = report->start_epoch_ns;
	uint64_t end_ns = report->end_epoch_ns;
	uint64_t length_ns = end_ns > start_ns ? end_ns - start_ns : 0;
	char start[CLOCK_TEXT_BYTES];
	char end[CLOCK_TEXT_BYTES];

	return json_pack("{s:s, s:s, s:o}", "start", clock_format(start_ns, start), "end",
			 clock_format(end_ns, end), "seconds",
			 json_number((double)length_ns / CLOCK_NS_PER_SECOND));
}

static json_t *load_balancer(const struct report_balancer *balancer)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:s?, s:o}", "pid",
			 json_count(balancer->owner.tgid), "comm", json_text(balancer->owner.comm),
			 "kind", words_kind(balancer->owner.kind), "config",
			 json_text_or_null(balancer->config), "listeners",
			 addresses(balancer->listeners, balancer->listener_count), "tls",
			 words_tls(balancer->tls), "container",
			 config_json_container(&balancer->container));
}

static json_t *by_status(const struct report *report)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < report->status_count; i++) {
		char status[8];

		snprintf(status, sizeof(status), "%u", report->statuses[i].status);
		if (json_object_set_new(object, status, json_count(report->statuses[i].count))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *gateway_errors(const struct report *report)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "total", json_count(report->errors), "by_status",
			 by_status(report), "explained", json_count(report->explained),
			 "unexplained", json_count(report->unexplained));
}

static json_t *fix_lines(const struct report_cause *cause)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < cause->fix_count; i++) {
		if (json_append(array, json_text(cause->fix[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *cause(const struct report_cause *cause)
{
	const struct cause *row = catalogue_cause(cause->cause);

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", row->id, "class",
			 row->class, "count", json_count(cause->count), "share",
			 json_number(cause->share), "confidence",
			 json_text_or_null(confidence_name(cause->confidence)), "backends",
			 backend_names(cause), "summary", json_text(cause->summary), "evidence",
			 json_evidence(&cause->evidence), "fix", fix_lines(cause));
}

static json_t *cause_counts(const struct report_backend *backend)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < backend->cause_count; i++) {
		const struct cause_count *count = &backend->causes[i];

		if (count->cause == CAUSE_NONE)
			continue;
		if (json_append(array,
				json_pack("{s:s, s:o, s:o}", "id",
					  catalogue_cause(count->cause)->id, "count",
					  json_count(count->count), "confidence",
					  json_text_or_null(confidence_name(count->confidence))))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *latency(const struct latency *latency)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "count", json_count(latency->count), "p50",
			 json_count(latency->p50_us), "p90", json_count(latency->p90_us), "p99",
			 json_count(latency->p99_us), "max", json_count(latency->max_us));
}

static json_t *latencies(const struct report_backend *backend)
{
	return json_pack("{s:o, s:o}", "connect", latency(&backend->connect), "first_byte",
			 latency(&backend->first_byte));
}

static json_t *backend(const struct report_backend *backend)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "name", json_text_or_null(backend->name), "address",
			 json_address(&backend->address), "load_balancer",
			 json_text(backend->load_balancer), "attempts",
			 json_count(backend->attempts), "connected", json_count(backend->connected),
			 "failed", json_count(backend->failed), "gateway_errors",
			 json_count(backend->gateway_errors), "causes", cause_counts(backend),
			 "resets", report_state_resets(backend), "close_wait",
			 report_state_close_wait(backend), "established",
			 json_count(backend->established), "established_detail",
			 report_state_established(backend), "latency_us", latencies(backend),
			 "verdict", json_text(backend->verdict));
}

json_t *report_json_load_balancers(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < report->balancer_count; i++) {
		if (json_append(array, load_balancer(&report->balancers[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *causes(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < report->cause_count; i++) {
		if (report->causes[i].cause == CAUSE_NONE)
			continue;
		if (json_append(array, cause(&report->causes[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *backends(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < report->backend_count; i++) {
		if (json_append(array, backend(&report->backends[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *report_json_host(const struct report *report)
{
	return json_pack("{s:o, s:o, s:o}", "name", json_text(report->host), "kernel",
			 json_text(report->kernel), "lbtrace", json_text(report->lbtrace));
}

json_t *report_json_loss(const struct report *report)
{
	return json_pack("{s:o, s:o}", "records", json_count(report->lost_records), "state",
			 json_count(report->lost_state));
}

int report_json_write(const struct report *report, FILE *file)
{
	json_t *object =
		json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "schema",
			  REPORT_JSON_SCHEMA, "host", report_json_host(report), "window",
			  report_json_window(report), "loss", report_json_loss(report),
			  "load_balancers", report_json_load_balancers(report), "gateway_errors",
			  gateway_errors(report), "causes", causes(report), "backends",
			  backends(report), "resources", report_state_resources(report), "findings",
			  report_findings_json(report), "health", words_health(report->health));

	return json_write(object, file, JSON_INDENT(2));
}
