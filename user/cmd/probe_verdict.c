// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/probe_verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/diagnose/outcome.h"

#define STATUS_BAD_REQUEST 400
#define STATUS_CHECK_LEAST 200
#define STATUS_CHECK_MOST 399
#define STATUS_GATEWAY_TIMEOUT 504
#define RCODE_NXDOMAIN 3

/* What the inventory told of one address. */
struct told {
	uint32_t netns;
	uint16_t neighbour_state;
	struct host_view host;
	bool has_host;
};

static bool has(const struct probe_entry *entry, uint32_t flag)
{
	return entry->result.attempt.header.flags & flag;
}

static bool was_asked(const struct probe_entry *entry)
{
	return !entry->skipped && !entry->unresolved && !entry->result.err;
}

static int on_told(void *context, const struct event_header *record)
{
	const union event *event = (const union event *)record;
	struct told *told = context;

	if (record->type == EVENT_NEIGHBOUR && event->neighbour.netns == told->netns) {
		told->neighbour_state = event->neighbour.nud_state;
	} else if (record->type == EVENT_HOST_PORT) {
		told->has_host = true;
		told->host.port_known = true;
		told->host.port_flags = record->flags;
		told->host.backlog = event->host_port.backlog;
		told->host.backlog_max = event->host_port.backlog_max;
	}
	return 0;
}

/* What the other answers of this run say of the same host. */
static void compare(const struct probe_plan *plan, const struct probe_entry *entry,
		    struct outcome_context *context)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct probe_entry *other = &plan->entries[i];

		if (other == entry || !was_asked(other) || !other->address.family ||
		    other->backend.netns != entry->backend.netns ||
		    !endpoint_same_host(&other->address, &entry->address))
			continue;
		if (has(other, ATTEMPT_ESTABLISHED | ATTEMPT_RESET_RECEIVED))
			context->host_answered_recently = true;
		if (other->address.port != entry->address.port)
			continue;
		context->port_connected_recently |= has(other, ATTEMPT_ESTABLISHED);
		context->tls_seen |= other->result.attempt.received.kind == PAYLOAD_TLS;
	}
}

static void set(struct probe_entry *entry, enum cause_id cause, enum confidence confidence)
{
	entry->verdict.ok = false;
	entry->verdict.cause = cause;
	entry->verdict.confidence = confidence;
}

/* --- what needs no comparison ------------------------------------------------------ */

