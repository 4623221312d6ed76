// SPDX-License-Identifier: GPL-2.0-only
/* Role "sweep": what is open now: connections to backends, by age and content, and listeners' queues. */
#include "bpf/emit.h"
#include "bpf/figures.h"
#include "bpf/listening.h"

char LICENSE[] SEC("license") __weak = "GPL";

#define SWEEP_SECOND_NS (1000 * 1000 * 1000ull)

/* Inserted and deleted: see struct sweep_count. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SHARED_SWEEPS_MAX);
	__type(key, struct sweep_key);
	__type(value, struct sweep_count);
} sweeps SEC(".maps");

/* What a new entry starts as: too big for the stack. */
const struct sweep_count sweep_zero = {};

static __always_inline struct sweep_count *sweep_count_of(const struct socket_state *socket)
{
	struct sweep_count *count;
	struct sweep_key key = {};

	figures_key(socket, &key.backend);
	key.tgid = socket->owner.tgid;
	count = bpf_map_lookup_elem(&sweeps, &key);
	if (count)
		return count;
	/* No figures of its own: one of the others. */
	if (!bpf_map_lookup_elem(&backends, &key.backend))
		__builtin_memset(&key, 0, sizeof(key));
	bpf_map_update_elem(&sweeps, &key, &sweep_zero, BPF_NOEXIST);
	count = bpf_map_lookup_elem(&sweeps, &key);
	if (count)
		return count;
	/* Full: of its backend, or of nobody in particular, whichever came first. */
	key.tgid = 0;
	count = bpf_map_lookup_elem(&sweeps, &key);
	if (count)
		return count;
	__builtin_memset(&key, 0, sizeof(key));
	return bpf_map_lookup_elem(&sweeps, &key);
}

static __always_inline __u32 sweep_age(__u64 since_ns, __u64 now_ns)
{
	__u64 seconds = since_ns && now_ns > since_ns ? (now_ns - since_ns) / SWEEP_SECOND_NS : 0;

	return seconds < 10 ? 0 : seconds < 60 ? 1 : seconds < 600 ? 2 : 3;
}

static __always_inline __u32 sweep_distance(__u32 to, __u32 from)
{
	__s32 distance = to - from;

	return distance > 0 ? distance : 0;
}

static __always_inline void sweep_add(struct buildup_state *sum, const struct sock *sk,
				      __u64 since_ns, bool closed)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	__u32 unread = sweep_distance(BPF_CORE_READ(tcp, rcv_nxt), BPF_CORE_READ(tcp, copied_seq));
	__u32 unsent = sweep_distance(BPF_CORE_READ(tcp, write_seq), BPF_CORE_READ(tcp, snd_una));

	/* The FIN takes a sequence number, too. */
	if (closed && unread)
		unread--;
	sum->count++;
	sum->unread += unread != 0;
	sum->unread_bytes += unread;
	sum->unsent += unsent != 0;
	sum->unsent_bytes += unsent;
	sum->ages[sweep_age(since_ns, bpf_ktime_get_boot_ns()) & (BUILDUP_AGES - 1)]++;
	if (since_ns && (!sum->oldest_ns || since_ns < sum->oldest_ns))
		sum->oldest_ns = since_ns;
}

/* When a byte was last seen on it, either way; 0: not since lbtrace attached. */
static __always_inline __u64 sweep_last_used(const struct socket_state *socket)
{
	__u64 last_ns = socket->established_ns;

	if (socket->request_ns > last_ns)
		last_ns = socket->request_ns;
	if (socket->received_ns > last_ns)
		last_ns = socket->received_ns;
	return last_ns;
}

static __always_inline int sweep_backend(const struct socket_state *socket, const struct sock *sk,
					 __u8 state)
{
	struct sweep_count *count;

	if (state != STATE_ESTABLISHED && state != STATE_CLOSE_WAIT)
		return 0;
	count = sweep_count_of(socket);
	if (!count)
		return 0;
	if (state == STATE_ESTABLISHED)
		sweep_add(&count->established, sk, sweep_last_used(socket), false);
	else
		sweep_add(&count->close_wait, sk, socket->close_wait_ns, true);
	return 0;
}

SEC("?iter/bpf_sk_storage_map")
int sweep_iter(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct socket_state *socket = context->value;
	struct sock *sk = context->sk;

	if (!sk || !socket)
		return 0;
	if (socket->role == SOCKET_LISTENER)
		return listening_sweep(sk, socket, (__u64)sk);
	if (socket->role != SOCKET_BACKEND)
		return 0;
	return sweep_backend(socket, sk, sk->__sk_common.skc_state);
}

/* Over `sockets_by_pointer`: the key is the socket's address. */
SEC("?iter/bpf_map_elem")
int sweep_hash_iter(struct bpf_iter__bpf_map_elem *context)
{
	struct socket_state *socket = context->value;
	const __u64 *key = context->key;
	struct sock *sk;

	if (!key || !socket)
		return 0;
	sk = (struct sock *)*key;
	if (socket->role == SOCKET_LISTENER)
		return listening_sweep(sk, socket, *key);
	if (socket->role != SOCKET_BACKEND)
		return 0;
	return sweep_backend(socket, sk, BPF_CORE_READ(sk, __sk_common.skc_state));
}
