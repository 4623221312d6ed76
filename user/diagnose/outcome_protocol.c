// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/outcome_parts.h"

#include <stdio.h>

/* RFC 8446 §5.1, §6; RFC 5246 §7.2. */
#define TLS_RECORD_HEADER_BYTES 5
#define TLS_RECORD_ALERT 0x15
#define TLS_ALERT_BYTES 7
#define TLS_ALERT_WARNING 1

#define HTTP2_FRAME_HEADER_BYTES 9
#define HTTP2_SETTINGS 4

/* A cleartext head shows at most this much of what is not HTTP. */
#define HEAD_TEXT_BYTES (4 * EVENT_HEAD_BYTES + 1)

struct alert_name {
	uint8_t code;
	const char *name;
};

static const struct alert_name alert_names[] = {
	{ 0, "close_notify" },
	{ 10, "unexpected_message" },
	{ 40, "handshake_failure" },
	{ 42, "bad_certificate" },
	{ 43, "unsupported_certificate" },
	{ 44, "certificate_revoked" },
	{ 45, "certificate_expired" },
	{ 46, "certificate_unknown" },
	{ 47, "illegal_parameter" },
	{ 48, "unknown_ca" },
	{ 49, "access_denied" },
	{ 50, "decode_error" },
	{ 51, "decrypt_error" },
	{ 70, "protocol_version" },
	{ 71, "insufficient_security" },
	{ 80, "internal_error" },
	{ 86, "inappropriate_fallback" },
	{ 109, "missing_extension" },
	{ 112, "unrecognized_name" },
	{ 116, "certificate_required" },
	{ 120, "no_application_protocol" },
};

const char *tls_alert_name(uint8_t code)
{
	for (size_t i = 0; i < sizeof(alert_names) / sizeof(alert_names[0]); i++) {
		if (alert_names[i].code == code)
			return alert_names[i].name;
	}
	return "unknown alert";
}

bool tls_alert_is_readable(const struct event_payload *payload)
{
	return payload->length >= TLS_ALERT_BYTES && payload->head[0] == TLS_RECORD_ALERT &&
	       !payload->head[3] && payload->head[4] == TLS_ALERT_BYTES - TLS_RECORD_HEADER_BYTES;
}

static void evidence_alert(const struct inquiry *inquiry, const char *who,
			   const struct event_payload *payload)
{
	if (tls_alert_is_readable(payload))
		evidence_add(&inquiry->outcome->evidence, "%s sent the TLS alert %s (%u)", who,
			     tls_alert_name(payload->head[6]), payload->head[6]);
	else
		evidence_add(&inquiry->outcome->evidence,
			     "%s sent an encrypted TLS alert; the load balancer's log has its name",
			     who);
}

/* The head as text, everything but printable ASCII as \xNN. */
static const char *head_format(const struct event_payload *payload, char *text)
{
	size_t length = 0,
	       count = payload->length <= EVENT_HEAD_BYTES ? payload->length : EVENT_HEAD_BYTES;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		uint8_t byte = payload->head[i];
		bool plain = byte >= 0x20 && byte < 0x7f && byte != '\\' && byte != '"';

		length += snprintf(text + length, HEAD_TEXT_BYTES - length,
				   plain ? "%c" : "\\x%02x", byte);
	}
	return text;
}

static bool kind_is_plain(uint8_t kind)
{
	return kind == PAYLOAD_HTTP1 || kind == PAYLOAD_HTTP2 || kind == PAYLOAD_PROXY ||
	       kind == PAYLOAD_FASTCGI;
}

static const char *kind_name(uint8_t kind)
{
	static const char *const names[] = {
		[PAYLOAD_NONE] = "nothing",	     [PAYLOAD_HTTP1] = "HTTP/1",
		[PAYLOAD_HTTP2] = "HTTP/2",	     [PAYLOAD_TLS] = "TLS",
		[PAYLOAD_TLS_ALERT] = "a TLS alert", [PAYLOAD_PROXY] = "a PROXY header",
		[PAYLOAD_FASTCGI] = "FastCGI",	     [PAYLOAD_OTHER] = "another protocol",
	};

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "an unknown protocol";
}

static void evidence_mismatch(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	char head[HEAD_TEXT_BYTES];

	evidence_add(&inquiry->outcome->evidence, "sent %s, received %s: \"%s\"",
		     kind_name(attempt->sent.kind), kind_name(attempt->received.kind),
		     head_format(&attempt->received, head));
}

