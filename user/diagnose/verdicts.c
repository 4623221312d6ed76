// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/verdicts.h"

#include <string.h>

#include "user/diagnose/eligibility.h"
#include "user/diagnose/evidence.h"
#include "user/diagnose/stale.h"

/* What a load balancer makes of a server that fails its checks. */
#define CHECK_STATUS 503

/* The first `most` lines. */
static void copy_evidence(struct evidence *to, const struct evidence *from, size_t most)
{
	to->count = from->count < most ? from->count : most;
	memcpy(to->lines, from->lines, to->count * sizeof(to->lines[0]));
}

void verdict_classify(const struct verdict_sources *sources, const struct event_attempt *attempt,
		      uint16_t joined_status, struct outcome *outcome)
{
	struct outcome_context context = {
		.options = sources->options,
		.joined_status = joined_status,
	};

	struct host_view host;

	peers_fill_context(sources->peers, attempt, &context);
	exhaustion_fill_context(sources->exhaustion, attempt, &context);
	if (hosts_fill(sources->hosts, attempt, &host))
		context.host = &host;
	outcome_classify(attempt, &context, outcome);
	stale_judge(sources->configured, attempt, outcome);
}

static void fill_view(const struct verdict_sources *sources, const struct event_attempt *attempt,
		      const struct outcome *outcome, struct attempt_view *view)
{
	view->event = *attempt;
	configured_name(sources->configured, &attempt->owner, &attempt->remote,
			configured_speech_of(attempt), view->name);
	view->outcome = outcome->cause;
	view->confidence = outcome->confidence;
	copy_evidence(&view->evidence, &outcome->evidence, MODEL_EVIDENCE_LINES);
}

/* The load balancer did not wait for the end of the handshake. */
static bool was_given_up(const struct event_attempt *attempt)
{
	return !(attempt->header.flags & (ATTEMPT_ESTABLISHED | ATTEMPT_NEVER_SENT));
}

enum attempt_decision verdict_on_unclaimed(const struct verdict_sources *sources,
					   const struct event_attempt *attempt, bool is_check,
					   struct attempt_view *view)
{
	struct outcome outcome;

	/* A check has no client that may leave: what is given up has failed. */
	verdict_classify(sources, attempt, is_check && was_given_up(attempt) ? CHECK_STATUS : 0,
			 &outcome);
	if (!is_check)
		outcome_unclaimed(attempt, &outcome);
	fill_view(sources, attempt, &outcome, view);
	if (outcome.failure)
		return is_check ? DECISION_CHECK : DECISION_ABSORBED;
	return outcome.cause == CAUSE_CLIENT_ABORT ? DECISION_BENIGN : DECISION_NONE;
}

static bool ended_before(const struct attempt_entry *left, const struct attempt_entry *right)
{
	return left->event.header.time_ns < right->event.header.time_ns;
}

/* Oldest first. What was claimed first, the exactly joined one, is last among those of its time. */
static size_t sort_attempts(const struct error_entry *entry, struct attempt_entry **entries)
{
	struct attempt_entry *attempt;
	size_t count = 0;

	LIST_FOREACH(attempt, &entry->attempts, of_error) {
		size_t place = count;

		if (count == MODEL_ATTEMPTS_MAX)
			break;
		for (; place > 0 && ended_before(attempt, entries[place - 1]); place--)
			entries[place] = entries[place - 1];
		entries[place] = attempt;
		count++;
	}
	return count;
}

/* The attempt that the 5xx is certainly of: outcomes may rest on its status. */
static const struct attempt_entry *find_known(const struct error_entry *entry,
					      const struct verdict *verdict)
{
	size_t count = verdict->error.attempt_count;

	if (entry->exact)
		return entry->exact;
	if (count && verdict->entries[count - 1]->trust >= JOIN_TURN)
		return verdict->entries[count - 1];
	return NULL;
}

/* Fills the attempts. Returns the number of the last failing one, or attempt_count. */
static size_t judge_attempts(const struct verdict_sources *sources, const struct error_entry *entry,
			     struct verdict *verdict)
{
	struct gateway_error *error = &verdict->error;
	const struct attempt_entry *known;
	size_t decisive;

	error->attempt_count = sort_attempts(entry, verdict->entries);
	known = find_known(entry, verdict);
	decisive = error->attempt_count;
	for (size_t i = 0; i < error->attempt_count; i++) {
		const struct attempt_entry *attempt = verdict->entries[i];
		bool is_known = known && attempt == known;
		struct outcome outcome;

		verdict_classify(sources, &attempt->event, is_known ? entry->event.status : 0,
				 &outcome);
		fill_view(sources, &attempt->event, &outcome, &error->attempts[i]);
		verdict->failed[i] = outcome.failure;
		if (outcome.failure)
			decisive = i;
	}
	return decisive;
}

/* How sure one can be of a cause whose attempt is joined like this. */
static enum confidence trusted(enum confidence confidence, enum join_trust trust)
{
	if (trust == JOIN_HINT)
		return confidence_lower(confidence);
	if (trust == JOIN_LONE || trust == JOIN_LIKELY)
		return confidence_lowest(confidence, CONFIDENCE_LIKELY);
	return confidence;
}

