/* SPDX-License-Identifier: GPL-2.0-only */
/* Attaches to the kernel and gives its records. */
#ifndef LBTRACE_USER_CAPTURE_CAPTURE_H
#define LBTRACE_USER_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "user/lib/endpoint.h"
#include "user/lib/record.h"

#define CAPTURE_RANGES_MAX 16

struct capture;

struct capture_options {
	uint32_t netns; /* inode number: only sockets of this namespace; 0: all */
	struct endpoint_range backends[CAPTURE_RANGES_MAX];
	uint32_t backend_count; /* 0: all backends */
	uint32_t ring_bytes; /* 0: the default, 8 MiB; a power of two */
};

/* Opens, chooses the hooks, loads and attaches, then gives up the capabilities that are not needed
 * any more: output files and ports are opened before. Says what failed on stderr. 0; -EPERM: not
 * privileged enough; -EOPNOTSUPP: the kernel lacks what a required role needs; else -errno. */
int capture_open(const struct capture_options *options, struct capture **capture);

/* Follow this process, and its children from now on. `owner` gives group, tgid, kind and comm
 * (tid is ignored). Known processes are updated. Safe before and after capture_seed(). 0 or -errno. */
int capture_follow(struct capture *capture, const struct event_owner *owner);

/* A process that is followed is an old worker after a reload. */
void capture_retire(struct capture *capture, uint32_t tgid);

/* Forget a process. 0 or -errno; -ENOENT: was not followed. */
int capture_forget(struct capture *capture, uint32_t tgid);

/* Reads from now on what every followed process gives to the TLS library at `path` to send, in
 * whatever process it is loaded; `path` may also be a program that has such a library inside. The
 * same file again, under any name, costs nothing. Its other users on this host pay about a
 * microsecond a call. 0; -ENOENT: none of SSL_write() and its kind is in it, or it is stripped;
 * -EOPNOTSUPP: this kernel has no uprobes; or -errno. */
int capture_watch_tls(struct capture *capture, const char *path);

/* Gives storage to the sockets that followed processes have open already, marked as seeded. 0 or -errno. */
int capture_seed(struct capture *capture);

/* Waits up to `timeout_ms` for records and gives them to `sink`. 0, the sink's error, -EINTR, or -errno. */
int capture_poll(struct capture *capture, int timeout_ms, record_sink sink, void *context);

/* Sweeps the sockets and gives figures of every backend that changed, then losses, then a tick. 0, the sink's error or -errno. */
int capture_tick(struct capture *capture, record_sink sink, void *context);

/* Records lost so far, in the ring and for want of state. */
uint64_t capture_lost(const struct capture *capture);

/* Names by number for the event log's header: kind is "skb_drop_reason" or "sk_rst_reason". Fills
 * `names` (count × bytes chars) and returns how many numbers are covered, 0 when the kernel has none. */
uint32_t capture_reason_names(const char *kind, char *names, uint32_t count, uint32_t bytes);

/* Detaches everything and frees; NULL is allowed. */
void capture_close(struct capture *capture);

/* Prints the table role, chosen hook, what degrades, to stdout (`lbtrace check`), as text or as JSON
 * (schema lbtrace-check/1). 0, -EPERM, -EOPNOTSUPP when a required role has no hook, or -errno. */
int capture_print_check(bool json);

#endif
