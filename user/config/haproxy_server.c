// SPDX-License-Identifier: GPL-2.0-only
#include "user/config/haproxy_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_BYTES (EVENT_HOST_BYTES + 16)

void haproxy_settings_init(struct haproxy_settings *settings)
{
	*settings = (struct haproxy_settings){
		.weight = 1,
		.check_interval_ms = HAPROXY_CHECK_INTERVAL_MS,
		.agent_interval_ms = HAPROXY_CHECK_INTERVAL_MS,
	};
}

/* Prefixes of addresses, the longest of those that begin alike first. */
static const char *const address_prefixes[] = {
	"stream+ipv4@", "stream+ipv6@", "stream+unix@", "mptcp4@", "mptcp6@", "mptcp@",
	"ipv4@",	"ipv6@",	"tcp4@",	"tcp6@",   "tcp@",    "unix@",
};

/* They are no connections to an address, or are none of TCP. */
static const char *const foreign_prefixes[] = {
	"abns@",  "abnsz@", "fd@",   "sockpair@", "rhttp@", "rev@", "stream+abns@",
	"quic4@", "quic6@", "quic@", "udp4@",	  "udp6@",  "udp@",
};

static const char *skip_prefix(const char *text, bool *is_path)
{
	*is_path = *text == '/';
	for (size_t i = 0; i < sizeof(address_prefixes) / sizeof(address_prefixes[0]); i++) {
		size_t length = strlen(address_prefixes[i]);

		if (strncmp(text, address_prefixes[i], length) != 0)
			continue;
		*is_path |= strstr(address_prefixes[i], "unix") != NULL;
		return text + length;
	}
	return text;
}

static bool is_foreign(const char *text)
{
	for (size_t i = 0; i < sizeof(foreign_prefixes) / sizeof(foreign_prefixes[0]); i++) {
		if (!strncmp(text, foreign_prefixes[i], strlen(foreign_prefixes[i])))
			return true;
	}
	return false;
}

/* A Unix path, relative ones as they are; or what has no address of its own. */
static int set_text(struct haproxy_place *place, const char *text, uint32_t flag)
{
	struct event_backend *backend = &place->backend;

	if (!*text || !config_set_text(backend->host, sizeof(backend->host), text))
		return -EINVAL;
	backend->header.flags |= strchr(text, '$') ? BACKEND_DYNAMIC : flag;
	return 0;
}

/* The last colon that is no part of a bracketed address, as HAProxy looks for it. */
static const char *find_port(const char *text)
{
	for (const char *at = text + strlen(text); at-- > text;) {
		if (*at == ']')
			return NULL;
		if (*at == ':')
			return at;
	}
	return NULL;
}

/* Digits alone are a port; with a sign, or without any, it is the client's. */
static int read_port(struct haproxy_place *place, const char *text, uint16_t *port)
{
	char *end;
	long value = strtol(text, &end, 10);

	*port = 0;
	if (*end || value > UINT16_MAX || value < -UINT16_MAX)
		return -EINVAL;
	if (!*text || *text == '+' || *text == '-') {
		place->is_mapped = true;
		place->port_offset = (int32_t)value;
	} else {
		*port = (uint16_t)value;
		place->is_mapped = !value;
	}
	return 0;
}

/* The address that the client wanted to reach is that of the server (configuration manual, "server"). */
static bool is_any(const char *host)
{
	return !*host || !strcmp(host, "*") || !strcmp(host, "0.0.0.0") || !strcmp(host, "::") ||
	       !strcmp(host, "[::]");
}

/* A name of a DNS SRV record, which gives ports too. */
static bool is_service(const char *host)
{
	return *host == '_' && (strstr(host, "._tcp.") || strstr(host, "._udp."));
}

/* An IPv6 address without brackets gets them. */
static int set_host(struct haproxy_place *place, const char *host, uint16_t port)
{
	struct event_backend *backend = &place->backend;
	char bracketed[ADDRESS_BYTES + 2];

	/* "%eth0" is the interface of a link-local address. */
	if (is_any(host) || is_service(host) || strpbrk(host, "$%")) {
		int err = set_text(place, *host ? host : "*", BACKEND_DYNAMIC);

		backend->address.port = port;
		return err;
	}
	if (!strchr(host, ':') || *host == '[')
		return config_set_address(backend, host, port);
	snprintf(bracketed, sizeof(bracketed), "[%s]", host);
	return config_set_address(backend, bracketed, port);
}

