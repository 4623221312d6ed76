/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters of each backend. */
#ifndef LBTRACE_FIGURES_H
#define LBTRACE_FIGURES_H

#include "bpf/histogram.h"
#include "bpf/socket.h"

/*
 * Inserted in figures_of(), at a backend's first socket. Never deleted by the
 * programs; the loader may delete what has been idle for long. One more than
 * the backends that are told apart: the entry of all others.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SHARED_BACKENDS_MAX + 1);
	__type(key, struct backend_key);
	__type(value, struct backend_figures);
} backends SEC(".maps") __weak;

/* What a new entry starts as: too big for the stack. */
const struct backend_figures figures_zero __weak = {};

static __always_inline void figures_key(const struct socket_state *socket, struct backend_key *key)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->address = socket->remote;
	key->group = socket->owner.group;
	key->netns = socket->netns;
}

/* Out of line: needed once for each backend. */
static __noinline int figures_insert(const struct backend_key *key)
{
	struct backend_key other = {};

	/* First, so that it has its place when the map is full. */
	bpf_map_update_elem(&backends, &other, &figures_zero, BPF_NOEXIST);
	return bpf_map_update_elem(&backends, key, &figures_zero, BPF_NOEXIST);
}

/*
 * The counters of the backend `key`, inserted when absent. When the map is
 * full: those of all others (family 0), and a loss is counted. NULL only when
 * the kernel has no memory. Add with __sync_fetch_and_add().
 */
static __always_inline struct backend_figures *figures_of_key(const struct backend_key *key)
{
	struct backend_figures *figures = bpf_map_lookup_elem(&backends, key);
	struct backend_key other = {};

	if (figures)
		return figures;
	figures_insert(key);
	figures = bpf_map_lookup_elem(&backends, key);
	if (figures)
		return figures;
	loss_count(LOSS_BACKENDS);
	return bpf_map_lookup_elem(&backends, &other);
}

/* The counters of the backend that `socket` belongs to, a SOCKET_BACKEND with
 * remote, owner.group and netns filled; as figures_of_key(). */
static __always_inline struct backend_figures *figures_of(const struct socket_state *socket)
{
	struct backend_key key;

	figures_key(socket, &key);
	return figures_of_key(&key);
}

#endif
