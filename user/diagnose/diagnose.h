/* SPDX-License-Identifier: GPL-2.0-only */
/* Records in, verdicts and a report out. Knows no kernel, no file, no terminal. */
#ifndef LBTRACE_USER_DIAGNOSE_DIAGNOSE_H
#define LBTRACE_USER_DIAGNOSE_DIAGNOSE_H

#include "user/diagnose/model.h"
#include "user/lib/record.h"

struct diagnosis;

/* What is true of the whole stream. The strings and arrays must outlive the diagnosis. */
struct diagnosis_options {
	const char *host, *kernel, *lbtrace;
	int64_t epoch_offset_ns;
	uint64_t started_ns;
	const char *const *drop_reasons; /* names by number, NULL or "" where unknown */
	size_t drop_reason_count;
	/* Called once for each 5xx, when its verdict stands; may be NULL. */
	void (*on_gateway_error)(void *context, const struct gateway_error *error);
	/* Called once for each failed attempt, when it is known whether a 5xx came of it (`error`) or not (NULL); may be NULL. */
	void (*on_attempt)(void *context, const struct attempt_view *attempt,
			   const struct gateway_error *error);
	void *context;
};

/* 0 or -ENOMEM. */
int diagnosis_new(const struct diagnosis_options *options, struct diagnosis **diagnosis);

/* Takes one well-formed record (record_check() passed). Records come nearly in order of time; each
 * also moves time on. A verdict is given when DIAGNOSIS_SETTLE_NS have passed after its 5xx. A
 * record_sink: `context` is the diagnosis. 0 or -ENOMEM. */
int diagnosis_feed(void *context, const struct event_header *record);

/* The stream ended: every open 5xx and attempt gets its verdict now. 0 or -ENOMEM. */
int diagnosis_finish(struct diagnosis *diagnosis);

/* The report as of now; valid until the next call on this diagnosis. NULL: out of memory. */
const struct report *diagnosis_report(struct diagnosis *diagnosis);

/* "pool/server" of the owner's load balancer, as configured at this point of the stream; empty when
 * not known. Escaped. */
void diagnosis_backend_name(const struct diagnosis *diagnosis, const struct event_owner *owner,
			    const struct event_address *address, char name[MODEL_NAME_BYTES]);

void diagnosis_free(struct diagnosis *diagnosis);

/* How long after a 5xx the records that explain it may arrive: HAProxy lets go of the backend in
 * the same turn, but rings of other threads and a descheduled worker may be behind. */
#define DIAGNOSIS_SETTLE_NS (500 * 1000 * 1000ull)

#endif
