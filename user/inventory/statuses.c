// SPDX-License-Identifier: GPL-2.0-only
/* What HAProxy itself says of its servers, on its stats socket: asked now and then, never needed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/haproxy_stats.h"
#include "user/inventory/group_config.h"
#include "user/inventory/stats_socket.h"
#include "user/inventory/status_table.h"
#include "user/lib/clock.h"
#include "user/lib/endpoint.h"

#define STATUSES_EVERY_NS (2 * CLOCK_NS_PER_SECOND)
/* An answer takes HAProxy about this long; it is to spend no more than a percent of its time on it. */
#define STATUSES_REST_NS_PER_BYTE 10000u
#define STATUSES_FAILED_NS (10 * CLOCK_NS_PER_SECOND)
#define STATUSES_FAILED_MOST_NS (160 * CLOCK_NS_PER_SECOND)
#define STATUSES_COUNTERS_NS (10 * CLOCK_NS_PER_SECOND) /* what only counts is given so often */
#define NS_PER_MS (CLOCK_NS_PER_SECOND / 1000)
#define CHANGED_SLACK_NS (3 * CLOCK_NS_PER_SECOND) /* HAProxy tells whole seconds */

enum question {
	QUESTION_NONE,
	QUESTION_INFO, /* whose socket it is */
	QUESTION_STATUS,
	QUESTION_ADDRESSES,
};

static const char *const questions[] = {
	[QUESTION_INFO] = "show info\n",
	[QUESTION_STATUS] = "show stat -1 4 -1\n", /* all proxies, servers only */
	[QUESTION_ADDRESSES] = "show servers state\n",
};

struct statuses {
	char paths[CONFIG_SOCKETS_MOST][EVENT_HOST_BYTES];
	size_t path_count, path_at;
	struct stats_socket socket;
	enum question question; /* under way, or to be asked next */
	bool asked; /* answered or failed once */
	bool has_named, lacks_addresses;
	bool addresses_denied; /* by the socket's level */
	bool told_failure;
	unsigned int failures;
	uint64_t next_ns;
	size_t bytes; /* of the answers of this round */
	struct status_table table;
};

/* An answer on its way to the sink. */
struct round {
	struct inventory *inventory;
	struct group *group;
	const struct inventory_callbacks *callbacks;
	uint64_t now_ns;
};

/* The path of a Unix socket as the configuration has it; NULL: none that can be found. */
static const char *path_of(const char *written)
{
	static const char prefix[] = "unix@";

	if (!strncmp(written, prefix, sizeof(prefix) - 1))
		written += sizeof(prefix) - 1;
	return written[0] == '/' ? written : NULL;
}

static void take_paths(struct statuses *statuses, const struct config *config)
{
	size_t i;

	for (i = 0; i < config->socket_count; i++) {
		const char *path = path_of(config->sockets[i]);

		if (path)
			memmove(statuses->paths[statuses->path_count++], path, strlen(path) + 1);
	}
}

/* The servers whose addresses only the load balancer knows. 0 or -ENOMEM. */
static int take_named(struct statuses *statuses, const struct config *config)
{
	int err = 0;
	size_t i;

	for (i = 0; i < config->backend_count && !err; i++) {
		const struct event_backend *backend = &config->backends[i];
		struct status_key key;
		struct status *status;

		if (!(backend->header.flags & (BACKEND_NAMED | BACKEND_DYNAMIC)))
			continue;
		status_make_key(&key, backend->pool, backend->name);
		status = status_find_or_add(&statuses->table, &key, &err);
		if (!status)
			continue;
		status->is_named = true;
		status->index = backend->index;
		statuses->has_named = true;
	}
	return err;
}

int statuses_begin(struct group_config *configured)
{
	struct statuses *statuses;

	statuses_free(configured);
	if (!configured->config.socket_count || configured->place.root < 0 ||
	    configured->placed_kind != BALANCER_HAPROXY + 1)
		return 0;
	statuses = calloc(1, sizeof(*statuses));
	if (!statuses)
		return -ENOMEM;
	stats_socket_open(&statuses->socket);
	configured->statuses = statuses;
	take_paths(statuses, &configured->config);
	statuses->asked = !statuses->path_count;
	return take_named(statuses, &configured->config);
}

void statuses_free(struct group_config *configured)
{
	if (!configured->statuses)
		return;
	status_forget_all(&configured->statuses->table);
	stats_socket_close(&configured->statuses->socket);
	free(configured->statuses);
	configured->statuses = NULL;
}

void statuses_hurry(struct statuses *statuses)
{
	statuses->next_ns = 0;
}

bool statuses_settled(const struct group_config *configured)
{
	return !configured->statuses || configured->statuses->asked;
}

const struct event_address *statuses_address(const struct group_config *configured,
					     const struct event_backend *backend)
{
	const struct status *status;
	struct status_key key;

	if (!configured->statuses)
		return NULL;
	status_make_key(&key, backend->pool, backend->name);
	status = status_find(&configured->statuses->table, &key);
	return status && status->is_named && status->told.family ? &status->told : NULL;
}

