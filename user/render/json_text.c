// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/json_text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "user/lib/endpoint.h"
#include "user/lib/text.h"

#define TEXT_BYTES 512 /* the model's texts are shorter */

json_t *json_text(const char *text)
{
	char escaped[TEXT_BYTES * TEXT_ESCAPE_FACTOR];

	return json_string(text_escape(text, escaped, sizeof(escaped)));
}

json_t *json_text_or_null(const char *text)
{
	return text && *text ? json_text(text) : json_null();
}

json_t *json_address(const struct event_address *address)
{
	char text[ENDPOINT_TEXT_BYTES];

	return json_string(endpoint_format(address, text));
}

json_t *json_count(uint64_t count)
{
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

json_t *json_number(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

int json_append(json_t *array, json_t *value)
{
	return json_array_append_new(array, value) ? -ENOMEM : 0;
}

json_t *json_evidence(const struct evidence *evidence)
{
	json_t *lines = json_array();

	for (size_t i = 0; lines && i < evidence->count && i < MODEL_EVIDENCE_LINES; i++) {
		if (json_append(lines, json_text(evidence->lines[i]))) {
			json_decref(lines);
			return NULL;
		}
	}
	return lines;
}

int json_write(json_t *object, FILE *file, size_t flags)
{
	int err = 0;

	if (!object)
		return -ENOMEM;
	errno = 0;
	if (json_dumpf(object, file, flags | JSON_REAL_PRECISION(JSON_TEXT_DIGITS)) ||
	    putc('\n', file) == EOF)
		err = errno ? -errno : -EIO;
	json_decref(object);
	return err;
}
