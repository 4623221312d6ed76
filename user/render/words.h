/* SPDX-License-Identifier: GPL-2.0-only */
/* The words that outputs have for the model's numbers: part of the contract with whoever reads JSON. */
#ifndef LBTRACE_USER_RENDER_WORDS_H
#define LBTRACE_USER_RENDER_WORDS_H

#include <stdint.h>

#include "user/diagnose/model.h"

/* "healthy", "degraded", "failing". */
const char *words_health(enum health health);

/* "nginx", "haproxy", ...; "other" for BALANCER_OTHER and any number that is no enum balancer_kind. */
const char *words_kind(uint32_t kind);

/* When an attempt began, on the stream's clock: connect(), or the request where the connection had
 * served others before; 0: not known (it was open before lbtrace). */
uint64_t words_attempt_began_ns(const struct event_attempt *attempt);

/* "seen", "hooked", "unreadable"; NULL for 0 and what is not known. */
const char *words_tls(uint16_t tls_state);

/* "leak", "slow-drain", "old-worker"; "none". */
const char *words_buildup(enum buildup_kind kind);

/* "handshake", "request", "response", "idle". */
const char *words_reset_phase(enum reset_phase phase);

/* "benign", "harmful", "unclear". */
const char *words_reset_effect(enum reset_effect effect);

/* "descriptors", "conntrack", "tcp_memory", "cpu", "accept_queue", "connection_slots"; any other
 * number: "other". */
const char *words_resource(uint32_t kind);

/* Of what a configuration says; any other number: "other". */

/* "http", "tcp", "grpc", "fastcgi", "uwsgi", "scgi", "memcached". */
const char *words_protocol(uint32_t protocol);

/* "tcp", "http", "tls", "other"; NULL for CHECK_NONE. */
const char *words_check(uint32_t check);

/* "up", "down", "maintenance", "drain", "unchecked". */
const char *words_backend_state(uint32_t state);

/* "read", "unreadable", "skipped", "bounded", "changed". */
const char *words_config_note(uint32_t kind);

#endif
