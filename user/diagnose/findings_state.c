// SPDX-License-Identifier: GPL-2.0-only
/* What came of a configured backend while lbtrace watched. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/diagnose/findings_parts.h"
#include "user/lib/text.h"

#define NS_PER_SECOND 1e9
/* So many connections to a server's siblings are no chance. */
#define ATTEMPTS_LEAST 20
/* Connections of an old worker that were under way at a reload end within this. */
#define RELOAD_NS (2 * 1000 * 1000 * 1000ull)
#define DNS_PORT 53
/* DNS RCODE, RFC 1035 4.1.1. */
#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED 5
#define RCODE_NO_ANSWER 0xffff

static bool is_taken_out(const struct event_backend_status *status)
{
	return status->header.type && status->state && status->state != BACKEND_UP &&
	       status->state != BACKEND_UNCHECKED;
}

bool finding_never_connected(const struct finding_case *one, struct finding *finding)
{
	const uint32_t unused = BACKEND_BACKUP | BACKEND_DISABLED | BACKEND_UNIX | BACKEND_DYNAMIC;
	const struct finding_pool *pool = one->pool;

	if (!pool || pool->servers < 2 || pool->attempts < ATTEMPTS_LEAST || one->attempts ||
	    one->established || !one->row->address_count || is_taken_out(&one->row->status) ||
	    (one->row->config.header.flags & unused))
		return false;
	/* By chance, or by a hash of few clients, a small share may be none. */
	finding->severity = pool->attempts / (pool->servers - 1) >= ATTEMPTS_LEAST ? FINDING_WARNING
										   : FINDING_NOTE;
	evidence_format(finding->text,
			"%s: not one of the %" PRIu64
			" connections to its pool's servers went here",
			one->name, pool->attempts);
	evidence_format(finding->fix,
			"look at its weight and at how the pool is balanced; a reload may be due");
	return true;
}

/* "L7STS 404 (Not Found)" or "conn-refused", as far as known. */
static void format_result(const struct finding_case *one, char *text, size_t bytes)
{
	const struct event_backend_status *status = &one->row->status;
	const struct report_checks *checks = &one->row->checks;
	const char *cause = checks->last_cause ? catalogue_cause(checks->last_cause)->id : "";
	char word[64] = "", code[16] = "", said[80] = "";

	if (is_taken_out(status)) {
		text_escape(status->check_status, word, sizeof(word));
		if (*status->check_text)
			text_escape(status->check_text, said, sizeof(said));
		if (status->check_code)
			snprintf(code, sizeof(code), " %u", status->check_code);
	} else if (checks->last_status) {
		snprintf(code, sizeof(code), " %u", checks->last_status);
	}
	snprintf(text, bytes, "%s%s%s%s%s%s%s", cause, *cause && *word ? ", " : "", word, code,
		 *said ? " (" : "", said, *said ? ")" : "");
}

bool finding_check_failing(const struct finding_case *one, struct finding *finding)
{
	const struct event_backend *config = &one->row->config;
	const struct event_backend_status *status = &one->row->status;
	const struct report_checks *checks = &one->row->checks;
	const struct report_sources *sources = one->sources;
	bool is_down = status->header.type && status->state == BACKEND_DOWN;
	char target[80] = "", result[192], since[48] = "";
	uint64_t now_ns = sources->now_ns + (uint64_t)sources->options->epoch_offset_ns;
	uint16_t code = is_down ? status->check_code : checks->last_status;

	if ((!is_down && !checks->since_epoch_ns) || (config->header.flags & BACKEND_DISABLED))
		return false;
	if (*config->check_target)
		text_escape(config->check_target, target, sizeof(target));
	format_result(one, result, sizeof(result));
	if (checks->since_epoch_ns && checks->since_epoch_ns < now_ns)
		snprintf(since, sizeof(since), " for %.1f s",
			 (double)(now_ns - checks->since_epoch_ns) / NS_PER_SECOND);
	finding->severity = FINDING_ERROR;
	evidence_format(finding->text, "%s: %s its check%s%s has failed%s%s%.90s", one->name,
			is_down ? "is down," : "", *target ? " " : "", target, since,
			*result ? ": " : "", result);
	if (code && *target)
		evidence_format(finding->fix,
				"let `%s` answer 2xx or 3xx, or correct the check's path or Host",
				target);
	else
		evidence_format(finding->fix,
				"repair what the check meets, or correct its port or its kind");
	return true;
}

