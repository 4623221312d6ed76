/* SPDX-License-Identifier: GPL-2.0-only */
/* From joined attempts to the verdict on a 5xx, and on an attempt that no 5xx came of. */
#ifndef LBTRACE_USER_DIAGNOSE_VERDICTS_H
#define LBTRACE_USER_DIAGNOSE_VERDICTS_H

#include "user/diagnose/backends.h"
#include "user/diagnose/checks.h"
#include "user/diagnose/configured.h"
#include "user/diagnose/down.h"
#include "user/diagnose/diagnose.h"
#include "user/diagnose/exhaustion.h"
#include "user/diagnose/hosts.h"
#include "user/diagnose/outcome.h"
#include "user/diagnose/peers.h"
#include "user/diagnose/window.h"

struct verdict_sources {
	const struct diagnosis_options *options;
	struct peers *peers;
	const struct hosts *hosts;
	const struct backends *backends;
	const struct exhaustion *exhaustion;
	const struct configured *configured;
	const struct checks *checks;
	struct down *down;
	bool lossy; /* records or state were lost before */
};

/* A 5xx with its verdict; the arrays go with error.attempts. */
struct verdict {
	struct gateway_error error;
	struct attempt_entry *entries[MODEL_ATTEMPTS_MAX];
	bool failed[MODEL_ATTEMPTS_MAX];
};

/* Fills `verdict` for a 5xx whose attempts are all claimed, at most MODEL_ATTEMPTS_MAX. */
void verdict_give(const struct verdict_sources *sources, const struct error_entry *entry,
		  struct verdict *verdict);

/* What the attempt came to; `joined_status`: as in struct outcome_context. */
void verdict_classify(const struct verdict_sources *sources, const struct event_attempt *attempt,
		      uint16_t joined_status, struct outcome *outcome);

/* Fills `view` for an attempt that no 5xx claims. `is_check`: a health check, then. */
enum attempt_decision verdict_on_unclaimed(const struct verdict_sources *sources,
					   const struct event_attempt *attempt, bool is_check,
					   struct attempt_view *view);

#endif
