// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/session.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/capture/privilege.h"
#include "user/cmd/neighbours.h"
#include "user/cmd/tls_fronts.h"
#include "user/lib/clock.h"
#include "user/lib/message.h"

#define POLL_MS 100
#define LOOK_NS CLOCK_NS_PER_SECOND
#define HURRY_NS (CLOCK_NS_PER_SECOND / 4) /* between two looks, when there is something new */
/* A look costs the more the more processes a host has: none is hurried after one that took longer than
 * one part in so many of HURRY_NS. */
#define HURRY_REST 50
/* A verdict waits for the stream's time to pass, not only for the next sweep: after something
 * happened ticks come in between, for as long as a verdict may be open. */
#define TICK_NS (CLOCK_NS_PER_SECOND / 5)
#define STIRRED_NS (2 * CLOCK_NS_PER_SECOND)

struct session {
	struct attach_options *options;
	struct inventory *inventory;
	struct capture *capture;
	struct eventlog_header header;
	const struct session_hooks *hooks;
	struct neighbours neighbours;
	struct tls_fronts tls_fronts;
	int hook_err; /* the hooks' first error, which they said themselves */
	uint64_t stirred_until_ns;
	uint64_t next_tick_ns;
	uint64_t early_look_ns; /* the next look comes no sooner, whatever is born */
	bool hurry; /* something was born: the next look may not wait for its time */
	bool said_waiting;
	bool said_look_failed;
};

static volatile sig_atomic_t stop_wanted;

static void on_signal(int signal)
{
	(void)signal;
	stop_wanted = 1;
}

