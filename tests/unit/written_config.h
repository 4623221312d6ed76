/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of a load balancer's configuration, written by hand; they go with written.h's. */
#ifndef LBTRACE_TESTS_UNIT_WRITTEN_CONFIG_H
#define LBTRACE_TESTS_UNIT_WRITTEN_CONFIG_H

#include "tests/unit/written.h"

/* A configuration, the n-th, is read `ms` after WRITTEN_START_NS. */
struct event_config config_new(enum balancer_kind kind, uint32_t generation, uint64_t ms);

/* Backend number `index` of generation 1, "api/appINDEX" at 10.0.0.`host`:8080, of nginx.conf or
 * haproxy.cfg, line 10 + index. */
struct event_backend backend_new(enum balancer_kind kind, uint32_t index, uint8_t host);

/* By a name instead of an address, with port 8080. */
void backend_by_name(struct event_backend *backend, const char *name);
void backend_pool(struct event_backend *backend, const char *pool, const char *name);
/* GET /health every two seconds. */
void backend_check(struct event_backend *backend);

/* 10.0.0.`host`:8080 is one of the backend's addresses, or (`flags`) is no longer. */
struct event_backend_address backend_address_new(const struct event_backend *backend, uint8_t host,
						 uint32_t flags, uint64_t ms);
struct event_backend_status backend_status_new(const struct event_backend *backend,
					       enum backend_state state, uint64_t ms);

/* The report's row of a configured backend; fails the test when there is none. */
const struct report_configured *written_configured(const struct report *report, const char *name);

/* The finding of the row; NULL: none such. */
const struct finding *written_finding(const struct report_configured *row, enum finding_id id);

/* A connection of a health check that was refused, and one that was answered with `status`; both of
 * HAProxy, with no client, ended `ms` after WRITTEN_START_NS. */
struct event_attempt check_refused(uint64_t cookie, uint8_t host, uint64_t ms);
struct event_attempt check_answered(uint64_t cookie, uint8_t host, uint64_t ms, uint16_t status);

#endif
