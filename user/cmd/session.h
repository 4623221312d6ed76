/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A live session: finds load balancers, attaches, and gives the one stream of records to whoever
 * asked for it, until a signal or the end of its time. Everything that fails is said on stderr.
 */
#ifndef LBTRACE_USER_CMD_SESSION_H
#define LBTRACE_USER_CMD_SESSION_H

#include <stdint.h>

#include "user/cmd/options.h"
#include "user/eventlog/eventlog.h"
#include "user/lib/record.h"

struct session;

struct session_hooks {
	record_sink sink; /* every record, in order; an error ends the session, said by the sink */
	/* After each turn of the loop, at least every 0.1 s; `now_ns` is the stream's clock. An error
	 * ends the session, said by the hook. May be NULL. */
	int (*turn)(void *context, uint64_t now_ns);
	/* Beyond the session's duration at most so long, until inventory_settled(). */
	uint64_t linger_ns;
	void *context;
};

/* Checks the privilege, resolves --netns, catches SIGINT, SIGTERM and (unless ignored) SIGHUP, and
 * gathers what a log's header holds. Nothing is attached yet, so that a log can be opened before capabilities are given up. `options` must outlive the
 * session. 0; -EPERM: not privileged enough; or -errno. */
int session_open(struct attach_options *options, struct session **session);

/* Fills in what is true of a stream that begins here and now. */
void session_describe(struct eventlog_header *header);

/* NULL before session_attach(). */
struct inventory *session_inventory(const struct session *session);

/* What is true of the stream; owned by the session. */
const struct eventlog_header *session_header(const struct session *session);

/* Attaches; -EPERM or -EOPNOTSUPP when the kernel does not let it, or -errno. */
int session_attach(struct session *session);

/* Runs until SIGINT, SIGTERM or the end of --duration, after which the stream is drained. 0, or
 * -errno of what failed. */
int session_run(struct session *session, const struct session_hooks *hooks);

/* Detaches and frees; NULL is allowed. */
void session_close(struct session *session);

/* The exit status of a session that ended with `err`: says so when records were lost. */
int session_status(const struct session *session, int err);

#endif
