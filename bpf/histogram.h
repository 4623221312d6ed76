/* SPDX-License-Identifier: GPL-2.0-only */
/* Adding to a histogram of microseconds (bpf/event.h). */
#ifndef LBTRACE_HISTOGRAM_H
#define LBTRACE_HISTOGRAM_H

#include "bpf/maps.h"

#define HISTOGRAM_SUB_BUCKETS (1 << HISTOGRAM_SUB_BITS)

/* Position of the highest bit set, 0..31; BPF has no instruction for it. */
static __always_inline __u32 histogram_octave(__u32 value)
{
	__u32 octave = 0;

	if (value >> 16) {
		value >>= 16;
		octave += 16;
	}
	if (value >> 8) {
		value >>= 8;
		octave += 8;
	}
	if (value >> 4) {
		value >>= 4;
		octave += 4;
	}
	if (value >> 2) {
		value >>= 2;
		octave += 2;
	}
	return octave + (value >> 1);
}

/*
 * The bucket of `us`, 0..HISTOGRAM_BUCKETS - 1. Values under 8 are their own
 * bucket; from there on bucket (octave - 2) * 8 + the three bits below the highest.
 * What does not fit 32 bits (71 minutes) goes to the last bucket.
 */
static __always_inline __u32 histogram_bucket(__u64 us)
{
	__u32 value = us > 0xffffffffULL ? 0xffffffffU : us;
	__u32 octave;

	if (value < HISTOGRAM_SUB_BUCKETS)
		return value;
	octave = histogram_octave(value);
	return (octave - HISTOGRAM_SUB_BITS + 1) * HISTOGRAM_SUB_BUCKETS +
	       ((value >> (octave - HISTOGRAM_SUB_BITS)) & (HISTOGRAM_SUB_BUCKETS - 1));
}

/* Counts one value. Safe on several CPUs at once, but for max_us, which two
 * CPUs that both bring a new maximum may leave at the lesser one. */
static __always_inline void histogram_add(struct histogram *histogram, __u64 us)
{
	__u32 bucket = histogram_bucket(us);

	__sync_fetch_and_add(&histogram->count, 1);
	__sync_fetch_and_add(&histogram->sum_us, us);
	if (us > histogram->max_us)
		histogram->max_us = us;
	if (bucket < HISTOGRAM_BUCKETS)
		__sync_fetch_and_add(&histogram->buckets[bucket], 1);
}

#endif
