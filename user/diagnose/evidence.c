// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/evidence.h"

#include <stdarg.h>
#include <stdio.h>

void evidence_add(struct evidence *evidence, const char *format, ...)
{
	va_list arguments;

	if (evidence->count >= MODEL_EVIDENCE_LINES)
		return;
	va_start(arguments, format);
	vsnprintf(evidence->lines[evidence->count], MODEL_TEXT_BYTES, format, arguments);
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
