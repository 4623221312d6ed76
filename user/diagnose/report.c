// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/diagnose/findings.h"
#include "user/diagnose/sentences.h"
#include "user/lib/endpoint.h"

/* More 5xx than this part of the requests, and clients notice: failing. */
#define FAILING_PART 20 /* 5 % */

static int fill_statuses(const struct tally *tally, struct report *report)
{
	report->statuses = calloc(TALLY_STATUSES, sizeof(*report->statuses));
	if (!report->statuses)
		return -ENOMEM;
	for (unsigned int i = 0; i < TALLY_STATUSES; i++) {
		if (!tally->statuses[i])
			continue;
		report->statuses[report->status_count++] = (struct status_count){
			.status = (uint16_t)(TALLY_STATUS_FIRST + i),
			.count = tally->statuses[i],
		};
	}
	return 0;
}

static bool holds_address(const struct report_cause *row, const struct event_address *address)
{
	for (size_t i = 0; i < row->backend_count; i++) {
		if (endpoint_equal(&row->backends[i], address))
			return true;
	}
	return false;
}

static bool has_cause(const struct report_backend *backend, enum cause_id cause)
{
	for (size_t i = 0; i < backend->cause_count; i++) {
		if (backend->causes[i].cause == cause)
			return true;
	}
	return false;
}

static size_t count_backends(const struct report *report, enum cause_id cause)
{
	size_t count = 0;

	for (size_t i = 0; i < report->backend_count; i++)
		count += has_cause(&report->backends[i], cause);
	return count;
}

/* The backends of a cause, the one that is shown as typical first. */
static int fill_cause_backends(const struct configured *configured, const struct report *report,
			       const struct tally_cause *tally, struct report_cause *row)
{
	size_t most = count_backends(report, row->cause);

	if (!most)
		return 0;
	row->backends = calloc(most + 1, sizeof(*row->backends));
	row->backend_names = calloc(most + 1, sizeof(*row->backend_names));
	if (!row->backends || !row->backend_names)
		return -ENOMEM;
	if (tally->backend.family) {
		configured_name(configured, &tally->owner, &tally->backend,
				configured_speech_in(row->cause), row->backend_names[0]);
		row->backends[row->backend_count++] = tally->backend;
	}
	for (size_t i = 0; i < report->backend_count; i++) {
		const struct report_backend *backend = &report->backends[i];

		/* Two load balancers may have the same backend. */
		if (!has_cause(backend, row->cause) || holds_address(row, &backend->address))
			continue;
		memcpy(row->backend_names[row->backend_count], backend->name,
		       sizeof(backend->name));
		row->backends[row->backend_count++] = backend->address;
	}
	return 0;
}

static int fill_cause(const struct report_sources *sources, const struct report *report,
		      enum cause_id cause, struct report_cause *row)
{
	const struct tally *tally = sources->tally;
	const struct tally_cause *sum = &tally->causes[cause];
	struct sentence_subject subject = { .owner = &sum->owner };
	int err;

	row->cause = cause;
	row->count = sum->count;
	row->share = (double)sum->count / (double)tally->errors;
	row->confidence = sum->lowest;
	row->evidence = sum->evidence;
	err = fill_cause_backends(sources->configured, report, sum, row);
	if (err)
		return err;
	if (row->backend_count) {
		subject.backend = &row->backends[0];
		subject.name = row->backend_names[0];
	}
	sentence_summary(cause, &subject, row->summary);
	sentence_confirm(cause, 0, &subject, row->confirm);
	row->fix_count = sentence_fix(cause, &subject, row->fix);
	if (subject.backend && row->fix_count < sizeof(row->fix) / sizeof(row->fix[0]) &&
	    configured_quote(sources->configured, &sum->owner, subject.backend,
			     configured_speech_in(cause), row->fix[row->fix_count]))
		row->fix_count++;
	return 0;
}

static int compare_causes(const void *left, const void *right)
{
	const struct report_cause *a = left, *b = right;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return (int)a->cause - (int)b->cause;
}

static int fill_causes(const struct report_sources *sources, struct report *report)
{
	const struct tally *tally = sources->tally;

	report->causes = calloc(CAUSE_COUNT, sizeof(*report->causes));
	if (!report->causes)
		return -ENOMEM;
	for (unsigned int cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++) {
		int err;

		if (!tally->causes[cause].count)
			continue;
		err = fill_cause(sources, report, (enum cause_id)cause,
				 &report->causes[report->cause_count++]);
		if (err)
			return err;
	}
	qsort(report->causes, report->cause_count, sizeof(*report->causes), compare_causes);
	return 0;
}

static bool has_failing_backend(const struct report *report)
{
	for (size_t i = 0; i < report->backend_count; i++) {
		const struct report_backend *backend = &report->backends[i];

		if (backend->gateway_errors && backend->failed * 2 > backend->attempts)
			return true;
	}
	return false;
}

static enum health judge_health(const struct report *report, const struct tally *tally,
				uint64_t exchanges)
{
	if (!report->errors)
		return tally_absorbed(tally) || tally->checks ? HEALTH_DEGRADED : HEALTH_HEALTHY;
	if (report->errors * FAILING_PART > exchanges || has_failing_backend(report))
		return HEALTH_FAILING;
	return HEALTH_DEGRADED;
}

int report_fill(const struct report_sources *sources, struct report *report)
{
	const struct diagnosis_options *options = sources->options;
	const struct tally *tally = sources->tally;
	uint64_t end_ns = sources->now_ns, exchanges;
	int err;

	memset(report, 0, sizeof(*report));
	if (end_ns < options->started_ns)
		end_ns = options->started_ns;
	report->host = options->host;
	report->kernel = options->kernel;
	report->lbtrace = options->lbtrace;
	report->epoch_offset_ns = options->epoch_offset_ns;
	report->start_epoch_ns = options->started_ns + (uint64_t)options->epoch_offset_ns;
	report->end_epoch_ns = end_ns + (uint64_t)options->epoch_offset_ns;
	report->lost_records = sources->lost_records;
	report->lost_state = sources->lost_state + backends_lost(sources->backends) +
			     configured_lost(sources->configured);
	report->errors = tally->errors;
	report->unexplained = tally->causes[CAUSE_NONE].count;
	report->explained = report->errors - report->unexplained;
	err = instances_report(sources->instances, &report->balancers, &report->balancer_count);
	if (!err)
		err = backends_report(sources->backends, sources->now_ns, &report->backends,
				      &report->backend_count, &exchanges);
	for (size_t i = 0; !err && i < report->backend_count; i++)
		holdings_fill(sources->holdings, sources->now_ns, &report->backends[i]);
	if (!err)
		err = exhaustion_report(sources->exhaustion, &report->resources,
					&report->resource_count);
	if (!err)
		err = fill_statuses(tally, report);
	if (!err)
		err = fill_causes(sources, report);
	if (!err)
		err = findings_report(sources, report);
	if (!err)
		report->health = judge_health(report, tally, exchanges);
	return err;
}

void report_clear(struct report *report)
{
	for (size_t i = 0; i < report->cause_count; i++) {
		free(report->causes[i].backends);
		free(report->causes[i].backend_names);
	}
	free(report->causes);
	free(report->statuses);
	free(report->backends);
	free(report->resources);
	free(report->balancers);
	free(report->configured);
	free(report->config_notes);
	memset(report, 0, sizeof(*report));
}
