// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/outcome_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* The shortest time without an answer that means anything: above any sane round trip, below the
 * first SYN retransmit (1 s, RFC 6298). */
#define SILENCE_NS (500 * OUTCOME_MS_NS)
/* The same when a 5xx came of it: load balancers may be set to short connect time-outs. */
#define SILENCE_JOINED_NS (50 * OUTCOME_MS_NS)

/* uapi/linux/neighbour.h: ABI. */
#define NEIGHBOUR_INCOMPLETE 0x01
#define NEIGHBOUR_REACHABLE 0x02
#define NEIGHBOUR_FAILED 0x20
#define NEIGHBOUR_NOARP 0x40
#define NEIGHBOUR_PERMANENT 0x80

void classify_never_sent(const struct inquiry *inquiry)
{
	struct evidence *evidence = &inquiry->outcome->evidence;
	int error = attempt_errno(inquiry->attempt);

	evidence_add(evidence, "connect() failed at once with errno %d (%s), no packet was sent",
		     error, strerror(error));
	switch (error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
		outcome_set(inquiry, CAUSE_NO_ROUTE, CONFIDENCE_CERTAIN);
		break;
	case EACCES:
		evidence_add(evidence,
			     "a prohibit route does that, or a security module (SELinux)");
		outcome_set(inquiry, CAUSE_NO_ROUTE, CONFIDENCE_LIKELY);
		break;
	case EINVAL:
		evidence_add(evidence, "a blackhole route does that");
		outcome_set(inquiry, CAUSE_NO_ROUTE, CONFIDENCE_LIKELY);
		break;
	case EADDRNOTAVAIL:
	case EADDRINUSE:
		outcome_set(inquiry, CAUSE_EPHEMERAL_EXHAUSTED,
			    error == EADDRNOTAVAIL ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		break;
	case EPERM:
		evidence_add(evidence, "a firewall or a cgroup program of this host does that");
		outcome_set(inquiry, CAUSE_LB_EGRESS_DROP, CONFIDENCE_LIKELY);
		break;
	case EMFILE:
	case ENFILE:
		outcome_set(inquiry, CAUSE_LB_FD_EXHAUSTED, CONFIDENCE_CERTAIN);
		break;
	default:
		if (!classify_memory(inquiry))
			outcome_set(inquiry, CAUSE_NONE, CONFIDENCE_NONE);
	}
}

/* Whether the last segment dropped here was dropped for this reason. */
static bool dropped_for(const struct inquiry *inquiry, const char *name)
{
	const struct diagnosis_options *options = inquiry->context->options;
	uint32_t reason = inquiry->attempt->drop_reason;

	return options && options->drop_reasons && reason && reason < options->drop_reason_count &&
	       options->drop_reasons[reason] && !strcmp(options->drop_reasons[reason], name);
}

static bool classify_own_firewall(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;

	if (classify_conntrack_full(inquiry))
		return true;
	if (attempt_has(attempt, ATTEMPT_EGRESS_DROP) || attempt->retransmit_error == -EPERM) {
		evidence_add(evidence, "netfilter on this host dropped the SYN%s",
			     attempt->retransmit_error == -EPERM
				     ? ", its retransmit failed with EPERM"
				     : "");
		outcome_set(inquiry, CAUSE_LB_EGRESS_DROP, CONFIDENCE_CERTAIN);
		return true;
	}
	if (attempt_was_reset(attempt) || attempt->icmp_family)
		return false;
	if (attempt_has(attempt, ATTEMPT_INGRESS_DROP)) {
		evidence_add(evidence,
			     "an answer to the SYN arrived, netfilter on this host dropped it");
		outcome_set(inquiry, CAUSE_LB_INGRESS_DROP, CONFIDENCE_CERTAIN);
		return true;
	}
	if (dropped_for(inquiry, "IP_RPFILTER")) {
		evidence_add(evidence,
			     "an answer to the SYN arrived, the reverse path filter dropped it");
		outcome_set(inquiry, CAUSE_LB_INGRESS_DROP, CONFIDENCE_LIKELY);
		return true;
	}
	return false;
}

static bool classify_refused(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	const struct outcome_context *context = inquiry->context;
	struct evidence *evidence = &inquiry->outcome->evidence;

	if (!attempt_was_reset(attempt))
		return false;
	evidence_reset(inquiry, "the SYN", attempt->started_ns);
	if (attempt->reset_ttl && context->usual_ttl && attempt->reset_ttl != context->usual_ttl) {
		evidence_add(
			evidence,
			"its TTL is %u, other segments of this host come with %u: another machine sent it",
			attempt->reset_ttl, context->usual_ttl);
		outcome_set(inquiry, CAUSE_FW_REJECT_RST, CONFIDENCE_LIKELY);
		return true;
	}
	if (classify_host_refusal(inquiry))
		return true;
	if (context->other_loopback_connected) {
		evidence_add(
			evidence,
			"the same port takes connections at the other family's loopback address");
		outcome_set(inquiry, CAUSE_AF_MISMATCH, CONFIDENCE_LIKELY);
		return true;
	}
	if (context->port_connected_recently)
		evidence_add(
			evidence,
			"the port took connections shortly before: the application is restarting or being stopped");
	else
		evidence_add(
			evidence,
			"a firewall on the backend's host that rejects with tcp-reset looks the same from here");
	outcome_set(inquiry, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	return true;
}

static bool classify_neighbour(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	uint16_t state = inquiry->context->neighbour_state;
	bool queued = attempt->retransmit_error == -EBUSY;
	enum confidence confidence = CONFIDENCE_LIKELY;

	if (attempt_has(attempt, ATTEMPT_NEIGHBOUR_FAILED)) {
		evidence_add(&inquiry->outcome->evidence,
			     "ARP or neighbour discovery for the next hop failed");
		confidence = CONFIDENCE_CERTAIN;
	} else if (state & (NEIGHBOUR_REACHABLE | NEIGHBOUR_NOARP | NEIGHBOUR_PERMANENT)) {
		return false;
	} else if (!queued && !(state & (NEIGHBOUR_FAILED | NEIGHBOUR_INCOMPLETE))) {
		return false;
	}
	if (queued) {
		evidence_add(
			&inquiry->outcome->evidence,
			"%u SYN retransmits were still queued in this host, waiting for the next hop's link address",
			attempt->syn_retransmits);
		if (attempt_errno(attempt) == EHOSTUNREACH || (state & NEIGHBOUR_FAILED))
			confidence = CONFIDENCE_CERTAIN;
	}
	if (state & (NEIGHBOUR_FAILED | NEIGHBOUR_INCOMPLETE))
		evidence_add(&inquiry->outcome->evidence, "its neighbour entry is %s",
			     state & NEIGHBOUR_FAILED ? "FAILED" : "INCOMPLETE");
	outcome_set(inquiry, CAUSE_ARP_FAILED, confidence);
	return true;
}

/* Nothing at all came back: a firewall, a dead host, or a full accept queue. */
static void classify_silence(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	const struct outcome_context *context = inquiry->context;
	struct evidence *evidence = &inquiry->outcome->evidence;
	char text[OUTCOME_DURATION_BYTES];

	evidence_add(evidence, "the SYN and %u retransmits left this host, nothing came back in %s",
		     attempt->syn_retransmits,
		     duration_format(span_ns(attempt->started_ns, attempt->header.time_ns), text));
	if (context->recent_unanswered)
		evidence_add(
			evidence,
			"%" PRIu64
			" connections to this port were taken into its queue and never answered",
			context->recent_unanswered);
	if (classify_host_silence(inquiry))
		return;
	/* nginx says 504 when its patience ends. */
	if (attempt->owner.kind == BALANCER_NGINX && context->joined_status == 502) {
		evidence_add(
			evidence,
			"but nginx wrote a 502, so it read an error that was not seen here: most often an ICMP error");
		outcome_set(inquiry, CAUSE_ICMP_UNREACHABLE, CONFIDENCE_POSSIBLE);
		return;
	}
	if (context->port_connected_recently)
		evidence_add(
			evidence,
			"other connections to this port came about meanwhile: it is no firewall that drops all");
	if (context->recent_unanswered || context->port_connected_recently) {
		outcome_set(inquiry, CAUSE_ACCEPTQ_OVERFLOW, CONFIDENCE_LIKELY);
	} else if (context->host_answered_recently ||
		   (context->neighbour_state & NEIGHBOUR_REACHABLE)) {
		evidence_add(evidence, "the host itself is up: %s",
			     context->host_answered_recently
				     ? "it answered other connections lately"
				     : "it answers ARP or neighbour discovery");
		outcome_set(inquiry, CAUSE_FW_DROP, CONFIDENCE_LIKELY);
	} else {
		evidence_add(
			evidence,
			"whether the host is up is not known: a silent drop, or a host that is down");
		outcome_set(inquiry, CAUSE_FW_DROP, CONFIDENCE_POSSIBLE);
	}
}

/* Whether it lasted long enough for the silence to mean anything. */
static bool was_silence(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	uint64_t lasted_ns = span_ns(attempt->started_ns, attempt->header.time_ns);
	int error = attempt_errno(attempt);

	if (error == ETIMEDOUT || attempt->syn_retransmits)
		return true;
	return !error &&
	       lasted_ns >= (inquiry->context->joined_status ? SILENCE_JOINED_NS : SILENCE_NS);
}

void classify_connecting(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	int error = attempt_errno(attempt);

	if (classify_own_firewall(inquiry) || classify_refused(inquiry) || classify_icmp(inquiry))
		return;
	/* Before that, a neighbour that is still being asked is normal. */
	if ((error || was_silence(inquiry) || attempt_has(attempt, ATTEMPT_NEIGHBOUR_FAILED)) &&
	    classify_neighbour(inquiry))
		return;
	if (classify_unseen_icmp(inquiry))
		return;
	if (was_silence(inquiry)) {
		classify_silence(inquiry);
		return;
	}
	if (!error && !inquiry->context->joined_status)
		return;
	evidence_add(&inquiry->outcome->evidence,
		     "the connection failed before it came about, errno %d (%s)", error,
		     strerror(error));
	outcome_set(inquiry, CAUSE_NONE, CONFIDENCE_NONE);
}
