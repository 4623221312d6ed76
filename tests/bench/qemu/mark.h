/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The marks: instructions of a guest that do nothing, and that count.c knows by their bytes, a `nop`
 * of seven bytes with an operand that no compiler makes. Elsewhere than on x86-64 they are nothing.
 */
#ifndef LBTRACE_TESTS_BENCH_QEMU_MARK_H
#define LBTRACE_TESTS_BENCH_QEMU_MARK_H

#define MARK_BYTES 7
#define MARK_BEGIN_BYTES "\x0f\x1f\x80\x6c\x62\x74\x42"
#define MARK_END_BYTES "\x0f\x1f\x80\x6c\x62\x74\x45"

#ifdef __x86_64__
#define mark_begin() __asm__ volatile(".byte 0x0f, 0x1f, 0x80, 0x6c, 0x62, 0x74, 0x42" ::: "memory")
#define mark_end() __asm__ volatile(".byte 0x0f, 0x1f, 0x80, 0x6c, 0x62, 0x74, 0x45" ::: "memory")
#else
#define mark_begin() ((void)0)
#define mark_end() ((void)0)
#endif

#endif
