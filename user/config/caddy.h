/* SPDX-License-Identifier: GPL-2.0-only */
/* What both forms of Caddy's configuration, the Caddyfile and JSON, have in common. */
#ifndef LBTRACE_USER_CONFIG_CADDY_H
#define LBTRACE_USER_CONFIG_CADDY_H

#include "user/config/caddyfile.h"

#define CADDY_ADMIN "localhost:2019" /* when nothing is said of it */
#define CADDY_DIAL_TIMEOUT_MS 3000
#define CADDY_IDLE_MS 120000
#define CADDY_CHECK_INTERVAL_MS 30000

/* Adds an upstream as it is written: "host:port", a range of ports, "unix//path", "https://host",
 * "h2c://host:port", "tcp/host:port", with {placeholders}. `pattern` has what all upstreams of a proxy
 * have in common, with pool, file, line, directive. One like it, added since backend `first`, is
 * not added again. 0, -EINVAL when it is none, or -ENOMEM. */
int caddy_add_upstream(struct caddy *caddy, const struct event_backend *pattern, size_t first,
		       const char *text);

/* Adds the name that addresses are looked up of, again and again (`port` 0: of SRV records). */
int caddy_add_dynamic(struct caddy *caddy, const struct event_backend *pattern, size_t first,
		      const char *name, uint16_t port);

/* The line is a reverse_proxy, forward_auth or php_fastcgi of a site. */
bool caddy_is_proxy(const struct caddy_line *line);
/* Adds its upstreams. Backends of the site begin at `first`. 0 or -ENOMEM. */
int caddy_take_proxy(struct caddy *caddy, const struct caddy_line *line, const char *site,
		     size_t first);

/* A caddy_taker for what stands in a site or a handler; its context is a struct caddy_site. */
struct caddy_site {
	const char *name; /* the first of its addresses */
	size_t first; /* its first backend */
};
int caddy_take_handler(struct caddy *caddy, const struct caddy_line *line, void *context);

/* Reads JSON. 0 or -ENOMEM. */
int caddy_read_json(struct caddy *caddy, const char *path, const char *text, size_t length);

/* Adds an address, unless there are CONFIG_SOCKETS_MOST. */
void caddy_add_admin(struct config *config, const char *address);

#endif
