/* SPDX-License-Identifier: GPL-2.0-only */
/* How findings are made. Private to findings*.c. */
#ifndef LBTRACE_USER_DIAGNOSE_FINDINGS_PARTS_H
#define LBTRACE_USER_DIAGNOSE_FINDINGS_PARTS_H

#include "user/diagnose/backends_table.h"
#include "user/diagnose/configured_table.h"
#include "user/diagnose/evidence.h"
#include "user/diagnose/findings.h"
#include "user/lib/endpoint.h"

#define FINDINGS_NAME_MOST 70 /* of a name within a sentence */

/* What one load balancer did at one address. */
struct account {
	struct event_address address; /* as configured_key() has it */
	const struct report_backend *row;
	const struct backend *backend;
	bool is_configured;
};

/* All of them, by address. */
struct accounts {
	struct account *list;
	size_t count;
};

/* 0 or -ENOMEM; the list is the caller's to free. */
int accounts_make(const struct backends *backends, const struct report *report,
		  struct accounts *accounts);

/* The accounts of the address: list[*first] to list[*first + count - 1]. Returns the count. */
size_t accounts_find(const struct accounts *accounts, const struct event_address *address,
		     size_t *first);

/* Whether the account is of the owner's load balancer. */
bool account_is_of(const struct account *account, const struct event_owner *owner);

/* A port of this host but `address`'s own where connections came about, with any load balancer; 0:
 * none is known. */
uint16_t accounts_other_port(const struct accounts *accounts, const struct event_address *address);

/* The servers of one pool, rows[first] to rows[end - 1]. */
struct finding_pool {
	size_t servers;
	uint64_t attempts; /* under the configuration that runs */
	size_t connected_servers; /* where connections came about */
	uint16_t port; /* that all of these have; 0: none, or several */
};

/* One backend under examination. */
struct finding_case {
	const struct report_sources *sources;
	const struct accounts *accounts;
	const struct configured_backend *backend;
	const struct report_configured *row;
	const struct finding_pool *pool; /* NULL: of no pool */
	uint64_t failures[CAUSE_COUNT]; /* at all its addresses */
	uint64_t attempts; /* under the configuration that runs */
	uint64_t idle_ns; /* the shortest pause after which it closed a connection; 0: none seen */
	uint32_t established;
	char name[FINDINGS_NAME_MOST + ENDPOINT_TEXT_BYTES + 4]; /* "pool/server (10.0.0.1:80)" */
};

/* Sums the failures of these causes, which end with CAUSE_NONE. */
uint64_t finding_count(const struct finding_case *one, const enum cause_id *causes);

/* "`server 10.0.0.1:8080`", or "its directive" where that is not known; `text` holds
 * MODEL_TEXT_BYTES. Returns `text`. */
const char *finding_directive(const struct event_backend *config, char *text);

/* Each looks for one finding: fills severity, text and fix; file and line are those of the backend's
 * directive already. Returns whether it is found. */
typedef bool finding_judge(const struct finding_case *one, struct finding *finding);

finding_judge finding_wrong_port, finding_wrong_address,
	finding_loopback_bind; /* findings_place.c */
finding_judge finding_plain_to_tls, finding_tls_to_plain; /* findings_protocol.c */
finding_judge finding_duplicate, finding_connect_timeout,
	finding_keepalive; /* findings_settings.c */
finding_judge finding_never_connected, finding_check_failing, finding_unresolved,
	finding_config_changed, finding_told_stale; /* findings_state.c */

/* An account that no backend's current address explains. findings_state.c */
bool finding_not_configured(const struct report_sources *sources, const struct account *account,
			    const struct event_owner *owner, struct finding *finding);
/* Returns the backend whose name meant the address; NULL: none did. findings_state.c */
const struct configured_backend *finding_dns_stale(const struct report_sources *sources,
						   const struct account *account,
						   const struct event_owner *owner,
						   struct finding *finding);

/* A report of the configurations under work. */
struct survey {
	const struct report_sources *sources;
	struct report *report;
	struct accounts accounts;
	struct report_configured *rows;
	const struct configured_backend **backends; /* of each row; NULL: not configured */
	size_t count, room;
};

/* Adds what one account has to a row's sums. findings_rows.c */
void survey_add_account(const struct survey *survey, const struct account *account,
			struct report_configured *row);

/* A new row for the backend. findings_rows.c */
void survey_add_row(struct survey *survey, const struct configured_backend *backend);

/* Keeps the worst ones. */
void findings_add(struct report_configured *row, const struct finding *finding);

#endif
