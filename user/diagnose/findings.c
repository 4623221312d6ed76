// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/diagnose/findings_parts.h"
#include "user/lib/text.h"

/* How far pauses of one time-out are apart. */
#define IDLE_PART 4
#define IDLE_SLACK_NS (50 * 1000 * 1000ull)
/* No idle time-out is shorter, where it was seen but once. */
#define IDLE_LONE_NS (1000 * 1000 * 1000ull)

/* In the order in which they are told, where they weigh the same. */
static const struct {
	enum finding_id id;
	finding_judge *judge;
} findings[] = {
	{ FINDING_PLAIN_TO_TLS, finding_plain_to_tls },
	{ FINDING_TLS_TO_PLAIN, finding_tls_to_plain },
	{ FINDING_LOOPBACK_BIND, finding_loopback_bind },
	{ FINDING_WRONG_PORT, finding_wrong_port },
	{ FINDING_WRONG_ADDRESS, finding_wrong_address },
	{ FINDING_NAME_UNRESOLVED, finding_unresolved },
	{ FINDING_DNS_STALE, finding_told_stale },
	{ FINDING_CHECK_FAILING, finding_check_failing },
	{ FINDING_KEEPALIVE_LONG, finding_keepalive },
	{ FINDING_CONNECT_TIMEOUT_SHORT, finding_connect_timeout },
	{ FINDING_DUPLICATE, finding_duplicate },
	{ FINDING_CONFIG_CHANGED, finding_config_changed },
	{ FINDING_NEVER_CONNECTED, finding_never_connected },
};

uint64_t finding_count(const struct finding_case *one, const enum cause_id *causes)
{
	uint64_t sum = 0;

	for (size_t i = 0; causes[i] != CAUSE_NONE; i++)
		sum += one->failures[causes[i]];
	return sum;
}

const char *finding_directive(const struct event_backend *config, char *text)
{
	char escaped[MODEL_TEXT_BYTES];

	if (*config->directive)
		evidence_format(text, "`%.160s`",
				text_escape(config->directive, escaped, sizeof(escaped)));
	else
		evidence_format(text, "its directive");
	return text;
}

void findings_add(struct report_configured *row, const struct finding *finding)
{
	size_t place = row->finding_count;

	if (place == MODEL_FINDINGS_MAX) {
		if (row->findings[place - 1].severity >= finding->severity)
			return;
		place--;
	} else {
		row->finding_count++;
	}
	for (; place > 0 && row->findings[place - 1].severity < finding->severity; place--)
		row->findings[place] = row->findings[place - 1];
	row->findings[place] = *finding;
}

/* A backend's own time-out gives the same pause each time; that it was stopped, any. */
static void note_idle(const struct backend *backend, struct finding_case *one)
{
	bool is_same = backend->idle_most_ns - backend->idle_ns <=
		       backend->idle_ns / IDLE_PART + IDLE_SLACK_NS;

	if (!backend->idle_count || !is_same ||
	    (backend->idle_count < 2 && backend->idle_ns < IDLE_LONE_NS))
		return;
	if (!one->idle_ns || backend->idle_ns < one->idle_ns)
		one->idle_ns = backend->idle_ns;
}

/* Sums over the accounts of a row's addresses. */
static void fill_case(const struct survey *survey, size_t i, struct finding_case *one)
{
	const struct report_configured *row = &survey->rows[i];
	uint64_t before = survey->backends[i]->attempts_before;

	one->sources = survey->sources;
	one->accounts = &survey->accounts;
	one->backend = survey->backends[i];
	one->row = row;
	one->attempts = row->attempts > before ? row->attempts - before : 0;
	for (size_t a = 0; a < row->address_count; a++) {
		size_t first, count = accounts_find(&survey->accounts, &row->addresses[a], &first);

		for (size_t k = first; k < first + count; k++) {
			const struct account *account = &survey->accounts.list[k];

			if (!account_is_of(account, &row->owner))
				continue;
			for (unsigned int cause = 0; cause < CAUSE_COUNT; cause++)
				one->failures[cause] += account->backend->failures[cause];
			one->established += account->row->established;
			note_idle(account->backend, one);
		}
	}
}

