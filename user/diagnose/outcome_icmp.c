// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/outcome_parts.h"

#include <errno.h>

#include "user/lib/endpoint.h"

/* What an unreachable message means for a SYN. */
enum icmp_meaning {
	ICMP_NOTHING, /* ends no connection attempt, or not known */
	ICMP_UNREACHABLE,
	ICMP_HOST_SILENT, /* as sent by whoever got no ARP or NDP answer */
	ICMP_FILTERED, /* only filters send it for TCP */
	ICMP_LOOP,
};

struct icmp_code {
	uint8_t family, type, code;
	enum icmp_meaning meaning;
	const char *name;
};

/* RFC 792, RFC 1812 §5.2.7.1, RFC 4443 §3.1. */
static const struct icmp_code codes[] = {
	{ 4, 3, 0, ICMP_UNREACHABLE, "network unreachable" },
	{ 4, 3, 1, ICMP_HOST_SILENT, "host unreachable" },
	{ 4, 3, 2, ICMP_FILTERED, "protocol unreachable" },
	{ 4, 3, 3, ICMP_FILTERED, "port unreachable" },
	{ 4, 3, 5, ICMP_UNREACHABLE, "source route failed" },
	{ 4, 3, 6, ICMP_UNREACHABLE, "network unknown" },
	{ 4, 3, 7, ICMP_UNREACHABLE, "host unknown" },
	{ 4, 3, 8, ICMP_UNREACHABLE, "source host isolated" },
	{ 4, 3, 9, ICMP_FILTERED, "network administratively prohibited" },
	{ 4, 3, 10, ICMP_FILTERED, "host administratively prohibited" },
	{ 4, 3, 11, ICMP_UNREACHABLE, "network unreachable for this type of service" },
	{ 4, 3, 12, ICMP_UNREACHABLE, "host unreachable for this type of service" },
	{ 4, 3, 13, ICMP_FILTERED, "communication administratively prohibited" },
	{ 4, 3, 14, ICMP_FILTERED, "host precedence violation" },
	{ 4, 3, 15, ICMP_FILTERED, "precedence cutoff" },
	{ 4, 11, 0, ICMP_LOOP, "time to live exceeded" },
	{ 6, 1, 0, ICMP_UNREACHABLE, "no route to destination" },
	{ 6, 1, 1, ICMP_FILTERED, "administratively prohibited" },
	{ 6, 1, 2, ICMP_UNREACHABLE, "beyond scope of source address" },
	{ 6, 1, 3, ICMP_HOST_SILENT, "address unreachable" },
	{ 6, 1, 4, ICMP_FILTERED, "port unreachable" },
	{ 6, 1, 5, ICMP_FILTERED, "source address failed policy" },
	{ 6, 1, 6, ICMP_FILTERED, "reject route" },
	{ 6, 3, 0, ICMP_LOOP, "hop limit exceeded" },
};

static const struct icmp_code *code_of(const struct event_attempt *attempt)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].family == attempt->icmp_family &&
		    codes[i].type == attempt->icmp_type && codes[i].code == attempt->icmp_code)
			return &codes[i];
	}
	return NULL;
}

/* A message that this host sent to itself. */
static void classify_own(const struct inquiry *inquiry, const struct icmp_code *code)
{
	struct evidence *evidence = &inquiry->outcome->evidence;

	switch (code->meaning) {
	case ICMP_HOST_SILENT:
		evidence_add(
			evidence,
			"this host itself reports: %s, its next hop answers no ARP or neighbour discovery",
			code->name);
		outcome_set(inquiry, CAUSE_ARP_FAILED, CONFIDENCE_CERTAIN);
		break;
	case ICMP_FILTERED:
		evidence_add(evidence, "this host itself rejected the SYN: ICMP %s", code->name);
		outcome_set(inquiry, CAUSE_LB_EGRESS_DROP, CONFIDENCE_CERTAIN);
		break;
	default:
		evidence_add(evidence, "this host itself reports: ICMP %s", code->name);
		outcome_set(inquiry, CAUSE_NO_ROUTE, CONFIDENCE_LIKELY);
	}
}

/* A SYN that was still queued for its neighbour cannot have reached anyone who complains of it. */
static bool never_left(const struct event_attempt *attempt)
{
	return attempt_has(attempt, ATTEMPT_NEIGHBOUR_FAILED) ||
	       attempt->retransmit_error == -EBUSY;
}

bool classify_icmp(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	const struct icmp_code *code = code_of(attempt);
	char source[ENDPOINT_TEXT_BYTES] = "someone", after[OUTCOME_DURATION_BYTES];
	enum confidence confidence = CONFIDENCE_LIKELY;

	if (!code || code->meaning == ICMP_NOTHING)
		return false;
	if (icmp_is_own(attempt) || (code->meaning == ICMP_HOST_SILENT && never_left(attempt))) {
		classify_own(inquiry, code);
		return true;
	}
	if (attempt->icmp_source.family)
		endpoint_format_host(&attempt->icmp_source, source);
	evidence_add(&inquiry->outcome->evidence,
		     "%s sent ICMP %s (type %u code %u), %s after connect()", source, code->name,
		     code->type, code->code,
		     duration_format(span_ns(attempt->started_ns, attempt->header.time_ns), after));
	if (code->meaning == ICMP_HOST_SILENT)
		evidence_add(
			&inquiry->outcome->evidence,
			"at once: that router has no route; after about 3 s: it got no ARP or NDP answer, the host is down");
	/* Without its sender it is an errno's translation, and may have come from this very host. */
	if (attempt->icmp_source.family && code->meaning != ICMP_LOOP)
		confidence = CONFIDENCE_CERTAIN;
	outcome_set(inquiry,
		    code->meaning == ICMP_FILTERED ? CAUSE_FW_REJECT_ICMP : CAUSE_ICMP_UNREACHABLE,
		    confidence);
	return true;
}

/* IPv6 queues the message only for those who ask for it (IPV6_RECVERR); the errno is all there is.
 * icmp_err_convert[] in net/ipv4/icmp.c, tab_unreach[] in net/ipv6/icmp.c. */
bool classify_unseen_icmp(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	struct evidence *evidence = &inquiry->outcome->evidence;
	bool ipv6 = attempt->remote.family == 6;
	int error = attempt_errno(attempt);

	switch (error) {
	case ECONNREFUSED:
		if (ipv6) {
			evidence_add(evidence,
				     "refused (errno %d) without a RST: an ICMPv6 port unreachable",
				     error);
			outcome_set(inquiry, CAUSE_FW_REJECT_ICMP, CONFIDENCE_LIKELY);
		} else {
			evidence_add(evidence, "refused (errno %d), the RST itself was not seen",
				     error);
			outcome_set(inquiry, CAUSE_CONN_REFUSED, CONFIDENCE_LIKELY);
		}
		return true;
	case EACCES:
	case ENOPROTOOPT:
		if (ipv6 != (error == EACCES))
			return false;
		evidence_add(evidence,
			     "errno %d after the SYN: an ICMP message that only filters send",
			     error);
		outcome_set(inquiry, CAUSE_FW_REJECT_ICMP, CONFIDENCE_LIKELY);
		return true;
	case ENETUNREACH:
	case EHOSTUNREACH:
		evidence_add(
			evidence,
			"errno %d after the SYN: an ICMP unreachable message, its source was not seen",
			error);
		outcome_set(inquiry, CAUSE_ICMP_UNREACHABLE, CONFIDENCE_LIKELY);
		return true;
	default:
		return false;
	}
}
