// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/diagnose.h"

#include <errno.h>
#include <stdlib.h>

#include "user/diagnose/backends.h"
#include "user/diagnose/checks.h"
#include "user/diagnose/configured.h"
#include "user/diagnose/down.h"
#include "user/diagnose/exhaustion.h"
#include "user/diagnose/holdings.h"
#include "user/diagnose/hosts.h"
#include "user/diagnose/instances.h"
#include "user/diagnose/joining.h"
#include "user/diagnose/peers.h"
#include "user/diagnose/report.h"
#include "user/diagnose/tally.h"
#include "user/diagnose/verdicts.h"
#include "user/diagnose/window.h"

/* The exact joins of all 5xx around one are made before its time to take what only fits. */
#define JOIN_NS (DIAGNOSIS_SETTLE_NS / 2)

/* After this an unclaimed attempt is taken to have come to nothing; a 5xx may still claim it, at
 * the end of HAProxy's retries with a second between them, or of time-outs in a row. */
#define UNCLAIMED_NS (2 * 1000 * 1000 * 1000ull)
#define KEPT_NS (90 * 1000 * 1000 * 1000ull)

_Static_assert(JOIN_NS > JOINING_AFTER_NS, "all that an exact join needs is in");
_Static_assert(UNCLAIMED_NS > DIAGNOSIS_SETTLE_NS, "a 5xx is decided before its attempts");

struct diagnosis {
	struct diagnosis_options options;
	struct window window;
	struct peers *peers;
	struct hosts *hosts;
	struct backends *backends;
	struct instances *instances;
	struct exhaustion *exhaustion;
	struct holdings *holdings;
	struct configured *configured;
	struct checks *checks;
	struct down *down;
	struct tally tally;
	struct event_loss loss;
	uint64_t now_ns;
	struct report report;
	struct verdict verdict; /* of the 5xx just decided: too big for the stack */
	struct attempt_view unclaimed;
};

int diagnosis_new(const struct diagnosis_options *options, struct diagnosis **diagnosis)
{
	struct diagnosis *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->options = *options;
	made->configured = configured_new();
	made->checks = checks_new();
	made->down = down_new();
	made->peers = peers_new();
	made->hosts = hosts_new();
	made->backends = backends_new(made->configured);
	made->instances = instances_new();
	made->exhaustion = exhaustion_new();
	made->holdings = holdings_new();
	if (window_open(&made->window) || !made->peers || !made->hosts || !made->backends ||
	    !made->instances || !made->exhaustion || !made->holdings || !made->configured ||
	    !made->checks || !made->down) {
		diagnosis_free(made);
		return -ENOMEM;
	}
	*diagnosis = made;
	return 0;
}

void diagnosis_free(struct diagnosis *diagnosis)
{
	if (!diagnosis)
		return;
	report_clear(&diagnosis->report);
	window_close(&diagnosis->window);
	holdings_free(diagnosis->holdings);
	exhaustion_free(diagnosis->exhaustion);
	instances_free(diagnosis->instances);
	backends_free(diagnosis->backends);
	peers_free(diagnosis->peers);
	hosts_free(diagnosis->hosts);
	down_free(diagnosis->down);
	checks_free(diagnosis->checks);
	configured_free(diagnosis->configured);
	free(diagnosis);
}

static uint64_t lost_state(const struct diagnosis *diagnosis)
{
	const struct event_loss *loss = &diagnosis->loss;

	return loss->sockets + loss->backends + loss->threads;
}

static struct verdict_sources verdict_sources(const struct diagnosis *diagnosis)
{
	return (struct verdict_sources){
		.options = &diagnosis->options,
		.peers = diagnosis->peers,
		.hosts = diagnosis->hosts,
		.backends = diagnosis->backends,
		.exhaustion = diagnosis->exhaustion,
		.configured = diagnosis->configured,
		.checks = diagnosis->checks,
		.down = diagnosis->down,
		.lossy = diagnosis->loss.records || lost_state(diagnosis),
	};
}

