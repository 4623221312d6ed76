// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/outcome_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "user/lib/endpoint.h"

#define US_NS UINT64_C(1000)
#define SECOND_NS (1000 * OUTCOME_MS_NS)
#define SCHEDULING_NS (5 * OUTCOME_MS_NS)
#define ERRNO_MAX 4095 /* include/linux/err.h */

/* Ahead of the first HTTP request over TLS go at most: hello, key exchange or Finished (RFC 5246
 * §7.3, RFC 8446 §2). A second pause tells a TLS 1.3 connection's second use. */
#define TLS_HANDSHAKE_EXCHANGES 3
#define TLS_REUSE_IDLE_NS (20 * OUTCOME_MS_NS)

uint64_t span_ns(uint64_t from_ns, uint64_t to_ns)
{
	return happened_after(from_ns, to_ns) ? to_ns - from_ns : 0;
}

bool happened_after(uint64_t earlier_ns, uint64_t later_ns)
{
	return earlier_ns && later_ns > earlier_ns;
}

const char *duration_format(uint64_t duration_ns, char *text)
{
	if (duration_ns < OUTCOME_MS_NS)
		snprintf(text, OUTCOME_DURATION_BYTES, "%" PRIu64 " us", duration_ns / US_NS);
	else if (duration_ns < SECOND_NS)
		snprintf(text, OUTCOME_DURATION_BYTES, "%.1f ms",
			 (double)duration_ns / OUTCOME_MS_NS);
	else
		snprintf(text, OUTCOME_DURATION_BYTES, "%.1f s", (double)duration_ns / SECOND_NS);
	return text;
}

int attempt_errno(const struct event_attempt *attempt)
{
	int64_t error = attempt->error;

	if (error < 0)
		error = -error;
	/* The kernel gives it to sockets whose owner aborts them, too (SO_LINGER 0, tcp_disconnect()). */
	if (error == ECONNRESET && !attempt_was_reset(attempt))
		return 0;
	return error <= ERRNO_MAX ? (int)error : 0;
}

bool attempt_connected(const struct event_attempt *attempt)
{
	return attempt_has(attempt, ATTEMPT_ESTABLISHED) || attempt->established_ns ||
	       attempt->exchanges;
}

uint64_t attempt_idle_ns(const struct event_attempt *attempt)
{
	return span_ns(attempt->last_received_ns, attempt->request_ns);
}

bool attempt_reused(const struct event_attempt *attempt)
{
	if (attempt_has(attempt, ATTEMPT_SEEDED))
		return true;
	if (attempt->sent.kind != PAYLOAD_TLS)
		return attempt->exchanges > 1;
	return attempt->exchanges > TLS_HANDSHAKE_EXCHANGES ||
	       (attempt->exchanges == TLS_HANDSHAKE_EXCHANGES &&
		attempt_idle_ns(attempt) >= TLS_REUSE_IDLE_NS);
}

uint64_t attempt_crossing_ns(const struct event_attempt *attempt)
{
	return 2 * US_NS * attempt->rtt_us + SCHEDULING_NS;
}

bool attempt_all_acked(const struct event_attempt *attempt)
{
	return attempt->bytes_sent && attempt->bytes_acked >= attempt->bytes_sent - 1;
}

bool attempt_was_reset(const struct event_attempt *attempt)
{
	return attempt_has(attempt, ATTEMPT_RESET_RECEIVED) || attempt->reset_received_ns;
}

bool reset_from_nowhere(const struct event_attempt *attempt)
{
	return attempt->reset_flags && !(attempt->reset_flags & TCP_FLAG_ACK);
}

bool icmp_is_own(const struct event_attempt *attempt)
{
	return attempt->icmp_source.family && attempt->local.family &&
	       endpoint_same_host(&attempt->icmp_source, &attempt->local);
}

bool port_is_tls(uint16_t port)
{
	return port == 443 || port == 8443;
}

void evidence_reset(const struct inquiry *inquiry, const char *phase, uint64_t since_ns)
{
	const struct event_attempt *attempt = inquiry->attempt;
	char text[OUTCOME_DURATION_BYTES];

	duration_format(span_ns(since_ns, attempt->reset_received_ns), text);
	if (!attempt->reset_received_ns)
		evidence_add(&inquiry->outcome->evidence, "%s was answered by a reset (errno %d)",
			     phase, attempt_errno(attempt));
	else if (!attempt->reset_flags)
		evidence_add(&inquiry->outcome->evidence, "%s was answered by a RST after %s",
			     phase, text);
	else
		evidence_add(&inquiry->outcome->evidence,
			     "%s was answered by a RST after %s (%s ACK, window %u, TTL %u)", phase,
			     text, attempt->reset_flags & TCP_FLAG_ACK ? "with" : "without",
			     attempt->reset_window, attempt->reset_ttl);
}