static int give_address(const struct round *round, const struct status *status, uint32_t flags)
{
	struct event_backend_address record;

	memset(&record, 0, sizeof(record));
	record.header.type = EVENT_BACKEND_ADDRESS;
	record.header.size_bytes = sizeof(record);
	record.header.flags = BACKEND_ADDRESS_TOLD | flags;
	record.header.time_ns = round->now_ns;
	record.owner = round->group->announced.owner;
	record.address = status->told;
	record.generation = round->group->configured->generation;
	record.index = status->index;
	return round->callbacks->sink(round->callbacks->context, &record.header);
}

/* A server's address as the load balancer has it now; family 0: none, or it does not say. */
static int take_address(const struct round *round, struct status *status,
			const struct event_address *address)
{
	int err = 0;

	if (!status->is_named || !address->family || endpoint_equal(&status->told, address))
		return 0;
	if (status->told.family)
		err = give_address(round, status, BACKEND_ADDRESS_GONE);
	status->told = *address;
	return err ? err : give_address(round, status, 0);
}

/* What an operator would call a change. */
static bool is_news(const struct event_backend_status *before,
		    const struct event_backend_status *now)
{
	return before->state != now->state || before->check_code != now->check_code ||
	       before->weight != now->weight || !endpoint_equal(&before->address, &now->address) ||
	       strcmp(before->check_status, now->check_status) != 0 ||
	       strcmp(before->check_text, now->check_text) != 0 ||
	       now->changed_ns > before->changed_ns + CHANGED_SLACK_NS;
}

static bool has_counted(const struct event_backend_status *before,
			const struct event_backend_status *now)
{
	return before->connect_errors != now->connect_errors ||
	       before->response_errors != now->response_errors || before->retries != now->retries ||
	       before->redispatches != now->redispatches || before->queued != now->queued;
}

/* `status->changed_ns` is an age as yet. */
static int on_status(void *context, const struct event_backend_status *told)
{
	const struct round *round = context;
	struct statuses *statuses = round->group->configured->statuses;
	struct event_backend_status now = *told;
	struct status_key key;
	struct status *status;
	bool due;
	int err;

	status_make_key(&key, told->pool, told->name);
	status = status_find_or_add(&statuses->table, &key, &err);
	if (!status)
		return err;
	now.header.type = EVENT_BACKEND_STATUS;
	now.header.size_bytes = sizeof(now);
	now.header.time_ns = round->now_ns;
	now.owner = round->group->announced.owner;
	now.netns = round->group->announced.netns;
	haproxy_status_keep(&now, status->given.header.type ? &status->given : NULL);
	if (now.changed_ns)
		now.changed_ns =
			now.changed_ns < round->now_ns ? round->now_ns - now.changed_ns : 1;
	if (status->is_named && !now.address.family)
		statuses->lacks_addresses = true;
	err = take_address(round, status, &now.address);
	due = !status->given.header.type || is_news(&status->given, &now) ||
	      (has_counted(&status->given, &now) &&
	       round->now_ns >= status->given.header.time_ns + STATUSES_COUNTERS_NS);
	if (err || !due)
		return err;
	status->given = now;
	return round->callbacks->sink(round->callbacks->context, &now.header);
}

static int on_server(void *context, const struct haproxy_server_state *server)
{
	const struct round *round = context;
	struct status_key key;
	struct status *status;

	status_make_key(&key, server->pool, server->name);
	status = status_find(&round->group->configured->statuses->table, &key);
	return status ? take_address(round, status, &server->address) : 0;
}

/* The process's number in its own pid namespace; 0: not known. */
static uint32_t inner_tgid(const struct inventory *inventory, uint32_t tgid)
{
	char text[4096 + 1];
	long got = process_read_file(inventory->proc, tgid, "status", text, sizeof(text) - 1);
	char *line, *last;

	if (got <= 0)
		return 0;
	text[got] = '\0';
	line = strstr(text, "\nNSpid:");
	if (!line)
		return 0;
	line++;
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, '\t');
	return last ? process_parse_tgid(last + 1) : 0;
}

/* Of two load balancers with the same path the younger one has the socket: after a restart the old one
 * may live on for long, without it. */
static bool is_own_process(const struct round *round, uint32_t pid)
{
	const struct known_process *process;

	for (process = round->inventory->processes; process; process = process->hh.next) {
		uint32_t inner;

		if (!process->followed || process->owner.group != round->group->leader)
			continue;
		inner = inner_tgid(round->inventory, process->tgid);
		if (!inner || inner == pid)
			return true;
	}
	return false;
}

static void rest(struct statuses *statuses, uint64_t now_ns, uint64_t at_least_ns)
{
	uint64_t rest_ns = (uint64_t)statuses->bytes * STATUSES_REST_NS_PER_BYTE;

	statuses->next_ns = now_ns + (rest_ns > at_least_ns ? rest_ns : at_least_ns);
	statuses->question = QUESTION_NONE;
	statuses->bytes = 0;
	statuses->asked = true;
}

