/* SPDX-License-Identifier: GPL-2.0-only */
/* 5xx that no failing attempt explains: no backend was tried for them. */
#ifndef LBTRACE_USER_DIAGNOSE_ELIGIBILITY_H
#define LBTRACE_USER_DIAGNOSE_ELIGIBILITY_H

#include "user/diagnose/backends.h"

/* Gives `error`, whose event and attempts are filled and which has no failing attempt, its cause,
 * confidence and evidence. CAUSE_NONE where the response itself does not tell. `suspected`: an attempt
 * that may have been its own ended at nearly the same time, so that having none proves nothing. */
void eligibility_judge(const struct backends *backends, bool suspected,
		       struct gateway_error *error);

#endif
