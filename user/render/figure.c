// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define US_PER_MS 1000.0
#define US_PER_SECOND 1000000.0
#define SECONDS_PER_MINUTE 60.0
#define SECONDS_PER_HOUR 3600.0

const char *figure_count(uint64_t count, char *text)
{
	char digits[FIGURE_BYTES];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

static const char *with_unit(double value, const char *unit, char *text)
{
	/* 9.95 would be shown as 9.9 or 10.0 by chance of its binary form; either is true. */
	snprintf(text, FIGURE_BYTES, "%.*f %s", value < 9.95 ? 1 : 0, value, unit);
	return text;
}

const char *figure_latency(uint64_t us, char *text)
{
	if (us < 1000) {
		snprintf(text, FIGURE_BYTES, "%llu us", (unsigned long long)us);
		return text;
	}
	if (us < 999500)
		return with_unit((double)us / US_PER_MS, "ms", text);
	return with_unit((double)us / US_PER_SECOND, "s", text);
}

const char *figure_age(double seconds, char *text)
{
	if (!isfinite(seconds) || seconds < 0) {
		strcpy(text, "-");
		return text;
	}
	if (seconds < 2 * SECONDS_PER_MINUTE)
		return with_unit(seconds, "s", text);
	if (seconds < 2 * SECONDS_PER_HOUR)
		return with_unit(seconds / SECONDS_PER_MINUTE, "min", text);
	return with_unit(seconds / SECONDS_PER_HOUR, "h", text);
}
