// SPDX-License-Identifier: GPL-2.0-only
/* The address or the port is not where the application is. */
#include <inttypes.h>
#include <stdio.h>

#include "user/diagnose/findings_parts.h"

static uint16_t own_port(const struct finding_case *one)
{
	return one->row->config.address.port;
}

/* The port that the pool's other servers answer at, where this one has another; 0: not so. */
static uint16_t pool_port(const struct finding_case *one)
{
	return one->pool && one->pool->port != own_port(one) ? one->pool->port : 0;
}

/* Another port of one of its hosts that answers; 0: none. */
static uint16_t host_port(const struct finding_case *one)
{
	for (size_t i = 0; i < one->row->address_count; i++) {
		uint16_t port = accounts_other_port(one->accounts, &one->row->addresses[i]);

		if (port)
			return port;
	}
	return 0;
}

/* What the load balancer got there; NULL: nothing that speaks against the port. */
static const char *explain_port(const struct finding_case *one, uint64_t *count)
{
	static const enum cause_id refused[] = { CAUSE_CONN_REFUSED, CAUSE_FW_REJECT_RST,
						 CAUSE_NONE };
	static const enum cause_id silent[] = { CAUSE_FW_DROP, CAUSE_FW_REJECT_ICMP, CAUSE_NONE };
	static const enum cause_id foreign[] = { CAUSE_NOT_HTTP, CAUSE_NONE };

	*count = finding_count(one, refused);
	if (*count && !one->row->connected)
		return "refused";
	*count = finding_count(one, silent);
	if (*count && !one->row->connected)
		return "not answered";
	*count = finding_count(one, foreign);
	if (*count && *count >= one->row->connected)
		return "answered by something that speaks no HTTP";
	return NULL;
}

static bool is_unheard(const struct finding_case *one)
{
	uint32_t flags;

	for (size_t i = 0; i < one->row->address_count; i++) {
		if (hosts_find_port(one->sources->hosts, &one->row->addresses[i], &flags) && !flags)
			return true;
	}
	return false;
}

bool finding_wrong_port(const struct finding_case *one, struct finding *finding)
{
	uint16_t siblings = pool_port(one), host = host_port(one);
	uint16_t better = siblings ? siblings : host;
	char directive[MODEL_TEXT_BYTES], where[80];
	uint64_t count;
	const char *got = explain_port(one, &count);

	if (!got || !better || !own_port(one))
		return false;
	if (siblings && host == siblings)
		snprintf(where, sizeof(where), "port %u of the same host and its siblings answer",
			 siblings);
	else if (siblings)
		snprintf(where, sizeof(where), "siblings use port %u, and answer", siblings);
	else
		snprintf(where, sizeof(where), "port %u of the same host answers", host);
	finding->severity = siblings ? FINDING_ERROR : FINDING_WARNING;
	evidence_format(finding->text,
			"%s: %" PRIu64 " attempts at port %u were %s, none came about, while %s%s",
			one->name, count, own_port(one), got, where,
			is_unheard(one) ? "; nothing on this host listens on it" : "");
	evidence_format(finding->fix,
			"change the port in %.100s to %u, or start what should listen on %u",
			finding_directive(&one->row->config, directive), better, own_port(one));
	return true;
}

bool finding_wrong_address(const struct finding_case *one, struct finding *finding)
{
	static const enum cause_id nobody[] = { CAUSE_ARP_FAILED, CAUSE_NO_ROUTE,
						CAUSE_ICMP_UNREACHABLE, CAUSE_NONE };
	static const enum cause_id silent[] = { CAUSE_FW_DROP, CAUSE_NONE };
	uint64_t unreachable = finding_count(one, nobody);
	uint64_t count = unreachable + finding_count(one, silent);
	bool siblings = one->pool && one->pool->connected_servers;
	char directive[MODEL_TEXT_BYTES];

	if (!count || one->row->connected || (!siblings && !unreachable) || host_port(one) ||
	    pool_port(one))
		return false;
	finding->severity = siblings ? FINDING_ERROR : FINDING_WARNING;
	evidence_format(finding->text,
			"%s: nothing answers at this address (%s, %" PRIu64
			" attempts)%s: the host is down, or the address is wrong",
			one->name, catalogue_cause(one->row->last_cause)->id, count,
			siblings ? ", while its siblings answer" : "");
	evidence_format(finding->fix, "correct the address in %.140s, or bring that host up",
			finding_directive(&one->row->config, directive));
	return true;
}

bool finding_loopback_bind(const struct finding_case *one, struct finding *finding)
{
	/* What listens at quite another address may be another service. */
	const uint32_t elsewhere = HOST_PORT_LOOPBACK | HOST_PORT_OTHER_FAMILY;

	for (size_t i = 0; i < one->row->address_count; i++) {
		char address[ENDPOINT_TEXT_BYTES];
		const char *where;
		uint32_t flags;

		if (!hosts_find_port(one->sources->hosts, &one->row->addresses[i], &flags) ||
		    (flags & HOST_PORT_LISTENS) || !(flags & elsewhere))
			continue;
		where = flags & HOST_PORT_LOOPBACK ? "a loopback address"
						   : "the other address family";
		endpoint_format_host(&one->row->addresses[i], address);
		finding->severity = FINDING_ERROR;
		evidence_format(finding->text,
				"%s: on this host, what has port %u listens on %s only, not on %s",
				one->name, one->row->addresses[i].port, where, address);
		evidence_format(
			finding->fix,
			"let the application listen on %s (or on all addresses), or name the address that it listens on here",
			address);
		return true;
	}
	return false;
}