static void judge_name(struct probe_entry *entry)
{
	struct evidence *evidence = &entry->verdict.evidence;

	if (entry->rcode == RCODE_NXDOMAIN)
		evidence_add(evidence, "the name servers of the load balancer know no such name");
	else if (!entry->rcode)
		evidence_add(evidence, "the name exists and has no address");
	else if (entry->rcode == PROBE_NO_ANSWER)
		evidence_add(evidence,
			     "no name server of the load balancer's /etc/resolv.conf answered");
	else
		evidence_add(evidence, "the name servers of the load balancer answer RCODE %u",
			     entry->rcode);
	set(entry, CAUSE_DNS_FAILED,
	    entry->rcode == RCODE_NXDOMAIN ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
}

static void judge_unix(struct probe_entry *entry)
{
	int error = entry->result.attempt.error;

	if (has(entry, ATTEMPT_ESTABLISHED))
		return;
	evidence_add(&entry->verdict.evidence, "connect() failed with errno %d (%s)", error,
		     strerror(error));
	set(entry, CAUSE_UNIX_SOCKET, CONFIDENCE_CERTAIN);
}

/* --- answers ------------------------------------------------------------------------- */

const char *probe_verdict_request(const struct probe_entry *entry, char *text)
{
	const char *target = entry->backend.check_target;

	text[0] = '\0';
	if (entry->step == PROBE_STEP_REQUEST)
		snprintf(text, EVENT_TEXT_BYTES, "HEAD /");
	else if (entry->step == PROBE_STEP_CHECK)
		snprintf(text, EVENT_TEXT_BYTES, "%s", *target ? target : "OPTIONS /");
	return text;
}

bool probe_verdict_doubts(const struct probe_entry *entry)
{
	return was_asked(entry) && entry->address.family &&
	       (entry->step == PROBE_STEP_CHECK || entry->step == PROBE_STEP_REQUEST) &&
	       entry->result.attempt.received.status == STATUS_BAD_REQUEST;
}

void probe_verdict_was_tls(struct probe_entry *entry)
{
	memset(&entry->verdict.evidence, 0, sizeof(entry->verdict.evidence));
	evidence_add(&entry->verdict.evidence,
		     "it answers HTTP with status 400, and a TLS hello with TLS");
	set(entry, CAUSE_PLAIN_TO_TLS, CONFIDENCE_CERTAIN);
}

/* The configured check would not like that status. */
static void judge_status(struct probe_entry *entry)
{
	uint16_t status = entry->result.attempt.received.status;
	char request[EVENT_TEXT_BYTES];

	if (entry->step != PROBE_STEP_CHECK || !status ||
	    (status >= STATUS_CHECK_LEAST && status <= STATUS_CHECK_MOST))
		return;
	evidence_add(&entry->verdict.evidence,
		     "the health check %s is answered by HTTP status %u: checks want 2xx or 3xx",
		     probe_verdict_request(entry, request), status);
	set(entry, CAUSE_NONE, CONFIDENCE_NONE);
}

static void judge_attempt(struct probe_entry *entry, const struct outcome_context *context)
{
	struct probe_verdict *verdict = &entry->verdict;
	struct outcome outcome;

	outcome_classify(&entry->result.attempt, context, &outcome);
	if (!outcome.failure && has(entry, ATTEMPT_ESTABLISHED) &&
	    !has(entry, ATTEMPT_EXCHANGE_OPEN)) {
		judge_status(entry);
		return;
	}
	verdict->evidence = outcome.evidence;
	set(entry, outcome.cause, outcome.confidence);
}

static void judge(const struct probe_plan *plan, struct probe_entry *entry,
		  struct inventory *inventory)
{
	struct outcome_context context = { 0 };
	struct told told = { .netns = entry->backend.netns };

	if (!has(entry, ATTEMPT_ESTABLISHED)) {
		/* What they cannot tell is not known. */
		inventory_neighbour(inventory, &entry->address, on_told, &told);
		inventory_host_port(inventory, &entry->address, told.netns, on_told, &told);
	}
	if (!has(entry, ATTEMPT_ESTABLISHED) || has(entry, ATTEMPT_EXCHANGE_OPEN))
		compare(plan, entry, &context);
	context.neighbour_state = told.neighbour_state;
	context.host = told.has_host ? &told.host : NULL;
	/* Our own patience has ended. */
	if (has(entry, ATTEMPT_CLOSED_BY_OWNER) && !has(entry, ATTEMPT_ANSWERED) &&
	    (!has(entry, ATTEMPT_ESTABLISHED) || has(entry, ATTEMPT_EXCHANGE_OPEN)))
		context.joined_status = STATUS_GATEWAY_TIMEOUT;
	judge_attempt(entry, &context);
}

int probe_verdict_all(struct probe_plan *plan, struct inventory *inventory)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct probe_entry *entry = &plan->entries[i];

		memset(&entry->verdict, 0, sizeof(entry->verdict));
		entry->verdict.ok = true;
		if (entry->skipped)
			continue;
		if (entry->unresolved) {
			judge_name(entry);
		} else if (entry->result.err) {
			evidence_add(&entry->verdict.evidence,
				     "no socket could be made in its load balancer's network "
				     "namespace: %s",
				     strerror(-entry->result.err));
			set(entry, CAUSE_NONE, CONFIDENCE_NONE);
		} else if (!entry->address.family) {
			judge_unix(entry);
		} else {
			judge(plan, entry, inventory);
		}
	}
	return 0;
}
