// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/resolver.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/inventory/resolver_state.h"
#include "user/lib/clock.h"

#define NAME_MOST 253
#define LABEL_MOST 63
#define PERIOD_NS (RESOLVER_PERIOD_SECONDS * CLOCK_NS_PER_SECOND)
#define PERIOD_MOST_NS (RESOLVER_PERIOD_MOST_SECONDS * CLOCK_NS_PER_SECOND)
#define PATIENCE_NS (RESOLVER_PATIENCE_SECONDS * CLOCK_NS_PER_SECOND)
/* A name that has no answer is asked for less and less often, but at least every minute. */
#define FAILURE_DOUBLINGS 4
#define FAILURES_TOLD 2
#define FAILURE_MOST_NS (60 * CLOCK_NS_PER_SECOND)

int resolver_new(bool hosts_only, struct resolver **resolver)
{
	struct resolver *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(made);
		return -ENOMEM;
	}
	made->hosts_only = hosts_only;
	*resolver = made;
	return 0;
}

/* --- who asks for what ------------------------------------------------------ */

static void question_end_query(struct resolver *resolver, struct question *question)
{
	if (!question->query)
		return;
	name_query_free(question->query);
	question->query = NULL;
	resolver->running--;
}

static void question_release(struct resolver *resolver, struct question *question)
{
	struct place *place = question->place;

	if (question->askers)
		return;
	question_end_query(resolver, question);
	HASH_DEL(resolver->questions, question);
	free(question);
	place->questions--;
	place_release(resolver, place);
}

static void asker_free(struct resolver *resolver, struct asker *asker)
{
	asker->question->askers--;
	question_release(resolver, asker->question);
	HASH_DEL(resolver->askers, asker);
	free(asker);
}

void resolver_free(struct resolver *resolver)
{
	struct asker *asker, *next;

	if (!resolver)
		return;
	HASH_ITER(hh, resolver->askers, asker, next)
		asker_free(resolver, asker);
	ares_library_cleanup();
	free(resolver);
}

static bool is_label_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

/* Writes it in lower case, the dot at its end as it is: with it, no search domain is tried. */
static int copy_name(const char *name, char *copy)
{
	size_t label = 0, length = 0;

	for (; name[length]; length++) {
		char byte = name[length];

		if (length > NAME_MOST || (byte == '.' && !label))
			return -EINVAL;
		if (byte != '.' && (!is_label_byte(byte) || label == LABEL_MOST))
			return -EINVAL;
		label = byte == '.' ? 0 : label + 1;
		copy[length] = byte;
		if (byte >= 'A' && byte <= 'Z')
			copy[length] = (char)(byte - 'A' + 'a');
	}
	return length && (length <= NAME_MOST || !label) ? 0 : -EINVAL;
}

static struct question *question_get(struct resolver *resolver, struct place *place,
				     const struct question_key *key, int *err)
{
	struct question *question;

	HASH_FIND(hh, resolver->questions, key, sizeof(*key), question);
	if (question)
		return question;
	*err = -ENOSPC;
	if (HASH_COUNT(resolver->questions) >= RESOLVER_NAMES_MOST)
		return NULL;
	question = calloc(1, sizeof(*question));
	if (!question) {
		*err = -ENOMEM;
		return NULL;
	}
	question->key = *key;
	question->place = place;
	place->questions++;
	HASH_ADD(hh, resolver->questions, key, sizeof(question->key), question);
	return question;
}

/* Lets `id` ask this. 0, -ENOSPC or -ENOMEM. */
static int asker_set(struct resolver *resolver, uint64_t id, struct question *question)
{
	struct asker *asker;

	HASH_FIND(hh, resolver->askers, &id, sizeof(id), asker);
	if (!asker) {
		if (HASH_COUNT(resolver->askers) >= RESOLVER_IDS_MOST)
			return -ENOSPC;
		asker = calloc(1, sizeof(*asker));
		if (!asker)
			return -ENOMEM;
		asker->id = id;
		HASH_ADD(hh, resolver->askers, id, sizeof(asker->id), asker);
	} else if (asker->question == question) {
		return 0;
	} else {
		asker->question->askers--;
		question_release(resolver, asker->question);
	}
	asker->question = question;
	asker->told = 0;
	question->askers++;
	resolver->news = true;
	return 0;
}

