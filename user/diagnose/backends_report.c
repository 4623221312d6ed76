// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/diagnose/backends_table.h"
#include "user/diagnose/latency.h"
#include "user/diagnose/sentences.h"

#define NS_PER_SECOND 1e9

/* Both sides of a connection close within seconds; a load balancer that leaves a closed one open
 * for longer does not read it. */
#define CLOSE_WAIT_SECONDS 60

enum cause_id backends_main_cause(const uint64_t *counts, uint64_t *count)
{
	enum cause_id main_cause = CAUSE_NONE;

	*count = 0;
	for (unsigned int cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++) {
		if (counts[cause] > *count) {
			*count = counts[cause];
			main_cause = (enum cause_id)cause;
		}
	}
	if (main_cause == CAUSE_NONE)
		*count = counts[CAUSE_NONE];
	return main_cause;
}

/* What the kernel counted of the backend, of all groups and namespaces. */
static void sum_figures(const struct backend *backend, struct backend_figures *sum)
{
	const struct figures_entry *entry;

	memset(sum, 0, sizeof(*sum));
	LIST_FOREACH(entry, &backend->figures, of_backend) {
		const struct backend_figures *figures = &entry->figures;
		uint64_t since_ns = figures->close_wait_since_ns;

		sum->attempts += figures->attempts;
		sum->connected += figures->connected;
		sum->failed += figures->failed;
		sum->exchanges += figures->exchanges;
		sum->answered_5xx += figures->answered_5xx;
		sum->resets_received += figures->resets_received;
		sum->resets_sent += figures->resets_sent;
		sum->established += figures->established;
		sum->close_wait += figures->close_wait;
		if (since_ns && (!sum->close_wait_since_ns || since_ns < sum->close_wait_since_ns))
			sum->close_wait_since_ns = since_ns;
		latency_merge(&sum->connect_us, &figures->connect_us);
		latency_merge(&sum->first_byte_us, &figures->first_byte_us);
	}
}

static uint64_t larger(uint64_t left, uint64_t right)
{
	return left > right ? left : right;
}

uint64_t backends_count_attempts(const struct backends *backends,
				 const struct event_address *address, const char *comm)
{
	const struct backend *backend = backends_find(backends, address, comm);
	const struct figures_entry *entry;
	uint64_t sum = 0;

	if (!backend)
		return 0;
	LIST_FOREACH(entry, &backend->figures, of_backend)
		sum += entry->figures.attempts;
	return larger(sum, backend->attempts);
}

static void fill_counts(const struct backend *backend, uint64_t now_ns, struct report_backend *row,
			uint64_t *exchanges)
{
	struct backend_figures sum;

	sum_figures(backend, &sum);
	/* The counters come once a second, records at once; and attempts that never had a socket
	 * of their own are in the records only. */
	row->attempts = larger(sum.attempts, backend->attempts);
	row->connected = larger(sum.connected, backend->connected);
	row->failed = larger(sum.failed > backend->benign ? sum.failed - backend->benign : 0,
			     backend->failed);
	row->attempts = larger(row->attempts, row->connected);
	row->resets_received = larger(sum.resets_received, backend->resets_received);
	row->resets_sent = larger(sum.resets_sent, backend->resets_sent);
	row->established = sum.established;
	row->close_wait = sum.close_wait;
	if (sum.close_wait && sum.close_wait_since_ns && sum.close_wait_since_ns < now_ns)
		row->close_wait_max_age_seconds =
			(double)(now_ns - sum.close_wait_since_ns) / NS_PER_SECOND;
	latency_summarise(&sum.connect_us, &row->connect);
	latency_summarise(&sum.first_byte_us, &row->first_byte);
	*exchanges += sum.exchanges;
}

static int compare_causes(const void *left, const void *right)
{
	const struct cause_count *a = left, *b = right;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return (int)a->cause - (int)b->cause;
}

static void fill_causes(const struct backend *backend, struct report_backend *row)
{
	row->gateway_errors = backend->gateway_errors;
	row->absorbed = backend->absorbed;
	for (unsigned int cause = 0; cause < CAUSE_COUNT; cause++) {
		if (!backend->causes[cause])
			continue;
		row->causes[row->cause_count++] = (struct cause_count){
			.cause = (enum cause_id)cause,
			.count = backend->causes[cause],
			.confidence = backend->confidence[cause],
		};
	}
	qsort(row->causes, row->cause_count, sizeof(row->causes[0]), compare_causes);
}

