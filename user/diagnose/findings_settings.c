// SPDX-License-Identifier: GPL-2.0-only
/* What the configuration alone, or its times compared with what was seen, tells. */
#include <stdio.h>
#include <string.h>

#include "user/diagnose/findings_parts.h"
#include "user/lib/text.h"

#define MS_NS (1000 * 1000ull)
/* TCP's first retransmit of a SYN comes after a second: RFC 6298, 2.1; TCP_TIMEOUT_INIT. */
#define SYN_RETRANSMIT_MS 1000
#define SEARCH_MAX 256
#define LOOPBACK4 127

static bool same_pool(const struct event_backend *left, const struct event_backend *right)
{
	return !memcmp(left->pool, right->pool, sizeof(left->pool));
}

/* Ranges and templates make several of one directive, and mean it. */
static bool same_directive(const struct event_backend *left, const struct event_backend *right)
{
	return left->line == right->line && !strcmp(left->file, right->file);
}

/* Whether both always go to the same server: by one address, or by one name of which HAProxy would
 * give each another address. */
static bool same_server(const struct configured_place *place,
			const struct configured_backend *backend)
{
	const struct event_backend *left = &place->backend->config, *right = &backend->config;

	if (left->header.flags & right->header.flags & BACKEND_NAMED)
		return left->owner.kind != BALANCER_HAPROXY && !strcmp(left->host, right->host);
	return place->sources & PLACE_WRITTEN;
}

/* Of those at one of its addresses, the first server of its pool before it; NULL: none. */
static const struct configured_backend *find_twin(const struct configured_backend *backend)
{
	const struct configured_place *own, *place;
	const struct configured_backend *twin = NULL;

	LIST_FOREACH(own, &backend->places, of_backend) {
		unsigned int seen = 0;

		if (!(own->sources & (PLACE_WRITTEN | PLACE_RESOLVED)))
			continue;
		LIST_FOREACH(place, &own->host->places, at_host) {
			const struct event_backend *config = &place->backend->config;

			if (seen++ >= SEARCH_MAX)
				break;
			if (place->backend->generation != backend->generation ||
			    config->index >= backend->config.index ||
			    !same_pool(config, &backend->config) ||
			    same_directive(config, &backend->config) ||
			    !same_server(place, backend))
				continue;
			if (!twin || config->index < twin->config.index)
				twin = place->backend;
		}
	}
	return twin;
}

bool finding_duplicate(const struct finding_case *one, struct finding *finding)
{
	const struct configured_backend *twin;
	char quote[MODEL_TEXT_BYTES], directive[MODEL_TEXT_BYTES];

	if (!one->pool)
		return false;
	twin = find_twin(one->backend);
	if (!twin)
		return false;
	if (!configured_backend_quote(&twin->config, quote))
		snprintf(quote, sizeof(quote), "an earlier line");
	finding->severity = FINDING_WARNING;
	evidence_format(
		finding->text,
		"%s is in its pool twice, as %.120s: it gets a double share, and is tried again where it failed",
		one->name, quote);
	evidence_format(finding->fix, "remove one of them, or correct %.140s",
			finding_directive(&one->row->config, directive));
	return true;
}

static bool is_loopback(const struct event_address *address)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (address->family == 4)
		return address->bytes[0] == LOOPBACK4;
	return address->family == 6 && !memcmp(address->bytes, loopback6, sizeof(loopback6));
}

bool finding_connect_timeout(const struct finding_case *one, struct finding *finding)
{
	static const enum cause_id silent[] = { CAUSE_FW_DROP, CAUSE_ACCEPTQ_OVERFLOW,
						CAUSE_SYN_BACKLOG_FULL, CAUSE_NONE };
	const struct event_backend *config = &one->row->config;
	const char *fix = "let a connect take 3 s or more";

	if (!config->connect_timeout_ms || config->connect_timeout_ms >= SYN_RETRANSMIT_MS ||
	    (config->header.flags & BACKEND_UNIX) || is_loopback(&config->address))
		return false;
	if (config->owner.kind == BALANCER_HAPROXY)
		fix = "`timeout connect 4s`, or more";
	else if (config->owner.kind == BALANCER_NGINX)
		fix = "`proxy_connect_timeout 3s;` (or that of its protocol), or more";
	finding->severity = finding_count(one, silent) ? FINDING_WARNING : FINDING_NOTE;
	evidence_format(
		finding->text,
		"%s: the connect timeout of %u ms ends before TCP sends a lost SYN again (1 s): one lost packet is a failure",
		one->name, config->connect_timeout_ms);
	evidence_format(finding->fix, "%s", fix);
	return true;
}

bool finding_keepalive(const struct finding_case *one, struct finding *finding)
{
	const struct event_backend *config = &one->row->config;
	uint64_t idle_ms = one->idle_ns / MS_NS;
	char kept[32] = "without a bound";
	const char *directive = "the time that idle connections are kept";

	if (!idle_ms || (config->keepalive_idle_ms && config->keepalive_idle_ms <= idle_ms))
		return false;
	if (config->keepalive_idle_ms)
		snprintf(kept, sizeof(kept), "for %.1f s", config->keepalive_idle_ms / 1e3);
	if (config->owner.kind == BALANCER_NGINX)
		directive = "`keepalive_timeout` of the upstream";
	else if (config->owner.kind == BALANCER_HAPROXY)
		directive = "`pool-purge-delay` (or `http-reuse safe`)";
	finding->severity = one->row->gateway_errors ? FINDING_ERROR : FINDING_WARNING;
	evidence_format(
		finding->text,
		"%s: idle connections are kept %s, but the backend closes them after %.1f s: requests meet a connection that is just being closed",
		one->name, kept, (double)idle_ms / 1e3);
	evidence_format(
		finding->fix,
		"keep them shorter than the backend does: %s below %.1f s, or raise the backend's own",
		directive, (double)idle_ms / 1e3);
	return true;
}
