// SPDX-License-Identifier: GPL-2.0-only
/*
 * Role "seed": the sockets that followed processes had open before lbtrace
 * came. Run twice: listeners first, because a connection to a listener's port
 * is a client's, any other one a backend's.
 */
#include "bpf/emit.h"
#include "bpf/figures.h"
#include "bpf/selection.h"

char LICENSE[] SEC("license") __weak = "GPL";

/* S_IFMT and S_IFSOCK, include/uapi/linux/stat.h */
#define SEED_FILE_TYPE 0170000
#define SEED_FILE_SOCKET 0140000

/* Set by the loader before each run: 0 listeners, 1 connections. */
__u32 seed_pass;
/* Sockets that got no storage in this run; set to 0 by the loader. Another run may do better: memory
 * is taken without waiting for it. */
__u32 seed_failed;

struct listening_key {
	__u32 group;
	__u32 netns;
	__u32 port;
};

/* Ports that a load balancer listens on. Inserted in the first pass, never deleted: a port once
 * listened on is outside the range of connecting sockets. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct listening_key);
	__type(value, __u8);
} listening SEC(".maps");

/* As socket_make(), but a failure is no loss yet. */
static __always_inline struct socket_state *seed_make(struct sock *sk)
{
	static const struct socket_state zero;
	__u64 key = (__u64)sk;

	if (use_socket_storage)
		return bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	bpf_map_update_elem(&sockets_by_pointer, &key, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sockets_by_pointer, &key);
}

/* A state whose role is still SOCKET_NONE; the role is set last, when the rest is true. */
static __always_inline struct socket_state *seed_begin(struct sock *sk,
						       const struct task_struct *task,
						       const struct followed_process *process,
						       __u32 netns)
{
	struct socket_state *socket = seed_make(sk);

	if (!socket) {
		seed_failed++;
		return NULL;
	}
	socket->owner.group = process->group;
	socket->owner.kind = process->kind;
	socket->owner.tgid = task->tgid;
	socket->owner.tid = task->tgid;
	__builtin_memcpy(socket->owner.comm, process->comm, sizeof(socket->owner.comm));
	socket->netns = netns;
	socket->cookie = socket_cookie(sk);
	return socket;
}

static __always_inline void seed_finish(struct socket_state *socket, enum socket_role role)
{
	barrier();
	socket->role = role;
}

static __always_inline void seed_listener(struct sock *sk, const struct task_struct *task,
					  const struct followed_process *process, __u32 netns)
{
	struct listening_key key = { .group = process->group,
				     .netns = netns,
				     .port = BPF_CORE_READ(sk, __sk_common.skc_num) };
	struct socket_state *socket;
	__u8 yes = 1;

	bpf_map_update_elem(&listening, &key, &yes, BPF_ANY);
	if (socket_find(sk))
		return;
	socket = seed_begin(sk, task, process, netns);
	if (socket)
		seed_finish(socket, SOCKET_LISTENER);
}

static __always_inline void seed_client(struct sock *sk, const struct task_struct *task,
					const struct followed_process *process, __u32 netns)
{
	struct socket_state *socket = seed_begin(sk, task, process, netns);

	if (!socket)
		return;
	socket->flags = ATTEMPT_SEEDED | ATTEMPT_ESTABLISHED;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == STATE_CLOSE_WAIT)
		socket->flags |= ATTEMPT_FIN_RECEIVED;
	seed_finish(socket, SOCKET_CLIENT);
}

static __always_inline void seed_fill_progress(struct sock *sk, struct socket_state *socket,
					       __u8 state)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	__u64 now_ns = bpf_ktime_get_boot_ns();

	if (state == STATE_SYN_SENT) {
		socket->flags = ATTEMPT_SEEDED;
		socket->started_ns = now_ns;
		return;
	}
	socket->flags = ATTEMPT_SEEDED | ATTEMPT_ESTABLISHED;
	socket->exchanges = 1;
	socket->sent_before = BPF_CORE_READ(tcp, write_seq);
	socket->received_before = BPF_CORE_READ(tcp, bytes_received);
	if (state == STATE_CLOSE_WAIT) {
		/* Since when is not known: its age counts from now. */
		socket->flags |= ATTEMPT_FIN_RECEIVED;
		socket->fin_received_ns = now_ns;
		socket->close_wait_ns = now_ns;
	}
}

static __always_inline void seed_backend(struct sock *sk, const struct task_struct *task,
					 const struct followed_process *process, __u32 netns)
{
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	struct event_address remote = {};
	struct backend_figures *figures;
	struct socket_state *socket;

	socket_remote(sk, &remote);
	if (!selection_holds(&remote))
		return;
	socket = seed_begin(sk, task, process, netns);
	if (!socket)
		return;
	socket->remote = remote;
	seed_fill_progress(sk, socket, state);
	figures = figures_of(socket);
	if (figures && state == STATE_SYN_SENT)
		__sync_fetch_and_add(&figures->attempts, 1);
	seed_finish(socket, SOCKET_BACKEND);
}

static __always_inline bool seed_is_connection(__u8 state)
{
	return state == STATE_ESTABLISHED || state == STATE_SYN_SENT || state == STATE_FIN_WAIT1 ||
	       state == STATE_FIN_WAIT2 || state == STATE_CLOSE_WAIT;
}

static __always_inline void seed_socket(struct sock *sk, const struct task_struct *task,
					const struct followed_process *process, __u32 netns)
{
	struct listening_key key = { .group = process->group,
				     .netns = netns,
				     .port = BPF_CORE_READ(sk, __sk_common.skc_num) };
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	if (seed_pass == 0) {
		if (state == STATE_LISTEN)
			seed_listener(sk, task, process, netns);
		return;
	}
	if (!seed_is_connection(state) || socket_find(sk))
		return;
	if (bpf_map_lookup_elem(&listening, &key))
		seed_client(sk, task, process, netns);
	else
		seed_backend(sk, task, process, netns);
}

/* AF_NETLINK has protocols of its own with the number of TCP. */
static __always_inline bool seed_is_tcp(const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return (family == FAMILY_INET || family == FAMILY_INET6) && socket_is_tcp(sk);
}

/* The socket that a file is, which the kernel itself tells from 5.11 on. */
static __always_inline struct sock *seed_sock_of(struct file *file)
{
	const struct inode *inode;
	struct socket *descriptor;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_sock_from_file)) {
		descriptor = bpf_sock_from_file(file);
		return descriptor ? descriptor->sk : NULL;
	}
	inode = BPF_CORE_READ(file, f_inode);
	if ((BPF_CORE_READ(inode, i_mode) & SEED_FILE_TYPE) != SEED_FILE_SOCKET)
		return NULL;
	descriptor = BPF_CORE_READ(file, private_data);
	return descriptor ? BPF_CORE_READ(descriptor, sk) : NULL;
}

SEC("?iter/task_file")
int seed_iter(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct followed_process *process;
	struct sock *sk;
	__u32 tgid, netns;

	if (!task || !file)
		return 0;
	tgid = task->tgid;
	process = bpf_map_lookup_elem(&processes, &tgid);
	if (!process)
		return 0;
	sk = seed_sock_of(file);
	if (!sk || !seed_is_tcp(sk))
		return 0;
	netns = socket_netns(sk);
	if (only_netns && netns != only_netns)
		return 0;
	seed_socket(sk, task, process, netns);
	return 0;
}
