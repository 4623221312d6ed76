// SPDX-License-Identifier: GPL-2.0-only
/* Takes any bytes for the command line of a load balancer of each kind. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/inventory/config_place.h"

static const char *const options[] = { "-c", "-f", "--", "--config", "-p" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words;
	size_t length, i;

	if (size > PLACE_CMDLINE_BYTES)
		return 0;
	words = malloc(size + 1);
	if (!words)
		return 0;
	memcpy(words, data, size);
	length = cmdline_words(words, size);
	if (length > size || words[length])
		abort();
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *value;
		size_t at = 0;

		while ((value = cmdline_option(words, length, options[i], &at)))
			if (value < words || value + strlen(value) > words + length)
				abort();
	}
	free(words);
	return 0;
}
