// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/down.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/diagnose/configured_table.h"
#include "user/diagnose/verdicts.h"
#include "user/lib/text.h"

#define MS_NS (1000 * 1000ull)

/* A burst of 5xx is explained by one look at the pools. */
#define LOOK_NS (100 * MS_NS)
#define SERVERS_SHOWN 3
#define NAME_MOST 60

/* What the last look found. */
struct down {
	uint32_t group;
	uint64_t looked_ns;
	bool has_pool; /* one whose servers are all out */
	struct evidence lines;
};

struct down *down_new(void)
{
	return calloc(1, sizeof(struct down));
}

void down_free(struct down *down)
{
	free(down);
}

/* A server, and why it is out. */
struct server {
	const struct configured_backend *backend;
	struct check_view check;
	bool is_checked; /* `check` is filled, and fails */
};

static bool is_told_out(const struct configured_backend *backend)
{
	return backend->status && (backend->status->state == BACKEND_DOWN ||
				   backend->status->state == BACKEND_MAINTENANCE);
}

static bool is_told_in(const struct configured_backend *backend)
{
	return backend->status && (backend->status->state == BACKEND_UP ||
				   backend->status->state == BACKEND_UNCHECKED);
}

/* Whether the checks of the server fail at `now_ns`, as far as the kernel saw. */
static bool find_check(const struct verdict_sources *sources,
		       const struct configured_backend *backend, uint64_t now_ns,
		       struct check_view *check)
{
	const struct configured_place *place;

	LIST_FOREACH(place, &backend->places, of_backend) {
		if (configured_place_is_checked(place) &&
		    checks_find(sources->checks, place->host->key.group, &place->host->key.address,
				now_ns, check) &&
		    check->since_ns)
			return true;
	}
	return false;
}

/* Whether no request goes to the server. */
static bool is_out(const struct verdict_sources *sources, const struct configured_backend *backend,
		   uint64_t now_ns, struct server *server)
{
	server->backend = backend;
	server->is_checked = find_check(sources, backend, now_ns, &server->check);
	if (is_told_out(backend))
		return true;
	/* The load balancer's word may be older than its last check. */
	return server->is_checked &&
	       !(is_told_in(backend) && backend->status->header.time_ns > server->check.last_ns);
}

/* "conn-refused", of the check that failed last. */
static const char *name_cause(const struct verdict_sources *sources, const struct check_view *check)
{
	struct outcome outcome;
	enum cause_id cause = check->last_cause;

	if (cause == CAUSE_NONE && check->latest) {
		verdict_classify(sources, check->latest, 503, &outcome);
		cause = outcome.cause;
	}
	return cause == CAUSE_NONE ? "" : catalogue_cause(cause)->id;
}

/* "L4CON conn-refused", "L7STS 404" */
static void format_reason(const struct verdict_sources *sources, const struct server *server,
			  char *text, size_t bytes)
{
	const struct event_backend_status *status = server->backend->status;
	const char *cause = server->is_checked ? name_cause(sources, &server->check) : "";
	char word[sizeof(status->check_status) * TEXT_ESCAPE_FACTOR] = "", number[8] = "";
	uint16_t code = server->is_checked ? server->check.last_status : 0;

	if (status && is_told_out(server->backend)) {
		text_escape(status->check_status, word, sizeof(word));
		code = status->check_code ? status->check_code : code;
	}
	if (code)
		snprintf(number, sizeof(number), "%u", code % 1000u);
	snprintf(text, bytes, "%s%s%s%s%s", cause, *cause && (*word || *number) ? ", " : "", word,
		 *word && *number ? " " : "", number);
	if (!*text)
		snprintf(text, bytes, "its reason was not seen");
}

/* The last part of a path that is too long for a line. */
static const char *shorten(const char *path)
{
	const size_t most = 60;
	size_t length = strlen(path);

	return length > most ? path + length - most : path;
}

/* "GET /health, /etc/haproxy/haproxy.cfg:12" */
static void format_check(const struct event_backend *config, char *check, size_t bytes)
{
	static const char *const kinds[CHECK_KINDS] = {
		[CHECK_NONE] = "a check",
		[CHECK_TCP] = "a TCP connect",
		[CHECK_HTTP] = "an HTTP check",
		[CHECK_TLS] = "a TLS hello",
		[CHECK_OTHER] = "a check of its own kind",
	};
	char line[EVENT_PATH_BYTES + EVENT_TEXT_BYTES];

	snprintf(line, sizeof(line), "%.60s, %s:%u",
		 *config->check_target ? config->check_target : kinds[config->check],
		 shorten(config->file), config->line);
	text_escape(line, check, bytes);
}

