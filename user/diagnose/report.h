/* SPDX-License-Identifier: GPL-2.0-only */
/* The report model out of the accounts. */
#ifndef LBTRACE_USER_DIAGNOSE_REPORT_H
#define LBTRACE_USER_DIAGNOSE_REPORT_H

#include "user/diagnose/backends.h"
#include "user/diagnose/checks.h"
#include "user/diagnose/configured.h"
#include "user/diagnose/diagnose.h"
#include "user/diagnose/exhaustion.h"
#include "user/diagnose/holdings.h"
#include "user/diagnose/hosts.h"
#include "user/diagnose/instances.h"
#include "user/diagnose/tally.h"

struct report_sources {
	const struct diagnosis_options *options;
	const struct backends *backends;
	const struct instances *instances;
	const struct exhaustion *exhaustion;
	const struct holdings *holdings;
	const struct hosts *hosts;
	const struct configured *configured;
	const struct checks *checks;
	const struct tally *tally;
	uint64_t now_ns; /* the stream's time, 0: nothing came */
	uint64_t lost_records, lost_state;
};

/* Fills `report`, whose arrays report_clear() frees, after an error too. The listeners stay the
 * instances' own. 0 or -ENOMEM. */
int report_fill(const struct report_sources *sources, struct report *report);
void report_clear(struct report *report);

#endif
