/* SPDX-License-Identifier: GPL-2.0-only */
/* `server`, `default-server` and `server-template` lines of HAProxy's configuration
 * (configuration manual, 5.2). */
#ifndef LBTRACE_USER_CONFIG_HAPROXY_SERVER_H
#define LBTRACE_USER_CONFIG_HAPROXY_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/config/config.h"
#include "user/config/haproxy_words.h"

#define HAPROXY_CHECK_INTERVAL_MS 2000 /* DEF_CHKINTR; AGENT's is the same */

enum haproxy_server_flags {
	HAPROXY_SERVER_CHECK = 1 << 0,
	HAPROXY_SERVER_AGENT = 1 << 1,
	HAPROXY_SERVER_BACKUP = 1 << 2,
	HAPROXY_SERVER_DISABLED = 1 << 3,
	HAPROXY_SERVER_TLS = 1 << 4,
	HAPROXY_SERVER_CHECK_TLS = 1 << 5,
	HAPROXY_SERVER_CHECK_PLAIN = 1 << 6,
	HAPROXY_SERVER_SEND_PROXY = 1 << 7,
	HAPROXY_SERVER_SEND_PROXY_V2 = 1 << 8,
	HAPROXY_SERVER_HTTP2 = 1 << 9,
	HAPROXY_SERVER_FASTCGI = 1 << 10,
	HAPROXY_SERVER_RESOLVERS = 1 << 11, /* its name is asked for again and again */
	HAPROXY_SERVER_TRACKS = 1 << 12, /* another server's checks count */
	HAPROXY_SERVER_CHECK_ADDRESS = 1 << 13, /* checks go to an address of their own */
	HAPROXY_SERVER_UNRESOLVED = 1 << 14, /* it gets its address at run time */
	HAPROXY_SERVER_THROUGH = 1 << 15, /* a SOCKS proxy: connections never go to it */
	HAPROXY_SERVER_CHECK_NAMED = 1 << 16, /* `healthcheck`: a section of that name says how */
};

/* What the words behind a server's address say; of default-server, what they are taken from. */
struct haproxy_settings {
	uint32_t flags; /* enum haproxy_server_flags */
	bool has_purge_delay;
	uint32_t weight, connections_max;
	uint32_t check_interval_ms, agent_interval_ms, purge_delay_ms;
	uint16_t check_port, agent_port;
};

/* What a server has that nothing is said of. */
void haproxy_settings_init(struct haproxy_settings *settings);

/* Reads the words from `from` on. Returns the first that is no keyword of a server, NULL: none. */
const char *haproxy_settings_read(struct haproxy_settings *settings,
				  const struct haproxy_words *words, size_t from);

/* Where a server is, of the word that says so. */
struct haproxy_place {
	/* `host`, `address` and the flags for them */
	struct event_backend backend;
	/* The port is that which the client's connection came to, with this added. */
	bool is_mapped;
	int32_t port_offset;
};

/* 0, or -EINVAL. */
int haproxy_place_read(struct haproxy_place *place, const char *text);

/* Puts both into a backend. `check` stays what a server line alone says of it. */
void haproxy_settings_apply(const struct haproxy_settings *settings,
			    const struct haproxy_place *place, struct event_backend *backend);

#endif