static void name_case(struct finding_case *one)
{
	const struct report_configured *row = one->row;
	char address[ENDPOINT_TEXT_BYTES] = "";
	size_t name = strlen(row->name), length;

	if (row->address_count == 1)
		endpoint_format(&row->addresses[0], address);
	length = strlen(address);
	if (!length || (name >= length && !strcmp(row->name + name - length, address)))
		snprintf(one->name, sizeof(one->name), "%.*s", FINDINGS_NAME_MOST, row->name);
	else
		snprintf(one->name, sizeof(one->name), "%.*s (%s)", FINDINGS_NAME_MOST, row->name,
			 address);
}

static void judge_row(const struct survey *survey, size_t i, const struct finding_pool *pool)
{
	struct report_configured *row = &survey->rows[i];
	struct finding_case one = { .pool = pool };
	struct finding finding = { 0 };

	fill_case(survey, i, &one);
	name_case(&one);
	memcpy(finding.file, row->config.file, sizeof(finding.file));
	for (size_t k = 0; k < sizeof(findings) / sizeof(findings[0]); k++) {
		finding.id = findings[k].id;
		finding.line = row->config.line;
		if (findings[k].judge(&one, &finding))
			findings_add(row, &finding);
	}
}

static void fill_pool(const struct survey *survey, size_t first, size_t end,
		      struct finding_pool *pool)
{
	bool mixed = false;

	for (size_t i = first; i < end; i++) {
		const struct report_configured *row = &survey->rows[i];
		uint64_t before = survey->backends[i]->attempts_before;
		uint16_t port = row->config.address.port;

		pool->servers++;
		if (row->attempts > before)
			pool->attempts += row->attempts - before;
		if (!row->connected)
			continue;
		pool->connected_servers++;
		if (pool->port && pool->port != port)
			mixed = true;
		pool->port = port;
	}
	if (mixed)
		pool->port = 0;
}

static void judge_rows(const struct survey *survey, size_t first)
{
	while (first < survey->count) {
		const struct event_backend *config = &survey->rows[first].config;
		struct finding_pool pool = { 0 };
		size_t end = first + 1;

		while (*config->pool && end < survey->count &&
		       !strcmp(survey->rows[end].config.pool, config->pool))
			end++;
		fill_pool(survey, first, end, &pool);
		for (size_t i = first; i < end; i++)
			judge_row(survey, i, *config->pool ? &pool : NULL);
		first = end;
	}
}

/* The row of a backend, among those from `first`, which are in the order of their indices. */
static struct report_configured *find_row(const struct survey *survey, size_t first,
					  const struct configured_backend *backend)
{
	for (size_t i = first; i < survey->count; i++) {
		if (survey->backends[i] == backend)
			return &survey->rows[i];
	}
	return NULL;
}

/* The row of the backend whose name had the address; NULL: none had. */
static struct report_configured *find_meant(const struct survey *survey, size_t first,
					    const struct account *account,
					    const struct event_owner *owner)
{
	const struct configured_backend *backend =
		configured_find(survey->sources->configured, owner, &account->address, SPEECH_ANY);

	return backend ? find_row(survey, first, backend) : NULL;
}

static void add_unconfigured(struct survey *survey, size_t first, const struct account *account,
			     const struct event_owner *owner)
{
	struct finding finding = { .id = FINDING_DNS_STALE };
	const struct configured_backend *stale =
		finding_dns_stale(survey->sources, account, owner, &finding);
	struct report_configured *row = stale ? find_row(survey, first, stale) : NULL;
	bool found;

	if (row) {
		memcpy(finding.file, row->config.file, sizeof(finding.file));
		finding.line = row->config.line;
		findings_add(row, &finding);
		return;
	}
	/* An address that a name had, used while it had it. */
	row = find_meant(survey, first, account, owner);
	if (row) {
		survey_add_account(survey, account, row);
		return;
	}
	memset(&finding, 0, sizeof(finding));
	finding.id = FINDING_NOT_CONFIGURED;
	found = finding_not_configured(survey->sources, account, owner, &finding);
	/* Of the configuration before, and left alone since: it was right when it was used. */
	if (!found &&
	    configured_find(survey->sources->configured, owner, &account->address, SPEECH_ANY))
		return;
	row = &survey->rows[survey->count++];
	row->owner = *owner;
	endpoint_format(&account->address, row->name);
	row->address_count = 1;
	row->addresses[0] = account->address;
	survey_add_account(survey, account, row);
	if (found)
		findings_add(row, &finding);
}

