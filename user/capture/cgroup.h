/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs on the root of the cgroup2 hierarchy, which sees every process of the host. */
#ifndef LBTRACE_USER_CAPTURE_CGROUP_H
#define LBTRACE_USER_CAPTURE_CGROUP_H

struct bpf_link;
struct bpf_program;
struct kernel_types;

/* The kernel's number of the hook "connect_unix" (enum bpf_attach_type), or -ENOENT. */
int cgroup_attach_type(const struct kernel_types *types, const char *hook);

/* Attaches a loaded program, beside whatever others are there. NULL: errno says why; ENOENT: no
 * cgroup2 hierarchy is mounted. The link detaches with this process. */
struct bpf_link *cgroup_attach(struct bpf_program *program);

#endif
