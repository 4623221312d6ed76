// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/probe_output.h"

#include <errno.h>
#include <string.h>

#include "user/cmd/probe_verdict.h"
#include "user/diagnose/sentences.h"
#include "user/render/figure.h"
#include "user/render/json_text.h"
#include "user/render/words.h"

#define LEAD "      "
#define COLUMN_MOST 44 /* what is longer pushes its own row only */
#define NS_PER_US 1000
#define CONFIRM_BYTES (MODEL_TEXT_BYTES + EVENT_HOST_BYTES)
#define CONFIRM_LINE_BYTES (CONFIRM_BYTES + 40) /* with how to get there */
#define SCHEMA "lbtrace-probe/1"

struct widths {
	size_t name, address;
};

static bool is_disabled(const struct probe_entry *entry)
{
	return entry->backend.header.flags & BACKEND_DISABLED;
}

struct probe_sums probe_output_sums(const struct probe_plan *plan)
{
	struct probe_sums sums = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		const struct probe_entry *entry = &plan->entries[i];

		if (entry->skipped)
			sums.skipped++;
		else if (entry->verdict.ok)
			sums.answered++;
		else if (is_disabled(entry))
			sums.disabled_failed++;
		else
			sums.failed++;
	}
	return sums;
}

/* --- what both say ---------------------------------------------------------------- */

static const char *name_of(const struct event_backend *backend, char name[MODEL_NAME_BYTES])
{
	snprintf(name, MODEL_NAME_BYTES, "%s%s%s", backend->pool, *backend->pool ? "/" : "",
		 backend->name);
	return name;
}

/* Empty: it has none. */
static const char *address_of(const struct probe_entry *entry, char address[PROBE_HOST_BYTES])
{
	address[0] = '\0';
	if (entry->address.family)
		endpoint_format(&entry->address, address);
	else if (*entry->path)
		snprintf(address, PROBE_HOST_BYTES, "unix:%s", entry->path);
	return address;
}

static struct sentence_subject subject_of(const struct probe_entry *entry)
{
	return (struct sentence_subject){ .backend = &entry->address,
					  .owner = &entry->backend.owner };
}

/* Whether it must be typed where the load balancer is. The backend's own host is reached from here, and
 * a shell's words are no program. */
static bool is_local(const char *command)
{
	return strncmp(command, "ssh ", 4) != 0 && strncmp(command, "for ", 4) != 0;
}

/* The catalogue does not know the backend's name. `command` holds CONFIRM_BYTES. */
static void fill_name(char *command, const char *name)
{
	static const char word[] = "BACKEND_NAME";
	char *found = strstr(command, word);
	size_t length = strlen(name), rest;

	if (!found)
		return;
	rest = strlen(found + sizeof(word) - 1) + 1;
	if ((size_t)(found - command) + length + rest > CONFIRM_BYTES)
		return;
	memmove(found + length, found + sizeof(word) - 1, rest);
	memcpy(found, name, length);
}

/* A resolvable name, so nothing that a shell would not take as a word. */
static bool is_plain_name(const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return *name && *name != '-' && strspn(name, plain) == strlen(name);
}

/* The n-th command that confirms the cause, as it is to be typed here; empty: there is none. */
static const char *confirm_of(const struct probe_plan *plan, const struct probe_entry *entry,
			      size_t n, char text[CONFIRM_LINE_BYTES])
{
	const struct sentence_subject subject = subject_of(entry);
	char command[CONFIRM_BYTES];

	text[0] = '\0';
	if (entry->verdict.ok || entry->verdict.cause == CAUSE_NONE)
		return text;
	sentence_confirm(entry->verdict.cause, n, &subject, command);
	if (entry->unresolved && is_plain_name(entry->backend.host))
		fill_name(command, entry->backend.host);
	if (*command && is_local(command) && entry->backend.netns != plan->own_netns)
		snprintf(text, CONFIRM_LINE_BYTES, "nsenter -t %u -n%s %s", entry->tgid,
			 entry->unresolved ? " -m" : "", command);
	else
		snprintf(text, CONFIRM_LINE_BYTES, "%s", command);
	return text;
}

static uint64_t span_us(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns && to_ns > from_ns ? (to_ns - from_ns) / NS_PER_US : 0;
}

static uint64_t connect_us(const struct event_attempt *attempt)
{
	return span_us(attempt->started_ns, attempt->established_ns);
}

static const char *step_name(const struct probe_entry *entry)
{
	switch (entry->step) {
	case PROBE_STEP_TLS:
		return "tls";
	case PROBE_STEP_CHECK:
	case PROBE_STEP_REQUEST:
		return "http";
	default:
		return "connect";
	}
}

