/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel's BTF says: tracepoints, functions, enums. */
#ifndef LBTRACE_USER_CAPTURE_KERNEL_TYPES_H
#define LBTRACE_USER_CAPTURE_KERNEL_TYPES_H

#include <stdint.h>

struct kernel_types;

/* Reads the kernel's BTF; any user may. 0, -EOPNOTSUPP: it carries none (CONFIG_DEBUG_INFO_BTF), or
 * -errno. */
int kernel_types_open(struct kernel_types **types);
void kernel_types_close(struct kernel_types *types);

/* How many arguments a program on tp_btf/`tracepoint` sees, or -ENOENT. From typedef
 * btf_trace_NAME, a pointer to a prototype whose first parameter the kernel keeps to itself. */
int kernel_types_tracepoint_arguments(const struct kernel_types *types, const char *tracepoint);

/* BTF id of a kernel function, for which fentry and fexit ask, or -ENOENT. Static functions that
 * the compiler inlined or split are not in BTF either. */
int kernel_types_function(const struct kernel_types *types, const char *function);

/* Parameters of a function by its BTF id, or -EINVAL. */
int kernel_types_function_arguments(const struct kernel_types *types, int function_id);

/* Calls `each` for every name of an enum; values over 32 bits are left out. 0 or -ENOENT. */
int kernel_types_enum(const struct kernel_types *types, const char *name,
		      void (*each)(void *context, const char *name, uint32_t value), void *context);

#endif
