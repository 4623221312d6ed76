// SPDX-License-Identifier: GPL-2.0-only
#include "user/config/duration.h"

#include <stddef.h>
#include <string.h>

struct unit {
	const char *name;
	double ms;
};

/* The longest names first. */
static const struct unit units[] = {
	{ "min", 60e3 },  { "ns", 1e-6 },	{ "us", 1e-3 },		{ "\xc2\xb5s", 1e-3 },
	{ "ms", 1 },	  { "s", 1e3 },		{ "m", 60e3 },		{ "h", 3600e3 },
	{ "d", 86400e3 }, { "w", 7 * 86400e3 }, { "y", 365 * 86400e3 },
};

/* Digits with a point at most; strtod() would take the locale's, and much else. */
static const char *number(const char *text, double *value)
{
	double scale = 0;
	const char *start = text;

	for (*value = 0; (*text >= '0' && *text <= '9') || (*text == '.' && scale == 0); text++) {
		if (*text == '.') {
			scale = 1;
			continue;
		}
		scale /= 10;
		if (scale > 0)
			*value += (*text - '0') * scale;
		else if (*value < 1e18)
			*value = *value * 10 + (*text - '0');
	}
	return text == start || (text == start + 1 && *start == '.') ? NULL : text;
}

uint32_t duration_ms(const char *text, double unit_ms)
{
	double total = 0, value, ms;

	do {
		size_t i;

		text = number(text, &value);
		if (!text)
			return 0;
		while (*text == ' ')
			text++;
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (!strncmp(text, units[i].name, strlen(units[i].name)))
				break;
		if (i < sizeof(units) / sizeof(units[0])) {
			text += strlen(units[i].name);
			ms = units[i].ms;
		} else if (!*text && unit_ms > 0) {
			ms = unit_ms;
		} else {
			return 0;
		}
		total += value * ms;
	} while (*text);
	if (total >= (double)UINT32_MAX)
		return UINT32_MAX;
	value = (double)(uint32_t)total;
	return (uint32_t)total + (total - value > 1e-9);
}
