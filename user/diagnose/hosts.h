/* SPDX-License-Identifier: GPL-2.0-only */
/* Backends that are processes of this very host: what listens at them, and who was killed there. */
#ifndef LBTRACE_USER_DIAGNOSE_HOSTS_H
#define LBTRACE_USER_DIAGNOSE_HOSTS_H

#include "user/diagnose/outcome.h"

/* Addresses with a port; the one known longest is forgotten for a new one. */
#define HOSTS_PORTS_MAX 1024

struct hosts;

/* NULL: out of memory. */
struct hosts *hosts_new(void);
void hosts_free(struct hosts *hosts);

/* Learns from a record. What there is no memory for is not learnt. */
void hosts_note_port(struct hosts *hosts, const struct event_host_port *found);
/* Only the end by a signal, and the choice of the OOM killer, are of interest. */
void hosts_note_process(struct hosts *hosts, const struct event_process *process);

/* Whether the address is of this host, as was last looked; *flags: enum host_port_flags. */
bool hosts_find_port(const struct hosts *hosts, const struct event_address *address,
		     uint32_t *flags);

/* Whether the attempt's backend is on this host; then fills `view`. */
bool hosts_fill(const struct hosts *hosts, const struct event_attempt *attempt,
		struct host_view *view);

#endif
