/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events themselves, one JSON object a line: schema lbtrace-events/1 (the fields:
 * docs/man/lbtrace.1). Verdicts come from the diagnosis, facts straight from the records.
 */
#ifndef LBTRACE_USER_RENDER_EVENT_LINES_H
#define LBTRACE_USER_RENDER_EVENT_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bpf/event.h"
#include "user/diagnose/model.h"

#define EVENT_LINES_SCHEMA "lbtrace-events/1"

/* What is true of the whole stream; the strings and arrays outlive the lines. */
struct event_lines {
	FILE *file;
	const char *host, *kernel, *lbtrace;
	int64_t epoch_offset_ns; /* added to the stream's times */
	uint64_t started_ns;
	const char *const *drop_reasons; /* by number, NULL or "" where unknown */
	size_t drop_reason_count;
	/* Writes the name that a load balancer's configuration has for a backend to `name`, which
	 * holds MODEL_NAME_BYTES; leaves it alone when there is none. NULL: names are not known. */
	void (*name_backend)(void *context, const struct event_owner *owner,
			     const struct event_address *address, char *name);
	void *name_context;
};

/* Each writes whole lines. 0, -ENOMEM, or -errno of the write. */

/* The first line. */
int event_lines_header(const struct event_lines *lines);

/* What a record says by itself: "reset", "close_wait", "process", "inventory", "loss", "resource",
 * "buildup"; nothing for those that say nothing of it. */
int event_lines_record(const struct event_lines *lines, const struct event_header *record);

/* "gateway_error": a 5xx and its verdict. */
int event_lines_gateway_error(const struct event_lines *lines, const struct gateway_error *error);

/* "attempt": one that failed; `error` is the 5xx that came of it, NULL: none. */
int event_lines_attempt(const struct event_lines *lines, const struct attempt_view *view,
			const struct gateway_error *error);

#endif
