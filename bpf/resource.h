/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running process has run out of. */
#ifndef LBTRACE_RESOURCE_H
#define LBTRACE_RESOURCE_H

#include "bpf/maps.h"

#define RESOURCE_RLIMIT_NOFILE 7 /* uapi/asm-generic/resource.h */
#define RESOURCE_WORDS 16 /* of the descriptor bitmap read at a time */
#define RESOURCE_STEPS 64 /* 65,536 descriptors; a larger table is taken as not full */

/* The running process's limit of descriptors when none below it is free, else 0. Only asked when a
 * 5xx has no attempt, so the walk costs healthy traffic nothing. Not static: the verifier looks at it
 * once, not at every call. */
__noinline __weak __u32 resource_descriptors_full(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	const unsigned long *words = BPF_CORE_READ(table, open_fds);
	__u64 soft = BPF_CORE_READ(task, signal, rlim[RESOURCE_RLIMIT_NOFILE].rlim_cur);
	__u32 checked = 0;

	if (BPF_CORE_READ(table, max_fds) < soft || soft > RESOURCE_STEPS * RESOURCE_WORDS * 64)
		return 0;
	for (__u32 step = 0; step < RESOURCE_STEPS && checked < soft; step++) {
		unsigned long chunk[RESOURCE_WORDS];

		if (bpf_probe_read_kernel(chunk, sizeof(chunk), words + step * RESOURCE_WORDS))
			return 0;
		for (__u32 i = 0; i < RESOURCE_WORDS && checked < soft; i++, checked += 64) {
			__u64 wanted = soft - checked >= 64 ? ~0ULL
							    : (1ULL << ((soft - checked) & 63)) - 1;

			if ((chunk[i] & wanted) != wanted)
				return 0;
		}
	}
	return soft;
}

#endif
