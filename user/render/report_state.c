// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/report_state.h"

#include "user/lib/clock.h"
#include "user/render/figure.h"
#include "user/render/json_text.h"
#include "user/render/report_parts.h"
#include "user/render/words.h"

#define INDENT "    "
#define NEXT "    next: "

static void buildups(const struct report *report, struct page *page)
{
	bool titled = false;

	for (size_t i = 0; i < report->backend_count; i++) {
		const struct report_backend *backend = &report->backends[i];
		char text[REPORT_PARTS_BYTES];

		if (!*backend->buildup.text)
			continue;
		if (!titled) {
			page_end(page);
			page_line(page, PAGE_WARN, "connections that build up:");
		}
		titled = true;
		page_span(page, PAGE_STRONG, "%s",
			  report_parts_backend(backend->name, &backend->address,
					       REPORT_PARTS_BACKEND_TITLE, text));
		page_span(page, PAGE_PLAIN, "  (%s)", backend->load_balancer);
		if (backend->buildup.kind != BUILDUP_NONE)
			page_span(page, PAGE_WARN, "  %s", words_buildup(backend->buildup.kind));
		page_end(page);
		page_paragraph(page, INDENT, backend->buildup.text);
		page_command(page, NEXT, backend->buildup.command);
	}
}

/* Those that may have cost something; the others are in the JSON. */
static void harmful_resets(const struct report *report, struct page *page)
{
	bool titled = false;

	for (size_t i = 0; i < report->backend_count; i++) {
		const struct report_backend *backend = &report->backends[i];
		char text[REPORT_PARTS_BYTES];

		for (size_t n = 0; n < backend->reset_count; n++) {
			const struct report_reset *reset = &backend->resets[n];

			if (reset->effect != RESET_HARMFUL)
				continue;
			if (!titled) {
				page_end(page);
				page_line(page, PAGE_WARN, "resets that ended something:");
			}
			titled = true;
			page_line(page, PAGE_PLAIN, INDENT "%s × RST from %s, phase %s%s%s",
				  figure_count(reset->count, FIGURE_ROOM),
				  report_parts_backend(backend->name, &backend->address,
						       REPORT_PARTS_BACKEND_MOST, text),
				  words_reset_phase(reset->phase), *reset->reason ? ", " : "",
				  reset->reason);
		}
	}
}

static void resources(const struct report *report, struct page *page)
{
	if (!report->resource_count)
		return;
	page_end(page);
	page_line(page, PAGE_WARN, "resources:");
	for (size_t i = 0; i < report->resource_count; i++)
		page_paragraph(page, "  - ", report->resources[i].text);
}

void report_state_text(const struct report *report, struct page *page)
{
	buildups(report, page);
	harmful_resets(report, page);
	resources(report, page);
}

static json_t *ages(const struct buildup_state *state)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "under_10s", json_count(state->ages[0]),
			 "under_60s", json_count(state->ages[1]), "under_600s",
			 json_count(state->ages[2]), "older", json_count(state->ages[3]));
}

static const char *kind(enum buildup_kind kind)
{
	return kind == BUILDUP_NONE ? NULL : words_buildup(kind);
}

static json_t *owner(const struct report_holding *holding)
{
	return json_pack(
		"{s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "pid", json_count(holding->owner.tgid),
		"comm", json_text(holding->owner.comm), "old_worker", holding->retired, "kind",
		json_text_or_null(kind(holding->kind)), "close_wait",
		json_count(holding->close_wait.count), "established",
		json_count(holding->established.count), "unread_bytes",
		json_count(holding->close_wait.unread_bytes + holding->established.unread_bytes));
}

static json_t *owners(const struct report_buildup *buildup)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < buildup->owner_count; i++) {
		if (json_append(array, owner(&buildup->owners[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *report_state_close_wait(const struct report_backend *backend)
{
	const struct report_buildup *buildup = &backend->buildup;
	const struct buildup_state *state = &buildup->close_wait;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "now",
			 json_count(backend->close_wait), "max_age_seconds",
			 json_number(backend->close_wait_max_age_seconds), "ages", ages(state),
			 "growth_per_minute", json_number(buildup->close_wait_growth),
			 "unread_bytes", json_count(state->unread_bytes), "unsent_bytes",
			 json_count(state->unsent_bytes), "kind",
			 json_text_or_null(kind(buildup->kind)), "owners", owners(buildup));
}

json_t *report_state_established(const struct report_backend *backend)
{
	const struct report_buildup *buildup = &backend->buildup;
	const struct buildup_state *state = &buildup->established;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "unused_ages", ages(state),
			 "growth_per_minute", json_number(buildup->established_growth), "unread",
			 json_count(state->unread), "unread_bytes", json_count(state->unread_bytes),
			 "unsent_bytes", json_count(state->unsent_bytes), "old_workers",
			 json_count(buildup->retired_established));
}

static json_t *reset_kind(const struct report_reset *reset)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:o}", "sender",
			 reset->direction == RESET_SENT ? "load_balancer" : "backend", "phase",
			 words_reset_phase(reset->phase), "reason",
			 json_text_or_null(reset->reason), "effect",
			 words_reset_effect(reset->effect), "count", json_count(reset->count));
}

json_t *report_state_resets(const struct report_backend *backend)
{
	json_t *kinds = json_array();

	for (size_t i = 0; kinds && i < backend->reset_count; i++) {
		if (json_append(kinds, reset_kind(&backend->resets[i]))) {
			json_decref(kinds);
			kinds = NULL;
		}
	}
	return json_pack("{s:o, s:o, s:o}", "received", json_count(backend->resets_received),
			 "sent", json_count(backend->resets_sent), "kinds", kinds);
}

static json_t *resource(const struct report_resource *resource)
{
	const struct event_resource *latest = &resource->latest;
	json_t *pid = latest->owner.tgid ? json_count(latest->owner.tgid) : json_null();
	json_t *listener = latest->listener.family ? json_address(&latest->listener) : json_null();

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "resource",
			 words_resource(latest->kind), "pid", pid, "listener", listener, "used",
			 json_count(latest->used), "peak", json_count(resource->peak), "limit",
			 latest->limit ? json_count(latest->limit) : json_null(), "count",
			 json_count(latest->count), "summary", json_text(resource->text));
}

json_t *report_state_resources(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < report->resource_count; i++) {
		if (json_append(array, resource(&report->resources[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