static const char *name_rcode(uint16_t code, char *text, size_t bytes)
{
	switch (code) {
	case RCODE_SERVFAIL:
		return "SERVFAIL";
	case RCODE_NXDOMAIN:
		return "NXDOMAIN: there is no such name";
	case RCODE_REFUSED:
		return "REFUSED";
	case RCODE_NO_ANSWER:
		return "no name server answered";
	case 0:
		return "the name has no address";
	default:
		snprintf(text, bytes, "RCODE %u", code);
		return text;
	}
}

bool finding_unresolved(const struct finding_case *one, struct finding *finding)
{
	const struct event_backend_address *unresolved = &one->backend->unresolved;
	char host[EVENT_TEXT_BYTES], text[24];
	const char *reason;

	if (!unresolved->header.type)
		return false;
	configured_backend_host(&one->row->config, host);
	reason = name_rcode(unresolved->error, text, sizeof(text));
	/* The load balancer may have got an address all the same, or earlier. */
	finding->severity = one->row->connected || unresolved->error == RCODE_NO_ANSWER
				    ? FINDING_WARNING
				    : FINDING_ERROR;
	evidence_format(finding->text, "%s: the name %.100s does not resolve (%s)", one->name, host,
			reason);
	evidence_format(finding->fix, "correct the name, or repair the resolver that is asked");
	return true;
}

/* Said at the first backend of the file. */
static bool is_first_of_file(const struct configured_backend *backend, const char *file)
{
	const struct configured_generation *generation = backend->generation;
	const struct configured_backend *first = NULL;

	for (size_t i = 0; i < generation->room && i <= backend->config.index; i++) {
		const struct configured_backend *other = generation->backends[i];

		if (!other)
			continue;
		if (!strcmp(other->config.file, file))
			return other == backend;
		if (!first)
			first = other;
	}
	return false;
}

bool finding_config_changed(const struct finding_case *one, struct finding *finding)
{
	const struct configured_generation *generation = one->backend->generation;

	for (size_t i = 0; i < generation->note_count; i++) {
		const struct event_config *note = &generation->notes[i];
		char file[MODEL_TEXT_BYTES];

		if (note->kind != CONFIG_CHANGED ||
		    strcmp(note->file, one->row->config.file) != 0 ||
		    !is_first_of_file(one->backend, note->file))
			continue;
		text_escape(note->file, file, sizeof(file));
		finding->severity = FINDING_WARNING;
		finding->line = 0;
		evidence_format(
			finding->text,
			"%.140s is newer than the processes that read it: what runs may differ from what it says",
			file);
		evidence_format(finding->fix,
				"reload the load balancer, and look whether it takes the file");
		return true;
	}
	return false;
}

/* Of the configuration before the reload: an old worker still goes by it. */
static bool judge_replaced(const struct report_sources *sources, const struct account *account,
			   const struct configured_backend *backend, struct finding *finding)
{
	const struct configured_generation *now = backend->generation->group->now;
	char name[MODEL_NAME_BYTES], address[ENDPOINT_TEXT_BYTES];

	if (backend->generation == now || account->backend->begun_ns < now->time_ns + RELOAD_NS ||
	    sources->now_ns < now->time_ns)
		return false;
	configured_backend_name(&backend->config, name);
	finding->severity = FINDING_NOTE;
	evidence_format(
		finding->text,
		"%s was %.100s until the reload %.0f s before, and is configured no longer: process %u still connects to it, an old worker most likely",
		endpoint_format(&account->address, address), name,
		(double)(sources->now_ns - now->time_ns) / NS_PER_SECOND,
		account->backend->owner.tgid);
	evidence_format(
		finding->fix,
		"let old workers end: worker_shutdown_timeout (nginx), hard-stop-after (HAProxy)");
	return true;
}

