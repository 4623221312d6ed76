// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/capture/kernel_types.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

struct kernel_types {
	struct btf *btf;
};

int kernel_types_open(struct kernel_types **types)
{
	struct kernel_types *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	made->btf = btf__load_vmlinux_btf();
	err = libbpf_get_error(made->btf);
	if (err) {
		free(made);
		return err == -ENOMEM || !access(KERNEL_BTF, F_OK) ? err : -EOPNOTSUPP;
	}
	*types = made;
	return 0;
}

void kernel_types_close(struct kernel_types *types)
{
	if (!types)
		return;
	btf__free(types->btf);
	free(types);
}

int kernel_types_tracepoint_arguments(const struct kernel_types *types, const char *tracepoint)
{
	const struct btf_type *type;
	char name[96];
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(types->btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -ENOENT;
	type = btf__type_by_id(types->btf, btf__type_by_id(types->btf, id)->type);
	if (!type || !btf_is_ptr(type))
		return -ENOENT;
	type = btf__type_by_id(types->btf, type->type);
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) < 1)
		return -ENOENT;
	return btf_vlen(type) - 1;
}

int kernel_types_function(const struct kernel_types *types, const char *function)
{
	int id = btf__find_by_name_kind(types->btf, function, BTF_KIND_FUNC);

	return id < 0 ? -ENOENT : id;
}

int kernel_types_function_arguments(const struct kernel_types *types, int function_id)
{
	const struct btf_type *type = btf__type_by_id(types->btf, function_id);

	if (!type || !btf_is_func(type))
		return -EINVAL;
	type = btf__type_by_id(types->btf, type->type);
	return type && btf_is_func_proto(type) ? btf_vlen(type) : -EINVAL;
}

int kernel_types_enum(const struct kernel_types *types, const char *name,
		      void (*each)(void *context, const char *name, uint32_t value), void *context)
{
	int id = btf__find_by_name_kind(types->btf, name, BTF_KIND_ENUM);
	const struct btf_enum *values;
	const struct btf_type *type;

	if (id < 0)
		return -ENOENT;
	type = btf__type_by_id(types->btf, id);
	values = btf_enum(type);
	for (int i = 0; i < btf_vlen(type); i++)
		each(context, btf__name_by_offset(types->btf, values[i].name_off), values[i].val);
	return 0;
}
