/* SPDX-License-Identifier: GPL-2.0-only */
/* Attempts at an address that the backend's name means no longer. */
#ifndef LBTRACE_USER_DIAGNOSE_STALE_H
#define LBTRACE_USER_DIAGNOSE_STALE_H

#include "user/diagnose/configured.h"
#include "user/diagnose/outcome.h"

/* Turns the outcome of a failed attempt into dns-stale where the name that the configuration has for
 * its address means another one by then; what the kernel saw of it stays as evidence. */
void stale_judge(const struct configured *configured, const struct event_attempt *attempt,
		 struct outcome *outcome);

#endif