/* What had been decided of the attempt before its 5xx came. */
static int undo_decision(struct diagnosis *diagnosis, const struct attempt_entry *attempt)
{
	if (attempt->decision == DECISION_BENIGN)
		return backends_undo_benign(diagnosis->backends, &attempt->event);
	if (attempt->decision == DECISION_CHECK) {
		diagnosis->tally.checks--;
		checks_undo_failure(diagnosis->checks, &attempt->event);
		return backends_undo_failure(diagnosis->backends, &attempt->event, attempt->cause,
					     FAILURE_OF_CHECK);
	}
	if (attempt->decision != DECISION_ABSORBED)
		return 0;
	diagnosis->tally.absorbed[attempt->cause]--;
	return backends_undo_failure(diagnosis->backends, &attempt->event, attempt->cause,
				     FAILURE_ABSORBED);
}

static int account_attempts(struct diagnosis *diagnosis)
{
	const struct diagnosis_options *options = &diagnosis->options;
	const struct verdict *verdict = &diagnosis->verdict;
	int err = 0;

	for (size_t i = 0; !err && i < verdict->error.attempt_count; i++) {
		const struct attempt_view *view = &verdict->error.attempts[i];
		enum attempt_decision decision = verdict->entries[i]->decision;
		bool told = decision == DECISION_ABSORBED || decision == DECISION_CHECK;

		err = undo_decision(diagnosis, verdict->entries[i]);
		if (err || !verdict->failed[i])
			continue;
		err = backends_note_failure(diagnosis->backends, view, FAILURE_OF_ERROR);
		if (options->on_attempt && !told)
			options->on_attempt(options->context, view, &verdict->error);
	}
	return err;
}

/* The oldest 5xx gets its verdict and is gone. */
static int decide_error(struct diagnosis *diagnosis)
{
	const struct diagnosis_options *options = &diagnosis->options;
	struct error_entry *entry = TAILQ_FIRST(&diagnosis->window.errors);
	const struct gateway_error *error = &diagnosis->verdict.error;
	struct verdict_sources sources = verdict_sources(diagnosis);
	int err;

	if (!entry->joined)
		joining_add_exact(&diagnosis->window, entry);
	joining_add_hinted(&diagnosis->window, entry);
	verdict_give(&sources, entry, &diagnosis->verdict);
	tally_add(&diagnosis->tally, error);
	err = backends_note_error(diagnosis->backends, error);
	if (options->on_gateway_error)
		options->on_gateway_error(options->context, error);
	if (!err)
		err = account_attempts(diagnosis);
	window_drop_error(&diagnosis->window, entry);
	return err;
}

/* No 5xx came of a failure: it was a health check's, or something made up for it. */
static int account_unclaimed(struct diagnosis *diagnosis, const struct attempt_entry *attempt,
			     const struct attempt_view *view)
{
	if (attempt->decision == DECISION_CHECK) {
		diagnosis->tally.checks++;
		checks_note_failure(diagnosis->checks, view);
		return backends_note_failure(diagnosis->backends, view, FAILURE_OF_CHECK);
	}
	diagnosis->tally.absorbed[attempt->cause]++;
	return backends_note_failure(diagnosis->backends, view, FAILURE_ABSORBED);
}

/* The oldest attempt that is not settled gets settled. */
static int settle_attempt(struct diagnosis *diagnosis)
{
	const struct diagnosis_options *options = &diagnosis->options;
	struct attempt_entry *attempt = TAILQ_FIRST(&diagnosis->window.fresh);
	struct verdict_sources sources = verdict_sources(diagnosis);
	struct attempt_view *view = &diagnosis->unclaimed;

	if (attempt->claimed_by) {
		window_keep_attempt(&diagnosis->window, attempt);
		return 0;
	}
	attempt->decision =
		verdict_on_unclaimed(&sources, &attempt->event, attempt->is_check, view);
	if (attempt->decision == DECISION_NONE) {
		window_drop_attempt(&diagnosis->window, attempt);
		return 0;
	}
	window_keep_attempt(&diagnosis->window, attempt);
	if (attempt->decision == DECISION_BENIGN)
		return backends_note_benign(diagnosis->backends, &attempt->event);
	attempt->cause = view->outcome;
	if (options->on_attempt)
		options->on_attempt(options->context, view, NULL);
	return account_unclaimed(diagnosis, attempt, view);
}

