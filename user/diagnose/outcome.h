/* SPDX-License-Identifier: GPL-2.0-only */
/* What one attempt at a backend came to, from its record and what else is known of that backend. */
#ifndef LBTRACE_USER_DIAGNOSE_OUTCOME_H
#define LBTRACE_USER_DIAGNOSE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/diagnose/catalogue.h"
#include "user/diagnose/diagnose.h"
#include "user/diagnose/evidence.h"
#include "user/diagnose/model.h"

struct outcome {
	enum cause_id cause;
	enum confidence confidence; /* CONFIDENCE_NONE exactly when cause is CAUSE_NONE */
	struct evidence evidence;
	bool failure; /* the attempt failed, a backend's own 5xx included; cause may still be CAUSE_NONE */
};

/* What this host, being the backend's own, shows of it. */
struct host_view {
	bool port_known; /* the fields up to syn_queue_grew are of a look about that time */
	uint32_t port_flags; /* enum host_port_flags */
	bool listened_before; /* the very same listener was there before the attempt, and a while later */
	uint32_t backlog, backlog_max; /* of the listener's accept queue */
	bool accept_queue_dropped; /* TcpExtListenOverflows grew since the look before */
	bool syn_queue_grew; /* TcpExtTCPReqQFullDrop did, since the look before */
	uint64_t killed_ns; /* when a process of its namespace was last killed by a signal, 0: none */
	uint32_t killed_tgid;
	int killed_signal;
	bool killed_by_oom; /* its memory ran out */
	char killed_comm[EVENT_COMM_BYTES];
};

/* What is known of the backend beyond the attempt itself, from other attempts, figures and
 * neighbours. Zeroed: nothing is known. */
struct outcome_context {
	const struct diagnosis_options *options; /* for the names of drop reasons; may be NULL */
	bool host_answered_recently; /* another port of the host, or this one earlier, within a minute or so */
	/* Another connection to this address and port came about WHILE this attempt was under way (or
	 * in the last second before): a firewall would have stopped that one as well. Connections from
	 * before a firewall rule was added must not count. */
	bool port_connected_recently;
	bool tls_seen; /* this address and port answered TLS */
	uint8_t usual_ttl; /* of segments from this host that were no RST, 0: not known */
	uint16_t neighbour_state; /* NUD_* of the backend's own neighbour entry, 0: not known, or behind a router */
	/* The 5xx of the load balancer's own that this attempt is exactly joined to, 0: none (yet).
	 * It turns what would be benign alone (an answered attempt, an early give-up) into a failure. */
	uint16_t joined_status;
	/* Connections to this address and port, in the last minute, that were established, whose
	 * request was acknowledged (or DUPLICATE_SYNACK), and that never got an answer: nobody accepts.
	 * Unacknowledged ones (outcome blackhole-midflow) do not count, a new firewall rule makes them too. */
	uint64_t recent_unanswered;
	uint64_t conntrack_used,
		conntrack_limit; /* in the attempt's namespace; 0: far from full, or not known */
	uint32_t cpu_pressure; /* PSI of this host, "some", 1/100 %; 0: low, or not known */
	bool port_answered; /* this address and port answered a request, ever */
	/* The same port of the other family's loopback address took a connection lately. */
	bool other_loopback_connected;
	const struct host_view
		*host; /* the backend is on this host, and this is seen of it; or NULL */
};

/* Fills `outcome` whole. Neither errno nor TCP flags decide alone (reference: tcp(7), RFC 9293
 * §3.10, RFC 792, RFC 4443); what fits no cause is CAUSE_NONE. A healthy end gives CAUSE_NONE with
 * failure == false. The record may hold anything: no field is trusted as an index. */
void outcome_classify(const struct event_attempt *attempt, const struct outcome_context *context,
		      struct outcome *outcome);

/* No 5xx claimed the attempt, and none will. When the load balancer itself let go of a whole
 * connection whose request was unanswered, or of a connect() too early for its silence to mean
 * anything, its client had left: client-abort, no failure. Every other outcome stays as it is.
 * `outcome` is what outcome_classify() gave for the attempt with joined_status 0. */
void outcome_unclaimed(const struct event_attempt *attempt, struct outcome *outcome);

#endif
