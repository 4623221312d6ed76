/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LBTRACE_USER_CONFIG_DURATION_H
#define LBTRACE_USER_CONFIG_DURATION_H

#include <stdint.h>

/* Times as Go, protobuf, VCL and Apache write them: decimal fractions ("0.25s", "1h1.5m"), units ns us
 * µs ms s m min h d w y. A number alone, in the end, is of `unit_ms` milliseconds; 0: of no unit, so
 * wrong. Milliseconds, rounded up, at most UINT32_MAX; 0 when it is none, or not positive. */
uint32_t duration_ms(const char *text, double unit_ms);

#endif