/* Whether `span_ns` have passed since the record. */
static bool is_over(const struct diagnosis *diagnosis, const struct event_header *header,
		    uint64_t span_ns)
{
	return diagnosis->now_ns >= header->time_ns &&
	       diagnosis->now_ns - header->time_ns >= span_ns;
}

static int advance(struct diagnosis *diagnosis)
{
	struct window *window = &diagnosis->window;
	struct attempt_entry *attempt;
	struct error_entry *error;
	int err = 0;

	while (window->next_join && is_over(diagnosis, &window->next_join->event.header, JOIN_NS))
		joining_add_exact(window, window->next_join);
	while (!err && (error = TAILQ_FIRST(&window->errors)) &&
	       is_over(diagnosis, &error->event.header, DIAGNOSIS_SETTLE_NS))
		err = decide_error(diagnosis);
	while (!err && (attempt = TAILQ_FIRST(&window->fresh)) &&
	       is_over(diagnosis, &attempt->event.header, UNCLAIMED_NS))
		err = settle_attempt(diagnosis);
	while ((attempt = TAILQ_FIRST(&window->kept)) &&
	       (window->kept_count > WINDOW_KEPT_MAX ||
		is_over(diagnosis, &attempt->event.header, KEPT_NS)))
		window_drop_attempt(window, attempt);
	return err;
}

static int take_attempt(struct diagnosis *diagnosis, const struct event_attempt *attempt)
{
	struct window *window = &diagnosis->window;
	struct attempt_entry *entry = NULL;
	int err = 0;

	if (window->attempt_count >= WINDOW_ATTEMPTS_MAX) {
		if (TAILQ_EMPTY(&window->kept))
			err = settle_attempt(diagnosis);
		if (!TAILQ_EMPTY(&window->kept))
			window_drop_attempt(window, TAILQ_FIRST(&window->kept));
	}
	if (!err)
		err = instances_note_owner(diagnosis->instances, &attempt->owner);
	if (!err)
		err = backends_note_attempt(diagnosis->backends, attempt);
	if (!err)
		entry = window_add_attempt(window, attempt);
	if (entry) {
		entry->is_certain_check = checks_is_certain(diagnosis->checks, attempt);
		entry->is_check =
			checks_note_attempt(diagnosis->checks, diagnosis->configured, attempt);
	} else if (!err) {
		err = -ENOMEM;
	}
	peers_note_attempt(diagnosis->peers, attempt);
	return err;
}

static int take_response(struct diagnosis *diagnosis, const struct event_response *response)
{
	int err = 0;

	exhaustion_note_response(diagnosis->exhaustion, response);
	if (diagnosis->window.error_count >= WINDOW_ERRORS_MAX)
		err = decide_error(diagnosis);
	if (!err)
		err = instances_note_owner(diagnosis->instances, &response->owner);
	if (!err && !window_add_error(&diagnosis->window, response))
		err = -ENOMEM;
	return err;
}

static int take_figures(struct diagnosis *diagnosis, const struct event_figures *figures)
{
	uint64_t since_ns;
	int err = backends_note_figures(diagnosis->backends, figures, &since_ns);

	if (!err && since_ns) {
		peers_note_connected(diagnosis->peers, &figures->backend.address, since_ns);
		checks_note_connected(diagnosis->checks, figures->backend.group,
				      &figures->backend.address, since_ns);
	}
	if (!err && figures->figures.first_byte_us.count)
		peers_note_answered(diagnosis->peers, &figures->backend.address);
	return err;
}

