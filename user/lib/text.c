// SPDX-License-Identifier: GPL-2.0-only
#include "user/lib/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Table 3-7 of the Unicode standard: what the second byte may be after the first. */
struct lead {
	uint8_t first;
	uint8_t last;
	uint8_t bytes;
	uint8_t second_first;
	uint8_t second_last;
};

static const struct lead leads[] = {
	{ 0x01, 0x7f, 1, 0, 0 }, /* ASCII */
	{ 0xc2, 0xdf, 2, 0x80, 0xbf }, /* U+0080 */
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf }, /* U+0800 */
	{ 0xe1, 0xec, 3, 0x80, 0xbf }, /* U+1000 */
	{ 0xed, 0xed, 3, 0x80, 0x9f }, /* U+D000, before the surrogates */
	{ 0xee, 0xef, 3, 0x80, 0xbf }, /* U+E000 */
	{ 0xf0, 0xf0, 4, 0x90, 0xbf }, /* U+10000 */
	{ 0xf1, 0xf3, 4, 0x80, 0xbf }, /* U+40000 */
	{ 0xf4, 0xf4, 4, 0x80, 0x8f }, /* U+100000 */
};

static bool continues(const struct lead *lead, const uint8_t *bytes)
{
	if (lead->bytes == 1)
		return true;
	if (bytes[1] < lead->second_first || bytes[1] > lead->second_last)
		return false;
	/* A NUL ends the loop before anything behind it is read. */
	for (size_t i = 2; i < lead->bytes; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

size_t text_character_bytes(const char *text)
{
	const uint8_t *bytes = (const uint8_t *)text;

	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		if (bytes[0] >= leads[i].first && bytes[0] <= leads[i].last)
			return continues(&leads[i], bytes) ? leads[i].bytes : 0;
	}
	return 0;
}

static bool is_control(const char *text, size_t bytes)
{
	uint8_t first = (uint8_t)text[0];

	if (bytes == 1)
		return first < 0x20 || first == 0x7f;
	return bytes == 2 && first == 0xc2 && (uint8_t)text[1] < 0xa0;
}

const char *text_escape(const char *text, char *escaped, size_t escaped_bytes)
{
	size_t used = 0;

	/* Most of it is plain. */
	while (*text >= ' ' && *text < 0x7f && used + 1 < escaped_bytes)
		escaped[used++] = *text++;
	while (*text) {
		size_t bytes = text_character_bytes(text);
		char piece[TEXT_ESCAPE_FACTOR + 1];
		size_t length = bytes;

		if (!bytes || is_control(text, bytes)) {
			bytes = 1;
			length = (size_t)snprintf(piece, sizeof(piece), "\\x%02x", (uint8_t)*text);
		} else {
			memcpy(piece, text, bytes);
		}
		if (used + length >= escaped_bytes)
			break;
		memcpy(escaped + used, piece, length);
		used += length;
		text += bytes;
	}
	escaped[used] = '\0';
	return escaped;
}
