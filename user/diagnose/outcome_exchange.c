// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/outcome_parts.h"

#include <errno.h>
#include <string.h>

/* A connection that was used without a pause was not closed as idle. */
#define IDLE_LEAST_NS (200 * 1000ull)
/* A RST with ACK, or a FIN behind our data's ACK, comes from an application that may well have
 * read the request: only a pause as long as idle time-outs are makes a race of it. */
#define IDLE_TIMEOUT_NS (500 * OUTCOME_MS_NS)
/* An answer that is this late has met a time-out; below, a client may have left. */
#define TIMEOUT_LEAST_NS (900 * OUTCOME_MS_NS)
/* A backend that ended a connection so long after the handshake did not do so at once. */
#define UNUSED_CLOSE_NS (1000 * OUTCOME_MS_NS)

static void evidence_exchange(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	char text[OUTCOME_DURATION_BYTES];

	evidence_add(&inquiry->outcome->evidence,
		     "request sent: %llu bytes, %llu acknowledged, 0 received", attempt->bytes_sent,
		     attempt->bytes_acked);
	if (!attempt_reused(attempt))
		return;
	if (attempt->last_received_ns)
		evidence_add(&inquiry->outcome->evidence,
			     "reused connection (exchange %u), idle for %s before this request",
			     attempt->exchanges, duration_format(attempt_idle_ns(attempt), text));
	else
		evidence_add(&inquiry->outcome->evidence,
			     "reused connection, open since before lbtrace was attached");
}

/* --- this host's doing, or the backend's queue: before whatever else happened -- */

static bool classify_undelivered(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;

	if (attempt_all_acked(attempt))
		return false;
	if (attempt_has(attempt, ATTEMPT_EGRESS_DROP)) {
		evidence_add(evidence, "netfilter on this host dropped what the connection sent");
		outcome_set(inquiry, CAUSE_LB_EGRESS_DROP, CONFIDENCE_CERTAIN);
	} else if (attempt_has(attempt, ATTEMPT_INGRESS_DROP) && !attempt_was_reset(attempt) &&
		   !attempt_has(attempt, ATTEMPT_FIN_RECEIVED)) {
		evidence_add(evidence, "netfilter on this host dropped what the backend sent");
		outcome_set(inquiry, CAUSE_LB_INGRESS_DROP, CONFIDENCE_CERTAIN);
	} else if (attempt_has(attempt, ATTEMPT_DUPLICATE_SYNACK)) {
		evidence_add(
			evidence,
			"the backend repeated its SYN-ACK: it never took the end of the handshake");
		outcome_set(inquiry, CAUSE_ACCEPTQ_OVERFLOW_ACK, CONFIDENCE_CERTAIN);
	} else {
		return false;
	}
	return true;
}

/* --- the backend reset it ------------------------------------------------ */

static bool reset_is_race(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	uint64_t idle_ns = attempt_idle_ns(attempt);

	if (!attempt_reused(attempt))
		return false;
	if (happened_after(attempt->reset_received_ns, attempt->request_ns))
		return true;
	if (span_ns(attempt->request_ns, attempt->reset_received_ns) > attempt_crossing_ns(attempt))
		return false;
	/* Open since before lbtrace: how long it was idle is not known. */
	if (!attempt->last_received_ns)
		return reset_from_nowhere(attempt);
	if (attempt->reset_flags & TCP_FLAG_ACK && attempt->reset_window)
		return idle_ns >= IDLE_TIMEOUT_NS;
	return idle_ns >= IDLE_LEAST_NS;
}