static int take(struct diagnosis *diagnosis, const union event *event)
{
	switch (event->header.type) {
	case EVENT_ATTEMPT:
		return take_attempt(diagnosis, &event->attempt);
	case EVENT_RESPONSE:
		return take_response(diagnosis, &event->response);
	case EVENT_FIGURES:
		return take_figures(diagnosis, &event->figures);
	case EVENT_LOAD_BALANCER:
		return instances_note_balancer(diagnosis->instances, &event->load_balancer);
	case EVENT_LISTENER:
		return instances_note_listener(diagnosis->instances, &event->listener);
	case EVENT_TLS:
		return instances_note_tls(diagnosis->instances, &event->tls);
	case EVENT_NEIGHBOUR:
		peers_note_neighbour(diagnosis->peers, &event->neighbour);
		return 0;
	case EVENT_HOST_PORT:
		hosts_note_port(diagnosis->hosts, &event->host_port);
		return 0;
	case EVENT_PROCESS:
		hosts_note_process(diagnosis->hosts, &event->process);
		holdings_note_process(diagnosis->holdings, &event->process);
		configured_note_process(diagnosis->configured, &event->process);
		return 0;
	case EVENT_ACCEPT_DROP:
		exhaustion_note_accept_drop(diagnosis->exhaustion, &event->accept_drop);
		return 0;
	case EVENT_RESOURCE:
		exhaustion_note(diagnosis->exhaustion, &event->resource);
		return 0;
	case EVENT_BUILDUP:
		holdings_note_buildup(diagnosis->holdings, &event->buildup);
		return 0;
	case EVENT_RESETS:
		holdings_note_resets(diagnosis->holdings, &event->resets);
		return 0;
	case EVENT_CONFIG:
		return configured_note_config(diagnosis->configured, &event->config);
	case EVENT_BACKEND:
		return configured_note_backend(diagnosis->configured, &event->backend,
					       backends_count_attempts(diagnosis->backends,
								       &event->backend.address,
								       event->backend.owner.comm));
	case EVENT_BACKEND_ADDRESS:
		return configured_note_address(diagnosis->configured, &event->backend_address);
	case EVENT_BACKEND_STATUS:
		return configured_note_status(diagnosis->configured, &event->backend_status);
	case EVENT_CONTAINER:
		return instances_note_container(diagnosis->instances, &event->container);
	case EVENT_LOSS:
		diagnosis->loss = event->loss;
		return 0;
	default:
		return 0;
	}
}

int diagnosis_feed(void *context, const struct event_header *record)
{
	struct diagnosis *diagnosis = context;
	int err;

	if (record->time_ns > diagnosis->now_ns)
		diagnosis->now_ns = record->time_ns;
	err = take(diagnosis, (const union event *)record);
	return err ? err : advance(diagnosis);
}

int diagnosis_finish(struct diagnosis *diagnosis)
{
	struct window *window = &diagnosis->window;
	int err = 0;

	while (window->next_join)
		joining_add_exact(window, window->next_join);
	while (!err && !TAILQ_EMPTY(&window->errors))
		err = decide_error(diagnosis);
	while (!err && !TAILQ_EMPTY(&window->fresh))
		err = settle_attempt(diagnosis);
	return err;
}

void diagnosis_backend_name(const struct diagnosis *diagnosis, const struct event_owner *owner,
			    const struct event_address *address, char name[MODEL_NAME_BYTES])
{
	configured_name(diagnosis->configured, owner, address, SPEECH_ANY, name);
}

const struct report *diagnosis_report(struct diagnosis *diagnosis)
{
	struct report_sources sources = {
		.options = &diagnosis->options,
		.backends = diagnosis->backends,
		.instances = diagnosis->instances,
		.exhaustion = diagnosis->exhaustion,
		.holdings = diagnosis->holdings,
		.hosts = diagnosis->hosts,
		.configured = diagnosis->configured,
		.checks = diagnosis->checks,
		.tally = &diagnosis->tally,
		.now_ns = diagnosis->now_ns,
		.lost_records = diagnosis->loss.records,
		.lost_state = lost_state(diagnosis),
	};

	report_clear(&diagnosis->report);
	if (report_fill(&sources, &diagnosis->report)) {
		report_clear(&diagnosis->report);
		return NULL;
	}
	return &diagnosis->report;
}
