/* SPDX-License-Identifier: GPL-2.0-only */
/* What BTF cannot tell is tried: tiny programs that do nothing are loaded, attached and dropped. */
#ifndef LBTRACE_USER_CAPTURE_TRIAL_H
#define LBTRACE_USER_CAPTURE_TRIAL_H

#include <stdbool.h>

/* Whether an empty fentry (or fexit) program attaches to the function with this BTF id. 0 or the
 * kernel's -errno: kernels without dynamic ftrace refuse it for every function. */
int trial_fentry(int function_id, bool on_exit);

/* Whether this kernel has kprobes at all. 0 or -EOPNOTSUPP. */
int trial_kprobe(void);

/* Whether programs on tp_btf may keep state with a socket (bpf_sk_storage_get; not on 5.10). 0 or
 * -errno. */
int trial_socket_storage(void);

#endif