static bool classify_tls(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	const struct event_payload *received = &attempt->received;

	if (received->kind == PAYLOAD_TLS_ALERT) {
		/* Warnings end nothing; a close_notify announces a plain close. */
		if (tls_alert_is_readable(received) && received->head[5] == TLS_ALERT_WARNING)
			return false;
		evidence_alert(inquiry, "the backend", received);
		outcome_set(inquiry, CAUSE_TLS_ALERT,
			    attempt_reused(attempt) ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
		return true;
	}
	/* In a stream that goes both ways at once, a response's first segment may begin inside a
	 * record: only the first answer tells for sure, and HTTP/1. is no accident anywhere. */
	if (received->kind == PAYLOAD_HTTP1 ||
	    (received->kind != PAYLOAD_TLS && received->kind != PAYLOAD_NONE &&
	     attempt->exchanges <= 1 && !attempt_has(attempt, ATTEMPT_SEEDED))) {
		evidence_mismatch(inquiry);
		outcome_set(inquiry, CAUSE_TLS_TO_PLAIN, CONFIDENCE_CERTAIN);
		return true;
	}
	return false;
}

/* RFC 9113, 3.4 and 6.5: the first frame of a server is SETTINGS, on stream 0, no acknowledgement. */
static bool is_http2_settings(const struct event_payload *payload)
{
	const uint8_t *head = payload->head;

	return payload->length >= HTTP2_FRAME_HEADER_BYTES && !head[0] &&
	       head[3] == HTTP2_SETTINGS && !head[4] && !head[5] && !head[6] && !head[7] &&
	       !head[8];
}

static bool classify_plain(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;
	uint8_t sent = attempt->sent.kind, received = attempt->received.kind;

	/* Behind a PROXY header the load balancer may go on in TLS. */
	if (sent == PAYLOAD_PROXY && received == PAYLOAD_TLS)
		return false;
	switch (received) {
	case PAYLOAD_TLS:
	case PAYLOAD_TLS_ALERT:
		outcome_set(inquiry, CAUSE_PLAIN_TO_TLS,
			    sent == PAYLOAD_PROXY ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
		break;
	case PAYLOAD_OTHER:
		if (is_http2_settings(&attempt->received)) {
			outcome_set(inquiry, CAUSE_H2_MISMATCH, CONFIDENCE_CERTAIN);
			break;
		}
		/* The tail of a response that was longer than its header said looks like that too. */
		if (attempt_reused(attempt))
			outcome_set(inquiry, CAUSE_INVALID_RESPONSE, CONFIDENCE_LIKELY);
		else
			outcome_set(inquiry, CAUSE_NOT_HTTP, CONFIDENCE_CERTAIN);
		break;
	case PAYLOAD_HTTP1:
		if (sent == PAYLOAD_HTTP1 || sent == PAYLOAD_PROXY)
			return false;
		if (sent == PAYLOAD_HTTP2)
			outcome_set(inquiry, CAUSE_H2_MISMATCH, CONFIDENCE_CERTAIN);
		else
			outcome_set(inquiry, CAUSE_INVALID_RESPONSE, CONFIDENCE_CERTAIN);
		break;
	case PAYLOAD_HTTP2:
	case PAYLOAD_FASTCGI:
		if (sent == received || sent == PAYLOAD_PROXY)
			return false;
		outcome_set(inquiry, CAUSE_INVALID_RESPONSE, CONFIDENCE_LIKELY);
		break;
	default:
		return false;
	}
	evidence_mismatch(inquiry);
	return true;
}

bool classify_protocol(const struct inquiry *inquiry)
{
	const struct event_attempt *attempt = inquiry->attempt;

	if (attempt_has(attempt, ATTEMPT_BEFORE_REQUEST) &&
	    attempt->received.kind == PAYLOAD_OTHER && !attempt_reused(attempt)) {
		evidence_mismatch(inquiry);
		evidence_add(&inquiry->outcome->evidence,
			     "it spoke before it was asked, as HTTP never does");
		outcome_set(inquiry, CAUSE_NOT_HTTP, CONFIDENCE_CERTAIN);
		return true;
	}
	if (classify_verify(inquiry))
		return true;
	if (attempt->sent.kind == PAYLOAD_TLS_ALERT) {
		evidence_alert(inquiry, "the load balancer", &attempt->sent);
		outcome_set(inquiry, CAUSE_TLS_ALERT, CONFIDENCE_LIKELY);
		return true;
	}
	if (attempt->sent.kind == PAYLOAD_TLS)
		return classify_tls(inquiry);
	return kind_is_plain(attempt->sent.kind) && classify_plain(inquiry);
}
