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

const char *words_protocol(uint32_t protocol)
{
	static const char *const names[BACKEND_PROTOCOLS] = {
		[BACKEND_HTTP] = "http",	   [BACKEND_TCP] = "tcp",
		[BACKEND_GRPC] = "grpc",	   [BACKEND_FASTCGI] = "fastcgi",
		[BACKEND_UWSGI] = "uwsgi",	   [BACKEND_SCGI] = "scgi",
		[BACKEND_MEMCACHED] = "memcached",
	};

	return protocol < BACKEND_PROTOCOLS ? names[protocol] : "other";
}

const char *words_check(uint32_t check)
{
	static const char *const names[CHECK_KINDS] = {
		[CHECK_NONE] = NULL, [CHECK_TCP] = "tcp",     [CHECK_HTTP] = "http",
		[CHECK_TLS] = "tls", [CHECK_OTHER] = "other",
	};

	return check < CHECK_KINDS ? names[check] : "other";
}

const char *words_backend_state(uint32_t state)
{
	static const char *const names[BACKEND_STATES] = {
		[BACKEND_UP] = "up",
		[BACKEND_DOWN] = "down",
		[BACKEND_MAINTENANCE] = "maintenance",
		[BACKEND_DRAIN] = "drain",
		[BACKEND_UNCHECKED] = "unchecked",
	};

	return state < BACKEND_STATES && names[state] ? names[state] : "other";
}

const char *words_config_note(uint32_t kind)
{
	switch (kind) {
	case CONFIG_READ:
		return "read";
	case CONFIG_UNREADABLE:
		return "unreadable";
	case CONFIG_SKIPPED:
		return "skipped";
	case CONFIG_BOUNDED:
		return "bounded";
	case CONFIG_CHANGED:
		return "changed";
	}
	return "other";
}
