// SPDX-License-Identifier: GPL-2.0-only
#include "user/lib/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "user/lib/text.h"

#define MESSAGE_BYTES 2048

static bool verbose;

static void print_line(const char *format, va_list arguments)
{
	char raw[MESSAGE_BYTES];
	char line[MESSAGE_BYTES * TEXT_ESCAPE_FACTOR];
	int saved = errno;

	vsnprintf(raw, sizeof(raw), format, arguments);
	/* One call, so that lines of several processes do not mix. */
	fprintf(stderr, "lbtrace: %s\n", text_escape(raw, line, sizeof(line)));
	errno = saved;
}

void message_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_line(format, arguments);
	va_end(arguments);
}

void message_detail(const char *format, ...)
{
	va_list arguments;

	if (!verbose)
		return;
	va_start(arguments, format);
	print_line(format, arguments);
	va_end(arguments);
}

void message_set_verbose(bool wanted)
{
	verbose = wanted;
}

bool message_is_verbose(void)
{
	return verbose;
}
