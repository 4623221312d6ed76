// SPDX-License-Identifier: GPL-2.0-only
/*
 * Role "unix": a load balancer's thread connects to a Unix socket. Such connects end at once, for
 * good or ill, and no other event tells of one that failed.
 */
#include "bpf/thread.h"

#define UNIX_ALLOW 1 /* anything else would forbid the connect() */

char LICENSE[] SEC("license") __weak = "GPL";

static __always_inline void unix_note(void)
{
	struct thread_state *thread;

	if (!process_current())
		return;
	thread = thread_current();
	if (thread)
		thread->unix_ns = bpf_ktime_get_boot_ns();
}

/* Before the connect(): what comes of it is not known. The loader makes it one for connect_unix, of
 * which libbpf 1.1 has no name. */
SEC("?cgroup/connect4")
int unix_cgroup(struct bpf_sock_addr *context)
{
	unix_note();
	return UNIX_ALLOW;
}

SEC("?fexit/unix_stream_connect")
int BPF_PROG(unix_fexit, struct socket *socket, void *address, int address_bytes, int flags,
	     int error)
{
	if (error < 0)
		unix_note();
	return 0;
}

/* Where there is neither (arm64 before 6.4): like the first, whatever comes of it. */
SEC("?kprobe/unix_stream_connect")
int BPF_KPROBE(unix_kprobe)
{
	unix_note();
	return 0;
}
