// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "user/capture/trial.h"

#define KPROBE_EVENTS "/sys/bus/event_source/devices/kprobe/type"

/* The instructions used, as in the kernel's include/linux/filter.h. */
#define MOVE_IMMEDIATE(register, value) \
	((struct bpf_insn){             \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (register), .imm = (value) })
#define LOAD_WORD64(to, from, offset)                           \
	((struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_DW, \
			    .dst_reg = (to),                    \
			    .src_reg = (from),                  \
			    .off = (offset) })
#define CALL(helper) ((struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = (helper) })
#define EXIT() ((struct bpf_insn){ .code = BPF_JMP | BPF_EXIT })

int trial_fentry(int function_id, bool on_exit)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = on_exit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY,
		    .attach_btf_id = function_id);
	const struct bpf_insn program[] = { MOVE_IMMEDIATE(BPF_REG_0, 0), EXIT() };
	int program_fd, link_fd;

	program_fd =
		bpf_prog_load(BPF_PROG_TYPE_TRACING, "lbtrace_trial", "GPL", program, 2, &options);
	if (program_fd < 0)
		return program_fd;
	link_fd = bpf_raw_tracepoint_open(NULL, program_fd);
	close(program_fd);
	if (link_fd < 0)
		return link_fd;
	close(link_fd);
	return 0;
}

int trial_kprobe(void)
{
	return access(KPROBE_EVENTS, F_OK) ? -EOPNOTSUPP : 0;
}

/* The kernel asks for BTF of key and value of such a map. */
static int make_storage(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
	struct btf *types = btf__new_empty();
	int err = libbpf_get_error(types);
	int id;

	if (err)
		return err;
	id = btf__add_int(types, "int", sizeof(int), BTF_INT_SIGNED);
	err = id < 0 ? id : btf__load_into_kernel(types);
	if (!err) {
		options.btf_fd = btf__fd(types);
		options.btf_key_type_id = id;
		options.btf_value_type_id = id;
		err = bpf_map_create(BPF_MAP_TYPE_SK_STORAGE, "lbtrace_trial", sizeof(int),
				     sizeof(int), 0, &options);
	}
	btf__free(types);
	return err;
}

int trial_socket_storage(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP);
	int storage_fd = make_storage();
	int program_fd, id;

	if (storage_fd < 0)
		return storage_fd;
	id = libbpf_find_vmlinux_btf_id("inet_sock_set_state", BPF_TRACE_RAW_TP);
	if (id > 0) {
		const struct bpf_insn program[] = {
			LOAD_WORD64(BPF_REG_2, BPF_REG_1, 0),
			/* BPF_LD and BPF_IMM are both 0. */
			{ .code = BPF_LD | BPF_DW,
			  .dst_reg = BPF_REG_1,
			  .src_reg = BPF_PSEUDO_MAP_FD,
			  .imm = storage_fd },
			{ 0 },
			MOVE_IMMEDIATE(BPF_REG_3, 0),
			MOVE_IMMEDIATE(BPF_REG_4, 0),
			CALL(BPF_FUNC_sk_storage_get),
			MOVE_IMMEDIATE(BPF_REG_0, 0),
			EXIT(),
		};

		options.attach_btf_id = id;
		program_fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "lbtrace_trial", "GPL", program,
					   sizeof(program) / sizeof(program[0]), &options);
		id = program_fd;
		if (program_fd >= 0)
			close(program_fd);
	}
	close(storage_fd);
	return id < 0 ? id : 0;
}
