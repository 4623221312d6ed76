// SPDX-License-Identifier: GPL-2.0-only
/* TLS to a backend that the load balancer itself broke off: RFC 8446 §4.4.2 to §6.2, RFC 5246 §7.3. */
#include "user/diagnose/outcome_parts.h"

#define TLS_RECORD_CHANGE_CIPHER_SPEC 0x14

/* A client's Finished behind a change_cipher_spec, with the longest hash in use (SHA-384), and a
 * close_notify: 6 + 5 + 4 + 48 + 17 + 24, and a FIN. A request does not fit in there. */
#define TLS_FINISHED_BYTES 105

/* The client's first hello, then its part of the end of the handshake. */
#define TLS_HANDSHAKE_ALONE 2

/* Of a certificate, all but access_denied: RFC 8446 §6.2. */
static bool is_about_certificate(uint8_t code)
{
	return (code >= 42 && code <= 46) || code == 48;
}

/* The load balancer answered the backend's hello by an alert. */
static bool classify_alert(const struct inquiry *inquiry)
{
	const struct event_payload *sent = &inquiry->attempt->sent;
	struct evidence *evidence = &inquiry->outcome->evidence;

	if (!tls_alert_is_readable(sent)) {
		evidence_add(
			evidence,
			"the load balancer answered the backend's TLS hello by an encrypted alert, as for a certificate that it does not accept");
		outcome_set(inquiry, CAUSE_TLS_VERIFY_FAILED, CONFIDENCE_LIKELY);
		return true;
	}
	evidence_add(evidence,
		     "the load balancer answered the backend's TLS hello by the alert %s (%u)",
		     tls_alert_name(sent->head[6]), sent->head[6]);
	if (is_about_certificate(sent->head[6]))
		outcome_set(inquiry, CAUSE_TLS_VERIFY_FAILED, CONFIDENCE_CERTAIN);
	else
		outcome_set(inquiry, CAUSE_TLS_ALERT, CONFIDENCE_LIKELY);
	return true;
}

/* Everything up to the client's Finished was sent, and no request. */
static bool ended_at_handshake(const struct event_attempt *attempt)
{
	if (attempt->sent.kind != PAYLOAD_TLS || attempt->exchanges != TLS_HANDSHAKE_ALONE ||
	    !attempt->sent.length || attempt_has(attempt, ATTEMPT_SEEDED))
		return false;
	if (attempt_has(attempt, ATTEMPT_TLS_REFUSED))
		return true;
	/* A FIN may have answered the close_notify already. */
	return attempt->sent.head[0] == TLS_RECORD_CHANGE_CIPHER_SPEC &&
	       attempt->bytes_sent <= TLS_FINISHED_BYTES && !attempt_was_reset(attempt) &&
	       !attempt_errno(attempt);
}

bool classify_verify(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	uint16_t status = inquiry->context->joined_status;

	if (attempt_has(attempt, ATTEMPT_TLS_REFUSED) && attempt->sent.kind == PAYLOAD_TLS_ALERT)
		return classify_alert(inquiry);
	if ((status != 502 && status != 503) || !ended_at_handshake(attempt))
		return false;
	evidence_add(
		&inquiry->outcome->evidence,
		"the TLS handshake was complete, and the load balancer closed before it sent a request: it does not accept the certificate");
	outcome_set(inquiry, CAUSE_TLS_VERIFY_FAILED, CONFIDENCE_LIKELY);
	return true;
}