/* --- text --------------------------------------------------------------------------- */

static void widen(size_t *width, const char *text)
{
	size_t own = page_width(text);

	if (own > *width && own <= COLUMN_MOST)
		*width = own;
}

static struct widths measure(const struct probe_plan *plan)
{
	struct widths widths = { 0 };
	char name[MODEL_NAME_BYTES], address[PROBE_HOST_BYTES];

	for (size_t i = 0; i < plan->count; i++) {
		widen(&widths.name, name_of(&plan->entries[i].backend, name));
		widen(&widths.address, address_of(&plan->entries[i], address));
	}
	return widths;
}

static void write_owner(const struct event_owner *owner, const char *file, struct page *page)
{
	char comm[EVENT_COMM_BYTES + 1] = "";

	memcpy(comm, owner->comm, EVENT_COMM_BYTES);
	page_span(page, PAGE_STRONG, "%s", comm);
	page_line(page, PAGE_FAINT, " pid %u%s%s", owner->group, *file ? "  " : "", file);
}

static void write_good(const struct probe_entry *entry, struct page *page)
{
	const struct event_attempt *attempt = &entry->result.attempt;
	char request[EVENT_TEXT_BYTES];

	page_span(page, PAGE_GOOD, "ok");
	page_span(page, PAGE_PLAIN, "  %s", figure_latency(connect_us(attempt), FIGURE_ROOM));
	if (attempt->received.kind == PAYLOAD_TLS)
		page_span(page, PAGE_PLAIN, ", TLS");
	if (attempt->received.status)
		page_span(page, PAGE_PLAIN, ", %s: %u", probe_verdict_request(entry, request),
			  attempt->received.status);
	page_end(page);
}

static void write_bad(const struct probe_plan *plan, const struct probe_entry *entry,
		      struct page *page)
{
	const struct probe_verdict *verdict = &entry->verdict;
	const struct sentence_subject subject = subject_of(entry);
	const struct cause *cause = catalogue_cause(verdict->cause);
	char text[MODEL_TEXT_BYTES], confirm[CONFIRM_LINE_BYTES];

	page_span(page, is_disabled(entry) ? PAGE_FAINT : PAGE_BAD, "%s", cause->id);
	if (verdict->confidence != CONFIDENCE_NONE && verdict->confidence != CONFIDENCE_CERTAIN)
		page_span(page, PAGE_FAINT, " (%s)", confidence_name(verdict->confidence));
	if (is_disabled(entry))
		page_span(page, PAGE_FAINT, " (disabled)");
	page_end(page);
	if (verdict->cause != CAUSE_NONE)
		page_paragraph(page, LEAD, sentence_summary(verdict->cause, &subject, text));
	for (size_t i = 0; i < verdict->evidence.count; i++)
		page_paragraph(page, LEAD, verdict->evidence.lines[i]);
	if (*entry->backend.file)
		page_line(page, PAGE_PLAIN, LEAD "%s:%u: %s", entry->backend.file,
			  entry->backend.line, entry->backend.directive);
	if (*confirm_of(plan, entry, 0, confirm))
		page_command(page, LEAD "confirm: ", confirm);
}

static void write_entry(const struct probe_plan *plan, const struct probe_entry *entry,
			const struct widths *widths, struct page *page)
{
	char name[MODEL_NAME_BYTES], address[PROBE_HOST_BYTES];

	page_span(page, PAGE_PLAIN, "  ");
	page_cell(page, PAGE_PLAIN, -(int)widths->name, name_of(&entry->backend, name));
	page_span(page, PAGE_PLAIN, "  ");
	page_cell(page, PAGE_PLAIN, -(int)widths->address, address_of(entry, address));
	page_span(page, PAGE_PLAIN, "  ");
	if (entry->skipped)
		page_line(page, PAGE_FAINT, "not asked: %s", entry->skipped);
	else if (entry->verdict.ok)
		write_good(entry, page);
	else
		write_bad(plan, entry, page);
}

void probe_output_text(const struct probe_plan *plan, struct page *page)
{
	const struct widths widths = measure(plan);
	const struct probe_sums sums = probe_output_sums(plan);
	uint32_t group = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct probe_entry *entry = &plan->entries[i];

		if (!i || entry->backend.owner.group != group) {
			if (i)
				page_end(page);
			write_owner(&entry->backend.owner, entry->backend.file, page);
		}
		group = entry->backend.owner.group;
		write_entry(plan, entry, &widths, page);
	}
	page_end(page);
	page_line(page, PAGE_STRONG, "%zu answered, %zu failed, %zu not asked", sums.answered,
		  sums.failed + sums.disabled_failed, sums.skipped);
	if (plan->cut)
		page_line(page, PAGE_WARN, "there are more than %d: select with --backend or --pid",
			  PROBE_ENTRIES_MOST);
}

