// SPDX-License-Identifier: GPL-2.0-only
#include "user/probe/probe.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/lib/clock.h"
#include "user/probe/connection.h"

#define NS_PER_MS 1000000
#define WAIT_MOST_MS 1000

struct run {
	const struct probe_options *options;
	const struct probe_target *targets;
	struct probe_result *results;
	size_t count, next; /* the first that was not begun */
	struct connection running[PROBE_RUNNING_MOST]; /* the first `running_count` are under way */
	size_t running_count;
};

static void begin_more(struct run *run)
{
	while (run->next < run->count && run->running_count < PROBE_RUNNING_MOST) {
		struct connection *connection = &run->running[run->running_count];

		connection_begin(connection, run->options, &run->targets[run->next],
				 &run->results[run->next]);
		run->next++;
		if (connection->socket >= 0)
			run->running_count++;
	}
}

static int wait_ms(const struct run *run, uint64_t now_ns)
{
	uint64_t soonest_ns = now_ns + WAIT_MOST_MS * (uint64_t)NS_PER_MS;

	for (size_t i = 0; i < run->running_count; i++) {
		if (run->running[i].deadline_ns < soonest_ns)
			soonest_ns = run->running[i].deadline_ns;
	}
	/* Rounded up, so that it is not woken before the time. */
	return soonest_ns > now_ns ? (int)((soonest_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

static void drop_ended(struct run *run)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->running_count; i++) {
		if (run->running[i].socket >= 0)
			run->running[kept++] = run->running[i];
	}
	run->running_count = kept;
}

static int advance(struct run *run)
{
	struct pollfd polled[PROBE_RUNNING_MOST];

	for (size_t i = 0; i < run->running_count; i++)
		polled[i] = (struct pollfd){ .fd = run->running[i].socket,
					     .events = connection_events(&run->running[i]) };
	if (poll(polled, run->running_count, wait_ms(run, clock_now_ns())) < 0) {
		if (errno != EINTR)
			return -errno;
		return 0;
	}
	for (size_t i = 0; i < run->running_count; i++)
		connection_advance(&run->running[i], polled[i].revents, clock_now_ns());
	drop_ended(run);
	return 0;
}

int probe_ask(const struct probe_options *options, const struct probe_target *targets, size_t count,
	      struct probe_result *results)
{
	struct run *run = calloc(1, sizeof(*run));
	int err = 0;

	if (!run)
		return -ENOMEM;
	run->options = options;
	run->targets = targets;
	run->results = results;
	run->count = count;
	begin_more(run);
	while (!err && run->running_count) {
		err = advance(run);
		begin_more(run);
	}
	for (size_t i = 0; i < run->running_count; i++)
		close(run->running[i].socket);
	free(run);
	return err;
}
