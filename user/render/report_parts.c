// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/report_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/lib/endpoint.h"
#include "user/lib/text.h"
#include "user/render/figure.h"
#include "user/render/words.h"

#define LISTENERS_SHOWN 8
#define NAME_LEAST 12 /* columns of a backend's name, even beside a long address */

void report_parts_statuses(const struct report *report, struct page *page)
{
	for (size_t i = 0; i < report->status_count; i++) {
		const struct status_count *status = &report->statuses[i];

		page_span(page, PAGE_PLAIN, "%s %u × %s", i ? "," : "", status->status,
			  figure_count(status->count, FIGURE_ROOM));
	}
}

const char *report_parts_status(const struct report *report, char text[8])
{
	if (report->status_count == 1)
		snprintf(text, 8, "%u", report->statuses[0].status);
	else
		strcpy(text, "5xx");
	return text;
}

const char *report_parts_errors(const struct report *report, uint64_t count, char *text)
{
	char status[8];

	snprintf(text, REPORT_PARTS_BYTES, "%s × %s", figure_count(count, FIGURE_ROOM),
		 report_parts_status(report, status));
	return text;
}

void report_parts_loss(const struct report *report, struct page *page)
{
	if (!report->lost_records && !report->lost_state)
		return;
	page_span(page, PAGE_WARN, "LOST: %s records",
		  figure_count(report->lost_records, FIGURE_ROOM));
	if (report->lost_state)
		page_span(page, PAGE_WARN, ", the state of %s sockets, backends or threads",
			  figure_count(report->lost_state, FIGURE_ROOM));
	page_line(page, PAGE_WARN, "; counts are too low");
}

static void append(char *text, size_t bytes, const char *piece)
{
	size_t used = strlen(text);

	snprintf(text + used, bytes - used, "%s", piece);
}

/* "in docker web-1", "in containerd pod prod/api-7c9f". */
static void append_container(const struct event_container *container, char *text, size_t bytes)
{
	const char *runtime = *container->runtime ? container->runtime : "container";
	const char *space = *container->pod_namespace ? "/" : "";
	char piece[320];

	if (!container->header.type)
		return;
	if (*container->pod)
		snprintf(piece, sizeof(piece), ", in %s pod %s%s%s", runtime,
			 container->pod_namespace, space, container->pod);
	else
		snprintf(piece, sizeof(piece), ", in %s %s", runtime,
			 *container->name ? container->name : container->id);
	append(text, bytes, piece);
}

void report_parts_balancer(const struct report_balancer *balancer, struct page *page)
{
	char text[1024];
	size_t shown = balancer->listener_count;

	if (shown > LISTENERS_SHOWN)
		shown = LISTENERS_SHOWN;
	snprintf(text, sizeof(text), "%s, pid %" PRIu32, balancer->owner.comm,
		 balancer->owner.tgid);
	if (balancer->owner.kind == BALANCER_OTHER)
		append(text, sizeof(text), " (kind not known)");
	append_container(&balancer->container, text, sizeof(text));
	for (size_t i = 0; i < shown; i++) {
		char address[ENDPOINT_TEXT_BYTES];

		append(text, sizeof(text), i ? ", " : ", listens on ");
		append(text, sizeof(text), endpoint_format(&balancer->listeners[i], address));
	}
	if (shown < balancer->listener_count)
		append(text, sizeof(text), ", ...");
	page_paragraph(page, "load balancer: ", text);
	if (balancer->tls == TLS_UNREADABLE || balancer->tls == TLS_SEEN)
		page_paragraph(page, "    ",
			       "It speaks TLS to clients, and its TLS library could not be hooked: "
			       "5xx inside TLS are not seen, only failed attempts are listed.");
}

void report_parts_balancers(const struct report *report, struct page *page)
{
	for (size_t i = 0; i < report->balancer_count; i++)
		report_parts_balancer(&report->balancers[i], page);
	if (!report->balancer_count)
		page_line(page, PAGE_PLAIN, "load balancer: none was seen");
}

const char *report_parts_latency(const struct latency *latency, char *text)
{
	if (!latency->count)
		return strcpy(text, "-");
	snprintf(text, REPORT_PARTS_BYTES, "%s / %s", figure_latency(latency->p50_us, FIGURE_ROOM),
		 figure_latency(latency->p99_us, FIGURE_ROOM));
	return text;
}

enum page_style report_parts_health_style(enum health health)
{
	switch (health) {
	case HEALTH_HEALTHY:
		return PAGE_GOOD;
	case HEALTH_DEGRADED:
		return PAGE_WARN;
	case HEALTH_FAILING:
		break;
	}
	return PAGE_BAD;
}

/* The beginning of the last `columns` characters. */
static const char *tail(const char *text, size_t columns)
{
	size_t width = page_width(text);

	for (; width > columns; width--)
		text += text_character_bytes(text) ? text_character_bytes(text) : 1;
	return text;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);
	size_t end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

/* Bytes of the first of several names. */
static size_t first_name(const char *names)
{
	const char *end = strstr(names, ", ");

	return end ? (size_t)(end - names) : strlen(names);
}

/* "a/app1 +2" of "a/app1, b/app1, c/app1". */
static void shorten(const char *name, char *text)
{
	size_t first = first_name(name);
	size_t more = 0;

	for (const char *next = strstr(name, ", "); next; next = strstr(next + 1, ", "))
		more++;
	snprintf(text, REPORT_PARTS_BYTES, "%.*s", (int)first, name);
	if (more)
		snprintf(text + first, REPORT_PARTS_BYTES - first, " +%zu", more);
}

/* Columns beside the address; a server without a name of its own goes by its address, which then
 * need not be said twice: *said. */
static size_t room_beside(const char *name, const char *place, size_t columns, bool *said)
{
	size_t length = first_name(name);
	size_t taken = strlen(place) + 1;
	size_t least = NAME_LEAST;

	*said = ends_with(name, place) ||
		(length >= taken - 1 && !memcmp(name + length - (taken - 1), place, taken - 1));
	if (*said) {
		least = strlen("...") + taken - 1;
		taken = 0;
	}
	return columns > taken + least ? columns - taken : least;
}

const char *report_parts_backend(const char *name, const struct event_address *address,
				 size_t columns, char *text)
{
	char place[ENDPOINT_TEXT_BYTES];
	char brief[REPORT_PARTS_BYTES];
	bool said;
	size_t room;

	endpoint_format(address, place);
	if (!*name)
		return strcpy(text, place);
	room = room_beside(name, place, columns, &said);
	if (page_width(name) > room) {
		shorten(name, brief);
		name = brief;
	}
	if (page_width(name) <= room)
		snprintf(text, REPORT_PARTS_BYTES, "%.255s%s%s", name, said ? "" : " ",
			 said ? "" : place);
	else
		snprintf(text, REPORT_PARTS_BYTES, "...%.255s%s%s",
			 tail(name, room - strlen("...")), said ? "" : " ", said ? "" : place);
	return text;
}
