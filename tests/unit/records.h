/* SPDX-License-Identifier: GPL-2.0-only */
/* Well-formed records for tests. */
#ifndef LBTRACE_TESTS_UNIT_RECORDS_H
#define LBTRACE_TESTS_UNIT_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

/* Every type of the stream, in no order. */
extern const uint16_t record_types[];
extern const size_t record_type_count;

/* The size of a type's record. */
uint16_t record_type_bytes(uint16_t type);

/* Fills `event` with a well-formed record of `type`, its contents varied by `seed`. */
void record_make(union event *event, uint16_t type, uint64_t seed);

#endif
