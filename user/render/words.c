// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/words.h"

static const char *const kinds[BALANCER_KINDS] = {
	[BALANCER_OTHER] = "other",	  [BALANCER_NGINX] = "nginx",
	[BALANCER_HAPROXY] = "haproxy",	  [BALANCER_ENVOY] = "envoy",
	[BALANCER_CADDY] = "caddy",	  [BALANCER_APACHE] = "apache",
	[BALANCER_VARNISH] = "varnish",	  [BALANCER_TRAEFIK] = "traefik",
	[BALANCER_LIGHTTPD] = "lighttpd", [BALANCER_SQUID] = "squid",
};

const char *words_health(enum health health)
{
	switch (health) {
	case HEALTH_HEALTHY:
		return "healthy";
	case HEALTH_DEGRADED:
		return "degraded";
	case HEALTH_FAILING:
		break;
	}
	return "failing";
}

const char *words_kind(uint32_t kind)
{
	if (kind >= BALANCER_KINDS || !kinds[kind])
		return kinds[BALANCER_OTHER];
	return kinds[kind];
}

uint64_t words_attempt_began_ns(const struct event_attempt *attempt)
{
	if (attempt->request_ns && (attempt->exchanges > 1 || !attempt->started_ns))
		return attempt->request_ns;
	return attempt->started_ns;
}
