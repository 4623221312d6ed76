/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams as load balancers make them, written by hand, and what a diagnosis says of them. */
#ifndef LBTRACE_TESTS_UNIT_WRITTEN_H
#define LBTRACE_TESTS_UNIT_WRITTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/diagnose/diagnose.h"

#define WRITTEN_START_NS 1000000000000ull
#define WRITTEN_MS 1000000ull
#define WRITTEN_ERRORS_MAX 64
#define WRITTEN_ATTEMPTS_MAX 512

/* An attempt that was told of: its outcome, and its 5xx (0: none). */
struct written_attempt {
	uint64_t cookie;
	enum cause_id outcome;
	uint16_t status;
};

/* A diagnosis, and what it has told so far. */
struct written {
	struct diagnosis *diagnosis;
	size_t error_count;
	struct gateway_error errors[WRITTEN_ERRORS_MAX];
	size_t attempt_count;
	struct written_attempt attempts[WRITTEN_ATTEMPTS_MAX];
};

/* cmocka's set-up and tear-down of one test: *state is a struct written. */
int written_setup(void **state);
int written_teardown(void **state);

/* Feeds a record of any type; fails the test when it is not well-formed or not taken. */
void written_feed(struct written *written, const void *record);

/* Lets time pass until `ms` after WRITTEN_START_NS. */
void written_tick(struct written *written, uint64_t ms);

/* Ends the stream; gives the report. */
const struct report *written_finish(struct written *written);

/* The told 5xx of the client's socket, the n-th from 0; fails the test when there is none. */
const struct gateway_error *written_error(const struct written *written, uint64_t cookie, size_t n);

/* Fails the test when the verdict is another; when the backend is not 10.0.0.`host`:8080. */
void written_assert_cause(const struct gateway_error *error, enum cause_id cause,
			  enum confidence confidence);
void written_assert_backend(const struct gateway_error *error, uint8_t host);

/* The report's row of a backend 10.0.0.`host`:8080; NULL: none. */
const struct report_backend *written_backend(const struct report *report, uint8_t host);

/* The report's row of a cause; NULL: none. */
const struct report_cause *written_cause(const struct report *report, enum cause_id cause);

/* Thread 101 of group 100 of a load balancer. */
struct event_owner owner_new(enum balancer_kind kind);

/* IPv4 10.0.0.`host`:8080. */
struct event_address address_new(uint8_t host);

/* A connection to backend 10.0.0.1:8080 with socket `cookie` that was begun `lasted_ms` before it
 * ended, `ended_ms` after WRITTEN_START_NS, connected 1 ms later, and was asked one HTTP/1 request
 * right then; nothing is said of how it ended. */
struct event_attempt attempt_new(enum balancer_kind kind, uint64_t cookie, uint64_t ended_ms,
				 uint64_t lasted_ms);

/* How it ended. */
void attempt_refuse(struct event_attempt *attempt); /* RST to the SYN */
void attempt_silence(struct event_attempt *attempt); /* SYNs unanswered, given up by the owner */
void attempt_unroute(struct event_attempt *attempt); /* connect() failed at once: no route */
void attempt_starve(struct event_attempt *
			    attempt); /* request acknowledged, never answered, closed by the owner */
void attempt_close(struct event_attempt *attempt); /* request acknowledged, then FIN */
void attempt_answer(struct event_attempt *attempt, uint16_t status); /* 5xx of the backend itself */

/* A 5xx to the client's socket `cookie` written `written_ms` after WRITTEN_START_NS to a request
 * that was read `lasted_ms` before. */
struct event_response response_new(enum balancer_kind kind, uint64_t cookie, uint16_t status,
				   uint64_t written_ms, uint64_t lasted_ms);

/* The same as nginx writes it, in the turn in which the attempt ended, to a request of 5 s before. */
struct event_response response_adjacent(enum balancer_kind kind, uint64_t cookie,
					const struct event_attempt *attempt, uint16_t status);

/* Counters of backend 10.0.0.1:8080. */
struct event_figures figures_new(enum balancer_kind kind, uint64_t ms);

#endif
