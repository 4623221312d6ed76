// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/tls_fronts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/lib/message.h"

#define REACHED_BYTES (EVENT_PATH_BYTES + 32)

/* Hooks what `owner` has loaded or, when `whole`, is built into it. `library` gets its name. */
static int hook(struct tls_fronts *fronts, const struct event_owner *owner, bool whole,
		char *library)
{
	char reached[REACHED_BYTES];
	int err = inventory_tls_library(fronts->inventory, owner->tgid, library, EVENT_PATH_BYTES);

	if (!err) {
		snprintf(reached, sizeof(reached), "/proc/%" PRIu32 "/root%s", owner->tgid,
			 library);
		err = capture_watch_tls(fronts->capture, reached);
	} else if (err == -ENOENT && whole) {
		snprintf(reached, sizeof(reached), "/proc/%" PRIu32 "/exe", owner->tgid);
		err = capture_watch_tls(fronts->capture, reached);
	} else if (err == -ENOENT) {
		return err;
	}
	if (err)
		message_detail("no TLS library of %s (pid %" PRIu32 ") is hooked: %s", owner->comm,
			       owner->tgid, strerror(-err));
	return err;
}

static const char *why(int err)
{
	switch (err) {
	case -ENOENT:
		return "its TLS library is built into it and stripped, or is none that is known";
	case -ESTALE:
		return "its TLS library was replaced on disk; restart it";
	case -EOPNOTSUPP:
		return "this kernel has no uprobes";
	default:
		return strerror(-err);
	}
}

static bool is_told(const struct tls_fronts *fronts, uint32_t group)
{
	for (uint32_t i = 0; i < fronts->told_count; i++) {
		if (fronts->told[i] == group)
			return true;
	}
	return false;
}

static int tell(struct tls_fronts *fronts, struct event_tls *state, int err, record_sink sink,
		void *context)
{
	const struct event_owner *owner = &state->owner;

	if (is_told(fronts, owner->group))
		return 0;
	if (fronts->told_count < TLS_FRONTS_MAX)
		fronts->told[fronts->told_count++] = owner->group;
	if (err)
		message_error("5xx that %s (pid %" PRIu32 ") sends inside TLS cannot be seen: %s; "
			      "its failed attempts are listed without them",
			      owner->comm, owner->tgid, why(err));
	state->header = (struct event_header){
		.type = EVENT_TLS,
		.size_bytes = sizeof(*state),
		.time_ns = clock_now_ns(),
	};
	state->state = err ? TLS_UNREADABLE : TLS_HOOKED;
	return sink(context, &state->header);
}

int tls_fronts_follow(struct tls_fronts *fronts, const struct event_owner *owner, record_sink sink,
		      void *context)
{
	struct event_tls state = { .owner = *owner };
	int err = hook(fronts, owner, fronts->forced, state.library);

	return fronts->forced ? tell(fronts, &state, err, sink, context) : 0;
}

int tls_fronts_seen(struct tls_fronts *fronts, const struct event_tls *seen, record_sink sink,
		    void *context)
{
	struct event_tls state = *seen;
	int err;

	if (seen->state != TLS_SEEN)
		return 0;
	err = hook(fronts, &seen->owner, true, state.library);
	return tell(fronts, &state, err, sink, context);
}
