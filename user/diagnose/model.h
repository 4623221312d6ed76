/* SPDX-License-Identifier: GPL-2.0-only */
/* What diagnosis gives to whoever renders it. Plain data; owned by the diagnosis that made it. */
#ifndef LBTRACE_USER_DIAGNOSE_MODEL_H
#define LBTRACE_USER_DIAGNOSE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/diagnose/catalogue.h"

#define MODEL_TEXT_BYTES 256
#define MODEL_EVIDENCE_LINES 6
#define MODEL_ATTEMPTS_MAX 8
#define MODEL_HOLDINGS_MAX 4
#define MODEL_RESETS_MAX 12
#define MODEL_NAME_BYTES (2 * EVENT_POOL_BYTES)
#define MODEL_ADDRESSES_MAX 8
#define MODEL_FINDINGS_MAX 6

enum confidence {
	CONFIDENCE_NONE, /* unexplained */
	CONFIDENCE_POSSIBLE,
	CONFIDENCE_LIKELY,
	CONFIDENCE_CERTAIN,
};

/* "certain", "likely", "possible"; NULL for CONFIDENCE_NONE. */
const char *confidence_name(enum confidence confidence);

struct evidence {
	size_t count;
	char lines[MODEL_EVIDENCE_LINES][MODEL_TEXT_BYTES];
};

/* One attempt as it is shown: what it came to, and why that is believed. */
struct attempt_view {
	struct event_attempt event;
	char name[MODEL_NAME_BYTES]; /* of its backend as configured, "pool/server"; empty: not known */
	enum cause_id outcome; /* CAUSE_NONE: no failure, or not explained */
	enum confidence confidence;
	struct evidence evidence;
};

/* One 5xx, explained or not. */
struct gateway_error {
	struct event_response event;
	enum cause_id cause;
	enum confidence confidence;
	bool has_backend;
	struct event_address backend;
	char backend_name[MODEL_NAME_BYTES]; /* as configured; empty: not known */
	size_t attempt_count;
	struct attempt_view
		attempts[MODEL_ATTEMPTS_MAX]; /* oldest first; the last failing one gives the cause */
	struct evidence evidence;
};

struct latency {
	uint64_t count, p50_us, p90_us, p99_us, max_us;
};

struct cause_count {
	enum cause_id cause;
	uint64_t count;
	enum confidence confidence; /* the lowest among them */
};

struct report_cause {
	enum cause_id cause;
	uint64_t count;
	double share; /* of all gateway errors, 0..1 */
	enum confidence confidence;
	size_t backend_count;
	struct event_address *backends;
	char (*backend_names)[MODEL_NAME_BYTES]; /* of each; empty: not known */
	char summary[MODEL_TEXT_BYTES];
	struct evidence evidence; /* of a typical one */
	size_t fix_count;
	char fix[2 * CATALOGUE_LINES]
		[MODEL_TEXT_BYTES]; /* filled in for its first backend and load balancer */
	char confirm[MODEL_TEXT_BYTES]; /* the next command to type */
};

enum reset_effect {
	RESET_BENIGN, /* of a connection with nothing under way, or the load balancer's own way to close */
	RESET_HARMFUL, /* it ended a handshake or an unanswered request */
	RESET_UNCLEAR, /* what it ended may have been whole */
};

enum reset_effect reset_effect(enum reset_direction direction, enum reset_phase phase);

/* RSTs of one kind. */
struct report_reset {
	enum reset_direction direction;
	enum reset_phase phase;
	enum reset_effect effect;
	uint64_t count;
	char reason[EVENT_REASON_BYTES]; /* empty: not known */
};

/* What the connections in CLOSE_WAIT are most likely the sign of. */
enum buildup_kind {
	BUILDUP_NONE, /* there are none, or they are young */
	BUILDUP_LEAK, /* all is read, and they are not closed */
	BUILDUP_SLOW_DRAIN, /* data still waits in them */
	BUILDUP_OLD_WORKER, /* they are a replaced worker's */
};

/* One process, and what it holds. */
struct report_holding {
	struct event_owner owner;
	bool retired; /* an old worker after a reload */
	enum buildup_kind kind;
	struct buildup_state established, close_wait;
};

/* What builds up; of connections that are merely in use nothing is told here. */
struct report_buildup {
	enum buildup_kind kind; /* of the process that holds most of them */
	struct buildup_state established, close_wait;
	double established_growth, close_wait_growth; /* connections a minute */
	uint32_t retired_established, retired_close_wait; /* of these, held by old workers */
	size_t owner_count;
	struct report_holding owners[MODEL_HOLDINGS_MAX]; /* the worst, most first */
	char text[MODEL_TEXT_BYTES]; /* empty: nothing to say */
	char command[MODEL_TEXT_BYTES];
};

/* Something that is or was near its limit. */
struct report_resource {
	struct event_resource latest;
	uint64_t peak; /* of `used` */
	char text[MODEL_TEXT_BYTES];
};