int haproxy_place_read(struct haproxy_place *place, const char *text)
{
	char host[ADDRESS_BYTES];
	const char *colon;
	uint16_t port = 0;
	bool is_path;

	memset(place, 0, sizeof(*place));
	if (is_foreign(text))
		return set_text(place, text, BACKEND_DYNAMIC);
	text = skip_prefix(text, &is_path);
	if (is_path)
		return set_text(place, text, BACKEND_UNIX);
	colon = find_port(text);
	if (strlen(text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, strlen(text) + 1);
	if (colon && strchr(colon, '$')) {
		/* Whatever port it is, it is one. */
		return set_text(place, text, BACKEND_DYNAMIC);
	}
	if (colon && read_port(place, colon + 1, &port))
		return -EINVAL;
	if (colon)
		host[colon - text] = '\0';
	else
		place->is_mapped = true;
	return set_host(place, host, port);
}

static uint32_t backend_flags(uint32_t flags)
{
	uint32_t result = 0;

	if (flags & HAPROXY_SERVER_BACKUP)
		result |= BACKEND_BACKUP;
	if (flags & HAPROXY_SERVER_DISABLED)
		result |= BACKEND_DISABLED;
	if (flags & HAPROXY_SERVER_TLS)
		result |= BACKEND_TLS;
	if (flags & HAPROXY_SERVER_HTTP2)
		result |= BACKEND_HTTP2;
	if (flags & (HAPROXY_SERVER_SEND_PROXY | HAPROXY_SERVER_SEND_PROXY_V2))
		result |= BACKEND_SEND_PROXY;
	if (flags & HAPROXY_SERVER_THROUGH)
		result |= BACKEND_DYNAMIC;
	return result;
}

/* A check to an address of its own is not encrypted unless it is said to be. */
static bool check_is_tls(const struct haproxy_settings *settings)
{
	if (settings->flags & HAPROXY_SERVER_CHECK_TLS)
		return true;
	if (settings->flags & (HAPROXY_SERVER_CHECK_PLAIN | HAPROXY_SERVER_CHECK_ADDRESS))
		return false;
	return (settings->flags & HAPROXY_SERVER_TLS) && !settings->check_port;
}

static void apply_check(const struct haproxy_settings *settings, struct event_backend *backend)
{
	bool agent_only;

	if (settings->flags & HAPROXY_SERVER_TRACKS ||
	    !(settings->flags & (HAPROXY_SERVER_CHECK | HAPROXY_SERVER_AGENT)))
		return;
	agent_only = !(settings->flags & HAPROXY_SERVER_CHECK);
	backend->header.flags |= BACKEND_CHECKED;
	backend->check_interval_ms = settings->check_interval_ms;
	backend->check_port = settings->check_port;
	backend->check = check_is_tls(settings) ? CHECK_TLS : CHECK_TCP;
	if (settings->flags & HAPROXY_SERVER_CHECK_NAMED)
		backend->check = CHECK_OTHER;
	if (agent_only) {
		backend->check_interval_ms = settings->agent_interval_ms;
		backend->check_port = settings->agent_port;
		backend->check = CHECK_OTHER;
		config_set_text(backend->check_target, sizeof(backend->check_target),
				"agent-check");
	}
	if ((backend->check_port && backend->check_port != backend->address.port) ||
	    settings->flags & HAPROXY_SERVER_CHECK_ADDRESS)
		backend->header.flags |= BACKEND_CHECK_ELSEWHERE;
}

void haproxy_settings_apply(const struct haproxy_settings *settings,
			    const struct haproxy_place *place, struct event_backend *backend)
{
	memcpy(backend->host, place->backend.host, sizeof(backend->host));
	backend->address = place->backend.address;
	backend->header.flags |= place->backend.header.flags | backend_flags(settings->flags);
	if (backend->header.flags & BACKEND_NAMED) {
		if (settings->flags & HAPROXY_SERVER_UNRESOLVED &&
		    !(settings->flags & HAPROXY_SERVER_RESOLVERS))
			backend->header.flags |= BACKEND_DYNAMIC;
		else if (!(settings->flags & HAPROXY_SERVER_RESOLVERS))
			backend->header.flags |= BACKEND_RESOLVED_ONCE;
	}
	if (settings->flags & HAPROXY_SERVER_FASTCGI)
		backend->protocol = BACKEND_FASTCGI;
	backend->weight = settings->weight;
	backend->connections_max = settings->connections_max;
	if (settings->has_purge_delay)
		backend->keepalive_idle_ms = settings->purge_delay_ms;
	apply_check(settings, backend);
}
