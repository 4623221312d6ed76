/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of JSON from values of the model. Each returns a new reference, NULL: out of memory. */
#ifndef LBTRACE_USER_RENDER_JSON_TEXT_H
#define LBTRACE_USER_RENDER_JSON_TEXT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "user/diagnose/model.h"

/* Digits of a real that are written. */
#define JSON_TEXT_DIGITS 10

/* A string that others had a hand in: what is no UTF-8, and control characters, become "\x1b", so
 * that it is safe also after a tool has unescaped it. */
json_t *json_text(const char *text);

/* null when `text` is NULL or empty. */
json_t *json_text_or_null(const char *text);

/* "ip:port". */
json_t *json_address(const struct event_address *address);

/* Counters are unsigned, JSON's numbers are not: more than INT64_MAX is written as that. */
json_t *json_count(uint64_t count);

/* A real; null when it is not finite. */
json_t *json_number(double number);

/* An array of lines. */
json_t *json_evidence(const struct evidence *evidence);

/* Appends to an array, and takes the reference. 0, or -ENOMEM when `value` is NULL or on failure. */
int json_append(json_t *array, json_t *value);

/* Writes `object` and a newline, and takes the reference. `flags` are jansson's for the layout.
 * 0, -ENOMEM when `object` is NULL, or -errno. */
int json_write(json_t *object, FILE *file, size_t flags);

#endif