/* --- JSON ------------------------------------------------------------------------------ */

static json_t *us_or_null(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns && to_ns >= from_ns ? json_count((to_ns - from_ns) / NS_PER_US)
					   : json_null();
}

static json_t *json_confirm(const struct probe_plan *plan, const struct probe_entry *entry)
{
	json_t *lines = json_array();
	char text[CONFIRM_LINE_BYTES];

	for (size_t n = 0; lines && n < CATALOGUE_LINES && *confirm_of(plan, entry, n, text); n++) {
		if (json_append(lines, json_text(text))) {
			json_decref(lines);
			return NULL;
		}
	}
	return lines;
}

static json_t *json_summary(const struct probe_entry *entry)
{
	const struct sentence_subject subject = subject_of(entry);
	char text[MODEL_TEXT_BYTES];

	if (entry->verdict.cause == CAUSE_NONE)
		return json_null();
	return json_text(sentence_summary(entry->verdict.cause, &subject, text));
}

/* The verdict, or nulls where it was not asked. */
static json_t *json_verdict(const struct probe_plan *plan, const struct probe_entry *entry)
{
	const struct probe_verdict *verdict = &entry->verdict;
	const struct event_attempt *attempt = &entry->result.attempt;
	const char *cause =
		verdict->cause == CAUSE_NONE ? NULL : catalogue_cause(verdict->cause)->id;

	return json_pack("{s:s*, s:s?, s:b, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o, s:o}", "step",
			 entry->skipped ? NULL : step_name(entry), "skipped", entry->skipped, "ok",
			 !entry->skipped && verdict->ok, "cause", cause, "confidence",
			 confidence_name(verdict->confidence), "connect_us",
			 us_or_null(attempt->started_ns, attempt->established_ns), "answer_us",
			 us_or_null(attempt->request_ns, attempt->response_ns), "status",
			 attempt->received.status ? json_count(attempt->received.status)
						  : json_null(),
			 "summary", json_summary(entry), "evidence",
			 json_evidence(&verdict->evidence), "confirm", json_confirm(plan, entry));
}

static json_t *json_balancer(const struct event_owner *owner)
{
	char comm[EVENT_COMM_BYTES + 1] = "";

	memcpy(comm, owner->comm, EVENT_COMM_BYTES);
	return json_pack("{s:o, s:o, s:s}", "pid", json_count(owner->group), "comm",
			 json_text(comm), "kind", words_kind(owner->kind));
}

static json_t *json_entry(const struct probe_plan *plan, const struct probe_entry *entry)
{
	const struct event_backend *backend = &entry->backend;
	char name[MODEL_NAME_BYTES], address[PROBE_HOST_BYTES];
	json_t *object = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:I, s:b, s:o, s:o, s:o}", "load_balancer",
		json_balancer(&backend->owner), "name", json_text(name_of(backend, name)), "pool",
		json_text_or_null(backend->pool), "server", json_text(backend->name), "address",
		json_text_or_null(address_of(entry, address)), "netns", (json_int_t)backend->netns,
		"disabled", is_disabled(entry), "file", json_text_or_null(backend->file), "line",
		backend->line ? json_count(backend->line) : json_null(), "directive",
		json_text_or_null(backend->directive));
	json_t *verdict = json_verdict(plan, entry);

	if (!object || !verdict || json_object_update(object, verdict)) {
		json_decref(object);
		object = NULL;
	}
	json_decref(verdict);
	return object;
}

int probe_output_json(const struct probe_plan *plan, FILE *file)
{
	const struct probe_sums sums = probe_output_sums(plan);
	json_t *entries = json_array();

	for (size_t i = 0; entries && i < plan->count; i++) {
		if (json_append(entries, json_entry(plan, &plan->entries[i]))) {
			json_decref(entries);
			entries = NULL;
		}
	}
	if (!entries)
		return -ENOMEM;
	return json_write(json_pack("{s:s, s:I, s:I, s:I, s:b, s:o}", "schema", SCHEMA, "answered",
				    (json_int_t)sums.answered, "failed",
				    (json_int_t)(sums.failed + sums.disabled_failed), "skipped",
				    (json_int_t)sums.skipped, "cut", plan->cut, "targets", entries),
			  file, JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_TEXT_DIGITS));
}
