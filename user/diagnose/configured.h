/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backends that the load balancers' configurations name: what an operator calls the addresses of
 * the kernel's events. Of each load balancer the configuration that runs now, and the one before it,
 * which old workers still go by.
 */
#ifndef LBTRACE_USER_DIAGNOSE_CONFIGURED_H
#define LBTRACE_USER_DIAGNOSE_CONFIGURED_H

#include "user/diagnose/model.h"

/* What is beyond is counted as lost: it goes by its address alone. */
#define CONFIGURED_GROUPS_MAX 256
#define CONFIGURED_BACKENDS_MAX 8192 /* of one configuration */
#define CONFIGURED_TOTAL_MAX 16384 /* of all */
#define CONFIGURED_PLACES_MAX 65536 /* addresses of all */
#define CONFIGURED_NOTES_MAX 64 /* of one configuration */

#define CONFIGURED_LABEL_BYTES (MODEL_NAME_BYTES + 72)

struct configured;
struct configured_backend;

/* What the load balancer spoke: one address may be configured with TLS in one place, without in
 * another. */
enum configured_speech {
	SPEECH_ANY,
	SPEECH_PLAIN,
	SPEECH_TLS,
};

/* As the attempt's first bytes, or a cause that goes with only one of both, tell. */
enum configured_speech configured_speech_of(const struct event_attempt *attempt);
enum configured_speech configured_speech_in(enum cause_id cause);

/* NULL: out of memory. */
struct configured *configured_new(void);
void configured_free(struct configured *configured);

/* Learns from a record. 0 or -ENOMEM. */
int configured_note_config(struct configured *configured, const struct event_config *note);
/* `attempts`: that were made at its address before. */
int configured_note_backend(struct configured *configured, const struct event_backend *backend,
			    uint64_t attempts);
int configured_note_address(struct configured *configured,
			    const struct event_backend_address *address);
int configured_note_status(struct configured *configured,
			   const struct event_backend_status *status);
/* Only that a worker retired, or that a load balancer ended, is of interest. */
void configured_note_process(struct configured *configured, const struct event_process *process);

/* Whether requests may wait for a server's turn, as far as is known: only servers with a limit to their
 * connections (HAProxy's `maxconn`) have a queue. */
bool configured_may_queue(const struct configured *configured, const struct event_owner *owner);

/* "pool/server", or "server" where there is no pool, of the backend that the owner's load balancer
 * has at `address`; several ones by ", ", three at most; empty: not known. Those that are spoken to
 * like that alone, where there are some. Escaped. `name` holds MODEL_NAME_BYTES. Returns `name`. */
const char *configured_name(const struct configured *configured, const struct event_owner *owner,
			    const struct event_address *address, enum configured_speech speech,
			    char *name);

/* The same for prose: "pool/server (10.0.0.2:8080)", or the address alone. `label` holds
 * CONFIGURED_LABEL_BYTES. Returns `label`. */
const char *configured_label(const struct configured *configured, const struct event_owner *owner,
			     const struct event_address *address, char *label);

/* The directive to change: "/etc/nginx/nginx.conf:14: server 10.0.0.2:8080;". Escaped. Returns
 * whether one is known. `text` holds MODEL_TEXT_BYTES. */
bool configured_quote(const struct configured *configured, const struct event_owner *owner,
		      const struct event_address *address, enum configured_speech speech,
		      char *text);

/* An address that a load balancer uses, and that its configuration means no longer. */
struct configured_stale {
	const struct configured_backend *backend; /* whose name meant it */
	uint64_t gone_ns; /* when that was seen to be over; 0: before it was looked at first */
	size_t others; /* more backends whose name may have meant it */
	struct event_address now; /* an address that the name has now */
};

/* Whether `address` is one at `time_ns`. Names whose addresses come and go tell nothing. */
bool configured_is_stale(const struct configured *configured, const struct event_owner *owner,
			 const struct event_address *address, uint64_t time_ns,
			 struct configured_stale *stale);

/* What found no room. */
uint64_t configured_lost(const struct configured *configured);

#endif
