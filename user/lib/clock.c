// SPDX-License-Identifier: GPL-2.0-only
#include "user/lib/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t clock_now_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

int64_t clock_epoch_offset_ns(void)
{
	uint64_t before = read_ns(CLOCK_BOOTTIME);
	uint64_t epoch = read_ns(CLOCK_REALTIME);
	uint64_t after = read_ns(CLOCK_BOOTTIME);

	return (int64_t)epoch - (int64_t)(before + (after - before) / 2);
}

const char *clock_format(uint64_t epoch_ns, char *text)
{
	time_t seconds = (time_t)(epoch_ns / CLOCK_NS_PER_SECOND);
	unsigned int milliseconds = (unsigned int)(epoch_ns % CLOCK_NS_PER_SECOND / 1000000);
	struct tm utc = { 0 };
	char date[CLOCK_TEXT_BYTES - 8];

	/* 64 bits of nanoseconds end in the year 2554: neither call can fail. */
	gmtime_r(&seconds, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, CLOCK_TEXT_BYTES, "%s.%03uZ", date, milliseconds);
	return text;
}
