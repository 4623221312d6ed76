// SPDX-License-Identifier: GPL-2.0-only
/* Command lines as /proc/PID/cmdline shows them. */
#include <stdbool.h>
#include <string.h>

#include "user/inventory/config_place.h"

size_t cmdline_words(char *cmdline, size_t length)
{
	static const char title[] = ": master process ";
	char *start;
	size_t i;

	cmdline[length] = '\0';
	start = strstr(cmdline, title);
	if (!start)
		return length;
	start += sizeof(title) - 1;
	length = strlen(start);
	memmove(cmdline, start, length + 1);
	if (length && cmdline[length - 1] == ']')
		cmdline[--length] = '\0';
	for (i = 0; i < length; i++)
		if (cmdline[i] == ' ')
			cmdline[i] = '\0';
	return length;
}

/* The value within the word of the option itself, or NULL. */
static const char *attached_value(const char *word, const char *option)
{
	size_t length = strlen(option);
	bool is_long = option[1] == '-' && option[2];

	if (strncmp(word, option, length))
		return NULL;
	if (is_long)
		return word[length] == '=' ? word + length + 1 : NULL;
	return word[length] == '/' ? word + length : NULL;
}

const char *cmdline_option(const char *words, size_t length, const char *option, size_t *at)
{
	while (*at < length) {
		const char *word = words + *at;
		const char *found = attached_value(word, option);

		*at += strlen(word) + 1;
		if (!found && *at < length && !strcmp(word, option)) {
			found = words + *at;
			*at += strlen(found) + 1;
		}
		if (found && *found)
			return found;
	}
	return NULL;
}
