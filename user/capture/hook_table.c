// SPDX-License-Identifier: GPL-2.0-only
/* The roles and their hooks. Since when a kernel has which: docs/adding-a-hook.md. */
#include "user/capture/hook_table.h"

/* clang-format off */
const struct hook_row hook_table[HOOK_ROLES] = {
	[HOOK_STATE] = {
		.name = "state", .required = true,
		.without = "connections cannot be followed",
		.candidates = {
			{ .program = "state_tp_btf", .kind = HOOK_TP_BTF, .target = "inet_sock_set_state", .arguments = 3 },
			{ .program = "state_kprobe", .kind = HOOK_KPROBE, .target = "tcp_set_state", .arguments = 2,
			  .storage = HOOK_STORAGE_POINTER, .degrades = "each state change costs more" },
		},
	},
	[HOOK_CONNECT] = {
		.name = "connect", .served_by = "state",
		.candidates = {
			{ .program = "connect_fentry", .kind = HOOK_FENTRY, .target = "tcp_connect", .arguments = 1 },
			{ .program = "connect_kprobe", .kind = HOOK_KPROBE, .target = "tcp_connect", .arguments = 1,
			  .storage = HOOK_STORAGE_POINTER, .degrades = "each connect costs more" },
		},
	},
	[HOOK_ACCEPT] = {
		/* With socket storage the kernel clones the listener's, and there is nothing to do. */
		.name = "accept", .served_by = "state", .served_with = HOOK_STORAGE_SOCKET,
		.without = "clients are not seen, and so no 5xx",
		.candidates = {
			{ .program = "accept_fexit", .kind = HOOK_FEXIT, .target = "inet_csk_accept", .arguments = 2,
			  .storage = HOOK_STORAGE_POINTER },
			{ .program = "accept_fexit_old", .kind = HOOK_FEXIT, .target = "inet_csk_accept", .arguments = 4,
			  .storage = HOOK_STORAGE_POINTER },
			{ .program = "accept_kprobe", .kind = HOOK_KPROBE, .target = "security_sock_graft", .arguments = 2,
			  .storage = HOOK_STORAGE_POINTER, .degrades = "each accept costs more" },
		},
	},
	[HOOK_SEND] = {
		.name = "send",
		.without = "5xx that the load balancer writes, and requests to backends, are not seen",
		.outweighs_storage = true,
		.candidates = {
			{ .program = "send_tp_btf", .kind = HOOK_TP_BTF, .target = "tcp_sendmsg_locked", .arguments = 4 },
			{ .program = "send_fentry", .kind = HOOK_FENTRY, .target = "tcp_sendmsg_locked", .arguments = 3 },
			{ .program = "send_kprobe", .kind = HOOK_KPROBE, .target = "tcp_sendmsg", .arguments = 3,
			  .storage = HOOK_STORAGE_POINTER, .degrades = "each send costs more" },
		},
	},
	[HOOK_RECEIVE] = {
		.name = "receive",
		.without = "what a backend answers is not seen, only that it does",
		.candidates = {
			{ .program = "receive_tp_btf", .kind = HOOK_TP_BTF, .target = "tcp_probe", .arguments = 2,
			  .needs_function = "bpf_dynptr_from_skb" },
			{ .program = "receive_fentry", .kind = HOOK_FENTRY, .target = "tcp_rcv_established", .arguments = 2,
			  .degrades = "first bytes of a response are read only where they are in the packet's head" },
			{ .program = "receive_tp_btf_head", .kind = HOOK_TP_BTF, .target = "tcp_probe", .arguments = 2,
			  .degrades = "first bytes of a response are read only where they are in the packet's head" },
		},
	},
	[HOOK_READ] = {
		.name = "read",
		.without = "requests are not timed, and not tied to the thread that reads them",
		.candidates = {
			/* Where packets cannot be read anywhere, what was read shows the missing heads. */
			{ .program = "read_tp_btf", .kind = HOOK_TP_BTF, .target = "sock_recv_length", .arguments = 3,
			  .needs_function = "bpf_dynptr_from_skb" },
			{ .program = "read_fexit_5", .kind = HOOK_FEXIT, .target = "tcp_recvmsg", .arguments = 5 },
			{ .program = "read_fexit_6", .kind = HOOK_FEXIT, .target = "tcp_recvmsg", .arguments = 6 },
			{ .program = "read_tp_btf_adjust", .kind = HOOK_TP_BTF, .target = "tcp_rcv_space_adjust", .arguments = 1,
			  .needs_function = "bpf_task_pt_regs",
			  .degrades = "names that do not resolve are not known for the cause of a 5xx" },
		},
	},
	[HOOK_RESET_RECEIVED] = {
		.name = "reset_received",
		.without = "resets are known by their error code only",
		.candidates = {
			{ .program = "reset_received_tp_btf", .kind = HOOK_TP_BTF, .target = "tcp_receive_reset", .arguments = 1 },
		},
	},
	[HOOK_RESET_SENT] = {
		.name = "reset_sent",
		.without = "resets that this host sends are not seen",
		.candidates = {
			{ .program = "reset_sent_tp_btf_3", .kind = HOOK_TP_BTF, .target = "tcp_send_reset", .arguments = 3 },
			{ .program = "reset_sent_tp_btf_2", .kind = HOOK_TP_BTF, .target = "tcp_send_reset", .arguments = 2,
			  .degrades = "no reason for a reset" },
		},
	},
	[HOOK_RETRANSMIT] = {
		.name = "retransmit",
		.without = "retransmits are known by their total only",
		.candidates = {
			{ .program = "retransmit_tp_btf_3", .kind = HOOK_TP_BTF, .target = "tcp_retransmit_skb", .arguments = 3 },
			{ .program = "retransmit_tp_btf_2", .kind = HOOK_TP_BTF, .target = "tcp_retransmit_skb", .arguments = 2,
			  .degrades = "retransmits that did not leave the host are not seen" },
		},
	},
	[HOOK_DROP] = {
		.name = "drop",
		.without = "packets dropped on this host are not seen: a local firewall looks like a silent backend",
		.candidates = {
			{ .program = "drop_tp_btf_4", .kind = HOOK_TP_BTF, .target = "kfree_skb", .arguments = 4 },
			{ .program = "drop_tp_btf_3", .kind = HOOK_TP_BTF, .target = "kfree_skb", .arguments = 3,
			  .degrades = "a dropped packet's receiving socket is not known" },
			{ .program = "drop_tp_btf_2", .kind = HOOK_TP_BTF, .target = "kfree_skb", .arguments = 2,
			  .needs_symbol = "nf_hook_slow",
			  .degrades = "of dropped packets only those are known that netfilter or a neighbour cost" },
		},
	},
	[HOOK_ERROR] = {
		.name = "error",
		.without = "an error that the load balancer reads first may be missed",
		.candidates = {
			{ .program = "error_tp_btf", .kind = HOOK_TP_BTF, .target = "inet_sk_error_report", .arguments = 1 },
			{ .program = "error_fentry", .kind = HOOK_FENTRY, .target = "sock_def_error_report", .arguments = 1 },
			{ .program = "error_kprobe", .kind = HOOK_KPROBE, .target = "sock_def_error_report", .arguments = 1,
			  .storage = HOOK_STORAGE_POINTER, .degrades = "each error costs more" },
		},
	},
	[HOOK_ROUTE] = {
		.name = "route",
		.without = "connects that fail for want of a route are not seen (IPv4)",
		.candidates = {
			{ .program = "route_tp_btf", .kind = HOOK_TP_BTF, .target = "fib_table_lookup", .arguments = 4 },
		},
	},
	[HOOK_ROUTE6] = {
		.name = "route6",
		.without = "connects that fail for want of a route are not seen (IPv6)",
		.candidates = {
			{ .program = "route6_tp_btf", .kind = HOOK_TP_BTF, .target = "fib6_table_lookup", .arguments = 4 },
		},
	},
	[HOOK_DESTROY] = {
		.name = "destroy",
		.without = "connects that fail before a packet is made are not seen",
		.candidates = {
			{ .program = "destroy_tp_btf", .kind = HOOK_TP_BTF, .target = "tcp_destroy_sock", .arguments = 1 },
		},
	},
	[HOOK_FORK] = {
		.name = "fork",
		.without = "new workers are followed only from the next look at the processes on",
		.candidates = {
			{ .program = "fork_tp_btf", .kind = HOOK_TP_BTF, .target = "sched_process_fork", .arguments = 2 },
		},
	},
	[HOOK_EXEC] = {
		.name = "exec",
		.without = "a worker's name may be its parent's",
		.candidates = {
			{ .program = "exec_tp_btf", .kind = HOOK_TP_BTF, .target = "sched_process_exec", .arguments = 3 },
		},
	},
	[HOOK_EXIT] = {
		.name = "exit",
		.without = "crashes of workers and of backends on this host are not seen",
		.candidates = {
			{ .program = "exit_tp_btf_2", .kind = HOOK_TP_BTF, .target = "sched_process_exit", .arguments = 2 },
			{ .program = "exit_tp_btf_1", .kind = HOOK_TP_BTF, .target = "sched_process_exit", .arguments = 1 },
		},
	},
	[HOOK_OOM] = {
		.name = "oom",
		.without = "kills for want of memory look like any other kill",
		.candidates = {
			{ .program = "oom_tp_btf_2", .kind = HOOK_TP_BTF, .target = "mark_victim", .arguments = 2 },
			{ .program = "oom_tp_btf_1", .kind = HOOK_TP_BTF, .target = "mark_victim", .arguments = 1 },
		},
	},
	[HOOK_SIGNAL] = {
		.name = "signal",
		.without = "who killed a process is not known",
		.candidates = {
			{ .program = "signal_tp_btf", .kind = HOOK_TP_BTF, .target = "signal_generate", .arguments = 5 },
		},
	},
	[HOOK_UNIX] = {
		.name = "unix",
		.without = "backends on Unix sockets are not seen",
		.candidates = {
			{ .program = "unix_cgroup", .kind = HOOK_CGROUP, .target = "connect_unix" },
			{ .program = "unix_fexit", .kind = HOOK_FEXIT, .target = "unix_stream_connect", .arguments = 4 },
			{ .program = "unix_kprobe", .kind = HOOK_KPROBE, .target = "unix_stream_connect", .arguments = 4,
			  .storage = HOOK_STORAGE_POINTER, .degrades = "each connect to a Unix socket costs more" },
		},
	},
	[HOOK_WAKE] = {
		.name = "wake", .on_demand = true,
		.without = "Varnish's 5xx are tied to its attempts by time only",
		.candidates = {
			{ .program = "wake_tp_btf", .kind = HOOK_TP_BTF, .target = "sched_waking", .arguments = 1 },
		},
	},
	[HOOK_SEED] = {
		.name = "seed",
		.without = "connections open before the start are not followed",
		.candidates = {
			{ .program = "seed_iter", .kind = HOOK_ITER, .target = "task_file" },
		},
	},
	[HOOK_SWEEP] = {
		.name = "sweep",
		.without = "no count of connections established and in CLOSE_WAIT",
		.candidates = {
			{ .program = "sweep_iter", .kind = HOOK_ITER, .target = "bpf_sk_storage_map",
			  .storage = HOOK_STORAGE_SOCKET, .map = "sockets" },
			{ .program = "sweep_hash_iter", .kind = HOOK_ITER, .target = "bpf_map_elem",
			  .storage = HOOK_STORAGE_POINTER, .map = "sockets_by_pointer" },
		},
	},
	[HOOK_PLAINTEXT] = {
		.name = "plaintext",
		.without = "5xx inside TLS are not seen, only failed attempts",
		.on_demand = true,
		.candidates = {
			{ .program = "plaintext_uprobe", .kind = HOOK_UPROBE, .target = "SSL_write", .arguments = 3 },
		},
	},
};
/* clang-format on */
