// SPDX-License-Identifier: GPL-2.0-only
/*
 * Role "wake": a thread of Varnish hands a request on, to the thread that fetches it and back. Fires
 * for every wake-up of the host, and is attached only when there is a Varnish to follow. What wakes
 * a thread from within an interrupt looks like the interrupted thread's doing.
 */
#include "bpf/thread.h"

char LICENSE[] SEC("license") __weak = "GPL";

SEC("?tp_btf/sched_waking")
int BPF_PROG(wake_tp_btf, struct task_struct *woken)
{
	struct followed_process *process = process_current();
	__u32 tid = bpf_get_current_pid_tgid(), woken_tid = woken->pid;
	struct thread_state *from, *to;

	if (!process || process->kind != BALANCER_VARNISH || woken_tid == tid ||
	    woken->tgid != (int)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	from = bpf_map_lookup_elem(&threads, &tid);
	if (!from || (!from->pending_cookie && !from->ended_cookie))
		return 0;
	to = thread_make(woken_tid);
	if (!to)
		return 0;
	thread_hand_over(from, tid, to, woken_tid, bpf_ktime_get_boot_ns());
	return 0;
}
