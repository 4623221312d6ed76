/* SPDX-License-Identifier: GPL-2.0-only */
/* The account of each backend: what the kernel counted and what was decided. */
#ifndef LBTRACE_USER_DIAGNOSE_BACKENDS_H
#define LBTRACE_USER_DIAGNOSE_BACKENDS_H

#include "user/diagnose/configured.h"

/* Backends that are told apart, as each load balancer sees them; and counters, which are kept by
 * group and namespace too. What finds no room goes to `other`, respectively is counted as lost. */
#define BACKENDS_MAX 4096
#define BACKENDS_FIGURES_MAX 4096

struct backend;
struct backends;

/* `configured` gives names, and must outlive it. NULL: out of memory. */
struct backends *backends_new(const struct configured *configured);
void backends_free(struct backends *backends);

/* An attempt's record came; nothing is decided. 0 or -ENOMEM. */
int backends_note_attempt(struct backends *backends, const struct event_attempt *attempt);

/* Counters came. *since_ns: when the ones before were taken, if connections came about after them;
 * else 0. 0 or -ENOMEM. */
int backends_note_figures(struct backends *backends, const struct event_figures *event,
			  uint64_t *since_ns);

enum failure_part {
	FAILURE_OF_ERROR, /* a 5xx came of it */
	FAILURE_ABSORBED, /* none did */
	FAILURE_OF_CHECK, /* it was a health check */
};

/* It was decided that the attempt failed. 0 or -ENOMEM. */
int backends_note_failure(struct backends *backends, const struct attempt_view *attempt,
			  enum failure_part part);

/* It was decided that the attempt's client left. 0 or -ENOMEM. */
int backends_note_benign(struct backends *backends, const struct event_attempt *attempt);

/* What was decided of the attempt stands no longer, a later 5xx claims it: an absorbed failure or a
 * health check's noted with `cause`, or a client that left. 0 or -ENOMEM. */
int backends_undo_failure(struct backends *backends, const struct event_attempt *attempt,
			  enum cause_id cause, enum failure_part part);
int backends_undo_benign(struct backends *backends, const struct event_attempt *attempt);

/* A 5xx has its verdict. One without a backend changes nothing. 0 or -ENOMEM. */
int backends_note_error(struct backends *backends, const struct gateway_error *error);

/* How many connections to the address the load balancer `comm` tried so far. */
uint64_t backends_count_attempts(const struct backends *backends,
				 const struct event_address *address, const char *comm);

/* When and how a backend failed last. */
struct backend_failure {
	struct event_address address;
	char label[CONFIGURED_LABEL_BYTES]; /* its name and address */
	uint64_t time_ns;
	enum cause_id cause;
};

/* The backends of the load balancer `comm` that failed no longer ago than `since_ns`, latest first.
 * Returns how many, at most `most`. */
size_t backends_find_failing(const struct backends *backends, const char *comm, uint64_t since_ns,
			     struct backend_failure *found, size_t most);

/* configured_may_queue() of the configurations that the account goes by. */
bool backends_may_queue(const struct backends *backends, const struct event_owner *owner);

/* How many counters found no room. */
uint64_t backends_lost(const struct backends *backends);

/* Fills a new array, worst first, that the caller frees: *count may be 0. `now_ns` is the stream's
 * time. *exchanges: requests sent, of all backends. 0 or -ENOMEM. */
int backends_report(const struct backends *backends, uint64_t now_ns, struct report_backend **rows,
		    size_t *count, uint64_t *exchanges);

#endif
