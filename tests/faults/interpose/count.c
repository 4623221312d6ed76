// SPDX-License-Identifier: GPL-2.0-only
/* Which calls fail, by number. */
#include "tests/faults/interpose/interpose.h"

#include <execinfo.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_MOST 48
#define SEEN_SLOTS 65536 /* a power of two */

bool fault_of_memory;
static bool active; /* the constructor is through */
static unsigned long count, first, last;
static int list = -1, stacks = -1;
static uintptr_t seen[SEEN_SLOTS];
static __thread bool inside; /* of what is called below */

static uintptr_t stack_hash(void)
{
	void *frames[FRAMES_MOST];
	int depth = backtrace(frames, FRAMES_MOST);
	uintptr_t hash = 5381;

	for (int i = 0; i < depth; i++)
		hash = hash * 1099511628211u + (uintptr_t)frames[i];
	return hash | 1;
}

static bool is_new(uintptr_t hash)
{
	for (size_t i = 0; i < SEEN_SLOTS; i++) {
		uintptr_t *slot = &seen[(hash + i) % SEEN_SLOTS];

		if (*slot == hash)
			return false;
		if (!*slot) {
			*slot = hash;
			return true;
		}
	}
	return true;
}

static void note(unsigned long number)
{
	char line[32];
	int length;

	if (!is_new(stack_hash()))
		return;
	length = snprintf(line, sizeof(line), "%lu\n", number);
	if (write(list, line, (size_t)length) != length)
		abort();
}

/* Where the program was. */
static void tell_stack(void)
{
	void *frames[FRAMES_MOST];

	backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MOST), stacks);
}

static bool is_due(unsigned long number)
{
	return first && number >= first && (!last || number <= last);
}

bool fault_due(void)
{
	unsigned long number;

	if (!active || inside)
		return false;
	inside = true;
	number = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
	if (list >= 0)
		note(number);
	if (stacks >= 0 && number == first)
		tell_stack();
	inside = false;
	return is_due(number);
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

/* Above the descriptors whose writes are counted. */
static int open_high(const char *path)
{
	int file, high;

	if (!path)
		return -1;
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	high = fcntl(file, F_DUPFD_CLOEXEC, 900);
	if (high < 0) {
		perror(path);
		_exit(125);
	}
	close(file);
	return high;
}

__attribute__((constructor)) static void begin(void)
{
	const char *call = getenv("FAULT_CALL");
	void *frame[1];

	if (!call)
		return;
	first = setting("FAULT_AT", 0);
	last = setting("FAULT_LAST", first);
	/* The first backtrace() loads the unwinder. */
	backtrace(frame, 1);
	list = open_high(getenv("FAULT_LIST"));
	stacks = open_high(getenv("FAULT_STACK"));
	fault_of_memory = !strcmp(call, "memory");
	if (!fault_of_memory) {
		long number = trap_number(call);

		if (number < 0) {
			fprintf(stderr, "interpose: no such call: %s\n", call);
			_exit(125);
		}
		trap_install(number, (int)setting("FAULT_ERRNO", 5), getenv("FAULT_PATH"));
	}
	active = true;
}
