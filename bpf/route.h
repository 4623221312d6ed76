/* SPDX-License-Identifier: GPL-2.0-only */
/* The running thread's last route lookup that failed: why its connect() will never become a SYN. */
#ifndef LBTRACE_ROUTE_H
#define LBTRACE_ROUTE_H

#include "bpf/thread.h"

/* uapi/linux/rtnetlink.h and ipv6_route.h: ABI. */
enum {
	ROUTE_TYPE_BLACKHOLE = 6,
	ROUTE_TYPE_PROHIBIT = 8,
	ROUTE_FLAG_REJECT = 0x0200,
};

enum {
	ROUTE_ERROR_NO_ENTRY = 11, /* EAGAIN: this table has nothing, another may */
	ROUTE_ERROR_ACCESS = 13,
	ROUTE_ERROR_INVALID = 22,
	ROUTE_ERROR_NETWORK = 101,
	ROUTE_ERROR_HOST = 113,
};

/* The errno that connect() will give for a lookup in an IPv4 table that ended with `error` (< 0). */
static __always_inline __s32 route_errno(int error)
{
	return error == -ROUTE_ERROR_NO_ENTRY ? ROUTE_ERROR_NETWORK : -error;
}

/* The same for IPv6, 0: there is a route. The null entry is what a table without one gives; its
 * type is that of an unreachable route, so the entry itself must be compared. */
static __always_inline __s32 route6_errno(const struct net *net, const struct fib6_result *result)
{
	if (!result->f6i || result->f6i == net->ipv6.fib6_null_entry)
		return ROUTE_ERROR_NETWORK;
	if (!(result->fib6_flags & ROUTE_FLAG_REJECT))
		return 0;
	if (result->fib6_type == ROUTE_TYPE_BLACKHOLE)
		return ROUTE_ERROR_INVALID;
	if (result->fib6_type == ROUTE_TYPE_PROHIBIT)
		return ROUTE_ERROR_ACCESS;
	return ROUTE_ERROR_HOST;
}

/* When a lookup failed last, whoever asked: until then there is nothing that a success would undo. */
__u64 route_failed_ns;

/* A thread may be off its CPU between the lookup and close(). */
#define ROUTE_FRESH_NS (1000 * 1000 * 1000ull)

static __always_inline bool route_failed_lately(void)
{
	return route_failed_ns && bpf_ktime_get_boot_ns() - route_failed_ns < ROUTE_FRESH_NS;
}

static __always_inline bool route_is_same(const struct event_address *one,
					  const struct event_address *other)
{
	__u8 differs = one->family ^ other->family;

	for (int i = 0; i < 16; i++)
		differs |= one->bytes[i] ^ other->bytes[i];
	return !differs && one->port == other->port;
}

/* Several tables are asked in turn: the last failure counts, unless a table has the route. A lookup
 * for another address changes nothing: an interrupt may look up routes under this thread's name. */
static __always_inline void route_note(const struct event_address *address, __s32 error)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct thread_state *thread;

	if (error) {
		thread = thread_current();
		if (!thread)
			return;
		thread->route_address = *address;
		thread->route_error = error;
		thread->route_ns = bpf_ktime_get_boot_ns();
		route_failed_ns = thread->route_ns;
		return;
	}
	thread = bpf_map_lookup_elem(&threads, &tid);
	if (thread && thread->route_error && route_is_same(&thread->route_address, address))
		thread->route_error = 0;
}

#endif
