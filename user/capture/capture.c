// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "user/capture/capture.h"
#include "user/capture/figures.h"
#include "user/capture/followed.h"
#include "user/capture/load.h"
#include "user/capture/losses.h"
#include "user/capture/privilege.h"
#include "user/capture/seed.h"
#include "user/capture/tls.h"
#include "user/capture/tallies.h"
#include "user/lib/clock.h"
#include "user/lib/message.h"

#define CAPTURE_NICE (-10)
/* In so long 50,000 failures a second fill a thirtieth of the ring. */
#define GATHER_NS (10 * 1000 * 1000l)

/* A sweep takes at most one part in this of the time. */
#define CAPTURE_SWEEP_SHARE 400

struct capture {
	struct load load;
	struct ring_buffer *ring;
	struct followed *followed;
	struct figures *figures;
	struct tls tls;
	struct buildup *buildup;
	struct tallies *tallies;
	struct losses losses;
	uint64_t sweep_due_ns;
	bool seeded; /* capture_seed() was called */
	bool attach_failed; /* a hook on demand; said once */
	bool seed_again; /* for a process that was followed since */
	/* Whoever takes records now; ring_buffer__new() takes but one context. */
	record_sink sink;
	void *context;
};

static int take_record(void *context, void *data, size_t bytes)
{
	struct capture *capture = context;

	if (record_check(data, bytes) < 0) {
		if (!capture->losses.malformed++)
			message_error(
				"a record of %zu bytes from the kernel is malformed and is left out; "
				"program and kernel side are of different builds",
				bytes);
		return 0;
	}
	return capture->sink(capture->context, data);
}

static int open_map(const struct capture *capture, const char *name, int *fd)
{
	*fd = load_map(&capture->load, name);
	if (*fd >= 0)
		return 0;
	message_error("the built-in programs have no map %s", name);
	return *fd;
}

static int open_counters(struct capture *capture, int backends_fd)
{
	const struct load *load = &capture->load;
	int err = buildup_new(capture->followed, &capture->buildup);

	if (!err)
		err = figures_new(backends_fd, load_map(load, "sweeps"), capture->followed,
				  capture->buildup, &capture->figures);
	if (!err)
		err = tallies_new(load_map(load, "resets"), load_map(load, "refusals"),
				  capture->followed, &capture->tallies);
	return err;
}

static int open_maps(struct capture *capture)
{
	int events_fd, processes_fd, backends_fd;
	int err;

	err = open_map(capture, "events", &events_fd);
	if (!err)
		err = open_map(capture, "processes", &processes_fd);
	if (!err)
		err = open_map(capture, "backends", &backends_fd);
	if (!err)
		err = open_map(capture, "losses", &capture->losses.map_fd);
	if (err)
		return err;

	capture->ring = ring_buffer__new(events_fd, take_record, capture, NULL);
	err = capture->ring ? 0 : -errno;
	if (err) {
		message_error("mapping the ring buffer failed: %s", strerror(-err));
		return err;
	}
	err = followed_new(processes_fd, &capture->followed);
	if (!err)
		err = open_counters(capture, backends_fd);
	if (err)
		message_error("reading the kernel's counters failed: %s", strerror(-err));
	return err;
}

/* Load balancers that fail fast leave no CPU to spare, and a reader that waits for its turn loses
 * records. It needs a percent of a CPU for thousands of failures a second. */
static void raise_priority(void)
{
	if (setpriority(PRIO_PROCESS, 0, CAPTURE_NICE))
		message_detail("raising lbtrace's priority failed: %s", strerror(errno));
}

int capture_open(const struct capture_options *options, struct capture **capture)
{
	struct capture *made;
	int err = privilege_check();

	if (err) {
		privilege_explain();
		return err;
	}
	made = calloc(1, sizeof(*made));
	if (!made) {
		message_error("attaching to the kernel failed: out of memory");
		return -ENOMEM;
	}
	raise_priority();
	err = load_open(&made->load, options);
	if (!err)
		err = open_maps(made);
	if (!err)
		err = privilege_reduce(options->netns != 0);
	if (err) {
		capture_close(made);
		return err;
	}
	*capture = made;
	return 0;
}

/* What only this kind of load balancer needs. */
static void attach_for(struct capture *capture, const struct event_owner *owner)
{
	int err;

	if (owner->kind != BALANCER_VARNISH || capture->attach_failed)
		return;
	err = load_attach(&capture->load, HOOK_WAKE);
	if (!err || err == -ENOENT)
		return;
	capture->attach_failed = true;
	message_error("attaching the hook \"wake\" for %.*s failed: %s; its 5xx are tied to its "
		      "attempts by time only",
		      EVENT_COMM_BYTES, owner->comm, strerror(-err));
}

