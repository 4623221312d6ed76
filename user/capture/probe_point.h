/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in a function a uprobe is cheap. */
#ifndef LBTRACE_USER_CAPTURE_PROBE_POINT_H
#define LBTRACE_USER_CAPTURE_PROBE_POINT_H

#include <stddef.h>
#include <stdint.h>

/* The kernel emulates a few instructions under a uprobe (arch/x86/kernel/uprobes.c: push, nop, call,
 * jump) and single-steps all others, which costs a second exception: in a virtual machine 14 us
 * instead of 0.4. This gives the offset into `function` of the ELF file at `path` where its arguments
 * are in their registers and the instruction is an emulated one: its start; or the call that hands
 * its arguments on to the worker that `twin` calls, too. 0, the start, when there is none, or on a
 * machine other than x86-64. */
size_t probe_point(const char *path, const char *function, const char *twin);

/* The same on the functions' bytes; each is said to begin at the address given. */
size_t probe_point_find(const uint8_t *function, size_t function_bytes, uint64_t function_address,
			const uint8_t *twin, size_t twin_bytes, uint64_t twin_address);

#endif
