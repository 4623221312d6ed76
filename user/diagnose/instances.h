/* SPDX-License-Identifier: GPL-2.0-only */
/* The load balancers of the stream: those that the inventory found, and those that did something. */
#ifndef LBTRACE_USER_DIAGNOSE_INSTANCES_H
#define LBTRACE_USER_DIAGNOSE_INSTANCES_H

#include "user/diagnose/model.h"

/* As many as the capture can follow processes; it counts those beyond as lost. */
#define INSTANCES_MAX 4096
/* What is beyond is not listed. */
#define INSTANCES_LISTENERS_MAX 256

struct instances;

/* NULL: out of memory. */
struct instances *instances_new(void);
void instances_free(struct instances *instances);

/* Learns from a record. 0 or -ENOMEM. */
int instances_note_owner(struct instances *instances, const struct event_owner *owner);
int instances_note_balancer(struct instances *instances, const struct event_load_balancer *found);
/* That it speaks TLS to clients, and whether its 5xx are read then. 0 or -ENOMEM. */
int instances_note_tls(struct instances *instances, const struct event_tls *tls);

/* The container that it runs in. 0 or -ENOMEM. */
int instances_note_container(struct instances *instances, const struct event_container *container);

int instances_note_listener(struct instances *instances, const struct event_listener *listener);

/* Fills a new array, by group, that the caller frees; the listeners stay the instances' own.
 * 0 or -ENOMEM. */
int instances_report(const struct instances *instances, struct report_balancer **rows,
		     size_t *count);

#endif
