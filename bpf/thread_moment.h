/* SPDX-License-Identifier: GPL-2.0-only */
/* When a thread did something, and whether it is still in the turn in which it did. */
#ifndef LBTRACE_THREAD_MOMENT_H
#define LBTRACE_THREAD_MOMENT_H

#include "bpf/maps.h"

/* A thread that has nothing to do soon sleeps this long at least, or else what it does next may as
 * well be of the same turn: a lock or a page fault makes it sleep, too. */
#define THREAD_NAP_NS (2 * 1000 * 1000ull)

/* How often a thread gave up its CPU of its own accord: linux/sched.h, unchanged since 2.6. */
struct task_struct___switches {
	unsigned long nvcsw;
} __attribute__((preserve_access_index));

struct thread_moment {
	__u64 ns;
	__u64 switches;
};

static __always_inline __u64 thread_switches(void)
{
	const struct task_struct___switches *task =
		use_socket_storage ? (const void *)bpf_get_current_task_btf()
				   : (const void *)bpf_get_current_task();

	return TYPED_READ(task, nvcsw);
}

static __always_inline void thread_moment_note(struct thread_moment *moment)
{
	moment->ns = bpf_ktime_get_boot_ns();
	moment->switches = thread_switches();
}

/* Whether the running thread, whose moment it is, has not waited for events since. */
static __always_inline bool thread_moment_lasts(const struct thread_moment *moment)
{
	return bpf_ktime_get_boot_ns() - moment->ns < THREAD_NAP_NS ||
	       thread_switches() == moment->switches;
}

#endif