/* A load balancer that was started again goes by a newer group. */
static bool was_replaced(const struct configured *configured, const struct configured_group *group)
{
	const struct configured_group *other, *next;

	if (!group->ended)
		return false;
	HASH_ITER(hh, configured->groups, other, next) {
		if (other != group && other->now && other->now->time_ns > group->now->time_ns &&
		    !strcmp(other->now->owner.comm, group->now->owner.comm) &&
		    !strcmp(other->now->file, group->now->file))
			return true;
	}
	return false;
}

static void fill_group(struct survey *survey, const struct configured_group *group)
{
	const struct event_owner *owner = &group->now->owner;
	size_t first = survey->count;

	for (size_t i = 0; i < group->now->room; i++) {
		if (group->now->backends[i])
			survey_add_row(survey, group->now->backends[i]);
	}
	judge_rows(survey, first);
	for (size_t i = 0; i < survey->accounts.count; i++) {
		struct account *account = &survey->accounts.list[i];

		if (account->is_configured || account->backend->owner.group != owner->group)
			continue;
		account->is_configured = true;
		add_unconfigured(survey, first, account, owner);
	}
}

/* Of load balancers whose configuration is not known. */
static void fill_others(struct survey *survey)
{
	for (size_t i = 0; i < survey->accounts.count; i++) {
		const struct account *account = &survey->accounts.list[i];

		if (!account->is_configured)
			add_unconfigured(survey, survey->count, account, &account->backend->owner);
	}
}

static int compare_groups(const void *left, const void *right)
{
	const struct configured_group *const *a = left, *const *b = right;

	return (*a)->group < (*b)->group ? -1 : (*a)->group > (*b)->group;
}

static int copy_notes(const struct configured_group *group, struct report *report)
{
	const struct configured_generation *now = group->now;
	struct event_config *notes;

	if (!now->note_count)
		return 0;
	notes = reallocarray(report->config_notes, report->config_note_count + now->note_count,
			     sizeof(*notes));
	if (!notes)
		return -ENOMEM;
	memcpy(notes + report->config_note_count, now->notes, now->note_count * sizeof(*notes));
	report->config_notes = notes;
	report->config_note_count += now->note_count;
	return 0;
}

/* By group, those that run. Returns how many. */
static size_t sort_groups(const struct configured *configured,
			  const struct configured_group *groups[CONFIGURED_GROUPS_MAX])
{
	const struct configured_group *group, *next;
	size_t count = 0;

	HASH_ITER(hh, configured->groups, group, next) {
		if (count < CONFIGURED_GROUPS_MAX && group->now && !was_replaced(configured, group))
			groups[count++] = group;
	}
	qsort(groups, count, sizeof(const struct configured_group *), compare_groups);
	return count;
}

static int fill(struct survey *survey)
{
	const struct configured_group *groups[CONFIGURED_GROUPS_MAX] = { NULL };
	size_t count = sort_groups(survey->sources->configured, groups);
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		fill_group(survey, groups[i]);
		err = copy_notes(groups[i], survey->report);
	}
	if (!err)
		fill_others(survey);
	return err;
}

int findings_report(const struct report_sources *sources, struct report *report)
{
	struct survey survey = { .sources = sources, .report = report };
	int err = accounts_make(sources->backends, report, &survey.accounts);

	survey.room = sources->configured->backend_count + survey.accounts.count + 1;
	if (!err) {
		survey.rows = calloc(survey.room, sizeof(*survey.rows));
		survey.backends = calloc(survey.room, sizeof(const struct configured_backend *));
		err = survey.rows && survey.backends ? fill(&survey) : -ENOMEM;
	}
	report->configured = survey.rows;
	report->configured_count = survey.count;
	free(survey.backends);
	free(survey.accounts.list);
	return err;
}
