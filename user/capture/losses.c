// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/capture/losses.h"
#include "user/lib/clock.h"

/* Summed over the CPUs. */
static int read_counter(const struct losses *losses, enum loss_counter counter, uint64_t *count)
{
	int cpus = libbpf_num_possible_cpus();
	uint32_t index = counter;
	uint64_t *values;
	int err;

	if (cpus < 0)
		return cpus;
	values = calloc(cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	err = bpf_map_lookup_elem(losses->map_fd, &index, values);
	*count = 0;
	for (int cpu = 0; cpu < cpus && !err; cpu++)
		*count += values[cpu];
	free(values);
	return err;
}

static int read_all(const struct losses *losses, struct event_loss *loss)
{
	uint64_t counts[LOSS_COUNTERS];

	for (int counter = 0; counter < LOSS_COUNTERS; counter++) {
		int err = read_counter(losses, counter, &counts[counter]);

		if (err)
			return err;
	}
	memset(loss, 0, sizeof(*loss));
	loss->header.type = EVENT_LOSS;
	loss->header.size_bytes = sizeof(*loss);
	loss->records = counts[LOSS_RECORDS] + losses->malformed;
	loss->sockets = counts[LOSS_SOCKETS] + losses->unseeded;
	loss->backends = counts[LOSS_BACKENDS];
	loss->threads = counts[LOSS_THREADS];
	return 0;
}

int losses_give(struct losses *losses, record_sink sink, void *context)
{
	const struct event_loss *given = &losses->given;
	struct event_loss now;
	int err = read_all(losses, &now);

	if (err)
		return err;
	if (now.records == given->records && now.sockets == given->sockets &&
	    now.backends == given->backends && now.threads == given->threads)
		return 0;
	now.header.time_ns = clock_now_ns();
	losses->given = now;
	return sink(context, &now.header);
}

uint64_t losses_total(const struct losses *losses)
{
	struct event_loss now;

	if (read_all(losses, &now))
		now = losses->given;
	return now.records + now.sockets + now.threads;
}