bool finding_not_configured(const struct report_sources *sources, const struct account *account,
			    const struct event_owner *owner, struct finding *finding)
{
	const struct configured_group *group = configured_group(sources->configured, owner->group);
	const struct configured_backend *before =
		configured_find(sources->configured, owner, &account->address, SPEECH_ANY);
	char address[ENDPOINT_TEXT_BYTES], file[MODEL_TEXT_BYTES];
	const char *excuse = "";

	if (before)
		return judge_replaced(sources, account, before, finding);
	if (!group || !group->now || !group->now->count || account->address.port == DNS_PORT)
		return false;
	if (group->now->has_dynamic)
		excuse = "; it may be one that a variable leads to";
	else if (group->now->is_partial)
		excuse = "; not all of the configuration could be read";
	text_escape(group->now->file, file, sizeof(file));
	finding->severity = account->row->failed && !*excuse ? FINDING_WARNING : FINDING_NOTE;
	evidence_format(finding->text, "%s is connected to, and %.120s does not name it%s",
			endpoint_format(&account->address, address), file, excuse);
	evidence_format(finding->fix,
			"reload if the file has changed; else look which directive leads there");
	memcpy(finding->file, group->now->file, sizeof(finding->file));
	return true;
}

static void say_stale(const struct configured_stale *stale, const struct event_address *address,
		      bool failed, struct finding *finding)
{
	const struct event_backend *config = &stale->backend->config;
	char name[MODEL_NAME_BYTES], host[EVENT_TEXT_BYTES], old[ENDPOINT_TEXT_BYTES];
	char now[ENDPOINT_TEXT_BYTES] = "nothing";

	configured_backend_name(config, name);
	configured_backend_host(config, host);
	endpoint_format(address, old);
	if (stale->now.family)
		endpoint_format_host(&stale->now, now);
	finding->severity = failed ? FINDING_ERROR : FINDING_WARNING;
	evidence_format(finding->text,
			"%.70s: still connected to %s, which %.80s %s; it means %s now%s", name,
			old, host, stale->gone_ns ? "meant before" : "does not mean", now,
			stale->others ? " (another name may be meant)" : "");
	evidence_format(
		finding->fix, "%s",
		config->header.flags & BACKEND_RESOLVED_ONCE
			? "reload, and let the name be resolved again while it runs (`resolver`, `resolve`)"
			: "let the name be resolved again while it runs: `resolvers`, a shorter hold or TTL");
}

const struct configured_backend *finding_dns_stale(const struct report_sources *sources,
						   const struct account *account,
						   const struct event_owner *owner,
						   struct finding *finding)
{
	struct configured_stale stale;

	if (!configured_is_stale(sources->configured, owner, &account->address, sources->now_ns,
				 &stale))
		return NULL;
	/* What was done while the name still meant it was right. */
	if (stale.gone_ns && account->backend->begun_ns < stale.gone_ns &&
	    account->backend->last_failure_ns < stale.gone_ns && !account->row->established)
		return NULL;
	say_stale(&stale, &account->address, account->row->failed, finding);
	return stale.backend;
}

bool finding_told_stale(const struct finding_case *one, struct finding *finding)
{
	const struct configured_place *place;
	struct configured_stale stale;

	LIST_FOREACH(place, &one->backend->places, of_backend) {
		const struct event_address *address = &place->host->key.address;

		if ((place->sources & PLACE_TOLD) &&
		    configured_is_stale(one->sources->configured, &one->row->owner, address,
					one->sources->now_ns, &stale) &&
		    stale.backend == one->backend) {
			say_stale(&stale, address, one->row->failed, finding);
			return true;
		}
	}
	return false;
}
