/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A library to be preloaded that fails calls of a program on purpose. What to fail is in the environment:
 *
 *   FAULT_CALL   `memory` (malloc, calloc, realloc, posix_memalign, aligned_alloc), or a system call by name
 *   FAULT_ERRNO  the errno, as a number (system calls)
 *   FAULT_AT     the first one that fails, counted from 1 since the program began; unset: none
 *   FAULT_LAST   the last one that fails; unset: FAULT_AT, 0: all from there on
 *   FAULT_PATH   of calls that take a path: only those whose path begins with this
 *   FAULT_LIST   a file for the numbers of the calls: each whose stack was not seen before
 *   FAULT_STACK  a file for the stack of the first one that fails
 *   FAULT_CLOCK_AT, FAULT_CLOCK_JUMP  from that reading of CLOCK_REALTIME on it is so many seconds off
 */
#ifndef LBTRACE_TESTS_FAULTS_INTERPOSE_H
#define LBTRACE_TESTS_FAULTS_INTERPOSE_H

#include <stdbool.h>

/* Set once it is known; calls come earlier than the environment does. */
extern bool fault_of_memory;

/* Counts a call and says whether it is to fail. */
bool fault_due(void);

/* Sends every call of this number to fault_due(), from now on. Ends the process where it cannot. */
void trap_install(long number, int error, const char *path);

/* The number of a system call, or -1. */
long trap_number(const char *name);

#endif
