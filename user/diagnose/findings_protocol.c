// SPDX-License-Identifier: GPL-2.0-only
/* TLS where there is none, and none where there is. */
#include <inttypes.h>

#include "user/diagnose/findings_parts.h"

#define SEARCH_MAX 256
#define TLS_PORT 443 /* 8443, 9443, ... too */
#define CUT_LEAST 3

/* Whether it was another backend of the same address that was spoken to like that. */
static bool is_of_twin(const struct finding_case *one, enum configured_speech speech)
{
	const struct configured_place *own, *place;

	if (configured_agrees(one->backend, speech))
		return false;
	LIST_FOREACH(own, &one->backend->places, of_backend) {
		unsigned int seen = 0;

		LIST_FOREACH(place, &own->host->places, at_host) {
			if (seen++ >= SEARCH_MAX)
				break;
			if (place->backend->generation == one->backend->generation &&
			    configured_agrees(place->backend, speech))
				return true;
		}
	}
	return false;
}

static const char *fix_plain(const struct event_backend *config)
{
	switch (config->owner.kind) {
	case BALANCER_NGINX:
		if (config->protocol == BACKEND_TCP)
			return "`proxy_ssl on;` in that server block";
		if (config->protocol == BACKEND_GRPC)
			return "`grpc_pass grpcs://...` instead of `grpc://`";
		return "`proxy_pass https://...` instead of `http://` where it is passed to";
	case BALANCER_HAPROXY:
		return "add `ssl verify required ca-file FILE` to that server line";
	case BALANCER_VARNISH:
		return "Varnish speaks no TLS: use the backend's plain port, or a TLS proxy in between";
	default:
		return "speak TLS (https://) to it, or use its plain port";
	}
}

static const char *fix_tls(const struct event_backend *config)
{
	switch (config->owner.kind) {
	case BALANCER_NGINX:
		if (config->protocol == BACKEND_TCP)
			return "remove `proxy_ssl on;` from that server block";
		if (config->protocol == BACKEND_GRPC)
			return "`grpc_pass grpc://...` instead of `grpcs://`";
		return "`proxy_pass http://...` instead of `https://`, or the backend's TLS port";
	case BALANCER_HAPROXY:
		return "remove `ssl` (and `check-ssl`) from that server line, or use the TLS port";
	default:
		return "speak plain HTTP (http://) to it, or use its TLS port";
	}
}

/* OpenSSL's own answer to a request without TLS is to close, which a failing application does too. */
static bool looks_like_tls(const struct finding_case *one, struct finding *finding)
{
	static const enum cause_id cut[] = { CAUSE_RESET_BEFORE_RESPONSE,
					     CAUSE_CLOSE_BEFORE_RESPONSE, CAUSE_NONE };
	const struct event_backend *config = &one->row->config;
	uint64_t count = finding_count(one, cut);

	if (count < CUT_LEAST || count < one->row->attempts ||
	    config->address.port % 1000 != TLS_PORT || config->protocol != BACKEND_HTTP ||
	    (config->header.flags & BACKEND_TLS))
		return false;
	finding->severity = FINDING_WARNING;
	evidence_format(
		finding->text,
		"%s: all %" PRIu64
		" plain requests were cut off without a byte, and port %u is one for TLS: it looks as if it spoke TLS (`lbtrace probe` tells)",
		one->name, count, config->address.port);
	evidence_format(finding->fix, "%s", fix_plain(config));
	return true;
}

bool finding_plain_to_tls(const struct finding_case *one, struct finding *finding)
{
	uint64_t count = one->failures[CAUSE_PLAIN_TO_TLS];

	if (!count)
		return looks_like_tls(one, finding);
	if (is_of_twin(one, SPEECH_PLAIN))
		return false;
	finding->severity = FINDING_ERROR;
	evidence_format(finding->text,
			"%s: plain requests go to a port that speaks TLS (%" PRIu64 " failed)%s",
			one->name, count,
			one->row->config.header.flags & BACKEND_TLS
				? ", though TLS is configured for other uses of it"
				: "");
	evidence_format(finding->fix, "%s", fix_plain(&one->row->config));
	return true;
}

bool finding_tls_to_plain(const struct finding_case *one, struct finding *finding)
{
	uint64_t count = one->failures[CAUSE_TLS_TO_PLAIN];

	if (!count || is_of_twin(one, SPEECH_TLS))
		return false;
	finding->severity = FINDING_ERROR;
	evidence_format(finding->text,
			"%s: TLS is spoken to a port that answers in plain text (%" PRIu64
			" failed)",
			one->name, count);
	evidence_format(finding->fix, "%s", fix_tls(&one->row->config));
	return true;
}
