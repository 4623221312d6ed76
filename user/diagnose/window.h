/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is not decided yet: 5xx that wait for their attempts, attempts that wait for their 5xx.
 * Bounded in number; found by the sockets' cookies and by process and time.
 */
#ifndef LBTRACE_USER_DIAGNOSE_WINDOW_H
#define LBTRACE_USER_DIAGNOSE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bpf/event.h"
#include "user/diagnose/catalogue.h"
#include "user/diagnose/holddown.h"

#define WINDOW_ATTEMPTS_MAX 65536
#define WINDOW_KEPT_MAX 16384 /* of these, settled */
#define WINDOW_ERRORS_MAX 65536

/* Most entries of one list that a search looks at, newest first: a log in which all cookies are
 * the same must not make replay quadratic. */
#define WINDOW_SEARCH_MAX 256

/* Time is cut into slots of 2^WINDOW_SLOT_BITS ns (4.2 ms) for searches by process and time. */
#define WINDOW_SLOT_BITS 22

/* And into spans of 2^WINDOW_SPAN_BITS ns (34 ms) for searches by the client that was answered. */
#define WINDOW_SPAN_BITS 25

/* How an attempt is known to belong to its 5xx, weakest first. */
enum join_trust {
	JOIN_NONE,
	JOIN_LONE, /* the only one of its process at the time */
	JOIN_HINT, /* the client's socket was guessed when the attempt began */
	JOIN_LIKELY, /* the thread's turn had both, but it may have been another request's turn too */
	JOIN_TURN, /* the same, known from the thread's turn */
	JOIN_EXACT, /* the thread's turn had both the end of the attempt and the 5xx */
};

/* What was decided of an attempt that no 5xx had claimed in time. */
enum attempt_decision {
	DECISION_NONE,
	DECISION_ABSORBED, /* a failure that no 5xx came of */
	DECISION_BENIGN, /* its client had left */
	DECISION_CHECK, /* a health check that failed */
};

struct error_entry;

/* An attempt. `claimed_by` is the one 5xx that it belongs to; NULL: none so far. */
struct attempt_entry {
	struct event_attempt event;
	struct error_entry *claimed_by;
	enum join_trust trust;
	bool settled; /* is in `kept` */
	bool is_check; /* a health check, unless a 5xx claims it */
	bool is_certain_check; /* no 5xx can */
	enum attempt_decision decision;
	enum cause_id cause; /* of an absorbed failure */
	TAILQ_ENTRY(attempt_entry) by_age;
	LIST_ENTRY(attempt_entry) by_cookie;
	LIST_ENTRY(attempt_entry) by_client;
	LIST_ENTRY(attempt_entry) by_answered;
	LIST_ENTRY(attempt_entry) by_slot;
	LIST_ENTRY(attempt_entry) of_error;
};

LIST_HEAD(attempt_list, attempt_entry);
TAILQ_HEAD(attempt_queue, attempt_entry);

/* A 5xx without a verdict. */
struct error_entry {
	struct event_response event;
	struct attempt_list attempts; /* claimed, last claim first */
	size_t attempt_count;
	struct attempt_entry *exact; /* of these, the last one, joined exactly; NULL: none is */
	bool joined; /* its exact attempts were looked for */
	bool suspected; /* nothing is joined, but some attempt of the process ended at nearly the same time */
	size_t held_count; /* backends that were held down when it was written, if nothing is joined */
	const struct event_attempt
		*held[HOLDDOWN_FOUND_MAX]; /* since these; until the next attempt */
	bool crowded; /* another unjoined 5xx of the process was written at nearly the same time */
	TAILQ_ENTRY(error_entry) by_age;
	LIST_ENTRY(error_entry) by_slot;
};

TAILQ_HEAD(error_queue, error_entry);
LIST_HEAD(error_list, error_entry);

struct window {
	struct attempt_queue fresh; /* not settled */
	struct attempt_queue
		kept; /* settled, and may still turn out to be part of a later 5xx's request */
	struct error_queue errors; /* without a verdict */
	struct error_entry *next_join; /* the first of `errors` that is not joined */
	size_t attempt_count;
	size_t kept_count;
	size_t error_count;
	struct attempt_list *by_cookie;
	struct attempt_list *by_client;
	struct attempt_list *by_answered;
	struct attempt_list *by_slot;
	struct error_list *errors_by_slot;
	struct holddown *holddown;
};

/* 0 or -ENOMEM; window_close() is right after either. */
int window_open(struct window *window);
void window_close(struct window *window);

/* Copies the record in. NULL: out of memory. The caller has made room: the counts are below their
 * bounds. */
struct attempt_entry *window_add_attempt(struct window *window,
					 const struct event_attempt *attempt);
struct error_entry *window_add_error(struct window *window, const struct event_response *response);

/* Takes the entry out; a claimed attempt is no longer its 5xx's, a removed 5xx's attempts go too. */
void window_drop_attempt(struct window *window, struct attempt_entry *attempt);
void window_drop_error(struct window *window, struct error_entry *error);

/* From `fresh` to `kept`. */
void window_keep_attempt(struct window *window, struct attempt_entry *attempt);

/* Gives the unclaimed `attempt` to `error`. */
void window_claim(struct error_entry *error, struct attempt_entry *attempt, enum join_trust trust);

/* Lists that hold, among others, all entries of the key. */
struct attempt_list *window_by_cookie(const struct window *window, uint64_t cookie);
struct attempt_list *window_by_client(const struct window *window, uint64_t cookie);
struct attempt_list *window_by_answered(const struct window *window, uint64_t cookie,
					uint64_t span);
struct attempt_list *window_by_slot(const struct window *window, uint32_t tgid, uint64_t slot);
struct error_list *window_errors_by_slot(const struct window *window, uint32_t tgid, uint64_t slot);

#endif
