// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/checks.h"

#include <stdlib.h>
#include <string.h>

#include "user/diagnose/configured_table.h"

#define MS_NS (1000 * 1000ull)

/* HAProxy tries the same server again after this time, in a turn that has no client. */
#define RETRY_NS (1000 * MS_NS)
#define RETRY_SLACK_NS (100 * MS_NS)
#define TRAFFIC_RING 8

/* A check that did not fail lies between two failures that are further apart than this many periods,
 * in halves. */
#define RUN_HALVES 3
/* Where the period is not known. */
#define RUN_NS (30 * 1000 * MS_NS)
/* How far from a period's multiple a check may begin: a part of it, and a thread that was late. */
#define PERIOD_PART 20
#define PERIOD_SLACK_NS (5 * MS_NS)
#define PERIOD_LEAST_NS (20 * MS_NS)
#define SEARCH_MAX 256
/* After so many failures in a row a server is taken to be out: HAProxy's `fall` is 3 unless it is set. */
#define OUT_FAILURES 5

struct check {
	struct place_key key;
	uint64_t failed;
	unsigned int run; /* failures in a row */
	uint64_t since_ns, last_ns, last_begun_ns;
	uint64_t period_ns; /* between the beginnings of two failures; 0: not known */
	uint64_t interval_ns; /* as configured; 0: not known */
	uint16_t status;
	enum cause_id cause;
	uint64_t traffic_ns[TRAFFIC_RING]; /* ends of attempts that were no checks */
	unsigned int traffic_count;
	struct event_attempt latest;
	UT_hash_handle hh;
};

struct checks {
	struct check *table;
};

struct checks *checks_new(void)
{
	return calloc(1, sizeof(struct checks));
}

void checks_free(struct checks *checks)
{
	struct check *check, *next;

	if (!checks)
		return;
	HASH_ITER(hh, checks->table, check, next) {
		HASH_DEL(checks->table, check);
		free(check);
	}
	free(checks);
}

static struct check *find(const struct checks *checks, uint32_t group,
			  const struct event_address *address)
{
	struct place_key key = configured_key(group, address);
	struct check *check;

	HASH_FIND(hh, checks->table, &key, sizeof(key), check);
	return check;
}

static struct check *find_or_add(struct checks *checks, uint32_t group,
				 const struct event_address *address)
{
	struct check *check = find(checks, group, address), *oldest = checks->table;

	if (check)
		return check;
	if (HASH_COUNT(checks->table) >= CHECKS_MAX) {
		HASH_DEL(checks->table, oldest);
		free(oldest);
	}
	check = calloc(1, sizeof(*check));
	if (!check)
		return NULL;
	check->key = configured_key(group, address);
	HASH_ADD(hh, checks->table, key, sizeof(check->key), check);
	if (check->hh.tbl)
		return check;
	free(check);
	return NULL;
}

/* The backend whose checks go to the attempt's address; NULL: there is none. */
static const struct configured_backend *find_checked(const struct configured *configured,
						     const struct event_attempt *attempt)
{
	const struct configured_host *host =
		configured_host(configured, attempt->owner.group, &attempt->remote);
	const struct configured_place *place;
	unsigned int seen = 0;

	if (!host || !attempt->remote.family)
		return NULL;
	LIST_FOREACH(place, &host->places, at_host) {
		if (seen++ >= SEARCH_MAX)
			break;
		if (configured_place_is_checked(place))
			return place->backend;
	}
	return NULL;
}

static uint64_t run_ns(const struct check *check)
{
	uint64_t period_ns = check->period_ns ? check->period_ns : check->interval_ns;

	return period_ns ? period_ns * RUN_HALVES / 2 : RUN_NS;
}

/* Whether the attempt began a whole number of periods after the last failed check. */
static bool is_periodic(const struct check *check, const struct event_attempt *attempt)
{
	uint64_t period_ns = check->period_ns ? check->period_ns : check->interval_ns;
	uint64_t slack_ns = period_ns / PERIOD_PART + PERIOD_SLACK_NS, gap_ns, over_ns;

	if (period_ns < PERIOD_LEAST_NS || !check->last_begun_ns ||
	    attempt->started_ns <= check->last_begun_ns)
		return false;
	gap_ns = attempt->started_ns - check->last_begun_ns;
	over_ns = gap_ns % period_ns;
	return gap_ns + slack_ns >= period_ns &&
	       (over_ns <= slack_ns || over_ns + slack_ns >= period_ns);
}

/* Whether it may be HAProxy's second try of a request, which goes without its client. */
static bool may_be_retry(const struct check *check, const struct event_attempt *attempt)
{
	for (unsigned int i = 0; i < TRAFFIC_RING; i++) {
		uint64_t again_ns = check->traffic_ns[i] + RETRY_NS;

		if (check->traffic_ns[i] && attempt->started_ns + RETRY_SLACK_NS >= again_ns &&
		    attempt->started_ns <= again_ns + RETRY_SLACK_NS)
			return true;
	}
	return false;
}

/* No request is sent to a server that its checks have taken out: what begins in their rhythm is one
 * of them, whatever else the thread did then. */
static bool is_of_server_out(const struct check *check, const struct event_attempt *attempt)
{
	return check->run >= OUT_FAILURES && check->since_ns && attempt->exchanges <= 1 &&
	       attempt->started_ns <= check->last_begun_ns + run_ns(check) &&
	       is_periodic(check, attempt);
}