int resolver_ask(struct resolver *resolver, const struct resolver_place *where, const char *name,
		 uint64_t id)
{
	struct question_key key;
	struct question *question;
	struct place *place;
	int err;

	memset(&key, 0, sizeof(key));
	err = copy_name(name, key.name);
	if (err)
		return err;
	place = place_get(resolver, where, &err);
	if (!place)
		return err;
	key.place = (uintptr_t)place;
	question = question_get(resolver, place, &key, &err);
	if (!question) {
		place_release(resolver, place);
		return err;
	}
	err = asker_set(resolver, id, question);
	if (err)
		question_release(resolver, question);
	return err;
}

void resolver_forget(struct resolver *resolver, uint64_t id)
{
	struct asker *asker;

	HASH_FIND(hh, resolver->askers, &id, sizeof(id), asker);
	if (asker)
		asker_free(resolver, asker);
}

/* --- answers ---------------------------------------------------------------- */

/* Publishes what the memory holds. */
static void publish(struct resolver *resolver, struct question *question, uint16_t error,
		    uint32_t ttl_seconds)
{
	struct event_address addresses[RESOLVER_ADDRESSES_MOST] = { 0 };
	/* Where nothing is known of the name, the error is the answer; the memory waits for better. */
	bool unknown = error != 0 && error != 3;
	size_t count = unknown ? 0 : question->memory.count;

	for (size_t i = 0; i < count; i++)
		addresses[i] = question->memory.now[i].address;
	if (count)
		error = 0;
	question->settled = true;
	question->ttl_seconds = ttl_seconds;
	if (question->version && question->count == count && question->error == error &&
	    !memcmp(question->addresses, addresses, sizeof(addresses)))
		return;
	question->count = count;
	question->error = error;
	memcpy(question->addresses, addresses, sizeof(addresses));
	question->version++;
	resolver->news = true;
}

static uint64_t failure_period_ns(unsigned int failures)
{
	uint64_t period_ns = PERIOD_NS
			     << (failures < FAILURE_DOUBLINGS ? failures : FAILURE_DOUBLINGS);

	return period_ns < FAILURE_MOST_NS ? period_ns : FAILURE_MOST_NS;
}

static uint64_t success_period_ns(uint32_t ttl_seconds)
{
	uint64_t period_ns = ttl_seconds * CLOCK_NS_PER_SECOND;

	if (period_ns < PERIOD_NS)
		return PERIOD_NS;
	return period_ns < PERIOD_MOST_NS ? period_ns : PERIOD_MOST_NS;
}

static void question_answered(struct resolver *resolver, struct question *question,
			      const struct name_answer *answer, uint64_t now_ns)
{
	bool unsure = name_memory_learn(&question->memory, answer, now_ns);

	question_end_query(resolver, question);
	if (answer->count) {
		question->failures = 0;
		question->due_ns =
			now_ns + (unsure ? PERIOD_NS : success_period_ns(answer->ttl_seconds));
	} else {
		question->due_ns = now_ns + failure_period_ns(question->failures++);
	}
	/* One question may get lost. */
	if (answer->error && answer->silent && question->memory.count &&
	    question->failures < FAILURES_TOLD)
		return;
	publish(resolver, question, answer->error, answer->ttl_seconds);
}

/* --- a turn ------------------------------------------------------------------ */

/* RFC 6761, 6.3: no name server knows better. */
static size_t find_localhost(const char *name, struct event_address *addresses)
{
	static const char localhost[] = "localhost";
	size_t length = strlen(name), own = sizeof(localhost) - 1;

	if (length && name[length - 1] == '.')
		length--;
	if (length < own || strncmp(name + length - own, localhost, own) != 0 ||
	    (length > own && name[length - own - 1] != '.'))
		return 0;
	memset(addresses, 0, 2 * sizeof(*addresses));
	addresses[0].family = 4;
	addresses[0].bytes[0] = 127;
	addresses[0].bytes[3] = 1;
	addresses[1].family = 6;
	addresses[1].bytes[15] = 1;
	return 2;
}

