// SPDX-License-Identifier: GPL-2.0-only
/* A security policy for the lab: no process of a cgroup may connect. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend.h"

/* r0 = 0; exit: 0 refuses with EPERM (bpf_prog_run_array_cg()). */
static const struct bpf_insn refuse[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int deny(int cgroup, enum bpf_attach_type type)
{
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
		.expected_attach_type = type,
		.insns = (__u64)(uintptr_t)refuse,
		.insn_cnt = sizeof(refuse) / sizeof(refuse[0]),
		.license = (__u64)(uintptr_t) "GPL",
	};
	union bpf_attr attach = { .target_fd = cgroup, .attach_type = type };
	int err = 0;

	attach.attach_bpf_fd = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	if ((int)attach.attach_bpf_fd < 0)
		return -errno;
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)))
		err = -errno;
	close(attach.attach_bpf_fd);
	return err;
}

int deny_main(const char *path)
{
	int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	err = cgroup < 0 ? -errno : deny(cgroup, BPF_CGROUP_INET4_CONNECT);
	if (!err)
		err = deny(cgroup, BPF_CGROUP_INET6_CONNECT);
	if (err)
		fprintf(stderr, "lab-backend: cannot deny connects in %s: %s\n", path,
			strerror(-err));
	if (cgroup >= 0)
		close(cgroup);
	return err ? 1 : 0;
}
