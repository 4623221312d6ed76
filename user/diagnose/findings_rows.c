// SPDX-License-Identifier: GPL-2.0-only
/* The configured backends with what the kernel saw of them, before anything is judged. */
#include <stdlib.h>
#include <string.h>

#include "user/diagnose/findings_parts.h"

/* Sums what the kernel saw at one address of the backend. */
void survey_add_account(const struct survey *survey, const struct account *account,
			struct report_configured *row)
{
	uint64_t failed_ns = account->backend->last_failure_ns;
	uint64_t offset_ns = (uint64_t)survey->sources->options->epoch_offset_ns;

	row->attempts += account->row->attempts;
	row->connected += account->row->connected;
	row->failed += account->row->failed;
	row->gateway_errors += account->row->gateway_errors;
	row->absorbed += account->row->absorbed;
	if (failed_ns && failed_ns + offset_ns > row->last_failure_epoch_ns) {
		row->last_failure_epoch_ns = failed_ns + offset_ns;
		row->last_cause = account->backend->last_failure;
	}
}

static void add_accounts(struct survey *survey, const struct event_address *address,
			 struct report_configured *row)
{
	size_t first, count = accounts_find(&survey->accounts, address, &first);

	for (size_t i = first; i < first + count; i++) {
		struct account *account = &survey->accounts.list[i];

		if (!account_is_of(account, &row->owner))
			continue;
		account->is_configured = true;
		survey_add_account(survey, account, row);
	}
}

/* What the load balancer says of a check counts more than what the kernel saw of it. */
static void fill_checks(const struct survey *survey, const struct configured_backend *backend,
			struct report_configured *row)
{
	const struct report_sources *sources = survey->sources;
	const struct event_backend_status *status = backend->status;
	uint64_t since_ns = 0, last_ns = 0;
	const struct configured_place *place;
	struct check_view check;

	LIST_FOREACH(place, &backend->places, of_backend) {
		if (!configured_place_is_checked(place) ||
		    !checks_find(sources->checks, place->host->key.group, &place->host->key.address,
				 sources->now_ns, &check))
			continue;
		row->checks.failed += check.failed;
		if (check.since_ns && (!since_ns || check.since_ns < since_ns))
			since_ns = check.since_ns;
		if (check.last_ns < last_ns)
			continue;
		last_ns = check.last_ns;
		row->checks.last_cause = check.last_cause;
		row->checks.period_ms = check.period_ms;
		row->checks.last_status = check.last_status;
	}
	if (status && status->state == BACKEND_DOWN && status->changed_ns)
		since_ns = status->changed_ns;
	else if (status && status->state == BACKEND_UP && status->header.time_ns > last_ns)
		since_ns = 0;
	if (status && status->check_code)
		row->checks.last_status = status->check_code;
	if (since_ns)
		row->checks.since_epoch_ns = since_ns + (uint64_t)sources->options->epoch_offset_ns;
}

static int compare_places(const void *left, const void *right)
{
	const struct event_address *a = left, *b = right;
	int order = (int)a->family - (int)b->family;

	return order ? order : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static void fill_addresses(struct survey *survey, const struct configured_backend *backend,
			   struct report_configured *row)
{
	struct event_address addresses[CONFIGURED_PLACES_OF_BACKEND] = { 0 };
	const struct configured_place *place;
	size_t count = 0;

	LIST_FOREACH(place, &backend->places, of_backend) {
		if (configured_place_is_used(place) && count < CONFIGURED_PLACES_OF_BACKEND)
			addresses[count++] = place->host->key.address;
	}
	qsort(addresses, count, sizeof(addresses[0]), compare_places);
	for (size_t i = 0; i < count; i++) {
		if (i < MODEL_ADDRESSES_MAX)
			row->addresses[row->address_count++] = addresses[i];
		add_accounts(survey, &addresses[i], row);
	}
}

/* Attempts at what is merely a check's address are the configuration's too. */
static void mark_checked(struct survey *survey, const struct configured_backend *backend)
{
	struct report_configured nobody = { .owner = backend->config.owner };
	const struct configured_place *place;

	LIST_FOREACH(place, &backend->places, of_backend) {
		if (place->sources & (PLACE_CHECK | PLACE_RESOLVED))
			add_accounts(survey, &place->host->key.address, &nobody);
	}
}

void survey_add_row(struct survey *survey, const struct configured_backend *backend)
{
	struct report_configured *row = &survey->rows[survey->count];

	survey->backends[survey->count++] = backend;
	row->owner = backend->config.owner;
	row->config = backend->config;
	configured_backend_name(&backend->config, row->name);
	if (backend->status)
		row->status = *backend->status;
	fill_addresses(survey, backend, row);
	mark_checked(survey, backend);
	fill_checks(survey, backend, row);
}
