/* SPDX-License-Identifier: GPL-2.0-only */
/* What a probe's answers mean, in the catalogue's words. */
#ifndef LBTRACE_USER_CMD_PROBE_VERDICT_H
#define LBTRACE_USER_CMD_PROBE_VERDICT_H

#include "user/cmd/probe_plan.h"

/* Judges every entry. Asks the inventory what this host knows of those that did not answer: next
 * hops, listeners. 0 or -ENOMEM. */
int probe_verdict_all(struct probe_plan *plan, struct inventory *inventory);

/* Whether HTTP was answered by the 400 with which servers answer plain HTTP on a TLS port. */
bool probe_verdict_doubts(const struct probe_entry *entry);

/* It answered TLS as well: so that was it. */
void probe_verdict_was_tls(struct probe_entry *entry);

/* "GET /health"; empty when no request was sent. `text` holds EVENT_TEXT_BYTES. Returns `text`. */
const char *probe_verdict_request(const struct probe_entry *entry, char *text);

#endif
