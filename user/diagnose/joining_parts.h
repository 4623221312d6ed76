/* SPDX-License-Identifier: GPL-2.0-only */
/* What the exact joins and the hinted ones both ask of an attempt and a 5xx. */
#ifndef LBTRACE_USER_DIAGNOSE_JOINING_PARTS_H
#define LBTRACE_USER_DIAGNOSE_JOINING_PARTS_H

#include "user/diagnose/joining.h"

/* Two threads' clocks and the way from a hook to its time stamp. */
#define JOINING_SLACK_NS (1000 * 1000ull)

/* Whether the attempt has any of these flags (enum attempt_flags). */
bool joining_has_flag(const struct event_attempt *attempt, uint32_t flag);

/* When the attempt began for its request; 0: not known. */
uint64_t joining_begun_ns(const struct event_attempt *attempt);

/* When the first byte of the request was read; 0: not known. */
uint64_t joining_asked_ns(const struct event_response *response);

/* Whether what is known of both rules out that the 5xx was written for the attempt. */
bool joining_contradicts(const struct event_attempt *attempt,
			 const struct event_response *response);

/* Whether the attempt, as its record has it, may be why a 5xx of this status was written. */
bool joining_may_explain(const struct event_attempt *attempt,
			 const struct event_response *response);

/* Whether no 5xx has claimed the attempt and this one may. */
bool joining_is_free(const struct attempt_entry *attempt, const struct error_entry *error);

#endif
