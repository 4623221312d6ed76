// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/stale.h"

#include <stdio.h>
#include <string.h>

#include "user/diagnose/configured_table.h"
#include "user/lib/endpoint.h"

/* What an address comes to whose host is gone, or another one. */
static bool may_be_stale(enum cause_id cause)
{
	switch (cause) {
	case CAUSE_NO_ROUTE:
	case CAUSE_ARP_FAILED:
	case CAUSE_ICMP_UNREACHABLE:
	case CAUSE_CONN_REFUSED:
	case CAUSE_FW_REJECT_RST:
	case CAUSE_FW_REJECT_ICMP:
	case CAUSE_FW_DROP:
	case CAUSE_NOT_HTTP:
	case CAUSE_PLAIN_TO_TLS:
	case CAUSE_TLS_TO_PLAIN:
	case CAUSE_TLS_VERIFY_FAILED:
		return true;
	default:
		return false;
	}
}

static void say(const struct configured_stale *stale, const struct event_attempt *attempt,
		enum cause_id seen, struct evidence *evidence)
{
	char name[MODEL_NAME_BYTES], host[EVENT_TEXT_BYTES], now[ENDPOINT_TEXT_BYTES] = "nothing";
	char old[ENDPOINT_TEXT_BYTES];

	configured_backend_name(&stale->backend->config, name);
	configured_backend_host(&stale->backend->config, host);
	endpoint_format(&attempt->remote, old);
	if (stale->now.family)
		endpoint_format_host(&stale->now, now);
	if (stale->gone_ns)
		evidence_add(evidence,
			     "%.60s: %.80s meant %s until %.1f s before, and means %s now", name,
			     host, old, (double)(attempt->header.time_ns - stale->gone_ns) / 1e9,
			     now);
	else
		evidence_add(
			evidence,
			"no configured name has %s now; %.60s is %.60s%s, which is resolved to %s",
			old, name, host, stale->others ? " (or another of its names)" : "", now);
	evidence_add(evidence, "seen of that address: %s", catalogue_cause(seen)->id);
}

void stale_judge(const struct configured *configured, const struct event_attempt *attempt,
		 struct outcome *outcome)
{
	struct configured_stale stale;
	struct evidence seen;
	enum cause_id cause = outcome->cause;

	if (!outcome->failure || !may_be_stale(cause) ||
	    !configured_is_stale(configured, &attempt->owner, &attempt->remote,
				 attempt->header.time_ns, &stale))
		return;
	outcome->cause = CAUSE_DNS_STALE;
	/* What was begun before the name changed was right when it was begun. */
	if (!stale.gone_ns || attempt->started_ns < stale.gone_ns)
		outcome->confidence = confidence_lowest(outcome->confidence, CONFIDENCE_LIKELY);
	else
		outcome->confidence = CONFIDENCE_CERTAIN;
	seen = outcome->evidence;
	memset(&outcome->evidence, 0, sizeof(outcome->evidence));
	say(&stale, attempt, cause, &outcome->evidence);
	for (size_t i = 0; i < seen.count; i++)
		evidence_add(&outcome->evidence, "%s", seen.lines[i]);
}
