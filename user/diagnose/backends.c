// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/backends_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct backends *backends_new(const struct configured *configured)
{
	struct backends *backends = calloc(1, sizeof(*backends));

	if (!backends)
		return NULL;
	backends->configured = configured;
	TAILQ_INIT(&backends->failing);
	return backends;
}

void backends_free(struct backends *backends)
{
	struct figures_entry *figures, *next_figures;
	struct backend *backend, *next_backend;

	if (!backends)
		return;
	HASH_ITER(hh, backends->figures, figures, next_figures) {
		HASH_DEL(backends->figures, figures);
		free(figures);
	}
	HASH_ITER(hh, backends->table, backend, next_backend) {
		HASH_DEL(backends->table, backend);
		free(backend);
	}
	free(backends);
}

static void make_address(const struct event_address *address, struct event_address *key)
{
	memset(key, 0, sizeof(*key));
	key->family = address->family;
	if (!address->family)
		return;
	memcpy(key->bytes, address->bytes, address->family == 4 ? 4 : sizeof(key->bytes));
	key->port = address->port;
}

const struct backend *backends_find(const struct backends *backends,
				    const struct event_address *address, const char *comm)
{
	struct backend_name name = { 0 };
	struct backend *backend;

	make_address(address, &name.address);
	memcpy(name.load_balancer, comm, strnlen(comm, sizeof(name.load_balancer) - 1));
	HASH_FIND(hh, backends->table, &name, sizeof(name), backend);
	return backend;
}

/* The entry of `address` as `owner` sees it, made when there is none; NULL: out of memory. */
static struct backend *find_or_add(struct backends *backends, const struct event_address *address,
				   const struct event_owner *owner)
{
	struct backend_name name = { 0 };
	struct backend *backend;

	make_address(address, &name.address);
	memcpy(name.load_balancer, owner->comm, strnlen(owner->comm, sizeof(owner->comm) - 1));
	HASH_FIND(hh, backends->table, &name, sizeof(name), backend);
	if (!backend && HASH_COUNT(backends->table) >= BACKENDS_MAX)
		return &backends->other;
	if (!backend) {
		backend = calloc(1, sizeof(*backend));
		if (!backend)
			return NULL;
		backend->name = name;
		HASH_ADD(hh, backends->table, name, sizeof(backend->name), backend);
		if (!backend->hh.tbl) {
			free(backend);
			return NULL;
		}
	}
	backend->owner = *owner;
	return backend;
}

int backends_note_attempt(struct backends *backends, const struct event_attempt *attempt)
{
	struct backend *backend = find_or_add(backends, &attempt->remote, &attempt->owner);
	uint32_t flags = attempt->header.flags;

	if (!backend)
		return -ENOMEM;
	if (flags & ATTEMPT_RESET_RECEIVED)
		backend->resets_received++;
	if (flags & ATTEMPT_RESET_SENT)
		backend->resets_sent++;
	/* A connection that is used again was counted when it was made. */
	if (attempt->exchanges > 1 || (flags & ATTEMPT_SEEDED))
		return 0;
	backend->attempts++;
	if (attempt->started_ns > backend->begun_ns)
		backend->begun_ns = attempt->started_ns;
	if (flags & ATTEMPT_ESTABLISHED)
		backend->connected++;
	return 0;
}

static struct figures_entry *add_figures(struct backends *backends,
					 const struct event_figures *event,
					 const struct backend_key *key)
{
	struct backend *backend = find_or_add(backends, &event->backend.address, &event->owner);
	struct figures_entry *entry;

	if (!backend)
		return NULL;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->key = *key;
	HASH_ADD(hh, backends->figures, key, sizeof(entry->key), entry);
	if (!entry->hh.tbl) {
		free(entry);
		return NULL;
	}
	LIST_INSERT_HEAD(&backend->figures, entry, of_backend);
	return entry;
}