static void classify_reset(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;
	bool live = (attempt->reset_flags & TCP_FLAG_ACK) && attempt->reset_window;

	evidence_reset(inquiry, "the request", attempt->request_ns);
	evidence_killed(inquiry, attempt->reset_received_ns);
	if (reset_is_race(inquiry)) {
		bool certain = attempt->last_received_ns &&
			       (reset_from_nowhere(attempt) ||
				happened_after(attempt->reset_received_ns, attempt->request_ns));

		outcome_set(inquiry, CAUSE_KEEPALIVE_RACE,
			    certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		return;
	}
	if (classify_cut(inquiry))
		return;
	if (!attempt_reused(attempt) && reset_from_nowhere(attempt) && !attempt->reset_window) {
		evidence_add(
			evidence,
			"no socket stands behind that RST: the queue overflowed (tcp_abort_on_overflow), or the backend or a NAT lost the connection");
		outcome_set(inquiry, CAUSE_ACCEPTQ_ABORT, CONFIDENCE_LIKELY);
		return;
	}
	if (live)
		evidence_add(
			evidence,
			"a RST with ACK and a window comes from a live socket: the application closed it unread or aborted it");
	outcome_set(inquiry, CAUSE_RESET_BEFORE_RESPONSE,
		    live && !attempt_reused(attempt) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
}

/* --- the backend closed it ----------------------------------------------- */

static void classify_close(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;
	bool before = happened_after(attempt->fin_received_ns, attempt->request_ns);
	uint64_t delay_ns = span_ns(attempt->request_ns, attempt->fin_received_ns);
	char text[OUTCOME_DURATION_BYTES];

	if (before)
		evidence_add(evidence, "the backend's FIN came %s before the request was sent",
			     duration_format(span_ns(attempt->fin_received_ns, attempt->request_ns),
					     text));
	else
		evidence_add(evidence, "the backend's FIN came %s after the request",
			     duration_format(delay_ns, text));
	evidence_killed(inquiry, attempt->fin_received_ns);
	if (attempt_reused(attempt) && before) {
		outcome_set(inquiry, CAUSE_KEEPALIVE_RACE,
			    attempt->last_received_ns ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	} else if (attempt_reused(attempt) && delay_ns <= attempt_crossing_ns(attempt) &&
		   attempt_idle_ns(attempt) >=
			   (attempt_all_acked(attempt) ? IDLE_TIMEOUT_NS : IDLE_LEAST_NS)) {
		outcome_set(inquiry, CAUSE_KEEPALIVE_RACE, CONFIDENCE_LIKELY);
	} else if (classify_cut(inquiry)) {
		return;
	} else if (before) {
		evidence_add(
			evidence,
			"it closes new connections at once: does it expect the PROXY protocol, or a client it knows?");
		outcome_set(inquiry, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
	} else {
		outcome_set(inquiry, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
	}
}

/* --- nothing came, the load balancer or the kernel gave up --------------- */

/* The path, not the application: data is not acknowledged. */
static void classify_unacked(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;
	bool large_only =
		attempt->full_retransmits && attempt->full_retransmits == attempt->data_retransmits;

	evidence_add(evidence, "%u data retransmits (%u of full size) without an ACK",
		     attempt->data_retransmits, attempt->full_retransmits);
	if (attempt_has(attempt, ATTEMPT_NEIGHBOUR_FAILED)) {
		evidence_add(evidence,
			     "ARP or neighbour discovery for the next hop failed meanwhile");
		outcome_set(inquiry, CAUSE_ARP_FAILED, CONFIDENCE_LIKELY);
	} else if (classify_icmp(inquiry)) {
		inquiry->outcome->confidence = confidence_lower(inquiry->outcome->confidence);
	} else if (large_only && (attempt->bytes_acked || !attempt_reused(attempt))) {
		evidence_add(evidence,
			     "only segments of the full MSS (%u bytes) get lost, small ones pass",
			     attempt->mss_bytes);
		outcome_set(inquiry, CAUSE_PMTU_BLACKHOLE, CONFIDENCE_LIKELY);
	} else {
		evidence_add(
			evidence, "%s",
			attempt_reused(attempt)
				? "on a reused connection: a firewall or NAT between may have forgotten it"
				: "on a new connection: packet loss, or the host has just died");
		outcome_set(inquiry, CAUSE_BLACKHOLE_MIDFLOW, CONFIDENCE_LIKELY);
	}
}

static void classify_timeout(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	const struct outcome_context *context = inquiry->context;
	struct evidence *evidence = &inquiry->outcome->evidence;
	uint64_t lasted_ns = span_ns(attempt->request_ns, attempt->header.time_ns);
	bool certain = lasted_ns >= TIMEOUT_LEAST_NS || context->joined_status == 504;
	char text[OUTCOME_DURATION_BYTES];

	evidence_add(evidence, "no answer in %s, then the load balancer closed",
		     duration_format(lasted_ns, text));
	/* Load balancers make a 504 of a time-out; another status needs another reason. */
	if (context->joined_status && context->joined_status != 504) {
		certain = false;
		if (lasted_ns < TIMEOUT_LEAST_NS) {
			evidence_add(
				evidence,
				"too early for a time-out, and it wrote a %u: its own log has the reason",
				context->joined_status);
			outcome_set(inquiry, CAUSE_NONE, CONFIDENCE_NONE);
			return;
		}
	}
	if (attempt->sent.kind == PAYLOAD_TLS && attempt->exchanges <= 1 && !context->tls_seen &&
	    !attempt_has(attempt, ATTEMPT_SEEDED) && !port_is_tls(attempt->remote.port) &&
	    (context->joined_status || lasted_ns >= TIMEOUT_LEAST_NS)) {
		evidence_add(
			evidence,
			"what was sent is a TLS ClientHello, and TLS was never seen from this port");
		outcome_set(inquiry, CAUSE_TLS_TO_PLAIN, CONFIDENCE_LIKELY);
		return;
	}
	if (classify_host_hang(inquiry))
		return;
	outcome_set(inquiry, CAUSE_SLOW_RESPONSE,
		    certain && attempt_all_acked(attempt) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
}

void classify_unanswered(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	int error = attempt_errno(attempt);

	evidence_exchange(inquiry);
	if (classify_undelivered(inquiry))
		return;
	if (attempt_has(attempt, ATTEMPT_FIN_RECEIVED) &&
	    !(attempt_was_reset(attempt) && reset_is_race(inquiry))) {
		classify_close(inquiry);
	} else if (attempt_was_reset(attempt)) {
		classify_reset(inquiry);
	} else if (error == ETIMEDOUT ||
		   (!attempt_all_acked(attempt) && (attempt->data_retransmits || error))) {
		classify_unacked(inquiry);
	} else if (classify_memory(inquiry)) {
		return;
	} else if (error) {
		evidence_add(&inquiry->outcome->evidence, "the connection ended with errno %d (%s)",
			     error, strerror(error));
		outcome_set(inquiry, CAUSE_NONE, CONFIDENCE_NONE);
	} else {
		classify_timeout(inquiry);
	}
}

void classify_unused(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;
	uint64_t end_ns =
		attempt_was_reset(attempt) ? attempt->reset_received_ns : attempt->fin_received_ns;
	char text[OUTCOME_DURATION_BYTES];

	if (!attempt_was_reset(attempt) && !attempt_has(attempt, ATTEMPT_FIN_RECEIVED))
		return;
	/* An idle connection that was opened in advance. */
	if (!inquiry->context->joined_status &&
	    (attempt_has(attempt, ATTEMPT_SEEDED) ||
	     span_ns(attempt->established_ns, end_ns) > UNUSED_CLOSE_NS))
		return;
	if (!attempt_was_reset(attempt)) {
		evidence_add(
			evidence,
			"the backend closed the new connection %s after the handshake, before a request was sent",
			duration_format(span_ns(attempt->established_ns, end_ns), text));
		evidence_add(evidence, "does it expect the PROXY protocol, or a client it knows?");
		outcome_set(inquiry, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
		return;
	}
	evidence_reset(inquiry, "the end of the handshake", attempt->established_ns);
	if (reset_from_nowhere(attempt) && !attempt->reset_window)
		outcome_set(inquiry, CAUSE_ACCEPTQ_ABORT, CONFIDENCE_LIKELY);
	else
		outcome_set(inquiry, CAUSE_RESET_BEFORE_RESPONSE, CONFIDENCE_LIKELY);
}
