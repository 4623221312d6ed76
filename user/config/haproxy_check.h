/* SPDX-License-Identifier: GPL-2.0-only */
/* How a proxy of HAProxy checks its servers: `option httpchk` and its like, `http-check` and
 * `tcp-check` rules. */
#ifndef LBTRACE_USER_CONFIG_HAPROXY_CHECK_H
#define LBTRACE_USER_CONFIG_HAPROXY_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/config/config.h"
#include "user/config/haproxy_words.h"

#define HAPROXY_METHOD_BYTES 32

struct haproxy_request {
	char method[HAPROXY_METHOD_BYTES];
	char uri[EVENT_TEXT_BYTES];
};

/* The `http-check` or the `tcp-check` rules. Those that a proxy does not say itself are its defaults',
 * but never both together. */
struct haproxy_rules {
	bool is_own;
	bool has_option; /* `option httpchk` is among them: its request is sent if no other is */
	bool has_send;
	bool talks; /* tcp-check rules that send or expect something */
	bool tls; /* a connect rule's `ssl` */
	uint16_t port; /* a connect rule's, 0: the server's */
	struct haproxy_request option, send;
};

struct haproxy_check {
	enum backend_check kind; /* CHECK_NONE: no option says, it is a connection only */
	char name[HAPROXY_METHOD_BYTES]; /* of the option: "mysql-check" */
	/* Each counts with its own option only. */
	struct haproxy_rules http, tcp;
};

/* Takes `option`, `http-check`, `tcp-check` and `external-check` lines; others change nothing. */
void haproxy_check_take(struct haproxy_check *check, const struct haproxy_words *words);

/* Completes a backend of the proxy whose `check` is what its server line alone says: CHECK_TCP, or
 * CHECK_TLS. */
void haproxy_check_apply(const struct haproxy_check *check, struct event_backend *backend);

#endif
