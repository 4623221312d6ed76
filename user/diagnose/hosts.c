// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/hosts.h"

#include <stdlib.h>
#include <string.h>

/* A look at a port is of this attempt when it came no later than this after its end. */
#define LOOK_NS (5 * 1000 * 1000 * 1000ull)
/* And no earlier than this before its beginning, as looks are made only so often. */
#define LOOK_BEFORE_NS (1000 * 1000 * 1000ull)
/* A listener that was there for so long, while connections were refused, is not just coming up. */
#define LISTENED_NS (200 * 1000 * 1000ull)
/* A process is killed this long before its last connection ends, at most. */
#define KILLED_NS (1000 * 1000 * 1000ull)

#define KILLED_RING 32
#define SIGNAL_MASK 0x7f /* of a wait status: wait(2) */

/* Without memory an entry is just not added. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct host_port {
	struct event_address address;
	struct event_host_port latest;
	uint64_t same_since_ns; /* the first look of those in a row that found this listener */
	uint64_t accept_queue_dropped_ns; /* the same for drops of the accept queue */
	uint64_t syn_queue_grew_ns; /* the last look that found more drops than the one before */
	UT_hash_handle hh;
};

struct killed {
	uint64_t time_ns;
	uint32_t netns;
	uint32_t tgid;
	int signal;
	bool by_oom;
	char comm[EVENT_COMM_BYTES];
};

struct hosts {
	struct host_port *ports;
	struct killed killed[KILLED_RING];
	unsigned int killed_count;
	uint32_t oom_tgids[KILLED_RING]; /* chosen by the OOM killer; they end a moment later */
	unsigned int oom_count;
};

struct hosts *hosts_new(void)
{
	return calloc(1, sizeof(struct hosts));
}

void hosts_free(struct hosts *hosts)
{
	struct host_port *port, *next;

	if (!hosts)
		return;
	HASH_ITER(hh, hosts->ports, port, next) {
		HASH_DEL(hosts->ports, port);
		free(port);
	}
	free(hosts);
}

/* Bytes that say nothing are zero, so that keys compare. */
static struct event_address make_key(const struct event_address *address)
{
	struct event_address key = { .family = address->family, .port = address->port };

	memcpy(key.bytes, address->bytes, address->family == 4 ? 4 : sizeof(key.bytes));
	return key;
}

static struct host_port *find(const struct hosts *hosts, const struct event_address *address)
{
	struct event_address key = make_key(address);
	struct host_port *port;

	HASH_FIND(hh, hosts->ports, &key, sizeof(key), port);
	return port;
}

static struct host_port *add(struct hosts *hosts, const struct event_address *address)
{
	struct host_port *port, *oldest = hosts->ports;

	if (HASH_COUNT(hosts->ports) >= HOSTS_PORTS_MAX) {
		HASH_DEL(hosts->ports, oldest);
		free(oldest);
	}
	port = calloc(1, sizeof(*port));
	if (!port)
		return NULL;
	port->address = make_key(address);
	HASH_ADD(hh, hosts->ports, address, sizeof(port->address), port);
	if (!port->hh.tbl) {
		free(port);
		return NULL;
	}
	return port;
}

void hosts_note_port(struct hosts *hosts, const struct event_host_port *found)
{
	struct host_port *port = find(hosts, &found->address);
	const struct event_host_port *before;

	if (!port)
		port = add(hosts, &found->address);
	if (!port)
		return;
	before = &port->latest;
	if (before->header.type && found->syn_queue_drops > before->syn_queue_drops)
		port->syn_queue_grew_ns = found->header.time_ns;
	if (before->header.type && found->accept_queue_drops > before->accept_queue_drops)
		port->accept_queue_dropped_ns = found->header.time_ns;
	if (!before->header.type || before->inode != found->inode ||
	    before->header.flags != found->header.flags)
		port->same_since_ns = found->header.time_ns;
	port->latest = *found;
}

static bool was_chosen(const struct hosts *hosts, uint32_t tgid)
{
	for (unsigned int i = 0; i < KILLED_RING; i++) {
		if (tgid && hosts->oom_tgids[i] == tgid)
			return true;
	}
	return false;
}

void hosts_note_process(struct hosts *hosts, const struct event_process *process)
{
	int signal = process->exit_code & SIGNAL_MASK;
	struct killed *killed;

	if (process->header.flags & PROCESS_OOM_KILLED)
		hosts->oom_tgids[hosts->oom_count++ % KILLED_RING] = process->owner.tgid;
	/* Those without a namespace are the load balancers' own. */
	if (!(process->header.flags & PROCESS_EXITED) || !signal || !process->netns)
		return;
	killed = &hosts->killed[hosts->killed_count++ % KILLED_RING];
	killed->time_ns = process->header.time_ns;
	killed->netns = process->netns;
	killed->tgid = process->owner.tgid;
	killed->signal = signal;
	killed->by_oom = was_chosen(hosts, process->owner.tgid);
	memcpy(killed->comm, process->owner.comm, sizeof(killed->comm));
}

/* The last one killed before the backend's end of the connection ended. */
static const struct killed *find_killed(const struct hosts *hosts, uint32_t netns, uint64_t end_ns)
{
	const struct killed *found = NULL;

	for (unsigned int i = 0; i < KILLED_RING; i++) {
		const struct killed *killed = &hosts->killed[i];

		if (killed->netns == netns && killed->time_ns && killed->time_ns <= end_ns &&
		    killed->time_ns + KILLED_NS >= end_ns &&
		    (!found || killed->time_ns > found->time_ns))
			found = killed;
	}
	return found;
}

static void fill_killed(const struct hosts *hosts, uint32_t netns,
			const struct event_attempt *attempt, struct host_view *view)
{
	uint64_t end_ns =
		attempt->reset_received_ns ? attempt->reset_received_ns : attempt->fin_received_ns;
	const struct killed *killed = end_ns ? find_killed(hosts, netns, end_ns) : NULL;

	if (!killed)
		return;
	view->killed_ns = killed->time_ns;
	view->killed_tgid = killed->tgid;
	view->killed_signal = killed->signal;
	view->killed_by_oom = killed->by_oom;
	memcpy(view->killed_comm, killed->comm, sizeof(view->killed_comm));
}

bool hosts_find_port(const struct hosts *hosts, const struct event_address *address,
		     uint32_t *flags)
{
	const struct host_port *port = find(hosts, address);

	if (port)
		*flags = port->latest.header.flags;
	return port;
}

bool hosts_fill(const struct hosts *hosts, const struct event_attempt *attempt,
		struct host_view *view)
{
	const struct host_port *port = find(hosts, &attempt->remote);
	const struct event_host_port *latest;

	if (!port)
		return false;
	latest = &port->latest;
	memset(view, 0, sizeof(*view));
	view->port_known = latest->header.time_ns + LOOK_BEFORE_NS >= attempt->started_ns &&
			   latest->header.time_ns <= attempt->header.time_ns + LOOK_NS;
	view->port_flags = latest->header.flags;
	view->listened_before = port->same_since_ns < attempt->started_ns &&
				latest->header.time_ns - port->same_since_ns >= LISTENED_NS;
	view->backlog = latest->backlog;
	view->backlog_max = latest->backlog_max;
	view->accept_queue_dropped = port->accept_queue_dropped_ns >= attempt->started_ns;
	view->syn_queue_grew = port->syn_queue_grew_ns >= attempt->started_ns;
	fill_killed(hosts, latest->netns, attempt, view);
	return true;
}
