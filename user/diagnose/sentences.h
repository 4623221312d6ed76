/* SPDX-License-Identifier: GPL-2.0-only */
/* The catalogue's templates, filled in for one backend and one load balancer. */
#ifndef LBTRACE_USER_DIAGNOSE_SENTENCES_H
#define LBTRACE_USER_DIAGNOSE_SENTENCES_H

#include <stddef.h>

#include "bpf/event.h"
#include "user/diagnose/catalogue.h"
#include "user/diagnose/model.h"

/* Whom a sentence is about. */
struct sentence_subject {
	const struct event_address *backend; /* NULL, or family 0: not known */
	const struct event_owner *owner; /* the load balancer; NULL: not known */
	const char *name; /* of the backend as configured, escaped; NULL or empty: not known */
};

/* Fills `template` into `text` of `text_bytes` (at least 1), cut at a whole character:
 *   {host} 10.0.0.1, {port} 80, {address} 10.0.0.1:80 or [fd00::1]:80 (HOST, PORT, HOST:PORT when not known)
 *   {lb}   the load balancer's name, escaped; for prose only, a command must not contain it
 *   {pid}  its group's leader (PID when not known), safe in commands
 * Other braces stay as they are. Returns `text`. */
const char *sentence_fill(const char *template, const struct sentence_subject *subject, char *text,
			  size_t text_bytes);

/* The cause's summary, in which the backend goes by "name (address)" where it has a name. `text` holds MODEL_TEXT_BYTES. Returns `text`. */
const char *sentence_summary(enum cause_id cause, const struct sentence_subject *subject,
			     char *text);

/* The n-th command that confirms the cause, from 0; empty when there is none. Returns `text` (MODEL_TEXT_BYTES). */
const char *sentence_confirm(enum cause_id cause, size_t n, const struct sentence_subject *subject,
			     char *text);

/* What fixes the cause: the lines for any load balancer, then those for the subject's kind (nginx's and
 * HAProxy's own directives). Returns how many lines were filled, at most 2 * CATALOGUE_LINES. */
size_t sentence_fix(enum cause_id cause, const struct sentence_subject *subject,
		    char lines[][MODEL_TEXT_BYTES]);

#endif
