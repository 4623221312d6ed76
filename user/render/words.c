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

const char *words_buildup(enum buildup_kind kind)
{
	static const char *const names[] = {
		[BUILDUP_NONE] = "none",
		[BUILDUP_LEAK] = "leak",
		[BUILDUP_SLOW_DRAIN] = "slow-drain",
		[BUILDUP_OLD_WORKER] = "old-worker",
	};

	return names[kind];
}

const char *words_reset_phase(enum reset_phase phase)
{
	static const char *const names[RESET_PHASES] = {
		[RESET_HANDSHAKE] = "handshake",
		[RESET_REQUEST] = "request",
		[RESET_RESPONSE] = "response",
		[RESET_IDLE] = "idle",
	};

	return names[phase];
}

const char *words_reset_effect(enum reset_effect effect)
{
	static const char *const names[] = {
		[RESET_BENIGN] = "benign",
		[RESET_HARMFUL] = "harmful",
		[RESET_UNCLEAR] = "unclear",
	};

	return names[effect];
}

const char *words_resource(uint32_t kind)
{
	static const char *const names[RESOURCE_KINDS] = {
		[RESOURCE_DESCRIPTORS] = "descriptors",
		[RESOURCE_CONNTRACK] = "conntrack",
		[RESOURCE_TCP_MEMORY] = "tcp_memory",
		[RESOURCE_CPU] = "cpu",
		[RESOURCE_ACCEPT_QUEUE] = "accept_queue",
		[RESOURCE_CONNECTION_SLOTS] = "connection_slots",
	};

	return kind < RESOURCE_KINDS && names[kind] ? names[kind] : "other";
}

const char *words_tls(uint16_t tls_state)
{
	switch (tls_state) {
	case TLS_SEEN:
		return "seen";
	case TLS_HOOKED:
		return "hooked";
	case TLS_UNREADABLE:
		return "unreadable";
	}
	return NULL;
}
