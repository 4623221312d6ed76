/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of each backend beyond one attempt: what else its host and port did lately. */
#ifndef LBTRACE_USER_DIAGNOSE_PEERS_H
#define LBTRACE_USER_DIAGNOSE_PEERS_H

#include "user/diagnose/outcome.h"

/* Hosts and ports together; the one known longest is forgotten for a new one. */
#define PEERS_MAX 8192

struct peers;

/* NULL: out of memory. */
struct peers *peers_new(void);
void peers_free(struct peers *peers);

/* Learns from a record. What there is no memory for is not learnt. */
void peers_note_attempt(struct peers *peers, const struct event_attempt *attempt);
void peers_note_neighbour(struct peers *peers, const struct event_neighbour *neighbour);

/* Connections to this address and port came about after `since_ns` (the counters before said so). */
void peers_note_connected(struct peers *peers, const struct event_address *address,
			  uint64_t since_ns);

/* This address and port answered a request (the counters said so). */
void peers_note_answered(struct peers *peers, const struct event_address *address);

/* Fills the context but for its options, host and joined_status. */
void peers_fill_context(struct peers *peers, const struct event_attempt *attempt,
			struct outcome_context *context);

#endif
