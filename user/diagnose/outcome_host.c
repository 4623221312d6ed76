// SPDX-License-Identifier: GPL-2.0-only
/* The backend is a process of this very host: its side is seen, too. */
#include <string.h>

#include "user/diagnose/outcome_parts.h"

/* A process's sockets are closed right after it is killed; a busy host takes its time. */
#define KILLED_NS (50 * OUTCOME_MS_NS)

/* The same address may be in use on a network that this host is not part of: what is here answers
 * within this time. */
#define NEAR_NS (1 * OUTCOME_MS_NS)

/* The first answer of the other end, if there was one, came from near by. */
static bool is_near(const struct event_attempt *attempt)
{
	uint64_t answered_ns =
		attempt->established_ns ? attempt->established_ns : attempt->reset_received_ns;

	return span_ns(attempt->started_ns, answered_ns) < NEAR_NS;
}

static const struct host_view *host_port(const struct inquiry *inquiry)
{
	const struct host_view *host = inquiry->context->host;

	return host && host->port_known && is_near(inquiry->attempt) ? host : NULL;
}

static void evidence_add_host(const struct inquiry *inquiry, const char *text)
{
	evidence_add(&inquiry->outcome->evidence, "the backend is on this host: %s", text);
}

bool classify_host_refusal(const struct inquiry *inquiry)
{
	const struct host_view *host = host_port(inquiry);

	if (!host)
		return false;
	if (host->port_flags & HOST_PORT_LISTENS) {
		if (!host->listened_before) {
			evidence_add_host(
				inquiry,
				"a listener is there now: the application came up, or a firewall there sent the RST");
			outcome_set(inquiry, CAUSE_CONN_REFUSED, CONFIDENCE_LIKELY);
			return true;
		}
		evidence_add_host(
			inquiry,
			"a listener was there before and after, so that a firewall there sent the RST");
		outcome_set(inquiry, CAUSE_FW_REJECT_RST, CONFIDENCE_LIKELY);
	} else if (host->port_flags & HOST_PORT_LOOPBACK) {
		evidence_add_host(inquiry,
				  "its listener for the port is bound to the loopback address");
		outcome_set(inquiry, CAUSE_LOOPBACK_BIND, CONFIDENCE_CERTAIN);
	} else if (host->port_flags & HOST_PORT_OTHER_FAMILY) {
		evidence_add_host(inquiry,
				  "its listener for the port is of the other address family");
		outcome_set(inquiry, CAUSE_AF_MISMATCH, CONFIDENCE_CERTAIN);
	} else {
		evidence_add_host(inquiry,
				  host->port_flags & HOST_PORT_OTHER_ADDRESS
					  ? "the port has a listener at another address only"
					  : "no process there listens on the port");
		outcome_set(inquiry, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	}
	return true;
}

bool classify_host_silence(const struct inquiry *inquiry)
{
	const struct host_view *host = host_port(inquiry);
	struct evidence *evidence = &inquiry->outcome->evidence;

	if (!host || !(host->port_flags & HOST_PORT_LISTENS))
		return false;
	evidence_add(evidence,
		     "the backend is on this host: its accept queue holds %u connections%s",
		     host->backlog,
		     host->accept_queue_dropped ? ", and the count of its overflows grows" : "");
	/* One more than the limit fits in (sk_acceptq_is_full()). */
	if (host->backlog && (host->accept_queue_dropped ||
			      (host->backlog_max && host->backlog > host->backlog_max))) {
		outcome_set(inquiry, CAUSE_ACCEPTQ_OVERFLOW, CONFIDENCE_CERTAIN);
		return true;
	}
	if (!host->syn_queue_grew) {
		if (!host->backlog)
			return false;
		outcome_set(inquiry, CAUSE_ACCEPTQ_OVERFLOW, CONFIDENCE_LIKELY);
		return true;
	}
	evidence_add(evidence, "its queue of half-open connections overflows (TCPReqQFullDrop)");
	outcome_set(inquiry, CAUSE_SYN_BACKLOG_FULL, CONFIDENCE_LIKELY);
	return true;
}

bool classify_host_hang(const struct inquiry *inquiry)
{
	const struct host_view *host = host_port(inquiry);

	if (!host || !(host->port_flags & HOST_PORT_LISTENS) || !host->backlog ||
	    !attempt_all_acked(inquiry->attempt) || attempt_reused(inquiry->attempt))
		return false;
	evidence_add(
		&inquiry->outcome->evidence,
		"the backend is on this host: %u connections wait in its accept queue, nobody takes them",
		host->backlog);
	outcome_set(inquiry, CAUSE_BACKEND_NOT_ACCEPTING, CONFIDENCE_LIKELY);
	return true;
}

void evidence_killed(const struct inquiry *inquiry, uint64_t end_ns)
{
	const struct host_view *host = inquiry->context->host;
	char text[OUTCOME_DURATION_BYTES];

	if (!host || !is_near(inquiry->attempt) || !happened_after(host->killed_ns, end_ns) ||
	    span_ns(host->killed_ns, end_ns) > KILLED_NS)
		return;
	evidence_add(
		&inquiry->outcome->evidence,
		"%s before, %.*s (pid %u) on the backend's host was killed by signal %d (%s)%s",
		duration_format(span_ns(host->killed_ns, end_ns), text), EVENT_COMM_BYTES,
		host->killed_comm, host->killed_tgid, host->killed_signal,
		strsignal(host->killed_signal), host->killed_by_oom ? ": out of memory" : "");
}
