// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/latency.h"

#include <string.h>

#define SUB_BUCKETS (1u << HISTOGRAM_SUB_BITS)

uint64_t latency_bucket_us(unsigned int bucket)
{
	unsigned int shift;
	uint64_t low;

	if (bucket < SUB_BUCKETS)
		return bucket;
	shift = bucket / SUB_BUCKETS - 1;
	low = (uint64_t)(SUB_BUCKETS + bucket % SUB_BUCKETS) << shift;
	return low + ((1ull << shift) >> 1);
}

void latency_merge(struct histogram *sum, const struct histogram *histogram)
{
	sum->count += histogram->count;
	sum->sum_us += histogram->sum_us;
	if (histogram->max_us > sum->max_us)
		sum->max_us = histogram->max_us;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t bucket = (uint64_t)sum->buckets[i] + histogram->buckets[i];

		sum->buckets[i] = bucket > UINT32_MAX ? UINT32_MAX : (uint32_t)bucket;
	}
}

/* The bucket in which the `percent` smallest of `total` values end. */
static uint64_t percentile(const struct histogram *histogram, uint64_t total, unsigned int percent)
{
	uint64_t wanted = (total * percent + 99) / 100;
	uint64_t seen = 0, us = 0;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS && seen < wanted; i++) {
		seen += histogram->buckets[i];
		us = latency_bucket_us(i);
	}
	return us > histogram->max_us ? histogram->max_us : us;
}

void latency_summarise(const struct histogram *histogram, struct latency *latency)
{
	uint64_t total = 0;

	memset(latency, 0, sizeof(*latency));
	/* The copy was taken while other CPUs counted: the buckets are what percentiles are of. */
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		total += histogram->buckets[i];
	if (!total)
		return;
	latency->count = histogram->count;
	latency->max_us = histogram->max_us;
	latency->p50_us = percentile(histogram, total, 50);
	latency->p90_us = percentile(histogram, total, 90);
	latency->p99_us = percentile(histogram, total, 99);
}
