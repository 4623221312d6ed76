/* SPDX-License-Identifier: GPL-2.0-only */
/* How outcome_classify() is divided. Private to outcome*.c. */
#ifndef LBTRACE_USER_DIAGNOSE_OUTCOME_PARTS_H
#define LBTRACE_USER_DIAGNOSE_OUTCOME_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "user/diagnose/outcome.h"

/* One attempt under examination. */
struct inquiry {
	const struct event_attempt *attempt;
	const struct outcome_context *context; /* never NULL */
	struct outcome *outcome;
};

#define OUTCOME_MS_NS (1000 * 1000ull)
#define OUTCOME_DURATION_BYTES 24

/* The verdict; the attempt is a failure. */
void outcome_set(const struct inquiry *inquiry, enum cause_id cause, enum confidence confidence);

/* --- facts of the record, outcome_facts.c -------------------------------- */

static inline bool attempt_has(const struct event_attempt *attempt, uint32_t flag)
{
	return attempt->header.flags & flag;
}

/* From one time to a later one; 0 when either did not happen or they are the other way round. */
uint64_t span_ns(uint64_t from_ns, uint64_t to_ns);

/* Whether `later_ns` is a time behind `earlier_ns`. Both must have happened. */
bool happened_after(uint64_t earlier_ns, uint64_t later_ns);

/* "310 us", "31.0 ms" or "3.1 s" into `text` of OUTCOME_DURATION_BYTES. Returns `text`. */
const char *duration_format(uint64_t duration_ns, char *text);

/* errno as a positive number; 0: none, nothing that an errno can be, or the owner's own abort. */
int attempt_errno(const struct event_attempt *attempt);

/* The connection came about. */
bool attempt_connected(const struct event_attempt *attempt);

/* It had carried a whole exchange before the last request. A TLS handshake is no exchange. */
bool attempt_reused(const struct event_attempt *attempt);

/* Between the last response's end and the last request; 0: not known. */
uint64_t attempt_idle_ns(const struct event_attempt *attempt);

/* What may lie between two ends that acted without knowing of each other: two round trips and
 * 5 ms for the scheduler of the backend. */
uint64_t attempt_crossing_ns(const struct event_attempt *attempt);

/* The backend's kernel acknowledged the last request whole. (A FIN counts one: hence off by one.) */
bool attempt_all_acked(const struct event_attempt *attempt);

/* A RST of the backend ended it. errno does not tell: an owner's abort gives ECONNRESET as well. */
bool attempt_was_reset(const struct event_attempt *attempt);

/* RST flags byte of the record. */
#define TCP_FLAG_ACK 0x10

/* A RST was seen closely, and it has no ACK: the peer's kernel knew no such connection. */
bool reset_from_nowhere(const struct event_attempt *attempt);

/* The ICMP error's source is this host itself. */
bool icmp_is_own(const struct event_attempt *attempt);

/* A port where TLS is the custom. */
bool port_is_tls(uint16_t port);

/* One evidence line about the RST: when, its flags, TTL and window as far as seen. */
void evidence_reset(const struct inquiry *inquiry, const char *phase, uint64_t since_ns);

/* --- steps; each returns whether it gave the verdict -------------------- */

/* connect() failed before a SYN; always gives one, CAUSE_NONE included. outcome_connect.c */
void classify_never_sent(const struct inquiry *inquiry);

/* The handshake did not end; as above. outcome_connect.c */
void classify_connecting(const struct inquiry *inquiry);

/* --- the backend's own host is this one, outcome_host.c: certain where others must guess -------- */

/* Refused by a RST. */
bool classify_host_refusal(const struct inquiry *inquiry);

/* SYNs were not answered. */
bool classify_host_silence(const struct inquiry *inquiry);

/* A request was taken and not answered in time. */
bool classify_host_hang(const struct inquiry *inquiry);

/* Says which process was killed by a signal right before the backend's FIN or RST, if one was. */
void evidence_killed(const struct inquiry *inquiry, uint64_t end_ns);

/* The ICMP error of the record, or none. outcome_icmp.c */
bool classify_icmp(const struct inquiry *inquiry);

/* An unreachable errno whose ICMP message could not be seen. outcome_icmp.c */
bool classify_unseen_icmp(const struct inquiry *inquiry);

/* What was said did not fit what was asked. outcome_protocol.c */
bool classify_protocol(const struct inquiry *inquiry);

/* A request was cut off, not a byte came back: where TLS is spoken, or by who does not know its
 * protocol. outcome_cut.c */
bool classify_cut(const struct inquiry *inquiry);

/* The load balancer broke TLS off: it does not like the backend's certificate. outcome_verify.c */
bool classify_verify(const struct inquiry *inquiry);

/* The name of a TLS alert. outcome_protocol.c */
const char *tls_alert_name(uint8_t code);

/* An alert whose level and description stand in clear: a record of two bytes. outcome_protocol.c */
bool tls_alert_is_readable(const struct event_payload *payload);

/* A request was sent and not a byte came back. outcome_exchange.c */
void classify_unanswered(const struct inquiry *inquiry);

/* netfilter dropped it while connection tracking was full. outcome_exhausted.c */
bool classify_conntrack_full(const struct inquiry *inquiry);

/* This host had no memory for it. outcome_exhausted.c */
bool classify_memory(const struct inquiry *inquiry);

/* The answer was here, and was not read in time. outcome_exhausted.c */
bool classify_stalled(const struct inquiry *inquiry);

/* The connection ended before a request was sent. outcome_exchange.c */
void classify_unused(const struct inquiry *inquiry);

/* Bytes came, and yet the load balancer wrote a 5xx of its own. outcome_answered.c */
void classify_answered(const struct inquiry *inquiry);

#endif
