// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/tally.h"

#include <string.h>

void tally_add(struct tally *tally, const struct gateway_error *error)
{
	struct tally_cause *cause = &tally->causes[error->cause];
	unsigned int status = error->event.status - TALLY_STATUS_FIRST;

	tally->errors++;
	if (status < TALLY_STATUSES)
		tally->statuses[status]++;
	if (!cause->count++ || error->confidence < cause->lowest)
		cause->lowest = error->confidence;
	if (cause->count > 1 && error->confidence <= cause->shown)
		return;
	cause->shown = error->confidence;
	cause->evidence.count = error->evidence.count;
	memcpy(cause->evidence.lines, error->evidence.lines,
	       error->evidence.count * sizeof(cause->evidence.lines[0]));
	cause->owner = error->event.owner;
	memset(&cause->backend, 0, sizeof(cause->backend));
	if (error->has_backend)
		cause->backend = error->backend;
}

uint64_t tally_absorbed(const struct tally *tally)
{
	uint64_t sum = 0;

	for (unsigned int cause = 0; cause < CAUSE_COUNT; cause++) {
		if (cause != CAUSE_KEEPALIVE_RACE)
			sum += tally->absorbed[cause];
	}
	return sum;
}
