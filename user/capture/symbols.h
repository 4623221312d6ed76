/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the kernel's functions lie, from /proc/kallsyms. */
#ifndef LBTRACE_USER_CAPTURE_SYMBOLS_H
#define LBTRACE_USER_CAPTURE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct symbol_range {
	const char *name;
	uint64_t from; /* 0: there is no such symbol, or the kernel hides addresses (kptr_restrict) */
	uint64_t to; /* where the next symbol begins; excluded */
};

/* Fills `from` and `to` of each range by its name. 0 or -errno; nothing found is no error. */
int symbols_find(struct symbol_range *ranges, size_t count);

/* The same from an open file in the form of /proc/kallsyms, which is read twice. */
int symbols_find_in(FILE *file, struct symbol_range *ranges, size_t count);

/* Whether the address of the symbol is told. */
bool symbol_is_known(const char *name);

#endif
