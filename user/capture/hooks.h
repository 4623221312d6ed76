/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which program serves which role: the table, and the choosing. Knows no kernel and no libbpf, so
 * that it can be tested with made-up kernels. docs/adding-a-hook.md tells how to add a row.
 */
#ifndef LBTRACE_USER_CAPTURE_HOOKS_H
#define LBTRACE_USER_CAPTURE_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK_CANDIDATES_MAX 4
#define HOOK_WHY_BYTES 96
#define HOOK_SOCKETS_MOST 65536 /* as in bpf/socket.h; fewer with kprobes on an older kernel */

enum hook_role {
	HOOK_STATE,
	HOOK_CONNECT,
	HOOK_ACCEPT,
	HOOK_SEND,
	HOOK_RECEIVE,
	HOOK_READ,
	HOOK_RESET_RECEIVED,
	HOOK_RESET_SENT,
	HOOK_RETRANSMIT,
	HOOK_DROP,
	HOOK_ERROR,
	HOOK_ROUTE,
	HOOK_ROUTE6,
	HOOK_DESTROY,
	HOOK_FORK,
	HOOK_EXEC,
	HOOK_EXIT,
	HOOK_OOM,
	HOOK_SIGNAL,
	HOOK_UNIX,
	HOOK_WAKE,
	HOOK_SEED,
	HOOK_SWEEP,
	HOOK_PLAINTEXT,
	HOOK_ROLES,
};

enum hook_kind {
	HOOK_TP_BTF,
	HOOK_FENTRY,
	HOOK_FEXIT,
	HOOK_KPROBE,
	HOOK_KRETPROBE,
	HOOK_ITER,
	HOOK_UPROBE, /* loaded at the start, attached to each library found: tls.h */
	HOOK_CGROUP, /* on the root of the cgroup2 hierarchy; only looks */
	HOOK_KINDS,
};

/* Where the state of a socket is kept, and which of the two a candidate can work with. Programs on
 * kprobes get a bare address, which the kernel does not take for socket storage. */
enum hook_storage {
	HOOK_STORAGE_ANY,
	HOOK_STORAGE_SOCKET, /* BPF_MAP_TYPE_SK_STORAGE */
	HOOK_STORAGE_POINTER, /* a hash keyed by the socket's address */
};

struct hook_candidate {
	const char *program; /* its name in bpf/ */
	enum hook_kind kind;
	const char *
		target; /* tracepoint, kernel function or iterator, as BTF spells it; of a library */
	uint32_t arguments; /* that the program reads the target with; 0: whatever there are */
	enum hook_storage storage;
	const char *needs_function; /* the kernel's, that the program calls, or NULL */
	const char *needs_symbol; /* a kernel symbol whose address must be known, or NULL */
	const char *map; /* that an iterator walks, or NULL */
	const char *degrades; /* what is lost with this one against the first, or NULL */
};

struct hook_row {
	const char *name;
	/* When no candidate is left: the role that does this one's work, or NULL, */
	const char *served_by;
	enum hook_storage served_with; /* but with this storage only */
	bool required; /* lbtrace does not start without it */
	bool on_demand; /* attached by load_attach(), not from the start */
	bool outweighs_storage; /* sockets are kept by their address where this has no hook otherwise */
	const char *without; /* what is lost when there is neither */
	struct hook_candidate candidates[HOOK_CANDIDATES_MAX]; /* best first; unused: program NULL */
};

/* What has been decided, and why. */
struct hook_plan {
	int chosen[HOOK_ROLES]; /* index of the candidate, or -1: none */
	bool refused[HOOK_ROLES][HOOK_CANDIDATES_MAX];
	char why[HOOK_ROLES][HOOK_CANDIDATES_MAX][HOOK_WHY_BYTES]; /* of a refused one */
	bool socket_storage; /* HOOK_STORAGE_SOCKET, else HOOK_STORAGE_POINTER */
	uint32_t sockets_most; /* that HOOK_STORAGE_POINTER can keep */
};

/* Whether the kernel has what the candidate needs. Returns true, or false and the reason in `why`
 * (HOOK_WHY_BYTES). Asked once per candidate: a candidate not offered is refused for good. */
typedef bool (*hook_offers)(void *context, const struct hook_candidate *candidate, char *why);

/* The table's row; `role` below HOOK_ROLES. */
const struct hook_row *hook_row(enum hook_role role);

/* "tp_btf", "fentry", ... as in SEC(). */
const char *hook_kind_name(enum hook_kind kind);

/* Nothing chosen, nothing refused, socket storage on. */
void hook_plan_init(struct hook_plan *plan);

/* Takes each role's first candidate that is neither refused nor at odds with the storage. May be
 * called again after hook_plan_refuse(). */
void hook_plan_choose(struct hook_plan *plan, hook_offers offers, void *context);

/* The chosen candidate of a role, or NULL. */
const struct hook_candidate *hook_plan_candidate(const struct hook_plan *plan, enum hook_role role);

/* The role that does this one's work in this plan, or NULL. */
const char *hook_plan_served_by(const struct hook_plan *plan, enum hook_role role);

/* Never choose this program again. False: no row has it, or it was refused before. */
bool hook_plan_refuse(struct hook_plan *plan, const char *program, const char *why);

/* Refuses what `list` names, "role:program,role:program"; "storage:socket" turns socket storage
 * off. For tests of the later candidates on a kernel that has the first. 0, or -EINVAL at the first
 * wrong entry. */
int hook_plan_refuse_list(struct hook_plan *plan, const char *list);

/* What is lost where accepted sockets are told by their state, which works only when a listener's
 * storage is cloned to them; NULL: nothing. */
const char *hook_plan_lost_clients(const struct hook_plan *plan);

/* The first required role without a candidate, or -1. */
int hook_plan_missing(const struct hook_plan *plan);

#endif