/* Whether the name is answered without a name server. */
static bool look_into_hosts(struct resolver *resolver, struct question *question, uint64_t now_ns)
{
	struct event_address addresses[RESOLVER_ADDRESSES_MOST] = { 0 };
	struct place *place = question->place;
	size_t count;

	place_look(place, now_ns);
	if (question->hosts_version == place->hosts_version)
		return question->in_hosts;
	question->hosts_version = place->hosts_version;
	count = hosts_file_find(place->hosts, question->key.name, addresses,
				RESOLVER_ADDRESSES_MOST);
	if (!count)
		count = find_localhost(question->key.name, addresses);
	if (!count) {
		if (question->in_hosts)
			question->due_ns = 0;
		question->in_hosts = false;
		return false;
	}
	question->in_hosts = true;
	question_end_query(resolver, question);
	name_memory_replace(&question->memory, addresses, count, now_ns);
	publish(resolver, question, 0, 0);
	return true;
}

static void advance_query(struct resolver *resolver, struct question *question, uint64_t now_ns)
{
	struct name_answer answer;

	if (name_query_turn(question->query, &answer)) {
		question_answered(resolver, question, &answer, now_ns);
	} else if (now_ns >= question->patience_ns) {
		name_query_expire(question->query, &answer);
		question_answered(resolver, question, &answer, now_ns);
	}
}

static void begin_query(struct resolver *resolver, struct question *question, uint64_t now_ns)
{
	const struct name_answer nothing = {
		.error = RESOLVER_NO_ANSWER,
		.silent = NAME_QUERY_IPV4 | NAME_QUERY_IPV6,
	};

	if (name_query_begin(&question->place->where, question->key.name, &question->query)) {
		question->query = NULL;
		question_answered(resolver, question, &nothing, now_ns);
		return;
	}
	resolver->running++;
	question->patience_ns = now_ns + PATIENCE_NS;
	/* It may have failed at once. */
	advance_query(resolver, question, now_ns);
}

/* The one that has waited longest, NULL: none is due. */
static struct question *longest_due(struct resolver *resolver, uint64_t now_ns)
{
	struct question *question, *next, *found = NULL;

	HASH_ITER(hh, resolver->questions, question, next) {
		if (!question->in_hosts && !question->query && question->due_ns <= now_ns &&
		    (!found || question->due_ns < found->due_ns))
			found = question;
	}
	return found;
}

static void begin_due(struct resolver *resolver, uint64_t now_ns)
{
	struct question *question;

	while (resolver->running < RESOLVER_RUNNING_MOST &&
	       (question = longest_due(resolver, now_ns)))
		begin_query(resolver, question, now_ns);
}

static int tell(struct resolver *resolver, resolver_sink sink, void *context)
{
	struct asker *asker, *next;

	if (!resolver->news)
		return 0;
	HASH_ITER(hh, resolver->askers, asker, next) {
		const struct question *question = asker->question;
		const struct resolver_answer answer = {
			.id = asker->id,
			.name = question->key.name,
			.count = question->count,
			.addresses = question->addresses,
			.ttl_seconds = question->in_hosts ? 0 : question->ttl_seconds,
			.error = question->error,
			.from_hosts = question->in_hosts,
		};
		int err;

		if (asker->told == question->version)
			continue;
		err = sink(context, &answer);
		if (err)
			return err;
		asker->told = question->version;
	}
	resolver->news = false;
	return 0;
}

int resolver_turn(struct resolver *resolver, uint64_t now_ns, resolver_sink sink, void *context)
{
	struct question *question, *next;

	HASH_ITER(hh, resolver->questions, question, next) {
		if (look_into_hosts(resolver, question, now_ns))
			continue;
		if (question->query)
			advance_query(resolver, question, now_ns);
		else if (resolver->hosts_only)
			question->settled = true;
	}
	if (!resolver->hosts_only)
		begin_due(resolver, now_ns);
	return tell(resolver, sink, context);
}

bool resolver_idle(const struct resolver *resolver)
{
	const struct question *question;

	for (question = resolver->questions; question; question = question->hh.next) {
		if (!question->settled)
			return false;
	}
	return true;
}
