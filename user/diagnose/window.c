// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKET_BITS 14
#define BUCKETS (1u << BUCKET_BITS)

static size_t bucket_of(uint64_t key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15ull; /* 2^64 / golden ratio: Knuth, TAOCP 6.4 */
	return key >> (64 - BUCKET_BITS);
}

static size_t slot_bucket(uint32_t tgid, uint64_t slot)
{
	return bucket_of((slot << 20) ^ tgid);
}

struct attempt_list *window_by_cookie(const struct window *window, uint64_t cookie)
{
	return &window->by_cookie[bucket_of(cookie)];
}

struct attempt_list *window_by_client(const struct window *window, uint64_t cookie)
{
	return &window->by_client[bucket_of(cookie)];
}

struct attempt_list *window_by_answered(const struct window *window, uint64_t cookie, uint64_t span)
{
	return &window->by_answered[bucket_of(cookie ^ (span << 32))];
}

struct attempt_list *window_by_slot(const struct window *window, uint32_t tgid, uint64_t slot)
{
	return &window->by_slot[slot_bucket(tgid, slot)];
}

struct error_list *window_errors_by_slot(const struct window *window, uint32_t tgid, uint64_t slot)
{
	return &window->errors_by_slot[slot_bucket(tgid, slot)];
}

int window_open(struct window *window)
{
	memset(window, 0, sizeof(*window));
	TAILQ_INIT(&window->fresh);
	TAILQ_INIT(&window->kept);
	TAILQ_INIT(&window->errors);
	window->by_cookie = calloc(BUCKETS, sizeof(*window->by_cookie));
	window->by_client = calloc(BUCKETS, sizeof(*window->by_client));
	window->by_answered = calloc(BUCKETS, sizeof(*window->by_answered));
	window->by_slot = calloc(BUCKETS, sizeof(*window->by_slot));
	window->errors_by_slot = calloc(BUCKETS, sizeof(*window->errors_by_slot));
	window->holddown = holddown_new();
	if (!window->holddown || !window->by_cookie || !window->by_client || !window->by_answered ||
	    !window->by_slot || !window->errors_by_slot)
		return -ENOMEM;
	return 0;
}

void window_close(struct window *window)
{
	while (!TAILQ_EMPTY(&window->errors))
		window_drop_error(window, TAILQ_FIRST(&window->errors));
	while (!TAILQ_EMPTY(&window->fresh))
		window_drop_attempt(window, TAILQ_FIRST(&window->fresh));
	while (!TAILQ_EMPTY(&window->kept))
		window_drop_attempt(window, TAILQ_FIRST(&window->kept));
	free(window->by_cookie);
	free(window->by_client);
	free(window->by_answered);
	free(window->by_slot);
	free(window->errors_by_slot);
	holddown_free(window->holddown);
}

struct attempt_entry *window_add_attempt(struct window *window, const struct event_attempt *attempt)
{
	struct attempt_entry *entry;

	if (holddown_note(window->holddown, attempt))
		return NULL;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->event = *attempt;
	TAILQ_INSERT_TAIL(&window->fresh, entry, by_age);
	if (attempt->cookie)
		LIST_INSERT_HEAD(window_by_cookie(window, attempt->cookie), entry, by_cookie);
	if (attempt->client_cookie)
		LIST_INSERT_HEAD(window_by_client(window, attempt->client_cookie), entry,
				 by_client);
	if (attempt->answered_cookie)
		LIST_INSERT_HEAD(window_by_answered(window, attempt->answered_cookie,
						    attempt->header.time_ns >> WINDOW_SPAN_BITS),
				 entry, by_answered);
	LIST_INSERT_HEAD(window_by_slot(window, attempt->owner.tgid,
					attempt->header.time_ns >> WINDOW_SLOT_BITS),
			 entry, by_slot);
	window->attempt_count++;
	return entry;
}

struct error_entry *window_add_error(struct window *window, const struct event_response *response)
{
	struct error_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->event = *response;
	LIST_INIT(&entry->attempts);
	TAILQ_INSERT_TAIL(&window->errors, entry, by_age);
	LIST_INSERT_HEAD(window_errors_by_slot(window, response->owner.tgid,
					       response->header.time_ns >> WINDOW_SLOT_BITS),
			 entry, by_slot);
	if (!window->next_join)
		window->next_join = entry;
	window->error_count++;
	return entry;
}

void window_drop_attempt(struct window *window, struct attempt_entry *attempt)
{
	struct error_entry *error = attempt->claimed_by;

	if (error) {
		LIST_REMOVE(attempt, of_error);
		error->attempt_count--;
		if (error->exact == attempt)
			error->exact = NULL;
	}
	if (attempt->settled) {
		TAILQ_REMOVE(&window->kept, attempt, by_age);
		window->kept_count--;
	} else {
		TAILQ_REMOVE(&window->fresh, attempt, by_age);
	}
	if (attempt->event.cookie)
		LIST_REMOVE(attempt, by_cookie);
	if (attempt->event.client_cookie)
		LIST_REMOVE(attempt, by_client);
	if (attempt->event.answered_cookie)
		LIST_REMOVE(attempt, by_answered);
	LIST_REMOVE(attempt, by_slot);
	window->attempt_count--;
	free(attempt);
}

void window_drop_error(struct window *window, struct error_entry *error)
{
	while (!LIST_EMPTY(&error->attempts))
		window_drop_attempt(window, LIST_FIRST(&error->attempts));
	if (window->next_join == error)
		window->next_join = TAILQ_NEXT(error, by_age);
	TAILQ_REMOVE(&window->errors, error, by_age);
	LIST_REMOVE(error, by_slot);
	window->error_count--;
	free(error);
}

void window_keep_attempt(struct window *window, struct attempt_entry *attempt)
{
	TAILQ_REMOVE(&window->fresh, attempt, by_age);
	attempt->settled = true;
	TAILQ_INSERT_TAIL(&window->kept, attempt, by_age);
	window->kept_count++;
}

void window_claim(struct error_entry *error, struct attempt_entry *attempt, enum join_trust trust)
{
	attempt->claimed_by = error;
	attempt->trust = trust;
	LIST_INSERT_HEAD(&error->attempts, attempt, of_error);
	error->attempt_count++;
}
