// SPDX-License-Identifier: GPL-2.0-only
/* Role "sweep": how many connections each backend has now, and which are stuck in CLOSE_WAIT. */
#include "bpf/figures.h"

char LICENSE[] SEC("license") __weak = "GPL";

/* Inserted and deleted: see struct sweep_count. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SHARED_BACKENDS_MAX + 1);
	__type(key, struct backend_key);
	__type(value, struct sweep_count);
} sweeps SEC(".maps");

static __always_inline struct sweep_count *sweep_count_of(const struct socket_state *socket)
{
	struct sweep_count *count, zero = {};
	struct backend_key key;

	figures_key(socket, &key);
	count = bpf_map_lookup_elem(&sweeps, &key);
	if (count)
		return count;
	/* No figures of its own: one of the others. */
	if (!bpf_map_lookup_elem(&backends, &key))
		__builtin_memset(&key, 0, sizeof(key));
	bpf_map_update_elem(&sweeps, &key, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sweeps, &key);
}

static __always_inline int sweep(const struct socket_state *socket, __u8 state)
{
	struct sweep_count *count;
	__u64 since_ns;

	if (socket->role != SOCKET_BACKEND ||
	    (state != STATE_ESTABLISHED && state != STATE_CLOSE_WAIT))
		return 0;
	count = sweep_count_of(socket);
	if (!count)
		return 0;
	if (state == STATE_ESTABLISHED) {
		count->established++;
		return 0;
	}
	count->close_wait++;
	since_ns = socket->close_wait_ns;
	if (since_ns && (!count->close_wait_since_ns || since_ns < count->close_wait_since_ns))
		count->close_wait_since_ns = since_ns;
	return 0;
}

SEC("?iter/bpf_sk_storage_map")
int sweep_iter(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct socket_state *socket = context->value;
	struct sock *sk = context->sk;

	if (!sk || !socket)
		return 0;
	return sweep(socket, sk->__sk_common.skc_state);
}

/* Over `sockets_by_pointer`: the key is the socket's address. */
SEC("?iter/bpf_map_elem")
int sweep_hash_iter(struct bpf_iter__bpf_map_elem *context)
{
	struct socket_state *socket = context->value;
	const __u64 *key = context->key;

	if (!key || !socket)
		return 0;
	return sweep(socket, BPF_CORE_READ((struct sock *)*key, __sk_common.skc_state));
}