static void say_server(const struct verdict_sources *sources, const struct server *server,
		       uint64_t now_ns, struct evidence *lines)
{
	const struct event_backend *config = &server->backend->config;
	const struct event_backend_status *status = server->backend->status;
	char name[MODEL_NAME_BYTES], check[160], reason[96];
	uint64_t since_ns = server->is_checked ? server->check.since_ns : 0;

	configured_backend_name(config, name);
	if (is_told_out(server->backend)) {
		if (status->changed_ns)
			since_ns = status->changed_ns;
		if (status->state == BACKEND_MAINTENANCE) {
			evidence_add(lines, "%.*s is in maintenance", NAME_MOST, name);
			return;
		}
	}
	format_check(config, check, sizeof(check));
	format_reason(sources, server, reason, sizeof(reason));
	if (since_ns && since_ns <= now_ns)
		evidence_add(lines, "%.*s is down since %.1f s: its check (%.120s) fails: %s",
			     NAME_MOST, name, (double)(now_ns - since_ns) / 1e9, check, reason);
	else
		evidence_add(lines, "%.*s is down: its check (%.120s) fails: %s", NAME_MOST, name,
			     check, reason);
}

/* The pool whose first server is backends[first]: looks at the servers up to backends[*end]. */
static void look_at_pool(const struct verdict_sources *sources,
			 const struct configured_generation *generation, size_t first, size_t end,
			 struct down *down)
{
	struct server shown[SERVERS_SHOWN], server;
	size_t out = 0;

	for (size_t i = first; i < end; i++) {
		const struct configured_backend *backend = generation->backends[i];

		if (!backend || (backend->config.header.flags & BACKEND_DISABLED))
			continue;
		if (!is_out(sources, backend, down->looked_ns, &server))
			return;
		if (out < SERVERS_SHOWN)
			shown[out] = server;
		out++;
	}
	if (!out)
		return;
	down->has_pool = true;
	for (size_t i = 0; i < out && i < SERVERS_SHOWN && down->lines.count < SERVERS_SHOWN; i++)
		say_server(sources, &shown[i], down->looked_ns, &down->lines);
}

static size_t find_end(const struct configured_generation *generation, size_t first)
{
	const struct configured_backend *backend = generation->backends[first];
	size_t end = first + 1;

	while (end < generation->room && generation->backends[end] &&
	       !strcmp(generation->backends[end]->config.pool, backend->config.pool))
		end++;
	return end;
}

/* Where no failed check was seen: a check fails by its status too. */
static void say_silent_check(const struct configured_generation *generation, struct down *down)
{
	char check[160];

	for (size_t i = 0; i < generation->room; i++) {
		const struct configured_backend *backend = generation->backends[i];

		if (!backend || backend->config.check != CHECK_HTTP ||
		    !(backend->config.header.flags & BACKEND_CHECKED))
			continue;
		format_check(&backend->config, check, sizeof(check));
		evidence_add(
			&down->lines,
			"servers are checked (%.120s): an answer other than 2xx or 3xx takes them out, and is not seen as a failure here",
			check);
		return;
	}
}

static void look(const struct verdict_sources *sources, uint32_t number, uint64_t now_ns)
{
	const struct configured_group *group = configured_group(sources->configured, number);
	struct down *down = sources->down;

	if (down->group == number && now_ns >= down->looked_ns &&
	    now_ns - down->looked_ns < LOOK_NS)
		return;
	memset(down, 0, sizeof(*down));
	down->group = number;
	down->looked_ns = now_ns;
	if (!group || !group->now)
		return;
	for (size_t i = 0; i < group->now->room;) {
		size_t end = i + 1;

		if (group->now->backends[i]) {
			end = find_end(group->now, i);
			look_at_pool(sources, group->now, i, end, down);
		}
		i = end;
	}
	if (!down->has_pool)
		say_silent_check(group->now, down);
}

/* What was said of failing backends, whatever the pool, may stay. */
static bool is_kept(const struct down *down, const char *line)
{
	return !down->has_pool || !strncmp(line, "of its backends", strlen("of its backends"));
}

void down_explain(const struct verdict_sources *sources, struct gateway_error *error)
{
	const struct down *down = sources->down;
	struct evidence said;

	look(sources, error->event.owner.group, error->event.header.time_ns);
	if (!down->lines.count)
		return;
	said = error->evidence;
	if (said.count)
		error->evidence.count = 1;
	for (size_t i = 0; i < down->lines.count; i++)
		evidence_add(&error->evidence, "%s", down->lines.lines[i]);
	/* The last line is for what else is to be said. */
	for (size_t i = 1; i < said.count && error->evidence.count < MODEL_EVIDENCE_LINES - 1;
	     i++) {
		if (is_kept(down, said.lines[i]))
			evidence_add(&error->evidence, "%s", said.lines[i]);
	}
	if (down->has_pool && error->confidence < CONFIDENCE_LIKELY)
		error->confidence = CONFIDENCE_LIKELY;
}
