// SPDX-License-Identifier: GPL-2.0-only
/* Roles "fork", "exec", "exit", "oom" and "signal": the load balancers' processes. */
#include "bpf/emit.h"

#define PROCESS_SIGNAL_MASK 0x7f /* of a wait status */

char LICENSE[] SEC("license") __weak = "GPL";

/* Who last sent a deadly signal to a followed process, by its tgid. Inserted in signal, deleted
 * in exit, or by LRU. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} signal_senders SEC(".maps");

static __always_inline struct followed_process *process_of(__u32 tgid)
{
	return bpf_map_lookup_elem(&processes, &tgid);
}

static __always_inline struct event_process *process_reserve(const struct followed_process *process,
							     __u32 tgid, enum process_flags what)
{
	struct event_process *record = emit_reserve(EVENT_PROCESS, sizeof(*record));

	if (!record)
		return NULL;
	record->header.flags = what;
	record->owner.tgid = tgid;
	record->owner.tid = tgid;
	if (process) {
		record->owner.group = process->group;
		record->owner.kind = process->kind;
		__builtin_memcpy(record->owner.comm, process->comm, sizeof(record->owner.comm));
	}
	return record;
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(fork_tp_btf, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_tgid = parent->tgid, tgid = child->tgid;
	struct followed_process *process, inherited;
	struct event_process *record;

	if (tgid == parent_tgid)
		return 0;
	process = process_of(parent_tgid);
	if (!process)
		return 0;
	inherited = *process;
	if (bpf_map_update_elem(&processes, &tgid, &inherited, BPF_ANY))
		loss_count(LOSS_SOCKETS); /* none of the child's will be followed */
	record = process_reserve(&inherited, tgid, PROCESS_FORKED);
	if (!record)
		return 0;
	record->parent = parent_tgid;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* Followed on under its new name: the upgrade of a load balancer's binary. What is none, user space forgets. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(exec_tp_btf, struct task_struct *task, int old_pid, struct linux_binprm *binary)
{
	__u32 tgid = task->tgid;
	struct followed_process *process = process_of(tgid);
	struct event_process *record;

	if (!process)
		return 0;
	bpf_get_current_comm(process->comm, sizeof(process->comm));
	record = process_reserve(process, tgid, PROCESS_EXECED);
	if (!record)
		return 0;
	record->parent = BPF_CORE_READ(task, real_parent, tgid);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* By a signal, and not followed: it may be a backend on this host. Its connections end right after. */
static __always_inline int process_killed(struct task_struct *task)
{
	__u32 tgid = task->tgid, netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	struct event_process *record;

	if (!(task->exit_code & PROCESS_SIGNAL_MASK) || (only_netns && netns != only_netns))
		return 0;
	record = process_reserve(NULL, tgid, PROCESS_EXITED);
	if (!record)
		return 0;
	BPF_CORE_READ_STR_INTO(&record->owner.comm, task, comm);
	record->parent = BPF_CORE_READ(task, real_parent, tgid);
	record->exit_code = task->exit_code;
	record->netns = netns;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* The tgid that sent the signal, 0: none was seen. */
static __always_inline __u32 process_take_sender(__u32 tgid)
{
	__u32 *sender = bpf_map_lookup_elem(&signal_senders, &tgid), taken;

	if (!sender)
		return 0;
	taken = *sender;
	bpf_map_delete_elem(&signal_senders, &tgid);
	return taken;
}

/* The record comes last: verifiers before 6.2 lose track of one that is held across other calls. */
static __always_inline int process_exit(struct task_struct *task)
{
	struct followed_process *process = process_of(task->tgid), last;
	__u32 tgid = task->tgid, parent, sender;
	struct event_process *record;

	if (!process)
		return process_killed(task);
	last = *process;
	sender = process_take_sender(tgid);
	parent = BPF_CORE_READ(task, real_parent, tgid);
	bpf_map_delete_elem(&processes, &tgid);
	record = process_reserve(&last, tgid, PROCESS_EXITED);
	if (!record)
		return 0;
	record->parent = parent;
	record->exit_code = task->exit_code;
	record->signal_sender = sender;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* This form does not say which thread is the last: the leader's end is taken for the process's. */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(exit_tp_btf_1, struct task_struct *task)
{
	return task->pid == task->tgid ? process_exit(task) : 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(exit_tp_btf_2, struct task_struct *task, bool group_dead)
{
	return group_dead ? process_exit(task) : 0;
}

/* Any process, followed or not: it may be a backend on this host. */
SEC("?tp_btf/mark_victim")
int BPF_PROG(oom_tp_btf_1, int pid)
{
	struct event_process *record = process_reserve(process_of(pid), pid, PROCESS_OOM_KILLED);

	if (record)
		bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("?tp_btf/mark_victim")
int BPF_PROG(oom_tp_btf_2, struct task_struct *task, __u32 uid)
{
	__u32 tgid = task->tgid;
	struct event_process *record = process_reserve(process_of(tgid), tgid, PROCESS_OOM_KILLED);

	if (!record)
		return 0;
	BPF_CORE_READ_STR_INTO(&record->owner.comm, task, comm);
	record->parent = BPF_CORE_READ(task, real_parent, tgid);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* INT, QUIT, ILL, ABRT, BUS, FPE, KILL, SEGV, TERM: numbers common to all of Linux but MIPS, Alpha and SPARC. */
static __always_inline bool signal_is_deadly(int signal)
{
	const __u32 deadly =
		1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 11 | 1 << 15;

	return signal > 0 && signal < 32 && (deadly >> signal & 1);
}

/* `info` may be a small number instead of a pointer, so it is not read. The sender is who runs: for
 * a fault and for abort() the process itself, for the OOM killer whoever wanted memory. */
SEC("?tp_btf/signal_generate")
int BPF_PROG(signal_tp_btf, int signal, struct kernel_siginfo *info, struct task_struct *task,
	     int group, int result)
{
	__u32 sender = bpf_get_current_pid_tgid() >> 32, tgid;

	if (!signal_is_deadly(signal))
		return 0;
	tgid = task->tgid;
	if (process_of(tgid))
		bpf_map_update_elem(&signal_senders, &tgid, &sender, BPF_ANY);
	return 0;
}
