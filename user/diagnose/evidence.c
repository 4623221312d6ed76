// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/evidence.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "user/lib/text.h"

static void format_text(char *escaped, const char *format, va_list arguments)
{
	char line[2 * MODEL_TEXT_BYTES];

	vsnprintf(line, sizeof(line), format, arguments);
	text_escape(line, escaped, MODEL_TEXT_BYTES);
}

void evidence_format(char *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_text(text, format, arguments);
	va_end(arguments);
}

void evidence_add(struct evidence *evidence, const char *format, ...)
{
	va_list arguments;

	if (evidence->count >= MODEL_EVIDENCE_LINES)
		return;
	va_start(arguments, format);
	format_text(evidence->lines[evidence->count], format, arguments);
	va_end(arguments);
	evidence->count++;
}

enum confidence confidence_lower(enum confidence confidence)
{
	return confidence > CONFIDENCE_POSSIBLE ? confidence - 1 : confidence;
}

enum confidence confidence_lowest(enum confidence left, enum confidence right)
{
	return left < right ? left : right;
}

const char *confidence_name(enum confidence confidence)
{
	switch (confidence) {
	case CONFIDENCE_POSSIBLE:
		return "possible";
	case CONFIDENCE_LIKELY:
		return "likely";
	case CONFIDENCE_CERTAIN:
		return "certain";
	case CONFIDENCE_NONE:
		break;
	}
	return NULL;
}
