/* SPDX-License-Identifier: GPL-2.0-only */
/* Clients whose connection is closed right after it was accepted, unread: what nginx does when it has
 * no connection slot left. */
#ifndef LBTRACE_REFUSAL_H
#define LBTRACE_REFUSAL_H

#include "bpf/emit.h"

#define REFUSAL_AT_ONCE_NS (1000 * 1000 * 1000ull)
#define REFUSAL_SHUTDOWN_SEND 2 /* SEND_SHUTDOWN: this end let go */

/* Inserted: see struct refusal_key. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, struct refusal_key);
	__type(value, __u64);
} refusals SEC(".maps") __weak;

/* A client's connection leaves ESTABLISHED. A proxy that knows no HTTP closes it unread, too, when
 * its backend failed: but then the thread has just let go of that. HAProxy stops accepting instead. */
static __noinline int refusal_note(struct sock *sk, const struct socket_state *socket)
{
	struct followed_process *process = process_current();
	struct refusal_key key = {};
	struct thread_state *thread;
	__u64 *count, one = 1;

	if (!process || process->kind == BALANCER_HAPROXY || !socket || socket->exchanges ||
	    socket->direction != DIRECTION_IDLE ||
	    socket->flags & (ATTEMPT_FIN_RECEIVED | ATTEMPT_RESET_RECEIVED | ATTEMPT_SEEDED) ||
	    !(TYPED_READ(sk, sk_shutdown) & REFUSAL_SHUTDOWN_SEND) ||
	    bpf_ktime_get_boot_ns() - socket->established_ns > REFUSAL_AT_ONCE_NS)
		return 0;
	thread = thread_current();
	if (!thread || thread->ended_cookie)
		return 0;
	owner_fill_current(&key.owner, process);
	key.owner.tid = 0;
	socket_local(sk, &key.listener);
	key.netns = socket->netns;
	count = bpf_map_lookup_elem(&refusals, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&refusals, &key, &one, BPF_NOEXIST);
	return 0;
}

#endif
