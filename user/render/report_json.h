/* SPDX-License-Identifier: GPL-2.0-only */
/* The report for programs: schema lbtrace-report/1. */
#ifndef LBTRACE_USER_RENDER_REPORT_JSON_H
#define LBTRACE_USER_RENDER_REPORT_JSON_H

#include <stdio.h>

#include "user/diagnose/model.h"

#define REPORT_JSON_SCHEMA "lbtrace-report/1"

/* Writes one object and a newline. 0, -ENOMEM, or -errno of the write. */
int report_json_write(const struct report *report, FILE *file);

#endif
