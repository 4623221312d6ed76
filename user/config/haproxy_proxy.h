/* SPDX-License-Identifier: GPL-2.0-only */
/* A proxy of HAProxy's configuration: a defaults, listen or backend section while it is read, and
 * the servers in it. */
#ifndef LBTRACE_USER_CONFIG_HAPROXY_PROXY_H
#define LBTRACE_USER_CONFIG_HAPROXY_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/config/config.h"
#include "user/config/haproxy_check.h"
#include "user/config/haproxy_server.h"
#include "user/config/haproxy_words.h"

/* What a section says, and what those after a defaults section begin with. */
struct haproxy_proxy {
	char name[EVENT_POOL_BYTES];
	uint16_t protocol; /* enum backend_protocol */
	bool is_disabled;
	bool never_reuses; /* http-reuse never */
	uint32_t connect_timeout_ms, response_timeout_ms;
	struct haproxy_check check;
	struct haproxy_settings server_defaults;
};

#define HAPROXY_MAPPED_MOST 64

/* A server whose port is that of the client's connection, so far as its section tells. */
struct haproxy_mapped {
	size_t index;
	int32_t port_offset;
	bool is_dynamic; /* not only for its port */
};

/* The section that is being read. */
struct haproxy_section {
	struct config *config;
	const struct haproxy_environment *environment;
	struct haproxy_proxy proxy;
	size_t first_backend;
	uint16_t listen_port; /* 0: none, or several */
	bool ports_differ;
	struct haproxy_mapped mapped[HAPROXY_MAPPED_MOST];
	size_t mapped_count;
};

/* Where a line stands. */
struct haproxy_line {
	const char *file;
	uint32_t number;
	const char *text; /* its bytes; words->length of them matter */
};

/* Notes that `text`, of this line, is not understood. Costs next to nothing when there are
 * CONFIG_NOTES_MOST: of a hostile file any line may be such. 0 or -ENOMEM. */
int haproxy_note_skipped(struct config *config, const struct haproxy_line *line, const char *text);

/* What is so when nothing is said. */
void haproxy_proxy_init(struct haproxy_proxy *proxy);

/* Begins a section `name`, which has what `defaults` has. */
void haproxy_section_begin(struct haproxy_section *section, const struct haproxy_proxy *defaults,
			   const char *name);

/* Takes a line of a section. `serves`: servers may be in it, as in listen and backend. What matters
 * and is not understood is noted. 0 or -ENOMEM. */
int haproxy_section_take(struct haproxy_section *section, const struct haproxy_words *words,
			 const struct haproxy_line *line, bool serves);

/* The end of a listen or backend section: completes its servers by what the section says of all. */
void haproxy_section_end(struct haproxy_section *section);

#endif
