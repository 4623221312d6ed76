/* SPDX-License-Identifier: GPL-2.0-only */
/* When several attempts ended in one turn: does it matter which of them a 5xx was written for? */
#ifndef LBTRACE_USER_DIAGNOSE_JOINING_ALIKE_H
#define LBTRACE_USER_DIAGNOSE_JOINING_ALIKE_H

#include <stdbool.h>

#include "user/diagnose/window.h"

/* Whether the two are of one kind, so that it matters not which of them is meant. */
bool joining_alike(const struct event_attempt *left, const struct event_attempt *right);

/* Whether all unclaimed attempts that ended in the writing thread's turn before the 5xx came to the
 * same at the same backend as `last`. */
bool joining_all_alike(struct window *window, const struct attempt_entry *last,
		       const struct error_entry *error);

#endif
