/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that others had a hand in: process names, paths, words of a config. */
#ifndef LBTRACE_USER_LIB_TEXT_H
#define LBTRACE_USER_LIB_TEXT_H

#include <stddef.h>

/* The most that text_escape() makes of one byte, "\xff". */
#define TEXT_ESCAPE_FACTOR 4

/* Copies the NUL-terminated `text` to `escaped`, so that it is valid UTF-8 and safe on a terminal:
 * control characters (C0, DEL, C1) and bytes that are no UTF-8 become "\x1b". Whatever does not fit
 * into `escaped_bytes` (at least 1, NUL included) is cut at a whole character. Returns `escaped`. */
const char *text_escape(const char *text, char *escaped, size_t escaped_bytes);

/* Bytes of the UTF-8 character that `text` begins with, 1 to 4; 0 when it begins with none, or
 * with NUL. Overlong forms, surrogates and values beyond U+10FFFF are none. */
size_t text_character_bytes(const char *text);

#endif