/* Connections were tried between two looks at the counters. */
static void note_begun(struct backends *backends, const struct event_figures *event,
		       const struct figures_entry *before)
{
	struct backend *backend;

	if (event->figures.attempts <= before->figures.attempts || !before->time_ns)
		return;
	backend = find_or_add(backends, &event->backend.address, &event->owner);
	if (backend && before->time_ns > backend->begun_ns)
		backend->begun_ns = before->time_ns;
}

int backends_note_figures(struct backends *backends, const struct event_figures *event,
			  uint64_t *since_ns)
{
	struct backend_key key = { .group = event->backend.group, .netns = event->backend.netns };
	struct figures_entry *entry;

	*since_ns = 0;
	make_address(&event->backend.address, &key.address);
	HASH_FIND(hh, backends->figures, &key, sizeof(key), entry);
	if (!entry && HASH_COUNT(backends->figures) >= BACKENDS_FIGURES_MAX) {
		backends->lost++;
		return 0;
	}
	if (!entry)
		entry = add_figures(backends, event, &key);
	if (!entry)
		return -ENOMEM;
	if (event->figures.connected > entry->figures.connected)
		*since_ns = entry->time_ns;
	note_begun(backends, event, entry);
	entry->figures = event->figures;
	entry->time_ns = event->header.time_ns;
	return 0;
}

/* A backend that answers is no failed attempt, whatever it answers. */
static bool is_failed_attempt(const struct event_attempt *attempt)
{
	return !(attempt->header.flags & ATTEMPT_ANSWERED_5XX);
}

static void note_last_failure(struct backends *backends, struct backend *backend,
			      const struct attempt_view *attempt)
{
	if (backend == &backends->other)
		return;
	if (backend->last_failure_ns)
		TAILQ_REMOVE(&backends->failing, backend, by_failure);
	backend->last_failure_ns =
		attempt->event.header.time_ns ? attempt->event.header.time_ns : 1;
	backend->last_failure = attempt->outcome;
	TAILQ_INSERT_HEAD(&backends->failing, backend, by_failure);
}

static bool has_evidence(const struct backend *backend, enum cause_id cause)
{
	return *backend->evidence && backend->evidence_of == cause;
}

/* As many whole lines as make up one that is not too long. */
static void keep_evidence(struct backend *backend, enum cause_id cause,
			  const struct evidence *evidence)
{
	size_t length = 0;

	if (!evidence->count || has_evidence(backend, cause))
		return;
	backend->evidence_of = cause;
	for (size_t i = 0; i < evidence->count; i++) {
		const char *separator = i ? "; " : "";
		size_t bytes = strlen(separator) + strlen(evidence->lines[i]);

		if (bytes >= sizeof(backend->evidence) - length)
			break;
		stpcpy(stpcpy(backend->evidence + length, separator), evidence->lines[i]);
		length += bytes;
	}
}

/* How long the backend keeps an idle connection at most, by one that it closed. */
static void note_idle(struct backend *backend, const struct attempt_view *attempt)
{
	const struct event_attempt *event = &attempt->event;
	uint64_t closed_ns =
		event->fin_received_ns ? event->fin_received_ns : event->reset_received_ns;

	if (attempt->outcome != CAUSE_KEEPALIVE_RACE || !event->last_received_ns ||
	    closed_ns <= event->last_received_ns)
		return;
	closed_ns -= event->last_received_ns;
	backend->idle_count++;
	if (!backend->idle_ns || closed_ns < backend->idle_ns)
		backend->idle_ns = closed_ns;
	if (closed_ns > backend->idle_most_ns)
		backend->idle_most_ns = closed_ns;
}

int backends_note_failure(struct backends *backends, const struct attempt_view *attempt,
			  enum failure_part part)
{
	struct backend *backend =
		find_or_add(backends, &attempt->event.remote, &attempt->event.owner);
	uint64_t count;

