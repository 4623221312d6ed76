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
};

/* Nothing happened, nothing was found. */
void report_sample_empty(struct report_sample *sample);

/* An hour of nginx and HAProxy: 10.77.1.12:8080 refuses (42 x 502), [fd77::1]:80 is slow but
 * nobody saw a 5xx of it (3 absorbed), 2 x 503 without a backend, one 502 unexplained at a third,
 * and a healthy backend. */
void report_sample_failing(struct report_sample *sample);

#endif