static void say_failing(const struct backend *backend, struct report_backend *row)
{
	const struct sentence_subject subject = { &backend->name.address, &backend->owner,
						  row->name };
	uint64_t count;
	enum cause_id cause = backends_main_cause(backend->causes, &count);

	if (cause == CAUSE_NONE)
		snprintf(row->verdict, sizeof(row->verdict),
			 "What was seen of these 5xx fits no cause that lbtrace knows.");
	else
		sentence_summary(cause, &subject, row->verdict);
	sentence_confirm(cause, 0, &subject, row->next_command);
	if (backend->evidence_of == cause)
		memcpy(row->evidence, backend->evidence, sizeof(row->evidence));
}

/* Failures that clients saw nothing of: `who` fails, of one of these causes. */
static void say_unseen(const struct backend *backend, const char *who, const uint64_t *causes,
		       struct report_backend *row)
{
	const struct sentence_subject subject = { &backend->name.address, &backend->owner,
						  row->name };
	char summary[MODEL_TEXT_BYTES];
	uint64_t count;
	enum cause_id cause = backends_main_cause(causes, &count);

	if (cause == CAUSE_NONE)
		snprintf(row->verdict, sizeof(row->verdict), "%s fail.", who);
	else
		snprintf(row->verdict, sizeof(row->verdict), "%s fail: %s. %.*s", who,
			 catalogue_cause(cause)->id, MODEL_TEXT_BYTES - 80,
			 sentence_summary(cause, &subject, summary));
	sentence_confirm(cause, 0, &subject, row->next_command);
	if (backend->evidence_of == cause)
		memcpy(row->evidence, backend->evidence, sizeof(row->evidence));
}

static void fill_words(const struct backend *backend, struct report_backend *row)
{
	if (row->gateway_errors)
		say_failing(backend, row);
	else if (row->absorbed)
		say_unseen(backend, "Health checks or retries", backend->absorbed_causes, row);
	else if (backend->checks)
		say_unseen(backend, "Health checks", backend->failures, row);
	else if (row->close_wait && row->close_wait_max_age_seconds > CLOSE_WAIT_SECONDS)
		snprintf(row->verdict, sizeof(row->verdict),
			 "No failures, but %u connections that this backend closed are still open "
			 "here (CLOSE_WAIT), the oldest for %.0f s.",
			 row->close_wait, row->close_wait_max_age_seconds);
	else
		snprintf(row->verdict, sizeof(row->verdict), "healthy");
}

/* An entry that only ever held what was undone or never came about. */
static bool is_blank(const struct report_backend *row)
{
	return !row->attempts && !row->failed && !row->gateway_errors && !row->absorbed &&
	       !row->established && !row->close_wait;
}

static int compare_numbers(uint64_t left, uint64_t right)
{
	return left == right ? 0 : left < right ? 1 : -1;
}

/* Worst first; then in an order that is the same each time. */
static int compare_rows(const void *left, const void *right)
{
	const struct report_backend *a = left, *b = right;
	int order = compare_numbers(a->gateway_errors, b->gateway_errors);

	if (!order)
		order = compare_numbers(a->absorbed, b->absorbed);
	if (!order)
		order = (int)a->address.family - (int)b->address.family;
	if (!order)
		order = memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
	if (!order)
		order = (int)a->address.port - (int)b->address.port;
	if (!order)
		order = strcmp(a->load_balancer, b->load_balancer);
	return order;
}

static void add_row(const struct backend *backend, const struct configured *configured,
		    uint64_t now_ns, struct report_backend *rows, size_t *count,
		    uint64_t *exchanges)
{
	struct report_backend *row = &rows[*count];

	row->address = backend->name.address;
	memcpy(row->load_balancer, backend->name.load_balancer, sizeof(row->load_balancer));
	fill_counts(backend, now_ns, row, exchanges);
	fill_causes(backend, row);
	if (is_blank(row)) {
		memset(row, 0, sizeof(*row));
		return;
	}
	configured_name(configured, &backend->owner, &row->address, SPEECH_ANY, row->name);
	fill_words(backend, row);
	++*count;
}

int backends_report(const struct backends *backends, uint64_t now_ns, struct report_backend **rows,
		    size_t *count, uint64_t *exchanges)
{
	struct backend *backend, *next;
	struct report_backend *made;

	*count = 0;
	*exchanges = 0;
	made = calloc(HASH_COUNT(backends->table) + 1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	HASH_ITER(hh, backends->table, backend, next)
		add_row(backend, backends->configured, now_ns, made, count, exchanges);
	add_row(&backends->other, backends->configured, now_ns, made, count, exchanges);
	qsort(made, *count, sizeof(*made), compare_rows);
	*rows = made;
	return 0;
}
