// SPDX-License-Identifier: GPL-2.0-only
/* The keywords of a server, those of HAProxy 1.8 to 3.4. */
#include <stdlib.h>
#include <string.h>

#include "user/config/haproxy_server.h"

#define KEYWORD_BYTES 64

enum value_kind {
	VALUE_NONE,
	VALUE_ALPN,
	VALUE_ADDRESS,
	VALUE_AGENT_INTERVAL,
	VALUE_AGENT_PORT,
	VALUE_CONNECTIONS,
	VALUE_INIT_ADDRESS,
	VALUE_INTERVAL,
	VALUE_PORT,
	VALUE_PROTOCOL,
	VALUE_PURGE_DELAY,
	VALUE_WEIGHT,
};

struct keyword {
	const char *name;
	uint8_t arguments;
	uint8_t value; /* enum value_kind: what its argument is for */
	uint32_t set, clear; /* flags */
};

/* In order of bytes. */
static const struct keyword keywords[] = {
	{ "addr", 1, VALUE_ADDRESS, HAPROXY_SERVER_CHECK_ADDRESS, 0 },
	{ "agent-addr", 1, 0, 0, 0 },
	{ "agent-check", 0, 0, HAPROXY_SERVER_AGENT, 0 },
	{ "agent-inter", 1, VALUE_AGENT_INTERVAL, 0, 0 },
	{ "agent-port", 1, VALUE_AGENT_PORT, 0, 0 },
	{ "agent-send", 1, 0, 0, 0 },
	{ "allow-0rtt", 0, 0, 0, 0 },
	{ "alpn", 1, VALUE_ALPN, 0, HAPROXY_SERVER_HTTP2 },
	{ "backup", 0, 0, HAPROXY_SERVER_BACKUP, 0 },
	{ "ca-file", 1, 0, 0, 0 },
	{ "cc", 1, 0, 0, 0 },
	{ "check", 0, 0, HAPROXY_SERVER_CHECK, 0 },
	{ "check-alpn", 1, 0, 0, 0 },
	{ "check-pool-conn-name", 1, 0, 0, 0 },
	{ "check-proto", 1, 0, 0, 0 },
	{ "check-reuse-pool", 0, 0, 0, 0 },
	{ "check-send-proxy", 0, 0, 0, 0 },
	{ "check-sni", 1, 0, 0, 0 },
	{ "check-sni-auto", 0, 0, 0, 0 },
	{ "check-ssl", 0, 0, HAPROXY_SERVER_CHECK_TLS, HAPROXY_SERVER_CHECK_PLAIN },
	{ "check-via-socks4", 0, 0, 0, 0 },
	{ "ciphers", 1, 0, 0, 0 },
	{ "ciphersuites", 1, 0, 0, 0 },
	{ "client-sigalgs", 1, 0, 0, 0 },
	{ "cookie", 1, 0, 0, 0 },
	{ "crl-file", 1, 0, 0, 0 },
	{ "crt", 1, 0, 0, 0 },
	{ "curves", 1, 0, 0, 0 },
	{ "disabled", 0, 0, HAPROXY_SERVER_DISABLED, 0 },
	{ "downinter", 1, 0, 0, 0 },
	{ "ech", 1, 0, 0, 0 },
	{ "enabled", 0, 0, 0, HAPROXY_SERVER_DISABLED },
	{ "error-limit", 1, 0, 0, 0 },
	{ "fall", 1, 0, 0, 0 },
	{ "fastinter", 1, 0, 0, 0 },
	{ "force-sslv3", 0, 0, 0, 0 },
	{ "force-tlsv10", 0, 0, 0, 0 },
	{ "force-tlsv11", 0, 0, 0, 0 },
	{ "force-tlsv12", 0, 0, 0, 0 },
	{ "force-tlsv13", 0, 0, 0, 0 },
	{ "guid", 1, 0, 0, 0 },
	{ "hash-key", 1, 0, 0, 0 },
	{ "healthcheck", 1, 0, HAPROXY_SERVER_CHECK_NAMED, 0 },
	{ "id", 1, 0, 0, 0 },
	{ "idle-ping", 1, 0, 0, 0 },
	{ "init-addr", 1, VALUE_INIT_ADDRESS, 0, HAPROXY_SERVER_UNRESOLVED },
	{ "init-state", 1, 0, 0, 0 },
	{ "inter", 1, VALUE_INTERVAL, 0, 0 },
	{ "interface", 1, 0, 0, 0 },
	{ "ktls", 1, 0, 0, 0 },
	{ "log-bufsize", 1, 0, 0, 0 },
	{ "log-proto", 1, 0, 0, 0 },
	{ "max-reuse", 1, 0, 0, 0 },
	{ "maxconn", 1, VALUE_CONNECTIONS, 0, 0 },
	{ "maxqueue", 1, 0, 0, 0 },
	{ "minconn", 1, 0, 0, 0 },
	{ "namespace", 1, 0, 0, 0 },
	{ "no-agent-check", 0, 0, 0, HAPROXY_SERVER_AGENT },
	{ "no-backup", 0, 0, 0, HAPROXY_SERVER_BACKUP },
	{ "no-check", 0, 0, 0, HAPROXY_SERVER_CHECK },
	{ "no-check-send-proxy", 0, 0, 0, 0 },
	{ "no-check-sni-auto", 0, 0, 0, 0 },
	{ "no-check-ssl", 0, 0, HAPROXY_SERVER_CHECK_PLAIN, HAPROXY_SERVER_CHECK_TLS },
	{ "no-renegotiate", 0, 0, 0, 0 },
	{ "no-send-proxy", 0, 0, 0, HAPROXY_SERVER_SEND_PROXY },
	{ "no-send-proxy-v2", 0, 0, 0, HAPROXY_SERVER_SEND_PROXY_V2 },
	{ "no-send-proxy-v2-ssl", 0, 0, 0, HAPROXY_SERVER_SEND_PROXY_V2 },
	{ "no-send-proxy-v2-ssl-cn", 0, 0, 0, HAPROXY_SERVER_SEND_PROXY_V2 },
	{ "no-sni-auto", 0, 0, 0, 0 },
	{ "no-ssl", 0, 0, 0, HAPROXY_SERVER_TLS },
	{ "no-ssl-reuse", 0, 0, 0, 0 },
	{ "no-sslv3", 0, 0, 0, 0 },
	{ "no-tfo", 0, 0, 0, 0 },
	{ "no-tls-tickets", 0, 0, 0, 0 },
	{ "no-tlsv10", 0, 0, 0, 0 },
	{ "no-tlsv11", 0, 0, 0, 0 },
	{ "no-tlsv12", 0, 0, 0, 0 },
	{ "no-tlsv13", 0, 0, 0, 0 },
	{ "no-verifyhost", 0, 0, 0, 0 },
	{ "non-stick", 0, 0, 0, 0 },
	{ "npn", 1, 0, 0, 0 },
	{ "observe", 1, 0, 0, 0 },
	{ "on-error", 1, 0, 0, 0 },
	{ "on-marked-down", 1, 0, 0, 0 },
	{ "on-marked-up", 1, 0, 0, 0 },
	{ "pool-conn-name", 1, 0, 0, 0 },
	{ "pool-low-conn", 1, 0, 0, 0 },
	{ "pool-max-conn", 1, 0, 0, 0 },
	{ "pool-purge-delay", 1, VALUE_PURGE_DELAY, 0, 0 },
	{ "port", 1, VALUE_PORT, 0, 0 },
	{ "proto", 1, VALUE_PROTOCOL, 0, HAPROXY_SERVER_HTTP2 | HAPROXY_SERVER_FASTCGI },
	{ "proxy-v2-options", 1, 0, 0, 0 },
	{ "redir", 1, 0, 0, 0 },
	{ "renegotiate", 0, 0, 0, 0 },
	{ "resolve-net", 1, 0, 0, 0 },
	{ "resolve-opts", 1, 0, 0, 0 },
	{ "resolve-prefer", 1, 0, 0, 0 },
	{ "resolvers", 1, 0, HAPROXY_SERVER_RESOLVERS, 0 },
	{ "rise", 1, 0, 0, 0 },
	{ "send-proxy", 0, 0, HAPROXY_SERVER_SEND_PROXY, 0 },
	{ "send-proxy-v2", 0, 0, HAPROXY_SERVER_SEND_PROXY_V2, 0 },
	{ "send-proxy-v2-ssl", 0, 0, HAPROXY_SERVER_SEND_PROXY_V2, 0 },
	{ "send-proxy-v2-ssl-cn", 0, 0, HAPROXY_SERVER_SEND_PROXY_V2, 0 },
	{ "set-proxy-v2-tlv-fmt", 1, 0, 0, 0 },
	{ "shard", 1, 0, 0, 0 },
	{ "sigalgs", 1, 0, 0, 0 },
	{ "slowstart", 1, 0, 0, 0 },
	{ "sni", 1, 0, 0, 0 },
	{ "sni-auto", 0, 0, 0, 0 },
	{ "socks4", 1, 0, HAPROXY_SERVER_THROUGH, 0 },
	{ "source", 1, 0, 0, 0 },
	{ "ssl", 0, 0, HAPROXY_SERVER_TLS, 0 },
	{ "ssl-max-ver", 1, 0, 0, 0 },
	{ "ssl-min-ver", 1, 0, 0, 0 },
	{ "ssl-reuse", 0, 0, 0, 0 },
	{ "sslv3", 0, 0, 0, 0 },
	{ "stick", 0, 0, 0, 0 },
	{ "strict-maxconn", 0, 0, 0, 0 },
	{ "tcp-md5sig", 1, 0, 0, 0 },
	{ "tcp-ut", 1, 0, 0, 0 },
	{ "tfo", 0, 0, 0, 0 },
	{ "tls-tickets", 0, 0, 0, 0 },
	{ "tlsv10", 0, 0, 0, 0 },
	{ "tlsv11", 0, 0, 0, 0 },
	{ "tlsv12", 0, 0, 0, 0 },
	{ "tlsv13", 0, 0, 0, 0 },
	{ "track", 1, 0, HAPROXY_SERVER_TRACKS, 0 },
	{ "usesrc", 1, 0, 0, 0 },
	{ "verify", 1, 0, 0, 0 },
	{ "verifyhost", 1, 0, 0, 0 },
	{ "weight", 1, VALUE_WEIGHT, 0, 0 },
	{ "ws", 1, 0, 0, 0 },
};

