/* SPDX-License-Identifier: GPL-2.0-only */
/* Percentiles out of the kernel's histograms. */
#ifndef LBTRACE_USER_DIAGNOSE_LATENCY_H
#define LBTRACE_USER_DIAGNOSE_LATENCY_H

#include "bpf/event.h"
#include "user/diagnose/model.h"

/* The value that stands for a bucket, 0..HISTOGRAM_BUCKETS - 1: its middle, in microseconds. */
uint64_t latency_bucket_us(unsigned int bucket);

/* Adds `histogram` to `sum`; what does not fit a bucket saturates. */
void latency_merge(struct histogram *sum, const struct histogram *histogram);

/* Count, percentiles and maximum. A percentile is never more than the maximum. All 0 when nothing
 * was counted. */
void latency_summarise(const struct histogram *histogram, struct latency *latency);

#endif
