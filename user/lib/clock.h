/* SPDX-License-Identifier: GPL-2.0-only */
/* The stream's clock (CLOCK_BOOTTIME) and the wall clock. */
#ifndef LBTRACE_USER_LIB_CLOCK_H
#define LBTRACE_USER_LIB_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_NS_PER_SECOND 1000000000ull
#define CLOCK_TEXT_BYTES 40

/* CLOCK_BOOTTIME now. */
uint64_t clock_now_ns(void);

/* Nanoseconds to add to the stream's times to get nanoseconds since the epoch. */
int64_t clock_epoch_offset_ns(void);

/* RFC 3339 in UTC with milliseconds, "2026-01-31T23:59:59.123Z". `text` holds CLOCK_TEXT_BYTES. Returns `text`. */
const char *clock_format(uint64_t epoch_ns, char *text);

#endif