/* "GET /health" is no check that sends POST. */
static bool sent_another_method(const struct event_backend *config,
				const struct event_attempt *attempt)
{
	size_t length = strcspn(config->check_target, " ");

	if (config->check != CHECK_HTTP || attempt->sent.kind != PAYLOAD_HTTP1 ||
	    config->check_target[length] != ' ' || length > attempt->sent.length ||
	    length > sizeof(attempt->sent.head))
		return false;
	return memcmp(attempt->sent.head, config->check_target, length);
}

static bool is_down(const struct configured_backend *backend)
{
	return backend->status && (backend->status->state == BACKEND_DOWN ||
				   backend->status->state == BACKEND_MAINTENANCE);
}

static bool is_check_of(const struct configured_backend *backend, const struct check *check,
			const struct event_attempt *attempt)
{
	if (attempt->exchanges > 1 || sent_another_method(&backend->config, attempt))
		return false;
	if (is_of_server_out(check, attempt))
		return true;
	if ((attempt->header.flags & ATTEMPT_ADJACENT_CLIENT) || attempt->answered_cookie)
		return false;
	if (is_periodic(check, attempt))
		return true;
	/* No request is sent to a server that is down. */
	if (is_down(backend) && backend->status->changed_ns &&
	    backend->status->changed_ns <= attempt->started_ns)
		return true;
	return !attempt->client_cookie && !may_be_retry(check, attempt);
}

/* As far as the record alone tells. */
static bool has_failed(const struct event_attempt *attempt)
{
	const uint32_t failed = ATTEMPT_ANSWERED_5XX | ATTEMPT_EXCHANGE_OPEN | ATTEMPT_MISFIT |
				ATTEMPT_TLS_REFUSED | ATTEMPT_RESET_RECEIVED;

	return !(attempt->header.flags & ATTEMPT_ESTABLISHED) || (attempt->header.flags & failed);
}

static uint64_t later(uint64_t left, uint64_t right)
{
	return left > right ? left : right;
}

static void note_period(struct check *check, uint64_t gap_ns)
{
	if (gap_ns < PERIOD_LEAST_NS)
		return;
	if (!check->period_ns || gap_ns < check->period_ns / 2)
		check->period_ns = gap_ns;
	else if (gap_ns < check->period_ns * 3 / 2)
		check->period_ns = (3 * check->period_ns + gap_ns) / 4;
}

static void note_run(struct check *check, const struct event_attempt *attempt)
{
	uint64_t begun_ns = attempt->started_ns ? attempt->started_ns : attempt->header.time_ns;

	if (check->last_begun_ns && begun_ns > check->last_begun_ns)
		note_period(check, begun_ns - check->last_begun_ns);
	check->run++;
	if (!check->since_ns || begun_ns > check->last_ns + run_ns(check)) {
		check->since_ns = attempt->header.time_ns;
		check->run = 1;
	}
	check->last_begun_ns = begun_ns;
	check->last_ns = later(check->last_ns, attempt->header.time_ns);
	if (attempt->received.status)
		check->status = attempt->received.status;
	check->latest = *attempt;
}

bool checks_is_certain(const struct checks *checks, const struct event_attempt *attempt)
{
	const struct check *check = find(checks, attempt->owner.group, &attempt->remote);

	return check && is_of_server_out(check, attempt);
}

bool checks_note_attempt(struct checks *checks, const struct configured *configured,
			 const struct event_attempt *attempt)
{
	const struct configured_backend *backend = find_checked(configured, attempt);
	struct check *check;

	if (!backend)
		return false;
	check = find_or_add(checks, attempt->owner.group, &attempt->remote);
	if (!check)
		return false;
	check->interval_ns = backend->config.check_interval_ms * MS_NS;
	if (!is_check_of(backend, check, attempt)) {
		check->traffic_ns[check->traffic_count++ % TRAFFIC_RING] = attempt->header.time_ns;
		return false;
	}
	if (has_failed(attempt))
		note_run(check, attempt);
	return true;
}

void checks_note_failure(struct checks *checks, const struct attempt_view *attempt)
{
	struct check *check =
		find_or_add(checks, attempt->event.owner.group, &attempt->event.remote);

	if (!check)
		return;
	check->failed++;
	check->cause = attempt->outcome;
	if (!check->last_ns)
		note_run(check, &attempt->event);
}

void checks_undo_failure(struct checks *checks, const struct event_attempt *attempt)
{
	struct check *check = find(checks, attempt->owner.group, &attempt->remote);

	if (check && check->failed)
		check->failed--;
}

void checks_note_connected(struct checks *checks, uint32_t group,
			   const struct event_address *address, uint64_t since_ns)
{
	struct check *check = find(checks, group, address);

	/* One that failed after it had connected proves nothing by the next connection. */
	if (check && since_ns > check->last_ns &&
	    !(check->latest.header.flags & ATTEMPT_ESTABLISHED))
		check->since_ns = 0;
}

bool checks_find(const struct checks *checks, uint32_t group, const struct event_address *address,
		 uint64_t now_ns, struct check_view *view)
{
	const struct check *check = find(checks, group, address);

	memset(view, 0, sizeof(*view));
	if (!check || !check->last_ns)
		return false;
	view->failed = check->failed;
	view->last_ns = check->last_ns;
	view->period_ms = (uint32_t)(check->period_ns / MS_NS);
	view->last_status = check->status;
	view->last_cause = check->cause;
	view->latest = &check->latest;
	/* The next one may be under way until its time is up: hence two runs. */
	if (check->last_ns + 2 * run_ns(check) >= now_ns)
		view->since_ns = check->since_ns;
	return true;
}
