/* SPDX-License-Identifier: GPL-2.0-only */
/* From the hook table to attached programs; falls back where the kernel refuses. */
#ifndef LBTRACE_USER_CAPTURE_LOAD_H
#define LBTRACE_USER_CAPTURE_LOAD_H

#include "user/capture/capture.h"
#include "user/capture/hooks.h"

struct bpf_link;
struct bpf_object;
struct bpf_program;
struct kernel_types;

/* Zeroed by its owner before the first use. */
struct load {
	struct bpf_object *object;
	struct bpf_link *links[HOOK_ROLES];
	struct hook_plan plan; /* stays valid after load_close() */
	bool has_plan; /* whether it got as far as choosing */
	struct kernel_types *types; /* while opening only */
};

/* Environment variable that takes hook_plan_refuse_list()'s list. */
#define LOAD_REFUSE_VARIABLE "LBTRACE_REFUSE"

/* Chooses by what BTF says alone; loads nothing and needs no privilege. 0, -EOPNOTSUPP: no BTF, or
 * a required role has no hook, -EINVAL: a wrong LBTRACE_REFUSE (each with a line on stderr), or
 * -errno. */
int load_choose(struct load *load);

/* Chooses, loads and attaches; attached iterators do nothing before load_iterate(). 0 or
 * as load_choose(). `load->plan` tells what was chosen, also after an error. */
int load_open(struct load *load, const struct capture_options *options);

/* Loads one candidate of a role, whether or not it would be chosen, and unloads it again: `log` gets
 * the verifier's statistics. 0, -ENOENT: the kernel has no such hook, or -errno as the verifier said. */
int load_alone(struct load *load, enum hook_role role, int index, char *log, size_t log_bytes);

/* The loaded program that serves the role, owned by `load`; NULL: none does. */
struct bpf_program *load_program(const struct load *load, enum hook_role role);

/* Attaches a role that is attached on demand only; one that is attached already is left as it is. 0,
 * -ENOENT: the role has no hook, or -errno. */
int load_attach(struct load *load, enum hook_role role);

/* File descriptor of a map, owned by `load`, or -ENOENT. */
int load_map(const struct load *load, const char *name);

/* Runs an attached iterator to its end; what it prints is dropped. 0, -ENOENT: the role has none, or
 * -errno. */
int load_iterate(const struct load *load, enum hook_role role);

/* Detaches and unloads. */
void load_close(struct load *load);

#endif
