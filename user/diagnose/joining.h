/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which attempts a 5xx was written for. A wrong join is worse than none: what contradicts is
 * refused, and an attempt belongs to one 5xx at most. Of a longer chain of attempts the newest
 * MODEL_ATTEMPTS_MAX are joined.
 *
 * The order of records, as measured with nginx 1.22 and HAProxy 2.6:
 *  - nginx lets go of the backend's socket, then writes the 5xx, in one turn of its thread;
 *  - HAProxy writes the 5xx, then lets go, in one turn; when connect() itself fails, as nginx;
 *  - a backend's own 5xx is recorded when the owner reads it, and passed on then or later.
 */
#ifndef LBTRACE_USER_DIAGNOSE_JOINING_H
#define LBTRACE_USER_DIAGNOSE_JOINING_H

#include "user/diagnose/window.h"

/* Claims what the kernel knows to belong to `error`, and sets error->exact. To be called for every
 * 5xx in order of time, before joining_add_hinted() is for one written at that time, and when all
 * records of JOINING_AFTER_NS after it are in. */
void joining_add_exact(struct window *window, struct error_entry *error);

/* Claims the attempts before it, or, when none is exact, those that fit `error` by its client's
 * socket, or the only one that fits by process and time. To be called once, after
 * joining_add_exact() for this 5xx and for those written up to JOINING_NEARBY_NS later. */
void joining_add_hinted(struct window *window, struct error_entry *error);

/* Whether other threads of this kind of load balancer may go on with a request (bpf/thread.h). */
bool joining_wanders(const struct event_owner *owner);

/* How long after its 5xx HAProxy may let go of the backend's socket: one turn, as the kernel side has
 * made sure, but on a busy machine the thread may be off its CPU in it. */
#define JOINING_AFTER_NS (240 * 1000 * 1000ull)

/* How far apart the end of an attempt and a 5xx of the same process may be when nothing but time
 * joins them. */
#define JOINING_NEARBY_NS (5 * 1000 * 1000ull)

#endif
