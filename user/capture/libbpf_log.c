// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/capture/libbpf_log.h"
#include "user/lib/message.h"

#define LOG_PROGRAM_BYTES 64

static char last_program[LOG_PROGRAM_BYTES];

static void remember_program(const char *text)
{
	static const char mark[] = "prog '";
	const char *name = strstr(text, mark);
	size_t length;

	if (!name)
		return;
	name += sizeof(mark) - 1;
	length = strcspn(name, "'");
	if (length < sizeof(last_program))
		snprintf(last_program, sizeof(last_program), "%.*s", (int)length, name);
}

static int print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char *text, *rest, *line;

	if (level == LIBBPF_DEBUG || (level == LIBBPF_INFO && !message_is_verbose()))
		return 0;
	/* A verifier's log has megabytes, and ends with why. */
	if (vasprintf(&text, format, arguments) < 0)
		return 0;
	rest = text;
	if (level == LIBBPF_WARN)
		remember_program(text);
	while ((line = strsep(&rest, "\n"))) {
		if (*line)
			message_detail("%s", line);
	}
	free(text);
	return 0;
}

void libbpf_log_install(void)
{
	libbpf_set_print(print);
}

const char *libbpf_log_program(void)
{
	return last_program;
}

void libbpf_log_reset(void)
{
	last_program[0] = '\0';
}