	if (!backend)
		return -ENOMEM;
	note_last_failure(backends, backend, attempt);
	note_idle(backend, attempt);
	backend->failures[attempt->outcome]++;
	if (is_failed_attempt(&attempt->event))
		backend->failed++;
	if (part == FAILURE_OF_CHECK)
		backend->checks++;
	if (part == FAILURE_OF_CHECK && !backend->gateway_errors && !backend->absorbed)
		keep_evidence(backend, attempt->outcome, &attempt->evidence);
	if (part != FAILURE_ABSORBED)
		return 0;
	backend->absorbed++;
	backend->absorbed_causes[attempt->outcome]++;
	if (!backend->gateway_errors && !has_evidence(backend, attempt->outcome) &&
	    backends_main_cause(backend->absorbed_causes, &count) == attempt->outcome)
		keep_evidence(backend, attempt->outcome, &attempt->evidence);
	return 0;
}

int backends_note_benign(struct backends *backends, const struct event_attempt *attempt)
{
	struct backend *backend = find_or_add(backends, &attempt->remote, &attempt->owner);

	if (!backend)
		return -ENOMEM;
	backend->benign++;
	return 0;
}

static void count_down(uint64_t *count)
{
	if (*count)
		--*count;
}

int backends_undo_failure(struct backends *backends, const struct event_attempt *attempt,
			  enum cause_id cause, enum failure_part part)
{
	struct backend *backend = find_or_add(backends, &attempt->remote, &attempt->owner);

	if (!backend)
		return -ENOMEM;
	if (part == FAILURE_OF_CHECK) {
		count_down(&backend->checks);
	} else {
		count_down(&backend->absorbed);
		count_down(&backend->absorbed_causes[cause]);
	}
	count_down(&backend->failures[cause]);
	if (is_failed_attempt(attempt))
		count_down(&backend->failed);
	return 0;
}

int backends_undo_benign(struct backends *backends, const struct event_attempt *attempt)
{
	struct backend *backend = find_or_add(backends, &attempt->remote, &attempt->owner);

	if (!backend)
		return -ENOMEM;
	count_down(&backend->benign);
	return 0;
}

int backends_note_error(struct backends *backends, const struct gateway_error *error)
{
	struct backend *backend;
	uint64_t count;

	if (!error->has_backend)
		return 0;
	backend = find_or_add(backends, &error->backend, &error->event.owner);
	if (!backend)
		return -ENOMEM;
	/* What was said of absorbed failures makes room. */
	if (!backend->gateway_errors)
		*backend->evidence = '\0';
	backend->gateway_errors++;
	if (!backend->causes[error->cause]++ ||
	    error->confidence < backend->confidence[error->cause])
		backend->confidence[error->cause] = error->confidence;
	if (!has_evidence(backend, error->cause) &&
	    backends_main_cause(backend->causes, &count) == error->cause)
		keep_evidence(backend, error->cause, &error->evidence);
	return 0;
}

size_t backends_find_failing(const struct backends *backends, const char *comm, uint64_t since_ns,
			     struct backend_failure *found, size_t most)
{
	const unsigned int looked_at_most = 64;
	const struct backend *backend;
	unsigned int seen = 0;
	size_t count = 0;

	TAILQ_FOREACH(backend, &backends->failing, by_failure) {
		if (count == most || seen++ == looked_at_most ||
		    backend->last_failure_ns < since_ns)
			break;
		if (strcmp(backend->name.load_balancer, comm) != 0)
			continue;
		found[count].address = backend->name.address;
		configured_label(backends->configured, &backend->owner, &backend->name.address,
				 found[count].label);
		found[count].time_ns = backend->last_failure_ns;
		found[count].cause = backend->last_failure;
		count++;
	}
	return count;
}

bool backends_may_queue(const struct backends *backends, const struct event_owner *owner)
{
	return configured_may_queue(backends->configured, owner);
}

uint64_t backends_lost(const struct backends *backends)
{
	return backends->lost;
}