/* What stands in parentheses behind a keyword ("set-proxy-v2-tlv-fmt(0x20)") is no part of it. */
static int compare(const void *key, const void *element)
{
	const char *word = key, *name = ((const struct keyword *)element)->name;
	size_t length = strcspn(word, "(");
	int order = strncmp(word, name, length);

	return order ? order : -(int)(unsigned char)name[length];
}

static const struct keyword *find_keyword(const char *word)
{
	return bsearch(word, keywords, sizeof(keywords) / sizeof(keywords[0]), sizeof(keywords[0]),
		       compare);
}

static uint32_t read_number(const char *text)
{
	unsigned long long number = *text >= '0' && *text <= '9' ? strtoull(text, NULL, 10) : 0;

	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static void read_time(const char *text, uint32_t *ms)
{
	uint32_t value;

	if (!config_parse_time(text, 1, &value))
		*ms = value;
}

static void read_port(const char *text, uint16_t *port)
{
	uint32_t number = read_number(text);

	*port = number <= UINT16_MAX ? (uint16_t)number : 0;
}

/* An address may carry the port of checks. */
static void read_check_address(struct haproxy_settings *settings, const char *text)
{
	struct haproxy_place place;

	if (!haproxy_place_read(&place, text) && place.backend.address.port)
		settings->check_port = place.backend.address.port;
}

static void read_protocol(struct haproxy_settings *settings, const char *text)
{
	if (!strcmp(text, "h2"))
		settings->flags |= HAPROXY_SERVER_HTTP2;
	if (!strcmp(text, "fcgi"))
		settings->flags |= HAPROXY_SERVER_FASTCGI;
}

/* A list of "last", "libc", "none" and addresses, of which the first that gives one counts. */
static void read_init_address(struct haproxy_settings *settings, const char *text)
{
	if (!strstr(text, "libc"))
		settings->flags |= HAPROXY_SERVER_UNRESOLVED;
}

static void read_value(struct haproxy_settings *settings, enum value_kind kind, const char *text)
{
	switch (kind) {
	case VALUE_NONE:
		break;
	case VALUE_ALPN: /* with another than h2, it is the server who chooses */
		if (!strcmp(text, "h2"))
			settings->flags |= HAPROXY_SERVER_HTTP2;
		break;
	case VALUE_ADDRESS:
		read_check_address(settings, text);
		break;
	case VALUE_AGENT_INTERVAL:
		read_time(text, &settings->agent_interval_ms);
		break;
	case VALUE_AGENT_PORT:
		read_port(text, &settings->agent_port);
		break;
	case VALUE_CONNECTIONS:
		settings->connections_max = read_number(text);
		break;
	case VALUE_INIT_ADDRESS:
		read_init_address(settings, text);
		break;
	case VALUE_INTERVAL:
		read_time(text, &settings->check_interval_ms);
		break;
	case VALUE_PORT:
		read_port(text, &settings->check_port);
		break;
	case VALUE_PROTOCOL:
		read_protocol(settings, text);
		break;
	case VALUE_PURGE_DELAY:
		settings->has_purge_delay = true;
		read_time(text, &settings->purge_delay_ms);
		break;
	case VALUE_WEIGHT:
		settings->weight = read_number(text);
		break;
	}
}

const char *haproxy_settings_read(struct haproxy_settings *settings,
				  const struct haproxy_words *words, size_t from)
{
	const char *unknown = NULL;

	for (size_t i = from; i < words->count; i++) {
		const struct keyword *keyword = find_keyword(words->word[i]);

		if (!keyword) {
			if (!unknown)
				unknown = words->word[i];
			continue;
		}
		settings->flags = (settings->flags & ~keyword->clear) | keyword->set;
		if (keyword->arguments)
			read_value(settings, keyword->value, haproxy_word(words, i + 1));
		i += keyword->arguments;
	}
	return unknown;
}