struct report_backend {
	struct event_address address;
	char name[MODEL_NAME_BYTES]; /* as configured; empty: not known */
	char load_balancer[EVENT_COMM_BYTES];
	uint64_t attempts, connected, failed;
	uint64_t gateway_errors;
	uint64_t absorbed; /* failed attempts without a 5xx for a client */
	size_t cause_count;
	struct cause_count causes[CAUSE_COUNT];
	uint64_t resets_received, resets_sent;
	uint32_t close_wait;
	double close_wait_max_age_seconds;
	uint32_t established;
	struct report_buildup buildup;
	size_t reset_count;
	struct report_reset resets[MODEL_RESETS_MAX];
	struct latency connect, first_byte;
	char verdict[MODEL_TEXT_BYTES];
	char evidence[MODEL_TEXT_BYTES]; /* one line; empty when healthy */
	char next_command[MODEL_TEXT_BYTES]; /* empty when healthy */
};

struct report_balancer {
	struct event_owner owner;
	char config[EVENT_PATH_BYTES]; /* empty: not known */
	size_t listener_count;
	struct event_address *listeners;
	uint16_t tls; /* enum tls_state of its front, 0: no TLS was seen there */
	struct event_container container; /* header.type 0: in none */
};

enum finding_id {
	FINDING_NONE,
	FINDING_NEVER_CONNECTED, /* traffic flows, and none of it to this one */
	FINDING_NOT_CONFIGURED, /* connected to, and no configuration names it */
	FINDING_WRONG_PORT, /* refused, while another port of the same host answers */
	FINDING_WRONG_ADDRESS, /* nothing answers at this address, while its siblings do */
	FINDING_LOOPBACK_BIND, /* a local backend listens on another address than is configured */
	FINDING_DUPLICATE, /* twice in one pool */
	FINDING_PLAIN_TO_TLS, /* http to a port that speaks TLS */
	FINDING_TLS_TO_PLAIN,
	FINDING_CONNECT_TIMEOUT_SHORT, /* shorter than TCP's first SYN retransmit */
	FINDING_KEEPALIVE_LONG, /* idle connections are kept longer than the backend keeps them */
	FINDING_CHECK_FAILING,
	FINDING_NAME_UNRESOLVED,
	FINDING_DNS_STALE, /* connects to an address that the name has no longer */
	FINDING_CONFIG_CHANGED, /* the file is newer than what runs */
	FINDING_COUNT,
};

/* "wrong-port"; NULL for FINDING_NONE. */
const char *finding_name(enum finding_id id);

enum finding_severity {
	FINDING_NOTE, /* worth knowing */
	FINDING_WARNING, /* will hurt some day */
	FINDING_ERROR, /* hurts now */
};

const char *finding_severity_name(enum finding_severity severity);

/* Something wrong with a configuration, as the kernel's events show it. */
struct finding {
	enum finding_id id;
	enum finding_severity severity;
	char text[MODEL_TEXT_BYTES]; /* what is wrong, with its evidence */
	char fix[MODEL_TEXT_BYTES]; /* what to change; empty: nothing to say */
	char file[EVENT_PATH_BYTES]; /* empty: none */
	uint32_t line;
};

/* A backend's health checks, told apart from traffic. */
struct report_checks {
	uint64_t failed;
	uint64_t since_epoch_ns; /* first of the failures in a row that last until now; 0: none */
	enum cause_id last_cause;
	uint32_t period_ms; /* between two failures; 0: not known */
	uint16_t last_status; /* HTTP status of the last one that was answered; 0: none */
};

/* A backend that a configuration names, or (config.header.type 0) that none does. */
struct report_configured {
	struct event_owner owner; /* the load balancer */
	struct event_backend config;
	char name[MODEL_NAME_BYTES]; /* "pool/server", or the address where no configuration names it */
	size_t address_count; /* 0: not known */
	struct event_address addresses[MODEL_ADDRESSES_MAX];
	uint64_t attempts, connected, failed, gateway_errors,
		absorbed; /* sums over its addresses */
	enum cause_id last_cause;
	uint64_t last_failure_epoch_ns; /* 0: none */
	struct event_backend_status status; /* header.type 0: the load balancer said nothing */
	struct report_checks checks;
	size_t finding_count; /* worst first */
	struct finding findings[MODEL_FINDINGS_MAX];
};

struct status_count {
	uint16_t status;
	uint64_t count;
};

enum health {
	HEALTH_HEALTHY,
	HEALTH_DEGRADED, /* failures absorbed, or few errors */
	HEALTH_FAILING,
};

struct report {
	const char *host, *kernel, *lbtrace;
	uint64_t start_epoch_ns, end_epoch_ns;
	int64_t epoch_offset_ns; /* added to the stream's times gives those */
	uint64_t lost_records, lost_state;
	size_t balancer_count;
	struct report_balancer *balancers;
	uint64_t errors, explained, unexplained;
	size_t status_count;
	struct status_count *statuses;
	size_t cause_count; /* most frequent first */
	struct report_cause *causes;
	size_t backend_count; /* failing first, by errors */
	struct report_backend *backends;
	size_t resource_count;
	struct report_resource *resources;
	size_t configured_count; /* by load balancer, in the order of its configuration */
	struct report_configured *configured;
	size_t config_note_count;
	struct event_config
		*config_notes; /* what of the configurations could not be read or understood */
	enum health health;
};

#endif
