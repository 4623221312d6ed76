/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backends that Varnish holds down: after a connect() that failed in certain ways it tries the backend
 * no more for a while, and answers 503 at once. How long and after what: VCP_Open() in Varnish's
 * cache_conn_pool.c, parameters backend_remote_error_holddown and backend_local_error_holddown,
 * here taken at their defaults (Varnish 6.0 to 7.5).
 */
#ifndef LBTRACE_USER_DIAGNOSE_HOLDDOWN_H
#define LBTRACE_USER_DIAGNOSE_HOLDDOWN_H

#include <stddef.h>

#include "bpf/event.h"

/* Backends that are kept, each as a group of processes sees it; more are not looked after. */
#define HOLDDOWN_BACKENDS_MAX 256

/* Backends told of at once. */
#define HOLDDOWN_FOUND_MAX 3

struct holddown;

/* NULL: out of memory. */
struct holddown *holddown_new(void);
void holddown_free(struct holddown *holddown);

/* An attempt ended, of any load balancer, in any order of time. 0 or -ENOMEM. */
int holddown_note(struct holddown *holddown, const struct event_attempt *attempt);

/* Fills `found` with the attempts for whose failure a backend was held down when the 5xx was written,
 * one for each backend; they stay until the next holddown_note(). Returns how many, at most
 * HOLDDOWN_FOUND_MAX. */
size_t holddown_find(const struct holddown *holddown, const struct event_response *response,
		     const struct event_attempt **found);

#endif