static const char *explain_trust(enum join_trust trust)
{
	if (trust == JOIN_HINT)
		return "joined by the client's connection that was read from last before the attempt began";
	if (trust == JOIN_LONE)
		return "joined as the only failed attempt of this process at that time";
	if (trust == JOIN_LIKELY)
		return "the attempt may also be a health check or another request's retry at the same moment";
	return NULL;
}

static void judge_by_attempt(struct verdict *verdict, size_t decisive, bool lossy)
{
	struct gateway_error *error = &verdict->error;
	const struct attempt_view *attempt = &error->attempts[decisive];
	enum join_trust trust = verdict->entries[decisive]->trust;
	const char *reason = explain_trust(trust);

	error->cause = attempt->outcome;
	error->confidence = trusted(attempt->confidence, trust);
	copy_evidence(&error->evidence, &attempt->evidence,
		      MODEL_EVIDENCE_LINES - (reason ? 1 : 0) - (lossy ? 1 : 0));
	if (reason)
		evidence_add(&error->evidence, "%s", reason);
}

/* Of what a held-down backend failed. The only one that was is the one that was not tried, as far as is
 * known: which backend a request was for, the kernel does not see. */
static void judge_by_held(const struct verdict_sources *sources, const struct error_entry *entry,
			  struct gateway_error *error)
{
	const struct event_attempt *held = entry->held[0];
	char label[CONFIGURED_LABEL_BYTES];
	struct outcome outcome;

	verdict_classify(sources, held, 0, &outcome);
	if (!outcome.failure || outcome.cause == CAUSE_NONE)
		return;
	error->cause = outcome.cause;
	error->confidence = confidence_lowest(outcome.confidence, CONFIDENCE_LIKELY);
	error->has_backend = true;
	error->backend = held->remote;
	configured_name(sources->configured, &held->owner, &held->remote,
			configured_speech_of(held), error->backend_name);
	copy_evidence(&error->evidence, &outcome.evidence, MODEL_EVIDENCE_LINES - 2);
	evidence_add(
		&error->evidence,
		"no backend was tried for this request: Varnish held %.150s down since that connect failed, %.3f s before",
		configured_label(sources->configured, &held->owner, &held->remote, label),
		(double)(error->event.header.time_ns - held->header.time_ns) / 1e9);
}

/* More than one was: each may be the one. */
static void say_held(const struct verdict_sources *sources, const struct error_entry *entry,
		     struct gateway_error *error)
{
	char label[CONFIGURED_LABEL_BYTES];
	struct outcome outcome;

	error->evidence.count = error->evidence.count ? 1 : 0;
	for (size_t i = 0; i < entry->held_count; i++) {
		const struct event_attempt *held = entry->held[i];

		verdict_classify(sources, held, 0, &outcome);
		evidence_add(&error->evidence,
			     "Varnish held %.150s down since its connect failed %.3f s before: %s",
			     configured_label(sources->configured, &held->owner, &held->remote,
					      label),
			     (double)(error->event.header.time_ns - held->header.time_ns) / 1e9,
			     catalogue_cause(outcome.cause)->id);
	}
}

static void judge_without_attempt(const struct verdict_sources *sources,
				  const struct error_entry *entry, struct gateway_error *error)
{
	eligibility_judge(sources->backends, entry->suspected, error);
	if (error->cause != CAUSE_NO_ELIGIBLE_BACKEND || !entry->held_count)
		return;
	error->confidence = CONFIDENCE_LIKELY;
	if (entry->held_count == 1)
		judge_by_held(sources, entry, error);
	else
		say_held(sources, entry, error);
}

void verdict_give(const struct verdict_sources *sources, const struct error_entry *entry,
		  struct verdict *verdict)
{
	struct gateway_error *error = &verdict->error;
	size_t decisive, shown;

	error->event = entry->event;
	error->evidence.count = 0;
	decisive = judge_attempts(sources, entry, verdict);
	shown = decisive < error->attempt_count ? decisive : error->attempt_count - 1;
	error->has_backend = error->attempt_count && error->attempts[shown].event.remote.family;
	if (error->has_backend)
		error->backend = error->attempts[shown].event.remote;
	else
		memset(&error->backend, 0, sizeof(error->backend));
	if (error->has_backend)
		memcpy(error->backend_name, error->attempts[shown].name,
		       sizeof(error->backend_name));
	else
		*error->backend_name = '\0';
	if (decisive < error->attempt_count)
		judge_by_attempt(verdict, decisive, sources->lossy);
	else if (!exhaustion_judge(sources->exhaustion, error))
		judge_without_attempt(sources, entry, error);
	if (error->cause == CAUSE_NO_ELIGIBLE_BACKEND)
		down_explain(sources, error);
	if (!sources->lossy)
		return;
	error->confidence = confidence_lowest(error->confidence, CONFIDENCE_LIKELY);
	evidence_add(&error->evidence,
		     "records were lost before: something of this may be missing");
}