static const char *explain(int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return "stats socket: permission denied; what it says is not known";
	case -ENOENT:
	case -ECONNREFUSED:
		return "stats socket: nobody listens there; what it says is not known";
	case -EMSGSIZE:
		return "stats socket: its answer is too long; what it says is not known";
	case -ETIMEDOUT:
		return "stats socket: no answer in time; what it says is not known";
	case -EBADMSG:
		return "stats socket: its answer is not understood";
	default:
		return "stats socket: it cannot be read; what it says is not known";
	}
}

/* The next socket is tried, each one less often the longer none of them answers. Said once. */
static int fail(const struct round *round, int err)
{
	struct statuses *statuses = round->group->configured->statuses;
	const char *path = statuses->paths[statuses->path_at];
	uint64_t rest_ns;

	stats_socket_close(&statuses->socket);
	statuses->path_at = (statuses->path_at + 1) % statuses->path_count;
	if (statuses->path_at) {
		statuses->question = QUESTION_NONE;
		return 0;
	}
	rest_ns = STATUSES_FAILED_NS << statuses->failures;
	if (rest_ns < STATUSES_FAILED_MOST_NS)
		statuses->failures++;
	rest(statuses, round->now_ns, rest_ns);
	if (statuses->told_failure)
		return 0;
	statuses->told_failure = true;
	return group_config_note(round->group,
				 err == -EMSGSIZE ? CONFIG_BOUNDED : CONFIG_UNREADABLE, path,
				 explain(err), round->callbacks);
}

static int take_info(const struct round *round, struct statuses *statuses)
{
	struct haproxy_info info = { 0 };
	int err = haproxy_info_parse(statuses->socket.text, statuses->socket.length, &info);

	if (err == -EBADMSG)
		return fail(round, err);
	if (info.pid && !is_own_process(round, info.pid)) {
		rest(statuses, round->now_ns, STATUSES_FAILED_NS);
		return 0;
	}
	statuses->question = QUESTION_STATUS;
	return 0;
}

/* Takes a whole answer. 0, -ENOMEM or the sink's error. */
static int take_answer(struct round *round, struct statuses *statuses)
{
	const char *text = statuses->socket.text;
	size_t length = statuses->socket.length;
	int err = 0;

	statuses->bytes += length;
	if (statuses->question == QUESTION_INFO)
		return take_info(round, statuses);
	if (statuses->question == QUESTION_STATUS) {
		statuses->lacks_addresses = false;
		err = haproxy_stats_parse(text, length, on_status, round);
	} else {
		err = haproxy_servers_state_parse(text, length, on_server, round);
		statuses->addresses_denied = err == -EACCES;
		err = err == -EACCES ? 0 : err;
	}
	if (err == -EBADMSG || err == -EACCES)
		return fail(round, err);
	err = err == -EAGAIN ? 0 : err; /* it closed in the middle: a restart */
	statuses->failures = 0;
	if (!err && statuses->question == QUESTION_STATUS && statuses->has_named &&
	    statuses->lacks_addresses && !statuses->addresses_denied)
		statuses->question = QUESTION_ADDRESSES;
	else
		rest(statuses, round->now_ns, STATUSES_EVERY_NS);
	return err;
}

static int ask(const struct round *round, struct statuses *statuses)
{
	int err;

	if (statuses->question == QUESTION_NONE)
		statuses->question = QUESTION_INFO;
	err = stats_socket_ask(&statuses->socket, round->group->configured->place.root,
			       statuses->paths[statuses->path_at], questions[statuses->question]);
	return err ? fail(round, err) : 0;
}

/* All the questions of a round, as far as they are answered in time. */
static int turn_group(struct round *round, uint64_t until_ns)
{
	struct statuses *statuses = round->group->configured->statuses;
	int err = 0;

	while (!err) {
		round->now_ns = clock_now_ns();
		if (statuses->socket.fd < 0) {
			if (round->now_ns < statuses->next_ns)
				return 0;
			err = ask(round, statuses);
			if (err || statuses->socket.fd < 0)
				continue;
		}
		err = stats_socket_read(&statuses->socket, until_ns);
		if (err == -EAGAIN)
			return 0;
		round->now_ns = clock_now_ns();
		err = err ? fail(round, err) : take_answer(round, statuses);
		stats_socket_close(&statuses->socket);
	}
	return err;
}

int statuses_turn(struct inventory *inventory, int patience_ms,
		  const struct inventory_callbacks *callbacks)
{
	uint64_t until_ns = clock_now_ns() + (uint64_t)patience_ms * NS_PER_MS;
	struct group *group;
	int err = 0;

	for (group = inventory->groups; group && !err; group = group->hh.next) {
		struct round round = { inventory, group, callbacks, 0 };

		if (group->configured && group->configured->statuses &&
		    group->configured->statuses->path_count)
			err = turn_group(&round, until_ns);
	}
	return err;
}
