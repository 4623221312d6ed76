/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Health checks, told apart from traffic: no client's request belongs to them, they come again and
 * again, and the configuration has the backend checked. Only those that fail are known one by one.
 */
#ifndef LBTRACE_USER_DIAGNOSE_CHECKS_H
#define LBTRACE_USER_DIAGNOSE_CHECKS_H

#include "user/diagnose/configured.h"

/* Addresses; the one known longest is forgotten for a new one. */
#define CHECKS_MAX 8192

struct checks;

/* What is known of the checks that go to one address. */
struct check_view {
	uint64_t failed;
	uint64_t since_ns; /* first of the failures in a row that last until now; 0: none do */
	uint64_t last_ns; /* the last failure; 0: none */
	uint32_t period_ms; /* 0: not known */
	uint16_t last_status; /* HTTP status of the last one that was answered with a failure; 0: none */
	enum cause_id last_cause;
	const struct event_attempt *latest; /* the last failure itself; valid until the next record */
};

/* NULL: out of memory. */
struct checks *checks_new(void);
void checks_free(struct checks *checks);

/* Learns from a record as it comes; what there is no memory for is not learnt. Returns whether it is
 * a health check, unless a 5xx claims it. */
bool checks_note_attempt(struct checks *checks, const struct configured *configured,
			 const struct event_attempt *attempt);
/* Whether the attempt, not noted yet, is a health check for certain, which no 5xx can claim: in the
 * rhythm of checks that have failed for so long that their server gets no request. */
bool checks_is_certain(const struct checks *checks, const struct event_attempt *attempt);
/* Connections to the address came about after `since_ns`. */
void checks_note_connected(struct checks *checks, uint32_t group,
			   const struct event_address *address, uint64_t since_ns);

/* It was decided that the attempt is a health check that failed, or that it is none after all. */
void checks_note_failure(struct checks *checks, const struct attempt_view *attempt);
void checks_undo_failure(struct checks *checks, const struct event_attempt *attempt);

/* Returns whether a failure of a check at this address is known, and fills `view`. */
bool checks_find(const struct checks *checks, uint32_t group, const struct event_address *address,
		 uint64_t now_ns, struct check_view *view);

#endif
