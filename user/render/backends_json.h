/* SPDX-License-Identifier: GPL-2.0-only */
/* `lbtrace backends` for programs: schema lbtrace-backends/1. */
#ifndef LBTRACE_USER_RENDER_BACKENDS_JSON_H
#define LBTRACE_USER_RENDER_BACKENDS_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "user/diagnose/model.h"

#define BACKENDS_JSON_SCHEMA "lbtrace-backends/1"

/* Writes one object and a newline. `watched`: the kernel was asked, so that counts of 0 mean something;
 * else they are null. 0, -ENOMEM, or -errno of the write. */
int backends_json_write(const struct report *report, bool watched, FILE *file);

#endif