int capture_follow(struct capture *capture, const struct event_owner *owner)
{
	bool is_new = false;
	int err = followed_add(capture->followed, owner, &is_new);

	attach_for(capture, owner);
	if (is_new && capture->seeded)
		capture->seed_again = true;
	if (err)
		message_error("following process %u (%.*s) failed: %s", owner->tgid,
			      EVENT_COMM_BYTES, owner->comm,
			      err == -E2BIG ? "too many processes are followed" : strerror(-err));
	return err;
}

void capture_retire(struct capture *capture, uint32_t tgid)
{
	followed_retire(capture->followed, tgid);
}

int capture_forget(struct capture *capture, uint32_t tgid)
{
	uint32_t group_gone = 0;
	int err = followed_remove(capture->followed, tgid, &group_gone);

	if (!err && group_gone)
		err = figures_forget_group(capture->figures, group_gone);
	return err;
}

int capture_watch_tls(struct capture *capture, const char *path)
{
	return tls_watch(&capture->tls, load_program(&capture->load, HOOK_PLAINTEXT), path);
}

int capture_seed(struct capture *capture)
{
	uint32_t left_out = 0;
	int err;

	capture->seeded = true;
	capture->seed_again = false;
	err = seed_run(&capture->load, &left_out);
	capture->losses.unseeded += left_out;
	if (err)
		message_error("looking at the open connections failed: %s; those that were open "
			      "before are not followed",
			      strerror(-err));
	return err;
}

static int seed_newcomers(struct capture *capture)
{
	return capture->seed_again ? capture_seed(capture) : 0;
}

/* A record interrupts its CPU to wake the reader where that had read all before it, which costs the
 * load balancer microseconds; those that come while it rests do not. */
static void let_gather(void)
{
	const struct timespec rest = { .tv_nsec = GATHER_NS };

	nanosleep(&rest, NULL);
}

int capture_poll(struct capture *capture, int timeout_ms, record_sink sink, void *context)
{
	int err = seed_newcomers(capture);

	if (err)
		return err;
	capture->sink = sink;
	capture->context = context;
	err = ring_buffer__poll(capture->ring, timeout_ms);
	if (err > 0)
		let_gather();
	return err < 0 ? err : 0;
}

static int give_tick(record_sink sink, void *context)
{
	struct event_tick tick = {
		.header = { .type = EVENT_TICK,
			    .size_bytes = sizeof(tick),
			    .time_ns = clock_now_ns() },
	};

	return sink(context, &tick.header);
}

/* Walks all sockets, unless the last walk was so long that another one now would take more than its
 * share of a CPU. *swept: it was done. */
static int sweep(struct capture *capture, bool *swept)
{
	uint64_t begun_ns = clock_now_ns();
	int err;

	*swept = false;
	if (begun_ns < capture->sweep_due_ns)
		return 0;
	err = load_iterate(&capture->load, HOOK_SWEEP);
	if (err == -ENOENT)
		return 0;
	*swept = !err;
	capture->sweep_due_ns = begun_ns + (clock_now_ns() - begun_ns) * CAPTURE_SWEEP_SHARE;
	return err;
}

int capture_tick(struct capture *capture, record_sink sink, void *context)
{
	int err = seed_newcomers(capture);
	bool swept = false;

	if (err)
		return err;
	err = sweep(capture, &swept);
	if (err) {
		message_error("counting the open connections failed: %s", strerror(-err));
		return err;
	}
	/* Whatever the programs did not wake anybody for comes before the tick that follows it. */
	capture->sink = sink;
	capture->context = context;
	err = ring_buffer__consume(capture->ring);
	if (err >= 0)
		err = figures_give(capture->figures, swept, sink, context);
	if (!err)
		err = tallies_give(capture->tallies, sink, context);
	if (!err)
		err = losses_give(&capture->losses, sink, context);
	if (!err)
		err = give_tick(sink, context);
	return err;
}

uint64_t capture_lost(const struct capture *capture)
{
	return losses_total(&capture->losses);
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	tls_close(&capture->tls);
	tallies_free(capture->tallies);
	figures_free(capture->figures);
	buildup_free(capture->buildup);
	followed_free(capture->followed);
	ring_buffer__free(capture->ring);
	load_close(&capture->load);
	free(capture);
}
