/* SPDX-License-Identifier: GPL-2.0-only */
/* One record of the stream: what the event log and the diagnosis may rely on. */
#ifndef LBTRACE_USER_LIB_RECORD_H
#define LBTRACE_USER_LIB_RECORD_H

#include <stddef.h>

#include "bpf/event.h"

/* Whoever takes records. The record is valid during the call only. Returns 0, or -errno to stop the source. */
typedef int (*record_sink)(void *context, const struct event_header *record);

/* Whether `bytes` bytes at `data` begin with a whole, well-formed record: size at least its type's
 * and a multiple of 8, at most `bytes`; strings inside end with NUL; lengths, families, kinds and
 * statuses in range. A record of an unknown type that is well-formed in its size passes (a newer
 * writer). `data` must be aligned to 8 bytes, as records in the ring buffer and in a log's blocks
 * are. Returns the record's size, or -EBADMSG. */
long record_check(const void *data, size_t bytes);

#endif
