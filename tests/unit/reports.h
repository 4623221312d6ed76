/* SPDX-License-Identifier: GPL-2.0-only */
/* Reports written by hand, for tests of what renders them. */
#ifndef LBTRACE_TESTS_UNIT_REPORTS_H
#define LBTRACE_TESTS_UNIT_REPORTS_H

#include "user/diagnose/model.h"

/* A report and all that it points to. */
struct report_sample {
	struct report report;
	struct report_balancer balancers[2];
	struct event_address listeners[2];
	struct status_count statuses[2];
	struct report_cause causes[3];
	struct event_address refusing[1];
	struct report_backend backends[4];
	char refusing_names[1][MODEL_NAME_BYTES];
	struct report_configured configured[5];
	struct event_config config_notes[3];
};

/* Nothing happened, nothing was found. */
void report_sample_empty(struct report_sample *sample);

/* An hour of nginx and HAProxy: 10.77.1.12:8080 refuses (42 x 502), [fd77::1]:80 is slow but
 * nobody saw a 5xx of it (3 absorbed), 2 x 503 without a backend, one 502 unexplained at a third,
 * and a healthy backend. */
void report_sample_failing(struct report_sample *sample);

/* The same, with both configurations known: 10.77.1.12:8080 is api_pool/app2 of nginx, on whose port
 * nothing listens while its sibling's answers; [fd77::1]:80 is web/app1 of HAProxy, DOWN by its check;
 * 10.77.1.13:80 is not configured; a backend has a name without address, one is a Unix socket. nginx
 * runs in a pod, its configuration has a statement that is not understood, and HAProxy's is newer
 * than what runs. */
void report_sample_configured(struct report_sample *sample);

#endif