static void catch_signals(void)
{
	/* No SA_RESTART: a wait for records ends at once. */
	struct sigaction action = { .sa_handler = on_signal };
	struct sigaction before;

	sigemptyset(&action.sa_mask);
	stop_wanted = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* Ignored by nohup, so that it stays. */
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

void session_describe(struct eventlog_header *header)
{
	struct utsname system;

	if (uname(&system) == 0) {
		snprintf(header->host, sizeof(header->host), "%s", system.nodename);
		snprintf(header->kernel, sizeof(header->kernel), "%s", system.release);
	}
	snprintf(header->lbtrace, sizeof(header->lbtrace), "%s", LBTRACE_VERSION);
	header->epoch_offset_ns = clock_epoch_offset_ns();
	header->started_ns = clock_now_ns();
	header->drop_reason_count =
		capture_reason_names("skb_drop_reason", header->drop_reasons[0],
				     EVENTLOG_REASONS_MAX, EVENTLOG_REASON_BYTES);
	header->reset_reason_count =
		capture_reason_names("sk_rst_reason", header->reset_reasons[0],
				     EVENTLOG_REASONS_MAX, EVENTLOG_REASON_BYTES);
}

int session_open(struct attach_options *options, struct session **session)
{
	struct session *made;
	int err = privilege_check();

	if (err) {
		privilege_explain();
		return err;
	}
	if (options->netns) {
		err = inventory_netns(options->netns, &options->inventory.netns);
		if (err)
			return err;
		options->capture.netns = options->inventory.netns;
	}
	made = calloc(1, sizeof(*made));
	if (!made) {
		message_error("out of memory before anything was attached");
		return -ENOMEM;
	}
	made->options = options;
	/* Before attaching, so that a signal during it ends the session as cleanly as later. */
	catch_signals();
	session_describe(&made->header);
	*session = made;
	return 0;
}

const struct eventlog_header *session_header(const struct session *session)
{
	return &session->header;
}

struct inventory *session_inventory(const struct session *session)
{
	return session->inventory;
}

int session_attach(struct session *session)
{
	int err = inventory_new(&session->options->inventory, &session->inventory);

	if (err == -ENOMEM)
		message_error("out of memory before anything was attached");
	if (!err)
		err = capture_open(&session->options->capture, &session->capture);
	session->tls_fronts.inventory = session->inventory;
	session->tls_fronts.capture = session->capture;
	session->tls_fronts.forced = session->options->tls;
	return err;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	capture_close(session->capture);
	inventory_free(session->inventory);
	free(session);
}

/* Every record of the stream passes here, whoever made it. */
static int pass_on(void *context, const struct event_header *record)
{
	struct session *session = context;
	int err = session->hooks->sink(session->hooks->context, record);

	if (err)
		session->hook_err = err;
	return err;
}

static bool is_quiet(uint16_t type)
{
	return type == EVENT_TICK || type == EVENT_FIGURES || type == EVENT_LOSS;
}

static int on_record(void *context, const struct event_header *record)
{
	struct session *session = context;
	const union event *event = (const union event *)record;
	int err = pass_on(session, record);

	if (!is_quiet(record->type))
		session->stirred_until_ns = record->time_ns + STIRRED_NS;
	/* A reload is looked at before the verdicts on what the new workers do. */
	if (record->type == EVENT_PROCESS && record->flags & PROCESS_FORKED)
		session->hurry = true;
	if (record->type == EVENT_PROCESS && record->flags & PROCESS_RETIRED)
		capture_retire(session->capture, event->process.owner.tgid);
	if (!err && record->type == EVENT_ATTEMPT)
		err = neighbours_ask(&session->neighbours, session->inventory, &event->attempt,
				     pass_on, session);
	if (!err && record->type == EVENT_TLS)
		err = tls_fronts_seen(&session->tls_fronts, &event->tls, pass_on, session);
	return err;
}

static int on_follow(void *context, const struct event_owner *owner)
{
	struct session *session = context;
	int err;

	message_detail("following %s, pid %" PRIu32, owner->comm, owner->tgid);
	err = capture_follow(session->capture, owner);
	return err ? err : tls_fronts_follow(&session->tls_fronts, owner, pass_on, session);
}

static void on_forget(void *context, uint32_t tgid)
{
	struct session *session = context;

	message_detail("pid %" PRIu32 " is gone", tgid);
	capture_forget(session->capture, tgid);
}

static struct inventory_callbacks callbacks_of(struct session *session)
{
	return (struct inventory_callbacks){
		.follow = on_follow,
		.forget = on_forget,
		.sink = on_record,
		.context = session,
	};
}

static int look(struct session *session, bool first)
{
	const struct inventory_callbacks callbacks = callbacks_of(session);
	int count = inventory_look(session->inventory, &callbacks);

	if (session->hook_err)
		return session->hook_err;
	if (count < 0) {
		if (!session->said_look_failed)
			message_error("looking for load balancers failed: %s; "
				      "those found before are followed",
				      strerror(-count));
		session->said_look_failed = true;
		return first ? count : 0;
	}
	if (!count && !session->said_waiting)
		message_error("no load balancer is running yet; waiting");
	session->said_waiting = true;
	return 0;
}

/* Moves the stream's time on between two sweeps, while a verdict may be waiting for it. */
static int tick_between(struct session *session, uint64_t now_ns)
{
	struct event_tick tick = { 0 };

	if (now_ns < session->next_tick_ns || now_ns > session->stirred_until_ns)
		return 0;
	session->next_tick_ns = now_ns + TICK_NS;
	tick.header.type = EVENT_TICK;
	tick.header.size_bytes = sizeof(tick);
	tick.header.time_ns = now_ns;
	return pass_on(session, &tick.header);
}

static int sweep(struct session *session)
{
	int err = look(session, false);

	if (!err)
		err = capture_tick(session->capture, on_record, session);
	return err;
}

static int run_turn(struct session *session, uint64_t *next_look_ns)
{
	const struct inventory_callbacks callbacks = callbacks_of(session);
	/* Taken before the wait: whatever is in the ring by then comes before the tick. */
	uint64_t before_ns = clock_now_ns();
	uint64_t now_ns;
	int err = capture_poll(session->capture, POLL_MS, on_record, session);

	if (err && err != -EINTR)
		return err;
	err = tick_between(session, before_ns);
	now_ns = clock_now_ns();
	if (session->hurry && *next_look_ns > session->early_look_ns)
		*next_look_ns = session->early_look_ns;
	if (!err && now_ns >= *next_look_ns) {
		session->hurry = false;
		*next_look_ns = now_ns + LOOK_NS;
		err = sweep(session);
		session->early_look_ns = now_ns + HURRY_NS;
		if ((clock_now_ns() - now_ns) * HURRY_REST > HURRY_NS)
			session->early_look_ns = *next_look_ns;
	} else if (!err) {
		err = inventory_turn(session->inventory, &callbacks);
	}
	if (!err && session->hooks->turn) {
		err = session->hooks->turn(session->hooks->context, now_ns);
		session->hook_err = err;
	}
	return err;
}

static int begin(struct session *session)
{
	int err = look(session, true);

	/* A child that was forked between the listing and its parent's being followed is in the next. */
	if (!err)
		err = look(session, false);

	if (!err)
		err = capture_seed(session->capture);
	if (err)
		return err;
	/* Not message_error(): it is the one line that is no message but a signal to scripts. */
	fputs("lbtrace: ready\n", stderr);
	return 0;
}

static bool is_over(const struct session *session, uint64_t began_ns)
{
	uint64_t duration_ns = session->options->duration_ns;
	uint64_t lasted_ns = clock_now_ns() - began_ns;

	if (!duration_ns || lasted_ns < duration_ns)
		return false;
	return lasted_ns >= duration_ns + session->hooks->linger_ns ||
	       inventory_settled(session->inventory);
}

static int run_loop(struct session *session)
{
	uint64_t began_ns = clock_now_ns();
	uint64_t next_look_ns = began_ns + LOOK_NS;
	int err = 0;

	while (!err && !stop_wanted && !is_over(session, began_ns))
		err = run_turn(session, &next_look_ns);
	if (!err)
		err = capture_tick(session->capture, on_record, session);
	return err;
}

int session_run(struct session *session, const struct session_hooks *hooks)
{
	int err;

	session->hooks = hooks;
	err = begin(session);
	if (!err)
		err = run_loop(session);
	if (err && !session->hook_err)
		message_error("tracing ended early: %s", strerror(-err));
	return err;
}

int session_status(const struct session *session, int err)
{
	uint64_t lost = session->capture ? capture_lost(session->capture) : 0;

	if (err == -EPERM || err == -EOPNOTSUPP)
		return EXIT_STATUS_UNSUPPORTED;
	if (err)
		return EXIT_STATUS_FAILURE;
	if (!lost)
		return EXIT_STATUS_OK;
	message_error("%" PRIu64 " records were lost or sockets not followed: counts are too low; "
		      "select less with --backend or --pid",
		      lost);
	return EXIT_STATUS_LOSS;
}
