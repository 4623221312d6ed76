/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What HAProxy answers on its stats socket (management guide, 9.1 and 9.3). Text in, facts out; the
 * text is whatever came from the socket: cut, endless in one line, or of another program.
 */
#ifndef LBTRACE_USER_CONFIG_HAPROXY_STATS_H
#define LBTRACE_USER_CONFIG_HAPROXY_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

/* Each parser returns 0; what its sink returned, which ends it unless it is 0; -EACCES when the
 * socket's level does not allow the command; -EAGAIN when the answer is cut before the sink could be
 * called for all of it (the last line is not whole, or the empty line that ends an answer is
 * missing): what came before went to the sink; or -EBADMSG when it is no answer to the command. */

/* A server: `owner`, `netns` and the time are whoever asked for to fill in. `changed_ns` is not a time
 * but the age of the state: nanoseconds before the answer, at least 1, 0 when not known; to be taken
 * from the time of asking. `state` is 0 for a word that is not known. `check_text` without a check is
 * what HAProxy says in its place: "MAINT (resolution)", "MAINT (via web/app1)". A server of a Unix
 * socket, or below the level at which HAProxy tells addresses, has none. */
typedef int (*haproxy_status_sink)(void *context, const struct event_backend_status *status);

/* Of `header.flags`, for haproxy_status_keep() only. */
enum haproxy_status_flags {
	/* The next check is under way ("* L7STS"): HAProxy has forgotten all but the status of the
	 * one before it. `check_text` is what that status stands for. */
	HAPROXY_STATUS_CHECK_RUNS = 1 << 0,
};

/* Takes code, text and duration of a check that HAProxy has forgotten from what it said of the same
 * server before, if its status is still the same; `before` may be NULL. Clears the flag. To be called
 * of every status before it is compared with the last one, or becomes a record. */
void haproxy_status_keep(struct event_backend_status *status,
			 const struct event_backend_status *before);

/* Of `show stat`, of any HAProxy: columns go by their names. */
int haproxy_stats_parse(const char *text, size_t length, haproxy_status_sink sink, void *context);

/* srv_admin_state's bits (include/haproxy/server-t.h, enum srv_admin). */
enum haproxy_admin_state {
	HAPROXY_ADMIN_FORCED_MAINTENANCE = 1 << 0,
	HAPROXY_ADMIN_INHERITED_MAINTENANCE = 1 << 1, /* of the server that it tracks */
	HAPROXY_ADMIN_CONFIGURED_MAINTENANCE = 1 << 2, /* `disabled` */
	HAPROXY_ADMIN_FORCED_DRAIN = 1 << 3,
	HAPROXY_ADMIN_INHERITED_DRAIN = 1 << 4,
	HAPROXY_ADMIN_RESOLUTION = 1 << 5, /* its name has no address */
	HAPROXY_ADMIN_HOSTNAME = 1 << 6, /* its name was set at run time */
};

enum haproxy_operational_state {
	HAPROXY_STOPPED,
	HAPROXY_STARTING,
	HAPROXY_RUNNING,
	HAPROXY_STOPPING,
};

struct haproxy_server_state {
	char pool[EVENT_POOL_BYTES];
	char name[EVENT_POOL_BYTES];
	char host[EVENT_HOST_BYTES]; /* the name that its address is of; empty: none */
	struct event_address address; /* in use now; family 0: none, or a Unix socket */
	uint32_t operational_state; /* enum haproxy_operational_state */
	uint32_t admin_state; /* enum haproxy_admin_state */
};

typedef int (*haproxy_state_sink)(void *context, const struct haproxy_server_state *state);

/* Of `show servers state`, versions 1 and later as far as their columns have the same names. */
int haproxy_servers_state_parse(const char *text, size_t length, haproxy_state_sink sink,
				void *context);

struct haproxy_info {
	char version[EVENT_NAME_BYTES]; /* "2.6.12-1+deb12u4" */
	char node[EVENT_NAME_BYTES];
	uint64_t uptime_seconds;
	uint32_t pid;
	uint32_t process_number; /* of this process, from 1 */
	uint32_t processes; /* that serve besides it */
	uint32_t connections_now, connections_most; /* CurrConns, Maxconn */
	uint32_t connection_rate, connection_rate_limit; /* a second; limit 0: none */
	uint32_t tls_connections_now, tls_connections_most; /* most 0: no bound */
	uint32_t sockets_most; /* Maxsock */
	uint32_t failed_resolutions;
	uint32_t idle_percent;
	uint32_t is_stopping; /* an old process that lingers */
};

/* Of `show info`. *info is zeroed first; what the answer does not say stays 0. -EBADMSG unless it has
 * a Pid. */
int haproxy_info_parse(const char *text, size_t length, struct haproxy_info *info);

#endif
