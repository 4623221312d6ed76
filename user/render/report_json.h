/* SPDX-License-Identifier: GPL-2.0-only */
/* The report for programs: schema lbtrace-report/1. */
#ifndef LBTRACE_USER_RENDER_REPORT_JSON_H
#define LBTRACE_USER_RENDER_REPORT_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "user/diagnose/model.h"

#define REPORT_JSON_SCHEMA "lbtrace-report/1"

/* Writes one object and a newline. 0, -ENOMEM, or -errno of the write. */
int report_json_write(const struct report *report, FILE *file);

/* Parts that other outputs have, too: the values of "host", "window", "loss" and "load_balancers".
 * New references, NULL: out of memory. */
json_t *report_json_host(const struct report *report);
json_t *report_json_window(const struct report *report);
json_t *report_json_loss(const struct report *report);
json_t *report_json_load_balancers(const struct report *report);

#endif
