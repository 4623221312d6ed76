/* SPDX-License-Identifier: GPL-2.0-only */
/* Attempts at a backend as the kernel records them, for the tests of what they come to. */
#ifndef LBTRACE_TESTS_UNIT_ATTEMPTS_H
#define LBTRACE_TESTS_UNIT_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "user/diagnose/outcome.h"

#define MS UINT64_C(1000000)
#define START_NS (10000 * MS)

/* Ports and addresses: 10.0.0.1:40000 to 10.0.0.2:8080, or the same in fd00::/64. */
struct event_attempt attempt_unsent(int error);

/* A handshake that did not end within `lasted_ms`. */
struct event_attempt attempt_syn(uint64_t lasted_ms);
struct event_attempt attempt_syn_reset(void);
struct event_attempt attempt_syn_icmp(uint8_t type, uint8_t code, const char *source);
void attempt_make_ipv6(struct event_attempt *attempt);

/* A request of 100 bytes, 1 ms after the handshake, acknowledged, unanswered for `lasted_ms`, then
 * closed by the load balancer. */
struct event_attempt attempt_waiting(uint64_t lasted_ms);

/* The same on a connection that had an exchange before and was idle for `idle_ms`. */
struct event_attempt attempt_waiting_reused(uint64_t idle_ms, uint64_t lasted_ms);

/* The backend ended it `delay_us` after the request (negative: before). `flags`: the TCP flags
 * byte of the RST. */
void attempt_end_by_reset(struct event_attempt *attempt, int64_t delay_us, uint8_t flags,
			  uint16_t window);
void attempt_end_by_fin(struct event_attempt *attempt, int64_t delay_us);

/* `bytes` bytes came back, of this kind. */
void attempt_receive(struct event_attempt *attempt, enum payload_kind kind, uint64_t bytes);

#define RST 0x04
#define RST_ACK 0x14

void assert_outcome_is(const struct event_attempt *attempt, const struct outcome_context *context,
		       enum cause_id cause, enum confidence confidence, const char *file, int line);
#define assert_outcome(attempt, context, cause, confidence) \
	assert_outcome_is(attempt, context, cause, confidence, __FILE__, __LINE__)

/* No cause; whether it counts as a failure. */
void assert_unexplained_is(const struct event_attempt *attempt,
			   const struct outcome_context *context, bool failure, const char *file,
			   int line);
#define assert_unexplained(attempt, context, failure) \
	assert_unexplained_is(attempt, context, failure, __FILE__, __LINE__)

/* One of the outcome's evidence lines contains `words`. */
void assert_evidence(const struct event_attempt *attempt, const struct outcome_context *context,
		     const char *words);

#endif
