// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/survey.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "user/lib/clock.h"
#include "user/lib/message.h"

#define MOST_NS (8 * CLOCK_NS_PER_SECOND)
#define TURN_NS (CLOCK_NS_PER_SECOND / 10)
#define LOOK_NS CLOCK_NS_PER_SECOND
#define LOOKS_AT_ONCE 3 /* until the inventory gives what it waits with */

struct run {
	record_sink sink;
	void *context;
	int err; /* the sink's or the turn's first, which is not said here */
};

int survey_open(struct attach_options *options, struct survey *survey)
{
	int err = 0;

	*survey = (struct survey){ 0 };
	if (options->netns)
		err = inventory_netns(options->netns, &options->inventory.netns);
	if (!err)
		err = inventory_new(&options->inventory, &survey->inventory);
	if (err == -ENOMEM)
		message_error("out of memory before anything was looked at");
	return err;
}

void survey_close(struct survey *survey)
{
	inventory_free(survey->inventory);
}

static int on_follow(void *context, const struct event_owner *owner)
{
	(void)context;
	(void)owner;
	return 0;
}

static void on_forget(void *context, uint32_t tgid)
{
	(void)context;
	(void)tgid;
}

static int on_record(void *context, const struct event_header *record)
{
	struct run *run = context;

	run->err = run->sink(run->context, record);
	return run->err;
}

static void wait_turn(void)
{
	const struct timespec length = { .tv_nsec = TURN_NS };

	nanosleep(&length, NULL);
}

int survey_run(struct survey *survey, record_sink sink, int (*turn)(void *context), void *context)
{
	struct run run = { .sink = sink, .context = context };
	const struct inventory_callbacks callbacks = {
		.follow = on_follow,
		.forget = on_forget,
		.sink = on_record,
		.context = &run,
	};
	uint64_t began_ns = clock_now_ns();
	uint64_t next_look_ns = 0;
	unsigned int looks = 0;
	int err = 0;

	for (;;) {
		uint64_t now_ns = clock_now_ns();

		if (looks < LOOKS_AT_ONCE || now_ns >= next_look_ns) {
			err = inventory_look(survey->inventory, &callbacks);
			next_look_ns = now_ns + LOOK_NS;
			looks++;
		} else {
			err = inventory_turn(survey->inventory, &callbacks);
		}
		if (!run.err && err >= 0 && turn)
			run.err = turn(context);
		if (run.err || err < 0 || inventory_settled(survey->inventory) ||
		    now_ns - began_ns > MOST_NS)
			break;
		wait_turn();
	}
	if (!run.err && err < 0)
		message_error("looking for load balancers failed: %s", strerror(-err));
	return run.err ? run.err : (err < 0 ? err : 0);
}
